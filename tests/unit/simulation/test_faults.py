"""What is wrong with the pixels of a detector."""

import numpy as np
import pytest

from scripts.simulation.detector import DO_NOT_USE, REFERENCE_PIXEL, Readout
from scripts.simulation.faults import draw_faults, row_stripes, with_gradient
from scripts.simulation.imaging_scene import ImagingScene, Source
from scripts.simulation.optics import Optics
from scripts.simulation.scene import SpectralScene
from scripts.simulation.trouble import Trouble

READOUT = Readout(integration_time=10.0, read_noise=3.0)


def _spectrum(axis=1, shape=(20, 60)):
    ones = np.ones(shape[2 - axis])
    place = (shape[axis - 1] - 1) / 2.0
    return SpectralScene(shape, axis, 4.0 * ones, place * ones, ones, 500.0 * ones, 1.6, ones)


def _image(shape=(30, 30)):
    source = Source((14.0, 15.0), 15.0, 500.0, 1.6, 1.0, np.ones(shape))
    return ImagingScene(source, Optics(scale=0.11, passband=(15.0,)))


def _faults(scene, never_lit=None, **changes):
    trouble, generator = Trouble(**changes), np.random.default_rng(1)
    return draw_faults(trouble, scene, READOUT, never_lit, generator)


def test_nothing_is_wrong_without_trouble():
    faults = _faults(_spectrum(shape=(60, 60)))
    for values in (faults.flags, faults.resting, faults.slopes, faults.rtn, faults.hot):
        assert not values.any()
    np.testing.assert_array_equal(faults.flat, 1.0)
    # 16 electrons of background and 9 of the readout.
    np.testing.assert_allclose(faults.noise[0], 5.0, rtol=1e-3)


def test_columns_are_dead_along_the_dispersion():
    for axis, shape in ((1, (20, 60)), (2, (60, 20))):
        faults = _faults(_spectrum(axis, shape), columns=True)
        flags, resting = (
            (faults.flags, faults.resting) if axis == 1 else (faults.flags.T, faults.resting.T)
        )
        assert np.flatnonzero((flags & DO_NOT_USE).all(axis=0)).tolist() == [20]
        assert np.flatnonzero(resting.all(axis=0)).tolist() == [37]
        assert (flags > 0).sum() == resting.sum() == 20
    assert not _faults(_image(), columns=True).flags.any()


def test_a_column_rests_in_the_middle_tenth():
    faults = _faults(_spectrum(), columns=True)
    resting = [faults.rests(integration, 20).any() for integration in range(1, 21)]
    assert np.flatnonzero(resting).tolist() == [9, 10]


def test_shares_of_pixels_are_as_asked_for():
    faults = _faults(_spectrum(shape=(100, 200)), bad=0.02, rtn=0.03, hot=0.01)
    unusable = (faults.flags & DO_NOT_USE) > 0
    assert unusable.sum() == 400
    assert np.count_nonzero(faults.rtn) == pytest.approx(600, abs=80)
    assert np.count_nonzero(faults.hot) == pytest.approx(200, abs=50)
    assert not (unusable & ((faults.rtn > 0.0) | (faults.hot > 0.0))).any()
    for heights, (low, high) in ((faults.rtn, (4.0, 12.0)), (faults.hot, (5.0, 60.0))):
        sigmas = (heights / faults.noise)[heights > 0.0]
        assert low <= sigmas.min() < sigmas.max() <= high


def test_pixels_that_never_see_light_keep_their_flags():
    never_lit = np.zeros((20, 60), np.uint32)
    never_lit[:, :4] = REFERENCE_PIXEL | DO_NOT_USE
    faults = _faults(_spectrum(), never_lit, hot=1.0)
    np.testing.assert_array_equal(faults.flags, never_lit)
    assert not faults.hot[:, :4].any()
    assert faults.hot[:, 4:].all()


def test_jumping_pixels_are_bright_now_and_then():
    faults, generator = _faults(_spectrum(), rtn=1.0), np.random.default_rng(2)
    seen = np.stack([faults.unflagged_electrons(generator) for _ in range(200)])
    assert np.mean(seen > 0.0) == pytest.approx(0.3, abs=0.01)
    np.testing.assert_array_equal(seen.max(axis=0), faults.rtn)


def test_response_changes_with_motion():
    faults = _faults(_spectrum(), flat=0.01, response=0.1)
    np.testing.assert_array_equal(faults.response(np.zeros(3)), faults.flat)
    ratio = faults.response(np.array([0.5, -1.0, 0.0])) / faults.flat
    np.testing.assert_allclose(ratio, 1.0 + 0.5 * faults.slopes[0] - faults.slopes[1])
    assert np.std(faults.flat) == pytest.approx(0.01, rel=0.1)
    assert np.std(faults.slopes) == pytest.approx(0.1, rel=0.1)


def test_the_star_has_pixels_around_its_trace_or_place():
    rows = np.flatnonzero(_faults(_spectrum()).star.all(axis=1))
    assert (rows.min(), rows.max()) in {(5, 14), (6, 13), (7, 12)}
    star = _faults(_image()).star
    assert star[15, 14]
    assert not star[0].any()


def test_background_rises_to_the_upper_right():
    found = with_gradient(np.full((3, 5), 2.0), 0.2)
    np.testing.assert_allclose(found[:, 2], [1.6, 2.0, 2.4])
    np.testing.assert_allclose(found[1], [1.8, 1.9, 2.0, 2.1, 2.2])


@pytest.mark.parametrize(("slope", "ratio"), [(1.0, 8.0), (0.0, 1.0)])
def test_stripes_have_unit_variance_and_the_power_asked_for(slope, ratio):
    generator = np.random.default_rng(3)
    series = np.stack([row_stripes(64, slope, generator) for _ in range(2000)])
    about_mean = series - series.mean(axis=1, keepdims=True)
    assert np.mean(about_mean**2) == pytest.approx(1.0, rel=0.05)
    power = np.mean(np.abs(np.fft.rfft(about_mean)) ** 2, axis=0)
    assert power[2] / power[16] == pytest.approx(ratio, rel=0.35)
