import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.trace_model.fit_settings import fit_settings
from scripts.lib.trace_model.segment_trace import fit_segment, fit_trace, median_images
from tests.support.spectral_segments import row_images, write_segment

NIRSPEC = fit_settings({"EXP_TYPE": "NRS_BRIGHTOBJ", "DETECTOR": "NRS1", "GRATING": "G395H"})
OPTIONS = {"fit_threshold": 10.0, "slope_limit": 0.05, "psf_optimal": False}


def scene():
    """Median image of a narrow star on a tilted slit, errors of 1, and the coordinate across."""
    row, column = np.indices((24, 80), dtype=np.float64)
    place = row - 11.5 - 0.01 * column
    flux = 1000 * np.exp(-0.5 * (place / 1.5) ** 2)
    return flux.astype(np.float32), np.ones((24, 80), np.float32), place


def test_the_model_is_the_star_near_its_centre():
    flux, error, place = scene()
    model = fit_trace(flux, error, place, NIRSPEC, OPTIONS)
    assert model.used.dtype == np.float32
    inside = np.isfinite(model.used)
    assert np.abs(place[inside]).max() < 5
    assert inside.any(axis=0).all()
    np.testing.assert_allclose(model.used[inside], flux[inside], atol=20)
    np.testing.assert_array_equal(model.full[inside], model.used[inside])


def test_psf_optimal_models_everything():
    flux, error, place = scene()
    model = fit_trace(flux, error, place, NIRSPEC, OPTIONS | {"psf_optimal": True})
    np.testing.assert_array_equal(model.used, model.full)
    assert np.isfinite(model.full).mean() > 0.85


@pytest.mark.parametrize("options", [{"fit_threshold": 1e6}, {"slope_limit": 10.0}])
def test_faint_or_smooth_light_has_an_empty_model(options):
    model = fit_trace(*scene(), NIRSPEC, OPTIONS | options)
    assert np.isnan(model.used).all()


def test_pixels_without_a_coordinate_are_left_out():
    flux, error, place = scene()
    place[:, 40:] = np.nan
    model = fit_trace(flux, error, place, NIRSPEC, OPTIONS)
    assert np.isnan(model.full[:, 40:]).all()
    assert np.isfinite(model.full[:, :40]).any()


def test_a_negative_background_does_not_change_the_shape():
    flux, error, place = scene()
    model = fit_trace(flux, error, place, NIRSPEC, OPTIONS)
    lower = fit_trace(flux - 50, error, place, NIRSPEC, OPTIONS)
    inside = np.isfinite(model.used) & np.isfinite(lower.used)
    assert inside.sum() > 200
    np.testing.assert_allclose(lower.used[inside], model.used[inside] - 50, atol=1)


def test_negative_sources_are_left_out_of_the_norm():
    flux, error, place = scene()
    flux[2:4] -= 100
    model = fit_trace(flux, error, place, NIRSPEC, OPTIONS | {"psf_optimal": True})
    np.testing.assert_allclose(model.full[12], flux[12], rtol=0.02)


def test_medians_by_slabs_leave_out_nan(tmp_path):
    planes = row_images()
    planes["SCI"][1, 2, 3] = np.nan
    path = write_segment(tmp_path / "segment.fits", planes)
    with open_fits(path) as member:
        whole, slabs = (median_images(member, memory_mb) for memory_mb in (64, 1e-4))
    np.testing.assert_array_equal(whole, slabs)
    # Rows of 2 in the first and 202 in the last integration.
    assert (whole[0, 2, 3], whole[0, 2, 4]) == (102, 102)
    assert (whole[1] == 1).all()


def test_world_coordinates_without_a_slit_are_refused(tmp_path):
    path = write_segment(tmp_path / "segment.fits")
    with open_fits(path) as member, pytest.raises(InputError) as caught:
        fit_segment(member, OPTIONS, 64)
    message = str(caught.value)
    assert message.startswith(f"{path}[ASDF]: world coordinates (meta.wcs): ")
    assert "found frames detector, world, expected slit_frame" in message


def test_a_model_below_the_threshold_is_empty(tmp_path, monkeypatch):
    module = "scripts.lib.trace_model.segment_trace.WorldCoordinates.evaluate"
    monkeypatch.setattr(module, lambda *_: np.zeros((6, 5)))
    path = write_segment(tmp_path / "segment.fits")
    with open_fits(path) as member:
        model = fit_segment(member, OPTIONS | {"fit_threshold": 1e9}, 64)
    assert np.isnan(model.used).all()
