"""Cubes with outliers, and the flags of outlier detection by its definition."""

import warnings

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER

NAN = np.nan
JUMP = 4


def cube(shape=(60, 3, 4), seed=0, hits=0.01, bad=0.003):
    """Planes of noise of 1 with hits of 30, NaN in any plane, and flags."""
    rng = np.random.default_rng(seed)
    planes = {name: np.ones(shape, np.float32) for name in ("ERR", "VAR_POISSON", "VAR_FLAT")}
    planes["SCI"] = rng.normal(100, 1, shape).astype(np.float32)
    planes["SCI"][rng.random(shape) < hits] += 30
    for plane in planes.values():
        plane[rng.random(shape) < bad] = NAN
    planes["DQ"] = np.zeros(shape, np.uint32)
    planes["DQ"][rng.random(shape) < bad] |= DO_NOT_USE
    planes["DQ"][rng.random(shape) < 0.1] |= JUMP
    return planes


def plain_flags(planes, snr=5.0, window=25, mask=DO_NOT_USE):
    """Outliers by the definition, one integration and one `numpy.median` at a time."""
    sci, err = planes["SCI"], np.nan_to_num(planes["ERR"])
    n = len(sci)
    if not 1 < window < n:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            return np.abs(sci - np.nanmedian(sci, axis=0)) > np.float32(snr) * err
    masked = np.where(planes["DQ"] & mask, NAN, sci).astype(np.float32)
    starts = [min(max(t - window // 2, 0), n - window) for t in range(n)]
    medians = np.array(
        [np.median(masked[s : s + window], axis=0, out=np.empty(sci.shape[1:])) for s in starts]
    )
    return np.abs(sci - medians) > np.float32(snr) * err


def plain_result(planes, flagged):
    """Planes after flagging and unification, by the definition."""
    floats = [name for name in planes if name != "DQ"]
    dq = planes["DQ"] | np.where(flagged, OUTLIER | DO_NOT_USE, 0).astype(np.uint32)
    invalid = (dq & DO_NOT_USE) > 0
    for name in floats:
        invalid |= np.isnan(planes[name])
    result = {name: np.where(invalid, np.float32(NAN), planes[name]) for name in floats}
    return result | {"DQ": np.where(invalid, dq | DO_NOT_USE, dq)}


def assert_same(result, expected):
    """Assert that planes are the same to the bit."""
    assert result.keys() == expected.keys()
    for name, plane in result.items():
        assert plane.dtype == expected[name].dtype
        np.testing.assert_array_equal(plane, expected[name], err_msg=name)
