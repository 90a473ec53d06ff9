import numpy as np

from scripts.lib.trace_model.fit_settings import fit_settings
from scripts.lib.trace_model.spline_fit import fit_spline

SETTINGS = fit_settings({"EXP_TYPE": "NRS_BRIGHTOBJ", "DETECTOR": "NRS1", "GRATING": "G395H"})
X = np.linspace(-1, 1, 200, dtype=np.float32)


def test_a_cubic_is_fitted_exactly():
    spline = fit_spline(X, X**3 - X, 8, SETTINGS)
    np.testing.assert_allclose(spline(X), X**3 - X, atol=1e-6)


def test_an_outlier_is_left_out():
    y = np.sin(2 * X) + np.float32(1e-3) * np.cos(np.arange(200, dtype=np.float32))
    with_outlier = y.copy()
    with_outlier[100] += 50
    difference = fit_spline(X, with_outlier, 8, SETTINGS)(X) - fit_spline(X, y, 8, SETTINGS)(X)
    assert np.abs(difference).max() < 1e-3


def test_points_too_far_apart_for_the_knots_have_no_spline():
    assert fit_spline(X, X, 400, SETTINGS) is None


def test_equal_points_have_no_spline():
    # Knots are where no points are: the least squares are singular.
    x = np.repeat(np.array([1.0, 2.0], np.float32), 20)
    assert fit_spline(x, x, 1, SETTINGS) is None
