"""Tell the user what is wrong with the configuration."""


def mistake(error):
    """
    Describe a violation of the configuration's schema in one line.

    Parameters
    ----------
    error : jsonschema.ValidationError
        The violation.

    Returns
    -------
    message : str
        The key, what was found and what is expected there.
    """
    key = "/".join(str(part) for part in error.absolute_path)
    place = f"config: {key}: " if key else "config: "
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = ", ".join(sorted(str(name) for name in set(error.instance) - set(known)))
        return f"{place}found {unknown}, expected one of {', '.join(known)}"
    return f"{place}found {error.instance!r}, expected {error.validator} {_text(error.validator_value)}"


def _text(rule):
    """Text of what the schema asks for; a list means one of its items."""
    return " or ".join(str(item) for item in rule) if isinstance(rule, list) else str(rule)
