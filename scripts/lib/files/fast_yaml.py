"""Parse YAML with the compiled parser where it is installed."""

__all__ = ["safe_loader"]


def safe_loader():
    """Loader class for ``yaml.load``: that of LibYAML or, where it is missing, the one in Python."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
