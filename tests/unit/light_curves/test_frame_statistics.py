import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.light_curves import frame_statistics as fs

Y, X = np.mgrid[:24, :64].astype(float)


def trace(y=12.0, width=1.5, brightness=1.0, x=0.0):
    """A horizontal trace with some lines in its spectrum."""
    spectrum = 100.0 + 20.0 * np.sin((X - x) / 4.0)
    return brightness * spectrum * np.exp(-0.5 * ((Y - y) / width) ** 2)


def test_spread_indices_have_both_ends_and_no_copies():
    assert fs.spread_indices(10, 3).tolist() == [0, 4, 9]
    assert fs.spread_indices(2, 31).tolist() == [0, 1]


def test_median_frame_leaves_nan_out():
    frames = np.array([1.0, np.nan, 3.0, 10.0, 2.0])[:, None, None]
    assert fs.median_frame(frames.copy())[0, 0] == 2.5
    frames[:3] = np.nan
    assert np.isnan(fs.median_frame(frames)[0, 0])


def test_classes_are_aperture_wings_and_the_rest():
    aperture = np.zeros((12, 5), dtype=bool)
    aperture[5:7] = True
    classes = fs.pixel_classes(aperture)
    assert (classes.sum(axis=0) == 1).all()
    assert np.flatnonzero(classes[1][:, 0]).tolist() == [2, 3, 4, 7, 8, 9]


def test_classes_do_not_wrap_around():
    aperture = np.zeros((12, 5), dtype=bool)
    aperture[0] = True
    assert np.flatnonzero(fs.pixel_classes(aperture)[1][:, 2]).tolist() == [1, 2, 3]


def test_derivative_of_a_cubic_is_exact():
    image = np.arange(10.0)[:, None] ** 3 * np.ones(4)
    slope = fs.image_derivative(image, 0)
    np.testing.assert_allclose(slope[2:-2, 1], 3.0 * np.arange(2.0, 8.0) ** 2)
    assert (slope[[0, 1, 8, 9]] == 0).all()
    assert (fs.image_derivative(image, 1) == 0).all()


@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(-0.02, 0.02), st.floats(0.98, 1.02))
def test_shape_fit_finds_shift_width_and_brightness(dy, dx, growth, brightness):
    fit = fs.ShapeFit(trace(), np.ones(X.shape, dtype=bool), 0)
    (shape,) = fit(trace(12.0 + dy, 1.5 + growth, brightness, dx)[None])
    assert shape[0] + 1 == pytest.approx(brightness * (1.5 + growth) / 1.5, rel=0.02)
    assert shape[1] == pytest.approx(dx, abs=0.01)
    assert shape[2] == pytest.approx(dy, abs=0.004)
    assert np.sqrt(1.5**2 + shape[3]) - 1.5 == pytest.approx(growth, abs=0.004)


def test_shape_fit_minds_bad_pixels_little():
    median = trace()
    median[11, 5] = np.nan
    image = trace(12.05)
    image[13, 40] = np.nan
    (shape,) = fs.ShapeFit(median, np.ones(X.shape, dtype=bool), 0)(image[None])
    assert shape[2] == pytest.approx(0.05, abs=0.004)


def test_shape_of_nothing_is_nan():
    fit = fs.ShapeFit(trace(), np.ones(X.shape, dtype=bool), 0)
    assert np.isnan(fit(np.full((1, *X.shape), np.nan))).all()
    nothing = fs.ShapeFit(np.full(X.shape, np.nan), np.ones(X.shape, dtype=bool), 0)
    assert np.isnan(nothing(trace()[None])).all()


@pytest.mark.parametrize("across", [0, 1])
def test_moments_of_a_trace(across):
    image = trace() if across == 0 else trace().T
    centre, mean, width = fs.trace_moments(image, np.ones(image.shape), across)
    np.testing.assert_allclose(centre, 12.0, atol=1e-6)
    assert (mean, width) == (pytest.approx(12.0), pytest.approx(1.5, rel=1e-3))


def test_counts_by_class():
    flags = np.zeros((2, 3, 2), dtype=bool)
    flags[0, 0] = True
    flags[1, 2, 1] = True
    classes = np.zeros((2, 3, 2), dtype=bool)
    classes[0, :2], classes[1, 2] = True, True
    assert fs.class_counts(flags, classes).tolist() == [[2.0, 0.0], [0.0, 1.0]]


def test_shift_along_a_spectrum_without_lines_is_not_known():
    flat = 100.0 * np.exp(-0.5 * ((Y - 12.0) / 1.5) ** 2)
    (shape,) = fs.ShapeFit(flat, np.ones(X.shape, dtype=bool), 0)(
        100.0 * np.exp(-0.5 * ((Y[None] - 12.05) / 1.5) ** 2)
    )
    assert np.isnan(shape[1])
    np.testing.assert_allclose(shape[[0, 2, 3]], [0.0, 0.05, 0.0], atol=4e-3)


def test_missing_light_is_that_of_the_missing_pixels():
    light = np.array([[1.0, 2.0, np.nan], [3.0, 2.0, 4.0]])
    invalid = np.zeros((2, 2, 3), dtype=bool)
    invalid[1, 0] = True
    np.testing.assert_allclose(fs.missing_light(invalid, light, 0), [[0, 0, 0], [0.25, 0.5, 0]])
    np.testing.assert_allclose(fs.missing_light(invalid, light, None), [[0], [0.25]])
