import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.moving_profile.frames import Planes, power_of_two, prepare_frames, scaled_variance

NAN, INF = np.nan, np.inf


def planes(sci, err=None, dq=None):
    """Planes of integrations with one row."""
    sci = np.array(sci, np.float32)[:, None, :]
    err = np.ones_like(sci) if err is None else np.array(err, np.float32)[:, None, :]
    dq = np.zeros(sci.shape) if dq is None else np.array(dq)[:, None, :]
    return Planes(sci, err, dq.astype(np.uint32), np.ones_like(sci))


def prepared(given, median, error=1.0, scale=1.0):
    """Frames with one median and error for all pixels."""
    shape = given.sci.shape[1:]
    images = np.full(shape, median, np.float32), np.full(shape, error, np.float32)
    return prepare_frames(given, scale, *images)


def test_bad_samples_are_listed_and_zero():
    frames = prepared(planes([[5.0, NAN, 7.0, INF]], dq=[[1, 0, 4, 0]]), 2.0)
    np.testing.assert_array_equal(frames.bad, [0, 1, 3])
    np.testing.assert_array_equal(frames.difference[0, 0], [0.0, 0.0, 5.0, 0.0])


def test_a_good_sample_without_error_gets_the_usual_one():
    frames = prepared(planes([[1.0] * 5], err=[[NAN, 0.0, INF, 3.0, 0.3]]), 0.0, error=0.5)
    np.testing.assert_array_equal(frames.error[0, 0], [0.5, 0.5, 0.5, 3.0, 0.5])
    assert not len(frames.bad)


def test_a_pixel_without_median_is_always_bad():
    frames = prepared(planes([[1.0], [2.0]]), NAN)
    np.testing.assert_array_equal(frames.bad, [0, 1])


def test_a_pixel_without_any_error_has_one_for_sums_in_which_it_has_no_weight():
    frames = prepared(planes([[NAN], [NAN]], err=[[NAN], [NAN]]), NAN, error=NAN)
    np.testing.assert_array_equal(frames.error, 1.0)
    np.testing.assert_array_equal(frames.bad, [0, 1])


def test_inputs_are_not_changed():
    given = planes([[NAN, 3.0]])
    prepared(given, 1.0, scale=4.0)
    np.testing.assert_array_equal(given.sci[0, 0], [NAN, 3.0])
    np.testing.assert_array_equal(given.err, 1.0)


@given(st.floats(1e-30, 1e20))
def test_scale_is_a_power_of_two_that_brings_errors_near_one(error):
    scale = power_of_two(np.array([error, NAN]))
    assert 0.7 < scale * error < 1.5
    assert np.frexp(scale)[0] == 0.5


def test_scale_of_no_errors_is_one():
    assert power_of_two(np.array([NAN, 0.0])) == 1.0


def test_variance_is_scaled_without_underflow():
    variance = np.array([2.0**-120, NAN, -1.0], np.float32)
    np.testing.assert_array_equal(scaled_variance(variance, 2.0**60), [1.0, 0.0, 0.0])
