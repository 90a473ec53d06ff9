import numpy as np
import pytest
from astropy.stats import sigma_clipped_stats

from scripts.lib.trace_model.clipping import clipped_mean


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [1, 2, 10, 300])
def test_equals_astropy(dtype, length):
    values = np.random.default_rng(length).standard_t(1.5, length).astype(dtype)
    mean, _, deviation = sigma_clipped_stats(values)
    assert clipped_mean(values) == (mean, deviation)


def test_values_that_are_not_finite_do_not_count():
    assert clipped_mean(np.array([np.nan, 2.0, np.inf, 4.0])) == (3, 1)


def test_no_value_has_no_mean():
    assert np.isnan(clipped_mean(np.array([np.nan]))).all()
