"""
Fit the depth of a transit or eclipse in white light and in bins of wavelength: a quick look.

Inputs
------
light_curve
    Light curves of the product.
binned
    Our light curves in bins of wavelength, unless skipped; spectroscopy only.

Outputs
-------
depths
    A row for each white light and each bin, ECSV; where there is no sound depth, it is NaN with a ``reason``.
"""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.diagnostics.depths import (
    DESCRIPTIONS,
    UNITS,
    depth_rows,
    white_lights,
)
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.light_curves.binned_averages import read_averages
from scripts.lib.light_curves.table import split_curves
from scripts.lib.provenance.software import SOFTWARE

log = logging.getLogger(__name__)

_WORDS, _COUNTS = ("detector", "kind", "reason"), ("order", "integrations")
_NOTE = (
    "a quick look: straight baseline or that of the diagnostics, limb darkening free within wide"
    " priors, the geometry of white light in all bins; no measurement to publish"
)


def table_columns(rows):
    """
    Arrange rows as columns.

    Parameters
    ----------
    rows : list of dict
        Of :func:`~scripts.lib.diagnostics.depths.depth_rows`.

    Returns
    -------
    columns : dict of str to ndarray
        Words, integers and float64 (rows,).
    """
    kinds = dict.fromkeys(_WORDS, np.str_) | dict.fromkeys(_COUNTS, np.int64)
    return {
        name: np.array([row[name] for row in rows], dtype=kinds.get(name, np.float64))
        for name in DESCRIPTIONS
    }


def process(snakemake):
    """Write the depths of one product."""
    inputs, path = snakemake.input, Path(snakemake.output.depths)
    columns, _, meta = read_ecsv(inputs.light_curve)
    lights = white_lights(split_curves(columns))
    steps = {light.key: light.step for light in lights}
    averages = read_averages(inputs.binned, steps) if inputs.get("binned") else {}
    rows = depth_rows(lights, averages)
    kept = {name: value for name, value in meta.items() if name != "light_curves"}
    write_ecsv(
        path,
        table_columns(rows),
        UNITS,
        DESCRIPTIONS,
        kept | {"made_by": SOFTWARE, "note": _NOTE},
    )
    sound = sum(not row["reason"] for row in rows)
    log.info("%s: %d rows, %d depths", path.name, len(rows), sound)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    # The light curves, of which these are made, have logged the warnings about the input.
    run_job(snakemake, process, logs_input_warnings=False)
