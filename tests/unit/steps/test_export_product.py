"""Files for other tools, of a small product of two curves."""

from pathlib import Path

import numpy as np
import pytest

from scripts.export_product import eureka_files, process, xarray_files
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.light_curves.exports import split_table
from tests.support.exports import LENGTH, light_curve_columns, write_images
from tests.support.steps import run_step

ENDINGS = {
    "eureka": ["S3_jw1_nrs1_SpecData.h5", "S3_jw1_nrs2_SpecData.h5"],
    "xarray": [
        "jw1_nrs1_raw-light-curves.xc",
        "jw1_nrs1_stellar-spectra.xc",
        "jw1_nrs2_stellar-spectra.xc",
    ],
}


class Inputs:
    """Files of a product: spectra of both curves, bins of the first."""

    def __init__(self, folder):
        self.light_curve = folder / "jw1_lc.ecsv"
        self.own_spectra, self.binned = folder / "spectra.fits", folder / "bins.fits"
        labels = [("NRS1", 1), ("NRS2", 1)]
        columns = light_curve_columns(labels)
        write_ecsv(self.light_curve, columns, {"flux": "Jy"}, {}, {"INSTRUME": "NIRSPEC"})
        write_images(self.own_spectra, "SPECTRUM", labels)
        write_images(self.binned, "BINS", labels[:1])


@pytest.fixture(name="inputs")
def written_products(tmp_path):
    return Inputs(tmp_path)


@pytest.mark.parametrize(("layout", "files"), [("eureka", eureka_files), ("xarray", xarray_files)])
def test_each_curve_has_its_files(inputs, layout, files):
    curves = split_table(*read_ecsv(inputs.light_curve))
    found = dict(files("jw1", curves, inputs))
    assert sorted(found) == ENDINGS[layout]
    assert all(contents[0]["time"] == LENGTH for contents in found.values())


@pytest.mark.parametrize("layout", ENDINGS)
def test_a_folder_is_written(inputs, layout, tmp_path):
    h5netcdf = pytest.importorskip("h5netcdf", reason="h5netcdf is not installed; see test-readers")
    folder = tmp_path / layout
    run_step(
        process,
        {"product": "jw1", "layout": layout},
        light_curve=inputs.light_curve,
        own_spectra=inputs.own_spectra,
        binned=inputs.binned,
        out_folder=folder,
    )
    assert sorted(path.name for path in Path(folder).iterdir()) == ENDINGS[layout]
    with h5netcdf.File(folder / ENDINGS[layout][-1], "r") as file:
        flux = file["optspec"][...] if layout == "eureka" else file["flux"][...].T
    # The second curve of the support's product.
    np.testing.assert_array_equal(flux[:, 0], 100.0 + np.arange(LENGTH))
