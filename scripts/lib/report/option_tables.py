"""Tables of the report about options of the steps, and what they did."""

import json

from scripts.lib.instruments.branches import CONFIGURED_STEPS
from scripts.lib.references.settings_schema import setting_defaults
from scripts.lib.report.html import Table

__all__ = ["options_table", "replacement_table"]

_METHODS = ("fit_profile", "trace_model", "mingrad")


def options_table(settings, branch):
    """
    Table of the options of ``jwst``'s steps that are not the defaults.

    Parameters
    ----------
    settings : dict
        Sections of the configuration, those of the steps with all their settings.
    branch : str
        ``imaging`` or ``spectroscopy``, whose steps count.

    Returns
    -------
    table : Table
        A row for each option; a sentence if all are the defaults.
    """
    rows = []
    for step in CONFIGURED_STEPS[branch]:
        defaults = setting_defaults()[step]
        rows += [
            [step, name, json.dumps(value), json.dumps(defaults.get(name))]
            for name, value in settings.get(step, {}).items()
            if value != defaults.get(name)
        ]
    head = ["Step", "Option", "Value", "Default"]
    return Table("Options in use", head, rows, without_rows="All steps have the defaults of jwst.")


def replacement_table(curves):
    """
    Table of the samples that ``pixel_replace`` filled.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    table : Table
        A row for each detector, all of its segments together; a sentence if no pixels were to be
        replaced.
    """
    counts = {
        str(curve["detector"]): curve["replaced_samples"]
        for curve in curves
        if curve.get("replaced_samples")
    }
    rows = [
        [detector, *(found[name] for name in (*_METHODS, "none"))]
        for detector, found in counts.items()
    ]
    head = ["Detector", *(f"Filled by {name}" for name in _METHODS), "Left without a value"]
    text = "No pixels were to be replaced."
    return Table("Samples replaced by pixel_replace", head, rows, range(1, 5), text)
