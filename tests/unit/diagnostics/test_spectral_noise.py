import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.diagnostics.spectral_noise import (
    LightCurveMap,
    choose_stretches,
    element_noise,
    find_worse_elements,
    running_median,
)

NAN = np.nan


@given(st.integers(1, 3000))
def test_stretches_are_apart_and_within_the_series(n_integrations):
    slices = choose_stretches(n_integrations)
    taken = np.concatenate([np.arange(stretch.start, stretch.stop) for stretch in slices])
    assert len(np.unique(taken)) == len(taken) <= 400
    assert taken.min() >= 0
    assert taken.max() < n_integrations
    assert len({stretch.stop - stretch.start for stretch in slices}) == 1


def test_running_median_leaves_out_nan_and_what_is_beyond_the_ends():
    values = np.array([1.0, 5.0, NAN, 2.0, 3.0])
    np.testing.assert_array_equal(running_median(values, 3), [3.0, 3.0, 3.5, 2.5, 2.5])


def test_running_median_of_nothing_is_nan():
    values = np.array([NAN, NAN, NAN, NAN, 4.0])
    np.testing.assert_array_equal(running_median(values, 3), [NAN, NAN, NAN, 4.0, 4.0])


def metrics(**changed):
    """Noise as the errors say, without drift, but for elements that are changed."""
    found = {name: np.ones(101) for name in ("noise", "error", "drift")}
    for name, (element, value) in changed.items():
        found[name][element] = value
    return found


def test_elements_as_good_as_their_neighbours_are_not_named():
    assert find_worse_elements(metrics()) == []


def test_worse_elements_are_named_by_their_factor_worst_first():
    found = find_worse_elements(metrics(noise=(40, 2.0), drift=(70, 9.0)))
    assert found == [
        {"element": 70, "kind": "drift", "factor": 9.0},
        {"element": 40, "kind": "noise", "factor": 2.0},
    ]


def test_an_element_is_named_once():
    assert [
        worse["kind"] for worse in find_worse_elements(metrics(noise=(40, 2.0), drift=(40, 9.0)))
    ] == ["noise"]


def test_noise_that_the_errors_explain_is_not_worse():
    assert find_worse_elements(metrics(noise=(40, 2.0), error=(40, 2.0))) == []


def test_map_is_flux_over_its_median():
    image = LightCurveMap(3, 2)
    template = np.array([10.0, 20.0])
    image.add(slice(0, 2), np.array([[10.0, 20.0], [9.0, NAN]]), template)
    image.add(slice(2, 3), np.array([[11.0, 22.0]]), template)
    np.testing.assert_allclose(image.image(), [[1.0, 1.0], [0.9, NAN], [1.1, 1.1]], rtol=1e-6)


def test_a_large_map_averages_over_time_and_wavelength():
    image = LightCurveMap(800, 400)
    flux = np.ones((800, 400))
    flux[:2, :2] = [[1.0, 2.0], [3.0, NAN]]
    for first in range(0, 800, 100):
        image.add(slice(first, first + 100), flux[first : first + 100], np.ones(400))
    assert image.image().shape == (400, 200)
    assert image.image()[0, 0] == pytest.approx(2.0)
    assert (image.image()[1:] == 1.0).all()


def spectra(seed=0, n_elements=200):
    """Stretches of spectra with white noise as the errors say."""
    rng = np.random.default_rng(seed)
    error = np.full((50, n_elements), 0.01)
    return [
        {
            "FLUX": 1.0 + 0.01 * rng.standard_normal((50, n_elements)),
            "ERROR": error,
            "PHOTON_ERROR": 0.8 * error,
        }
        for _ in range(8)
    ]


def test_elements_of_white_noise_are_as_expected():
    metrics = element_noise(spectra())
    assert np.median(metrics["noise"] / metrics["error"]) == pytest.approx(1.0, abs=0.03)
    assert np.median(metrics["photon"]) == pytest.approx(0.008, rel=0.01)
    assert find_worse_elements(metrics) == []


def test_single_integration_has_no_noise():
    stretch = spectra()[0]
    metrics = element_noise([{name: values[:1] for name, values in stretch.items()}])
    assert np.isnan(metrics["noise"]).all()
    assert find_worse_elements(metrics) == []


def test_bad_columns_are_found():
    stretches, rng = spectra(), np.random.default_rng(9)
    for number, stretch in enumerate(stretches):
        stretch["FLUX"][:, 60] += 0.02 * rng.standard_normal(50)
        stretch["FLUX"][:, 120] += 0.01 * number
        stretch["FLUX"][:, 170] = np.nan
    found = find_worse_elements(element_noise(stretches))
    assert {(worse["element"], worse["kind"]) for worse in found} == {(60, "noise"), (120, "drift")}
    assert {worse["element"]: worse["factor"] for worse in found}[60] == pytest.approx(
        np.sqrt(5.0), rel=0.15
    )
