"""Table of the report about what an option of the steps did."""

from scripts.lib.report.html import Table

__all__ = ["replacement_table"]

_METHODS = ("fit_profile", "trace_model", "mingrad")


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
