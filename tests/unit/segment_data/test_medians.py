import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.segment_data.medians import nan_median

NAN = np.nan
FINITE = st.floats(-(2.0**100), 2.0**100, width=32)


@given(
    hnp.arrays(
        np.float32, st.tuples(st.integers(1, 12), st.just(4)), elements=FINITE | st.just(NAN)
    )
)
def test_nan_median_is_that_of_numpy(samples):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        expected = np.nanmedian(samples, axis=0)
    medians = nan_median(samples)
    assert medians.dtype == np.float32
    np.testing.assert_array_equal(medians, expected)


def test_nan_median_averages_in_single_precision():
    samples = np.array([[1], [1 + 2**-23], [NAN]], np.float32)
    assert nan_median(samples)[0] == 1
