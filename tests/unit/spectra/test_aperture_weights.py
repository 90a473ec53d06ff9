import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.spectra.aperture_weights import (
    background_profile,
    centre_across,
    image_centre,
    source_profile,
    wavelength_vector,
)
from scripts.lib.spectra.apertures import Aperture

ROWS, COLUMNS = 8, 4
WAVELENGTH = np.broadcast_to(1.0 + np.arange(COLUMNS) / 10, (ROWS, COLUMNS))


def aperture(lower=0, upper=ROWS - 1, start=0, stop=COLUMNS - 1, **settings):
    return Aperture(start, stop, lower, upper, **settings)


def column(limits_of, wavelength=WAVELENGTH):
    weights, _, _ = source_profile(limits_of, wavelength)
    assert np.array_equal(weights, np.repeat(weights[:, :1], weights.shape[1], axis=1))
    return weights[:, 0]


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (2, 4, [0, 0, 1, 1, 1, 0, 0, 0]),
        (1.7, 4.0, [0, 0.3, 1, 1, 1, 0, 0, 0]),
        (2, 4.25, [0, 0, 1, 1, 1, 0.25, 0, 0]),
        (2.2, 2.6, [0, 0, 0.8, 0.6, 0, 0, 0, 0]),
        (-3, 1, [1, 1, 0, 0, 0, 0, 0, 0]),
        (6.5, 20, [0, 0, 0, 0, 0, 0, 0.5, 1]),
        (9, 12, [0] * 8),
    ],
)
def test_limits_are_inclusive_and_partial_pixels_count_in_part(lower, upper, expected):
    np.testing.assert_allclose(column(aperture(lower, upper)), expected, rtol=0, atol=1e-15)


def test_reports_plain_limits_as_they_are():
    _, lower, upper = source_profile(aperture(2, 4.5), WAVELENGTH)
    assert (lower, type(lower)) == (2, int)
    assert (upper, type(upper)) == (4.5, float)


@pytest.mark.parametrize(
    ("start", "stop", "used"),
    [(1, 2, [1, 2]), (0.5, 2.9, [1, 2]), (-2.5, 9, [0, 1, 2, 3]), (2, 2, [2]), (3, 1, [])],
)
def test_whole_pixels_along_dispersion(start, stop, used):
    weights, _, _ = source_profile(aperture(start=max(start, 0), stop=stop), WAVELENGTH)
    np.testing.assert_array_equal(np.flatnonzero(weights.any(axis=0)), used)


def test_width_is_centred_between_the_limits():
    weights, lower, upper = source_profile(aperture(2, 5, width=3), WAVELENGTH)
    assert (lower, upper) == (2.5, 4.5)
    np.testing.assert_array_equal(weights[:, 0], [0, 0, 0.5, 1, 1, 0.5, 0, 0])


def test_width_follows_the_trace():
    trace = np.array([2.0, 3.5, np.nan, 5.0])
    weights, lower, upper = source_profile(aperture(width=3, trace=trace), WAVELENGTH)
    np.testing.assert_array_equal(weights[:, 0], [0, 1, 1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(weights[:, 1], [0, 0, 0.5, 1, 1, 0.5, 0, 0])
    np.testing.assert_array_equal(weights[:, 2], 0)
    assert lower == pytest.approx(2.5)
    assert upper == pytest.approx(4.5)


def test_coefficients_name_the_edges_of_pixels():
    limits = aperture(source_coefficients=((1.5,), (4.5,)), width=9)
    np.testing.assert_array_equal(column(limits), [0, 0, 1, 1, 1, 0, 0, 0])


def test_coefficients_depend_on_the_pixel_along_dispersion():
    weights, lower, upper = source_profile(
        aperture(source_coefficients=((0.5, 1.0), (2.5, 1.0))), WAVELENGTH
    )
    for x in range(COLUMNS):
        np.testing.assert_array_equal(np.flatnonzero(weights[:, x]), [1 + x, 2 + x])
    assert (lower, upper) == (2.5, 3.5)


def test_coefficients_depend_on_wavelength():
    limits = aperture(
        source_coefficients=((-9.5, 10.0), (-7.5, 10.0)), independent_variable="wavelength_um"
    )
    weights, lower, upper = source_profile(limits, WAVELENGTH)
    for x in range(COLUMNS):
        assert weights[1 + x, x] == pytest.approx(1)
    assert lower == pytest.approx(2.5)
    assert upper == pytest.approx(3.5)


def test_unknown_wavelengths_have_no_weight_and_do_not_spoil_the_limits():
    wavelength = WAVELENGTH.copy()
    wavelength[:, 1] = np.nan
    limits = aperture(
        source_coefficients=((1.5, 0.0), (4.5, 0.0)), independent_variable="wavelength"
    )
    weights, lower, upper = source_profile(limits, wavelength)
    np.testing.assert_array_equal(weights.sum(axis=0), [3, 0, 3, 3])
    assert (lower, upper) == (2, 4)


def test_regions_add_up_and_the_larger_partial_weight_counts():
    limits = aperture(source_coefficients=((0.5,), (2.8,), (1.9,), (3.5,), (5.5,), (6.5,)))
    weights, lower, upper = source_profile(limits, WAVELENGTH)
    np.testing.assert_allclose(weights[:, 0], [0, 1, 1, 1, 0, 0, 1, 0])
    assert (lower, upper) == (1, 6)


def test_background_takes_partial_pixels_whole_but_a_median_leaves_them():
    regions = {"background_coefficients": ((0.2,), (2.9,))}
    assert background_profile(aperture(**regions), WAVELENGTH)[:, 0].tolist() == [
        *(True, True, True, True, *[False] * 4)
    ]
    median = aperture(**regions, background_fit="median")
    assert np.flatnonzero(background_profile(median, WAVELENGTH)[:, 0]).tolist() == [1, 2]


@given(
    st.floats(-2, 9).map(lambda v: round(v, 3)),
    st.floats(1, 6).map(lambda v: round(v, 3)),
)
def test_weights_inside_the_array_add_up_to_the_width(lower, width):
    upper = lower + width - 1
    weights = column(aperture(lower, upper))
    assert ((weights >= 0) & (weights <= 1)).all()
    if lower >= 0 and upper <= ROWS - 1:
        assert weights.sum() == pytest.approx(width)


def test_wavelength_is_the_weighted_mean():
    wavelength = np.array([[1.0, 5.0, 7.0], [4.0, np.nan, 8.0]], dtype=np.float32)
    weights = np.array([[0.5, 1.0, 0.0], [0.25, 1.0, 0.0]])
    np.testing.assert_allclose(
        wavelength_vector(weights, wavelength), [2.0, 5.0, np.nan], rtol=1e-15
    )


def test_centres():
    assert centre_across(np.array([0, 1, 1, 0.5])) == pytest.approx(1.8)
    assert centre_across(np.zeros(4)) == 1.5
    weights = np.zeros((4, 6))
    weights[1:3, 2:5] = 1
    assert image_centre(weights) == (1.5, 3.0)
