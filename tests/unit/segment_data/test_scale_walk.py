import warnings

import numpy as np
import pytest
from scipy.optimize import minimize

from scripts.lib.segment_data.scale_walk import walk_to_scales

NAN = np.nan
KINDS = ["unrelated", "alike", "huge", "small with gaps", "zero"]


def by_scipy(data, profile):
    """Scale of one profile, found by scipy."""

    def misfit(scale):
        return np.nansum((data - profile * scale) ** 2) / np.count_nonzero(~np.isnan(data))

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return minimize(misfit, x0=np.abs(np.nanmax(data)), method="Nelder-Mead").x[0]


def samples(kind, n_samples):
    rng = np.random.default_rng(n_samples)
    data, profiles = np.abs(rng.normal(size=(2, 12, n_samples))).astype(np.float32)
    if kind == "alike":
        profiles = (data * rng.uniform(0.5, 2, (12, 1)) + 0.01 * profiles).astype(np.float32)
    elif kind == "huge":
        data *= np.float32(1e19)
    elif kind == "small with gaps":
        profiles *= np.float32(1e-3)
        data[:, 1::5], profiles[:, 2::7] = NAN, NAN
    elif kind == "zero":
        data[:] = 0
    return data, profiles


@pytest.mark.parametrize("n_samples", [1, 2, 7, 8, 9, 31, 129])
@pytest.mark.parametrize("kind", KINDS)
def test_scales_are_bit_equal_to_those_of_scipy(kind, n_samples):
    data, profiles = samples(kind, n_samples)
    expected = [by_scipy(*pair) for pair in zip(data, profiles, strict=True)]
    assert expected[0].dtype == np.float32
    np.testing.assert_array_equal(walk_to_scales(data, profiles), expected)


def test_a_fit_does_not_depend_on_the_others():
    data, profiles = samples("alike", 24)
    together = walk_to_scales(data, profiles)
    alone = [walk_to_scales(data[k : k + 1], profiles[k : k + 1])[0] for k in range(12)]
    np.testing.assert_array_equal(together, alone)


def test_a_multiple_of_the_profile_gives_its_factor():
    profile = np.linspace(0.1, 1, 20, dtype=np.float32)
    scales = walk_to_scales(np.stack([profile, 3 * profile]), np.stack([profile, profile]))
    np.testing.assert_allclose(scales, [1, 3], rtol=1e-4)
