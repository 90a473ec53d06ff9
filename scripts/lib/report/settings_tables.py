"""Tables of the settings of a visit: those that differ from the defaults, and the rest."""

import json

from scripts.lib.instruments.branches import CONFIGURED_STEPS
from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.settings_schema import setting_defaults
from scripts.lib.report.html import Table

__all__ = ["changed_settings", "default_settings"]

_SPECTRAL = ("spectroscopic_light_curves",)
_SOSS_SECTIONS, _SOSS_PREFIX = ("photom",), "soss_"


def _settings_of_mode(settings, exp_type):
    """Section, name and value of each setting that has an effect in a mode."""
    mode = mode_of(exp_type)
    own = CONFIGURED_STEPS["imaging" if mode.is_imaging else "spectroscopy"]
    foreign = {step for steps in CONFIGURED_STEPS.values() for step in steps} - set(own)
    foreign |= {"references", *(_SPECTRAL if mode.is_imaging else ())}
    foreign |= set() if mode.is_soss else set(_SOSS_SECTIONS)
    found = []
    for section, values in settings.items():
        if section in foreign:
            continue
        if not isinstance(values, dict):
            found.append((section, None, values))
            continue
        found += [
            (section, name, value)
            for name, value in values.items()
            if mode.is_soss or not name.startswith(_SOSS_PREFIX)
        ]
    return found


def _default(section, name):
    """Default of a setting; None where the schema has none."""
    value = setting_defaults().get(section)
    return value if name is None else (value or {}).get(name)


def _rows(settings, exp_type):
    """Name, value and default of each setting, as JSON."""
    for section, name, value in _settings_of_mode(settings, exp_type):
        label = section if name is None else f"{section} / {name}"
        yield label, json.dumps(value), json.dumps(_default(section, name))


def changed_settings(settings, exp_type):
    """
    Table of the settings that differ from the defaults.

    Parameters
    ----------
    settings : dict
        Values by name, or sections of them; of a product, with what parameter files change.
    exp_type : str
        Mode of the visit; settings that have no effect in it are left out.

    Returns
    -------
    table : Table
        A row for each with value and default, as JSON; a sentence without any.
    """
    rows = [list(row) for row in _rows(settings, exp_type) if row[1] != row[2]]
    return Table(
        "Settings that differ from the defaults",
        ["Setting", "Value", "Default"],
        rows,
        without_rows="All settings are the defaults.",
    )


def default_settings(settings, exp_type):
    """
    Table of the settings that are as by default.

    Parameters
    ----------
    settings, exp_type
        As for :func:`changed_settings`.

    Returns
    -------
    table : Table
        A row for each with its value, as JSON.
    """
    rows = [[name, value] for name, value, default in _rows(settings, exp_type) if value == default]
    return Table("Settings as by default", ["Setting", "Value"], rows)
