"""Read a configuration as a run does, and add to it what was fetched."""

import copy
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.files.atomic import write_text
from scripts.lib.files.fast_yaml import load_limited
from scripts.lib.files.limited import read_limited
from scripts.lib.planning.configuration import (
    contradictions,
    describe_violation,
    expand_home,
    file_problem,
)
from scripts.lib.references.parameters import accept_parameters, convert_texts

__all__ = ["add_settings", "read_configuration", "setting_lines"]

_SCHEMA = Path(__file__).resolve().parents[2] / "workflow" / "schemas" / "config.schema.yaml"
_MOST_BYTES = 1 << 20


def read_configuration(path):
    """
    Read and validate a configuration file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    config, given : dict
        The configuration with all defaults, and as the user wrote it.

    Raises
    ------
    InputError
        If a run could not use it.
    """
    # They take a second to import.
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    config = {key: value for key, value in _load(path).items() if value is not None}
    accept_parameters(config)
    convert_texts(config)
    given = copy.deepcopy(config)
    try:
        validate(config, schema=str(_SCHEMA))
    except WorkflowError as error:
        msg = f"{path}: {describe_violation(error.__context__).removeprefix('config/')}"
        raise InputError(msg) from error
    expand_home(config)
    if problems := contradictions(config, "."):
        raise InputError(*problems)
    return config, given


def _load(path):
    """Content of a configuration file, with the limits that a run sets; empty if there is none."""
    if not path.exists():
        return {}
    if problem := file_problem(path):
        raise InputError(problem)
    return load_limited(read_limited(path, _MOST_BYTES)) or {}


def setting_lines(settings):
    """
    Write settings as YAML.

    Parameters
    ----------
    settings : dict
        Keys at the top level, with texts or lists of them.

    Returns
    -------
    text : str
        Lines that can stand in a configuration.

    Examples
    --------
    >>> print(setting_lines({"associations": ["data"]}), end="")
    associations:
    - data
    """
    import yaml

    return yaml.safe_dump(settings, default_flow_style=False, allow_unicode=True, sort_keys=False)


def add_settings(path, settings):
    """
    Add settings to the end of a configuration file, if it does not have them.

    Parameters
    ----------
    path : Path
        The file; made if there is none.
    settings : dict
        As for :func:`setting_lines`.

    Returns
    -------
    left : dict
        Those that the user has to change by hand, because the file has others for their keys; a
        file is never changed otherwise than by lines at its end.

    Raises
    ------
    InputError
        If the file cannot be read or written.
    """
    before = _load(path)
    absent = {key: value for key, value in settings.items() if key not in before}
    left = {key: value for key, value in settings.items() if before.get(key) != value}
    if not absent:
        return left
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    text += "\n" * (bool(text) and not text.endswith("\n")) + setting_lines(absent)
    try:
        after = load_limited(text.encode())
    except ValueError:
        # Such as one in braces, after which no line can follow.
        return left
    if after != before | absent:
        return left
    write_text(path, text)
    return {key: value for key, value in left.items() if key not in absent}
