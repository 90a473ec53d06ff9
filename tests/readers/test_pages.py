"""The blocks of docs/howto/readers.md run, and give what the products have."""

import re
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u

from tests.readers.conftest import ROOT

# Readers warn about packages that they would import, and wavelengths that they sort.
pytestmark = [pytest.mark.readers, pytest.mark.filterwarnings("ignore")]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", name="page")
def run_page(visit):
    """Names that the blocks of the page define, run in the folder of a visit."""
    made, names = visit("nrs_brightobj"), {}
    blocks = BLOCK.findall((ROOT / "docs" / "howto" / "readers.md").read_text(encoding="utf-8"))
    assert len(blocks) == 8
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(made.stem).parents[1])
        for block in blocks:
            exec(block, names)
    return names


@pytest.fixture(name="curve")
def light_curve(visit):
    return visit("nrs_brightobj").light_curve("NRS1")


def test_time_series_of_astropy_have_the_right_scale(page, curve):
    series = page["series"]
    assert series.time.scale == "tdb"
    rows = series["detector"] == "NRS1"
    np.testing.assert_array_equal(series.time.mjd[rows], curve.time)
    np.testing.assert_array_equal(series["flux_corrected"][rows].value, curve.flux)
    own = curve.to_timeseries()
    np.testing.assert_allclose(own.time.jd, curve.time + 2400000.5, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(own["flux"].value, curve.flux)
    np.testing.assert_array_equal(own["flux_err"].value, curve.flux_err)
    assert own["flux"].unit == u.Unit(curve.units["flux_corrected"])


def test_lightkurve_has_time_flux_and_errors(page, curve):
    found = page["lightcurve"]
    assert type(found).__module__.startswith("lightkurve")
    assert (found.time.scale, found.time.format) == ("tdb", "mjd")
    np.testing.assert_array_equal(found.time.mjd, curve.time)
    np.testing.assert_array_equal(found.flux.value, curve.flux)
    np.testing.assert_array_equal(found.flux_err.value, curve.flux_err)
    np.testing.assert_array_equal(found.quality, curve.quality)
    assert found.flux.unit == u.Unit(curve.units["flux_corrected"])
    assert found.meta["OBJECT"] == "WASP-39"
    good = curve.flux[curve.quality == 0]
    np.testing.assert_allclose(page["flat"].flux.value, good / np.nanmedian(good), rtol=1e-12)


def test_a_frame_of_pandas_has_the_good_rows(page, curve):
    good = page["good"]
    np.testing.assert_array_equal(good.index, curve.time[curve.quality == 0])
    np.testing.assert_array_equal(good.flux_corrected, curve.flux[curve.quality == 0])


def test_a_spectrum_of_specutils_has_unit_error_and_mask(page, visit):
    spectrum, own = page["spectrum"], visit("nrs_brightobj").spectra("NRS1")
    np.testing.assert_array_equal(spectrum.flux.value, own.flux[0])
    np.testing.assert_array_equal(spectrum.uncertainty.array, own.error[0])
    np.testing.assert_allclose(spectrum.spectral_axis.to_value(u.um), own.wavelength, rtol=1e-15)
    np.testing.assert_array_equal(spectrum.mask, own.quality[0] > 0)
    assert spectrum.flux.unit == u.Unit(own.unit)


def test_xarray_sums_good_bins(page, visit):
    bins = visit("nrs_brightobj").bins("NRS1")
    total = np.where(bins.quality == 0, bins.flux, 0.0).sum(axis=1)
    np.testing.assert_allclose(page["white"], total, rtol=1e-12)
    np.testing.assert_array_equal(page["data"].time, bins.time)


def test_rainbows_have_all_times(page, curve):
    assert page["spectra"].ntime == page["binned"].ntime == len(curve.time)
