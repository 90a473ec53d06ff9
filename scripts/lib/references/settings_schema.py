"""The schema of the configuration: what settings there are, and their defaults."""

from functools import cache
from pathlib import Path

from scripts.lib.files.fast_yaml import safe_loader

__all__ = ["read_schema", "setting_defaults"]


@cache
def read_schema():
    """
    Read the schema of the configuration.

    Returns
    -------
    schema : dict
        Content of ``workflow/schemas/config.schema.yaml``; the same object at each call.
    """
    import yaml

    path = Path(__file__).resolve().parents[3] / "workflow" / "schemas" / "config.schema.yaml"
    return yaml.load(path.read_bytes(), safe_loader())


@cache
def setting_defaults():
    """
    List the values of settings that nobody gives.

    Returns
    -------
    defaults : dict of str to (dict or object)
        By section and name; of a setting without a section its value. The same object at each call.
    """
    return {
        section: {name: found.get("default") for name, found in schema["properties"].items()}
        if "properties" in schema
        else schema.get("default")
        for section, schema in read_schema()["properties"].items()
    }
