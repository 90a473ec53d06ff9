import json

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.light_curves import exports
from scripts.lib.light_curves.exports import (
    eureka_images,
    eureka_spectra,
    filter_wavelength,
    find_version,
    label,
    split_table,
    xarray_curves,
)
from tests.support.exports import ELEMENTS, LENGTH, light_curve_columns, write_images

LABELS = [("NIS", 1), ("NIS", 2)]
META = {"INSTRUME": "NIRISS", "FILTER": "CLEAR", "EXP_TYPE": "NIS_SOSS", "light_curves": [{}]}


def curves(meta=META, labels=LABELS):
    """Light curves of two orders."""
    return split_table(light_curve_columns(labels), {"flux": "Jy"}, meta)


def written(contents):
    """Arrays of variables, after the blocks."""
    sizes, variables, _, blocks = contents
    found = {}
    for name, variable in variables.items():
        whole = isinstance(variable.values, np.ndarray)
        shape = [sizes[axis] for axis in variable.dimensions]
        found[name] = variable.values if whole else np.full(shape, -1.0)
    for name, where, values in blocks:
        found[name][where] = values
    return found


@pytest.fixture(name="spectra")
def product_of_spectra(tmp_path):
    write_images(tmp_path / "spectra.fits", "SPECTRUM", LABELS)
    return tmp_path / "spectra.fits"


@pytest.fixture(name="bins")
def product_of_bins(tmp_path):
    # The first order has no bin.
    write_images(tmp_path / "bins.fits", "BINS", LABELS[1:])
    return tmp_path / "bins.fits"


@pytest.fixture(params=[1 << 24, 1], ids=["one-block", "blocks-of-one"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(exports, "_BLOCK_BYTES", request.param)


def test_a_table_is_divided_into_curves_that_products_know(spectra, bins):
    found = curves()
    assert [(curve.detector, curve.order) for curve in found] == LABELS
    assert [label(curve, found) for curve in found] == ["nis-order1", "nis-order2"]
    assert [find_version(spectra, "SPECTRUM", curve) for curve in found] == [1, 2]
    assert [find_version(bins, "BINS", curve) for curve in found] == [None, 1]


@pytest.mark.usefixtures("blocks")
def test_spectra_for_eureka_are_flux_error_and_what_is_missing(spectra):
    contents = eureka_spectra(curves()[1], spectra, 2)
    found = written(contents)
    assert contents[0] == {"time": LENGTH, "x": ELEMENTS}
    assert found["optspec"][5].tolist() == [105.0, 115.0, 125.0, 135.0]
    np.testing.assert_allclose(found["opterr"][5], [0.1, 0.2, 0.3, 0.4])
    # What was filled in is no mask.
    assert np.argwhere(found["optmask"]).tolist() == [[3, 3]]
    assert found["x"].tolist() == [500, 501, 502, 503]
    np.testing.assert_allclose(found["wave_1d"], [3.0, 2.9, 2.8, 2.7])
    assert found["centroid_y"][0] == 40.0
    assert found["centroid_x"][0] == 30.0
    assert contents[1]["optspec"].attributes == {
        "flux_units": "Jy",
        "time_units": "BMJD_TDB",
        "wave_units": "microns",
    }
    assert contents[2]["inst"] == "niriss"
    assert contents[2]["data_format"] == "custom"


def test_the_dispersion_of_miri_is_along_y(spectra):
    curve = curves(META | {"EXP_TYPE": "MIR_LRS-SLITLESS"})[0]
    found = written(eureka_spectra(curve, spectra, 1))
    assert (found["centroid_y"][0], found["centroid_x"][0]) == (30.0, 40.0)


def test_photometry_for_eureka_has_the_wavelength_of_the_filter():
    curve = curves({"INSTRUME": "MIRI", "FILTER": "F1500W"}, [("MIRIMAGE", 0)])[0]
    contents = eureka_images(curve)
    found = written(contents)
    np.testing.assert_allclose(found["aplev"], 1.0 + 0.01 * np.arange(LENGTH))
    np.testing.assert_allclose(found["aperr"], 0.1 + 0.01 * np.arange(LENGTH))
    assert found["wave_1d"].tolist() == [15.0]
    assert contents[2]["photometry"] is True


def test_times_that_are_not_known_at_the_barycentre_are_utc():
    columns = light_curve_columns(LABELS)
    columns["bjd_tdb"][:] = np.nan
    times, scale = split_table(columns, {}, META)[0].times
    assert scale == "MJD_UTC"
    np.testing.assert_allclose(times, 59770.0 + 0.01 * np.arange(LENGTH))


@pytest.mark.usefixtures("blocks")
def test_spectra_for_chromatic_are_turned_and_their_flag_is_good(spectra):
    sizes, variables, attributes, _ = contents = xarray_curves(curves()[0], spectra, 1)
    found = written(contents)
    assert sizes == {"wavelength": ELEMENTS, "time": LENGTH}
    assert found["flux"][1].tolist() == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
    assert np.argwhere(found["quality_flag"] == 0).tolist() == [[3, 3], [3, 4]]
    assert variables["flux"].attributes == {"units": "Jy"}
    assert variables["time"].attributes == {"units": "d", "time_scale": "BMJD_TDB"}
    read = {key: json.loads(value) for key, value in attributes.items()}
    assert {"author", "contact", "code", "data_origin"} <= read.keys()
    assert (read["detector"], read["order"], read["filter"]) == ("NIS", 1, "CLEAR")


def test_bins_for_chromatic_have_limits(bins):
    found = written(xarray_curves(curves()[1], bins, 1, binned=True))
    np.testing.assert_allclose(found["start_wavelength"], found["wavelength"] - 0.05)
    np.testing.assert_allclose(found["end_wavelength"], found["wavelength"] + 0.05)
    assert found["raw_flux"].shape == (ELEMENTS, LENGTH)


def test_images_for_chromatic_are_one_curve():
    curve = curves({"FILTER": "F210M"}, [("NRCB1", 0)])[0]
    found = written(xarray_curves(curve))
    np.testing.assert_allclose(found["raw_flux"], 1.0 + 0.01 * np.arange(LENGTH)[None])
    assert found["quality_flag"][0].tolist() == [1, 1, 0, 1, 1, 1]
    assert found["wavelength"].tolist() == [2.1]


@pytest.mark.parametrize(
    ("name", "wavelength"), [("F070W", 0.7), ("F322W2", 3.22), ("F2550W", 25.5), ("F405N", 4.05)]
)
def test_names_of_filters_have_wavelengths(name, wavelength):
    assert filter_wavelength(name) == wavelength


@pytest.mark.parametrize("name", ["FND", "CLEAR", None])
def test_a_filter_without_a_wavelength_is_refused(name):
    with pytest.raises(InputError, match=f"FILTER: found {name}, expected"):
        filter_wavelength(name)
