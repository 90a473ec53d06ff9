"""Messages about the configuration's mistakes, and paths that start at home."""

import re
from difflib import get_close_matches
from itertools import pairwise
from math import isnan
from os.path import expanduser
from pathlib import Path

from scripts.lib.errors import CONTROLS, printable
from scripts.lib.files.fast_yaml import load_limited
from scripts.lib.files.limited import read_limited
from scripts.lib.instruments.modes import MODES
from scripts.lib.references.parameters import sections_with

__all__ = [
    "contradictions",
    "describe_violation",
    "expand_home",
    "file_problem",
    "name_source",
    "size_problem",
]

# Largest configuration file [bytes], and values and levels that a configuration may have.
_MOST_BYTES, _MOST_VALUES, _MOST_LEVELS = 1 << 20, 100_000, 20

_TYPES = {
    "object": "a section of keys",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "minLength": "a text of length at least",
    "minItems": "a list of length at least",
}
# The key of a message: after `config/`, or after `config: ` as far as it is a setting.
_ABOUT_CONFIG = re.compile(
    r"config(?:/(?P<section>[\w/]+))?: (?:(?P<setting>\w+/\w+)[^:]*: )?(?:found (?P<unknown>\w+), expected one of)?"
)
# Snakemake takes braces for wildcards.
_UNUSABLE = re.compile(f"[{{}}]|{CONTROLS.pattern}")
_FILES_OF_STEPS = {"extract_1d": ("soss_wave_grid_in", "soss_estimate")}


def file_problem(path):
    """
    Say why a configuration file cannot be given to Snakemake, which reads it without limits.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    message : str or None
        One line, None if there is nothing wrong with the file.
    """
    try:
        content = load_limited(read_limited(path, _MOST_BYTES))
    except OSError as error:
        return printable(f"{path}: cannot be read: {error.strerror}")
    except ValueError as error:
        return printable(f"{path}: found no configuration in YAML and UTF-8 ({error})")
    if content is not None and not isinstance(content, dict):
        return f"{path}: found no keys, expected sections with keys"
    return size_problem(content)


def size_problem(config):
    """
    Say why a configuration is too large to be looked at.

    Parameters
    ----------
    config : object
        Nested sections and lists, in which parts may occur several times or contain themselves.

    Returns
    -------
    message : str or None
        One line; None for a configuration of a usual size.
    """
    values, waiting = 0, [(config, 0)]
    while waiting:
        part, level = waiting.pop()
        values += 1
        if values > _MOST_VALUES or level > _MOST_LEVELS:
            return f"config: found more than {_MOST_VALUES} values or {_MOST_LEVELS} levels, expected fewer"
        parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        waiting += [(inner, level + 1) for inner in parts]
    return None


def describe_violation(error):
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
    return printable(_describe(error))


def _describe(error):
    """Describe a violation, with any characters."""
    key = "/".join(["config", *map(str, error.absolute_path)])
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        names = sorted(map(str, set(error.instance) - set(known)))
        guesses = [guess for name in names for guess in _guess(name, known)]
        meant = f"; did you mean {', '.join(guesses)}?" if guesses else ""
        return f"{key}: found {', '.join(names)}, expected one of {', '.join(known)}{meant}"
    found = "null" if error.instance is None else repr(error.instance)
    return f"{key}: found {found}, expected {_expected(error.validator, error.validator_value)}"


def _guess(name, known):
    """What may be meant by an unknown key: a similar one, or one of another section; at most one."""
    similar = get_close_matches(name, known, n=1)
    return similar or [f"{section}/{name}" for section in sections_with(name)][:1]


def name_source(message, sources):
    """
    Name the user's file in messages about the configuration.

    Parameters
    ----------
    message : str
        One line or more; those about the configuration start with ``config/`` or ``config:``.
    sources : list of (str, dict)
        Name and content of the command line and of the files that make up the configuration; of two
        that have a key the first wins.

    Returns
    -------
    message : str
        The lines with the file that has the key, or else the one with the associations, in place of
        ``config``.
    """
    return "\n".join(_name_owner(line, sources) for line in message.split("\n"))


