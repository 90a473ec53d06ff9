from types import SimpleNamespace

import numpy as np
from astropy.table import Table

from scripts import fit_depths
from scripts.lib.diagnostics.depths import DESCRIPTIONS
from scripts.lib.files.ecsv import write_ecsv
from tests.unit.diagnostics.test_depths import dip, rows_of


def depths_of(folder, flux):
    """Table of the depths of a light curve of images."""
    rows = rows_of(flux)
    columns = {"detector": np.full(len(flux), "NRCB1"), "order": np.zeros(len(flux), dtype=int)}
    meta = {"TARGNAME": "X", "light_curves": [], "input_warnings": ["a warning"]}
    write_ecsv(folder / "lc.ecsv", columns | rows, {}, {}, meta)
    inputs = {"light_curve": folder / "lc.ecsv"}
    output = SimpleNamespace(depths=str(folder / "depths.ecsv"))
    fit_depths.process(SimpleNamespace(input=inputs_of(inputs), output=output))
    return Table.read(folder / "depths.ecsv")


def inputs_of(files):
    """Input files by name."""
    return SimpleNamespace(**files, get=files.get)


def test_astropy_reads_the_depths_with_units_and_warnings(tmp_path):
    table = depths_of(tmp_path, dip(0.01, 1))
    assert table.colnames == list(DESCRIPTIONS)
    assert abs(table["depth"][0] - 0.01) < 4.0 * table["depth_error"][0]
    assert str(table["duration"].unit) == "h"
    assert table.meta["input_warnings"] == ["a warning"]
    assert "quick look" in table.meta["note"]


def test_the_table_is_made_without_a_dip_too(tmp_path):
    flat = np.random.default_rng(1).normal(1.0, 1e-4, 240)
    table = depths_of(tmp_path, flat)
    assert table["reason"][0] == "no_dip"
    assert np.isnan(table["depth"][0])
