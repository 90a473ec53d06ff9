"""The reference of all settings, made of the schema of the configuration."""

import json
import re

__all__ = ["escape_markdown", "settings_page", "values_of"]

_TYPES = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "null": "null",
    "number": "number",
    "object": "mapping by `EXP_TYPE`",
    "string": "text",
}
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "minItems": "at least {} items",
}


def escape_markdown(text):
    r"""
    Escape what Markdown would take for markup.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    markdown : str
        The same, as one line of Markdown that may stand in a table.

    Examples
    --------
    >>> print(escape_markdown("to <segment>_median.fits"))
    to \<segment\>\_median.fits
    """
    return re.sub(r"([\\`*_<>|~\[\]#])", r"\\\1", " ".join(text.split()))


def values_of(setting):
    """
    Say which values a setting may have.

    Parameters
    ----------
    setting : dict
        Schema of the setting.

    Returns
    -------
    text : str
        Markdown.

    Examples
    --------
    >>> values_of({"type": ["number", "null"], "exclusiveMinimum": 0})
    'number or null, more than 0'
    >>> values_of({"enum": [None, "poly"]})
    '`null`, `"poly"`'
    """
    if "enum" in setting:
        return ", ".join(f"`{json.dumps(value)}`" for value in setting["enum"])
    types = setting["type"] if isinstance(setting["type"], list) else [setting["type"]]
    items = setting.get("items")
    names = [_TYPES[name] for name in types]
    if items:
        names[types.index("array")] += f" ({values_of(items)})"
    limits = [words.format(setting[rule]) for rule, words in _LIMITS.items() if rule in setting]
    return ", ".join([" or ".join(names), *limits])


def settings_page(schema):
    """
    Describe every setting of a schema.

    Parameters
    ----------
    schema : dict
        Schema of the configuration, whose properties are settings and sections of settings.

    Returns
    -------
    text : str
        Markdown: a table of what is in no section, then a heading and a table for each section.
    """
    plain = {name: item for name, item in schema["properties"].items() if not _is_section(item)}
    parts = ["## Inputs, outputs, memory", _table(plain)]
    for name, section in schema["properties"].items():
        if _is_section(section):
            about = escape_markdown(section["description"])
            parts += [f"## `{name}`", about, _table(section["properties"])]
    return "\n\n".join(parts) + "\n"


def _is_section(item):
    """Whether settings are inside."""
    return "properties" in item


def _table(settings):
    """Table of settings, each as a row."""
    rows = ["| setting | default | values | meaning |", "|---|---|---|---|"]
    for name, setting in settings.items():
        default = json.dumps(setting["default"])
        meaning = escape_markdown(setting["description"])
        rows.append(f"| `{name}` | `{default}` | {values_of(setting)} | {meaning} |")
    return "\n".join(rows)