def _name_owner(line, sources):
    """One line with the file that has its key in place of ``config``."""
    found = _ABOUT_CONFIG.match(line)
    if not found:
        return line
    keys = [key for key in (found["section"] or found["setting"] or "").split("/") if key]
    unknown = [*keys, found["unknown"]] if found["unknown"] else keys
    owners = [name for name, content in sources if _has(content, unknown)]
    owners += [name for name, content in sources if keys and _has(content, keys)]
    # What is not set would be set where the associations are.
    owners += [name for name, content in sources if "associations" in content]
    if not owners:
        return line
    return f"{owners[0]}: {line.removeprefix('config/').removeprefix('config: ')}"


def _has(content, keys):
    """Whether nested sections have a key."""
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True


def _expected(rule, value):
    """Text of what one rule of the schema expects."""
    if rule == "type":
        return " or ".join(_TYPES[name] for name in ([value] if isinstance(value, str) else value))
    if rule == "enum":
        return " or ".join("null" if item is None else str(item) for item in value)
    return f"{_LIMITS[rule]} {value}"


def expand_home(config):
    """
    Expand ``~`` at the start of paths to the user's home folder, in place.

    Parameters
    ----------
    config : dict
        The validated configuration.
    """
    config["output_dir"] = expanduser(config["output_dir"])
    config["associations"] = [expanduser(path) for path in config["associations"]]
    files = {"references": tuple(config["references"]), "pars": tuple(config["pars"])}
    for section, keys in (files | _FILES_OF_STEPS).items():
        given = {key: config[section][key] for key in keys if config[section][key] is not None}
        config[section].update({key: _expand(path) for key, path in given.items()})


def _expand(path):
    """A path, or those of a mapping, with the user's home folder."""
    if isinstance(path, dict):
        return {key: value and expanduser(value) for key, value in path.items()}
    return expanduser(path)


def contradictions(config, base_dir):
    """
    Find wrong settings that the schema accepts.

    Parameters
    ----------
    config : dict
        The validated configuration.
    base_dir : str or Path
        Folder that relative paths start from.

    Returns
    -------
    problems : list of str
        One line each: numbers that are NaN, limits and edges in the wrong order, references of
        an unknown EXP_TYPE, an output folder that is a file.
    """
    problems = [f"{key}: found NaN, expected a number" for key in _nan_keys("config", config)]
    if _UNUSABLE.search(config["output_dir"]):
        problems.append(
            f"config/output_dir: found {config['output_dir']!r}, expected no braces and control characters"
        )
        return list(map(printable, problems))
    folder = Path(base_dir, config["output_dir"])
    if folder.exists() and not folder.is_dir():
        problems.append(f"config/output_dir: found the file {folder}, expected a folder")
    problems += [
        f"config/references/{kind}: found {name}, expected one of {', '.join(MODES)}"
        for kind, given in config["references"].items()
        for name in (given if isinstance(given, dict) else ())
        if name not in MODES
    ]
    low, high = (config["white_light"][f"{end}_wavelength"] for end in ("min", "max"))
    if low is not None and high is not None and low >= high:
        problems.append(
            f"config/white_light/min_wavelength: found {low}, expected less than max_wavelength, {high}"
        )
    window = config["improved"]["window"]
    if window % 2 == 0:
        problems.append(f"config/improved/window: found {window}, expected an odd number")
    edges = config["spectroscopic_light_curves"]["edges"] or []
    if any(first >= second for first, second in pairwise(edges)):
        problems.append(
            f"config/spectroscopic_light_curves/edges: found {edges}, expected ascending wavelengths"
        )
    return list(map(printable, problems))


def _nan_keys(path, value):
    """Yield the keys of NaN in nested sections and lists, joined by slashes."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _nan_keys(f"{path}/{key}", item)
    elif isinstance(value, float) and isnan(value):
        yield path
