import numpy as np
import pytest

from scripts.lib.trace_model.column_splines import fit_columns
from scripts.lib.trace_model.fit_settings import fit_settings

HEADER = {"EXP_TYPE": "NRS_BRIGHTOBJ", "DETECTOR": "NRS1", "GRATING": "G395H"}
SETTINGS = fit_settings(HEADER)
SHAPE = (16, 60)


def scene():
    """A Gaussian profile on a tilted slit, brighter from column to column; and its coordinate."""
    row, column = np.indices(SHAPE, dtype=np.float64)
    place = row - 7.5 - 0.03 * column
    flux = np.exp(-0.5 * (place / 2) ** 2) * (100 + column)
    return flux.astype(np.float32), place.astype(np.float32)


def test_scale_and_profile_of_each_column():
    flux, place = scene()
    norms = np.nansum(flux, axis=0)
    splines = fit_columns(flux, place, norms, SETTINGS)
    assert sorted(splines) == list(range(60))
    for column in (0, 30, 59):
        found = splines[column]
        inside = (place[:, column] >= found.bounds[0]) & (place[:, column] <= found.bounds[1])
        values = found.scale * found.spline(place[inside, column])
        np.testing.assert_allclose(values, flux[inside, column], rtol=0.02, atol=1)


def test_columns_with_few_pixels_have_none():
    flux, place = scene()
    # The slit has 15 steps and some; half of them are 8.
    flux[8:, 5], flux[9:, 6] = np.nan, np.nan
    splines = fit_columns(flux, place, np.nansum(flux, axis=0), SETTINGS)
    assert 5 not in splines
    assert 6 in splines


def test_a_negative_pixel_does_not_change_the_scale():
    flux, place = scene()
    norms = np.nansum(flux, axis=0)
    before = fit_columns(flux, place, norms, SETTINGS)[30].scale
    flux[8, 30] *= -1
    assert fit_columns(flux, place, norms, SETTINGS)[30].scale == pytest.approx(before, rel=0.01)


@pytest.mark.parametrize("detector", ["NRS1", "NRS2"])
def test_a_column_whose_fit_fails_has_the_spline_before_it(detector):
    flux, place = scene()
    settings = fit_settings(HEADER | {"DETECTOR": detector, "GRATING": "PRISM"})
    norms = np.nansum(flux, axis=0)
    norms[20:45] = np.nan
    splines = fit_columns(flux, place, norms, settings)
    same = 29 if settings.ascending else 35
    assert splines[32].spline is splines[same].spline
    assert splines[5].spline is not splines[55].spline


def test_without_any_spline_there_is_nothing():
    flux, place = scene()
    assert fit_columns(flux, place, np.full(60, np.nan), SETTINGS) == {}
