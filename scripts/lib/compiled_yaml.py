"""Parse YAML with the compiled parser where a library takes the one written in Python."""

from contextlib import contextmanager


@contextmanager
def compiled_yaml():
    """
    Let ``yaml.safe_load`` use LibYAML while the context lasts.

    asdf reads 50 lists of extensions with it before it opens its first file.
    Both parsers give the same; that in Python takes 0.4 s longer. Without
    LibYAML nothing is changed.
    """
    import yaml

    in_python = yaml.SafeLoader
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", in_python)
    try:
        yield
    finally:
        yaml.SafeLoader = in_python
