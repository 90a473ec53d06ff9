import numpy as np
import pytest

from scripts.lib.diagnostics.least_squares import fit_within

X = np.linspace(0.0, 2.0, 50)


def decay(parameters):
    amplitude, rate = parameters
    return amplitude * np.exp(-rate * X)


@pytest.mark.parametrize("start", [(1.0, 1.0), (9.0, 0.2), (3.0, 4.0)])
def test_finds_a_minimum_inside_the_bounds(start):
    data = decay((3.0, 1.5))
    found = fit_within(
        lambda p: decay(p) - data,
        np.array(start),
        np.array([0.0, 0.0]),
        np.array([10.0, 5.0]),
        np.array([1.0, 1.0]),
        tolerance=1e-12,
    )
    np.testing.assert_allclose(found, [3.0, 1.5], rtol=1e-6)


def test_stays_at_a_bound_and_fits_the_rest():
    # Amplitude 2 at most: the best rate is then that of a fit of the rate alone.
    data = decay((3.0, 1.5))
    bounds = np.array([0.0, 0.0]), np.array([2.0, 5.0])
    found = fit_within(lambda p: decay(p) - data, np.array([1.0, 1.0]), *bounds, np.ones(2))
    assert found[0] == 2.0
    rates = np.linspace(0.0, 5.0, 5001)
    sums = [((decay((2.0, rate)) - data) ** 2).sum() for rate in rates]
    np.testing.assert_allclose(found[1], rates[np.argmin(sums)], atol=2e-2)


def test_a_parameter_without_effect_does_no_harm():
    found = fit_within(
        lambda p: np.array([p[0] - 1.0, 2.0]),
        np.array([0.0, 0.5]),
        np.array([-5.0, 0.0]),
        np.array([5.0, 1.0]),
        np.ones(2),
    )
    np.testing.assert_allclose(found[0], 1.0, atol=1e-4)
