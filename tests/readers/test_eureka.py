"""Files for Stage 4 of Eureka!, read with its own reader, and by Stage 4 itself where it is installed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.readers.conftest import SPECTRA

pytestmark = pytest.mark.readers
astraeus = pytest.importorskip("astraeus.xarrayIO", reason="see make test-readers")
STAGE_4 = Path(__file__).parent / "run_stage_4.py"


def read(made, label):
    """File of a light curve, read with astraeus, which Eureka! uses."""
    name = f"S3_{Path(made.stem).name}_{label}_SpecData.h5"
    return astraeus.readXR(str(made.file("_eureka") / name), verbose=False)


@pytest.mark.parametrize("made", SPECTRA, indirect=True)
def test_spectra_are_those_of_the_product(made):
    files = sorted(path.name for path in made.file("_eureka").glob("*.h5"))
    assert len(files) == len(made.curves())
    for detector, order in made.curves():
        data, spectra = read(made, detector.lower()), made.spectra(detector, order)
        assert data.optspec.dims == data.opterr.dims == data.optmask.dims == ("time", "x")
        np.testing.assert_array_equal(data.optspec, spectra.flux)
        np.testing.assert_array_equal(data.opterr, spectra.error)
        np.testing.assert_array_equal(data.optmask, ~np.isfinite(spectra.flux))
        assert data.optmask.dtype == bool
        np.testing.assert_array_equal(data.wave_1d, spectra.wavelength)
        np.testing.assert_array_equal(data.x, spectra.columns)
        np.testing.assert_array_equal(data.time, spectra.time)
        assert data.time.attrs["time_units"] == data.optspec.attrs["time_units"] == "BMJD_TDB"
        assert data.wave_1d.attrs["wave_units"] == "microns"
        assert data.optspec.attrs["flux_units"] == spectra.unit
        assert data.attrs["data_format"] == "custom"


@pytest.mark.parametrize(
    ("made", "across", "inst"),
    [("nrs_brightobj", "y", "nirspec"), ("mir_lrs_slitless", "x", "miri")],
    indirect=["made"],
)
def test_position_across_the_dispersion_is_y(made, across, inst):
    detector, order = made.curves()[0]
    data, columns = read(made, detector.lower()), made.light_curve(detector, order).columns
    np.testing.assert_array_equal(data.centroid_y, columns[across])
    np.testing.assert_array_equal(data.centroid_sy, columns["width"])
    assert data.attrs["inst"] == inst


@pytest.mark.parametrize("made", ["nrc_tsimage"], indirect=True)
def test_photometry_is_the_light_curve(made):
    data, curve = read(made, "nrcb1"), made.light_curve()
    np.testing.assert_array_equal(data.aplev, curve.flux)
    np.testing.assert_array_equal(data.aperr, curve.flux_err)
    np.testing.assert_array_equal(data.time, curve.time)
    assert data.attrs["photometry"]
    assert data.wave_1d.values.tolist() == [2.1]
    assert data.aplev.attrs == {"flux_units": curve.units["flux"], "time_units": "BMJD_TDB"}


@pytest.mark.parametrize("made", ["nrs_brightobj", "nrc_tsimage"], indirect=True)
def test_stage_4_makes_the_light_curve_of_it(made, tmp_path):
    python = os.environ.get("EUREKA_PYTHON")
    if not python:
        pytest.skip("Eureka! is on no package index; EUREKA_PYTHON names a Python that has it")
    detector, order = made.curves()[0]
    event = f"{Path(made.stem).name}_{detector.lower()}"
    shutil.copytree(made.file("_eureka"), tmp_path / "Stage3")
    done = subprocess.run(
        [python, str(STAGE_4), str(tmp_path), event],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    if order == 0:
        expected, error = made.light_curve().flux, made.light_curve().flux_err
    else:
        spectra = made.spectra(detector, order)
        inside = spectra.wavelength < spectra.wavelength.max()
        expected = np.nanmean(spectra.flux[:, inside], axis=1)
        known = np.isfinite(spectra.flux[:, inside])
        squares = np.where(known, spectra.error[:, inside], 0.0) ** 2
        error = np.sqrt(squares.sum(axis=1)) / known.sum(axis=1)
    np.testing.assert_allclose(found["flux"], expected, rtol=1e-12)
    np.testing.assert_allclose(found["error"], error, rtol=1e-12)
    np.testing.assert_array_equal(found["time"], made.light_curve(detector, order).time)
