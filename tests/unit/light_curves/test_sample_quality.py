import numpy as np

from scripts.lib.light_curves.quality import QUALITY_BITS
from scripts.lib.light_curves.sample_quality import SPECTRA_FLAGS, SampleLimits, sample_quality

TEMPLATE = np.array([1.0, 2.0, 4.0])
NOISE = np.full(3, 0.01)


def block(count=20):
    """Flux of three channels without noise, which the light of a dip changes together."""
    light = np.ones(count)
    light[count // 2 :] = 0.9
    flux = light[:, None] * TEMPLATE
    return {"flux": flux, "valid": np.ones_like(flux)}


def quality_of(values, bad=(False, False, False), clip=5.0):
    """Quality of a block."""
    return sample_quality(values, TEMPLATE, SampleLimits(np.array(bad), NOISE, clip))


def test_a_sample_far_from_its_neighbours_in_time_is_an_outlier_and_no_other():
    values = block()
    values["flux"][4, 1] *= 1.06
    values["flux"][6, 2] *= 1.04
    expected = np.zeros((20, 3))
    expected[4, 1] = 16
    np.testing.assert_array_equal(quality_of(values), expected)
    assert not quality_of(values, clip=None).any()


def test_what_all_channels_have_in_common_is_no_outlier():
    values = block()
    values["flux"][7] *= 0.5
    assert not quality_of(values).any()


def test_missing_flux_and_bad_channels_are_flagged_and_nothing_is_changed():
    values = block()
    values["flux"][3, 0] = np.nan
    values["valid"][3, 0], values["valid"][5, 2] = 0.0, 0.8
    before = values["flux"].copy()
    expected = np.zeros((20, 3))
    expected[:, 1], expected[3, 0], expected[5, 2] = 32, 5, 4
    np.testing.assert_array_equal(quality_of(values, (False, True, False)), expected)
    np.testing.assert_array_equal(values["flux"], before)


def test_channels_of_unknown_noise_and_short_blocks_are_not_judged():
    values = block()
    values["flux"][4, 1] *= 3.0
    limits = SampleLimits(np.zeros(3, bool), np.full(3, np.nan), 5.0)
    assert not sample_quality(values, TEMPLATE, limits).any()
    short = block(8)
    short["flux"][4, 1] *= 3.0
    assert not quality_of(short).any()


def test_bits_mean_what_those_of_light_curves_mean():
    assert QUALITY_BITS[0] == SPECTRA_FLAGS[1]
    assert QUALITY_BITS[2] == SPECTRA_FLAGS[4]
    assert QUALITY_BITS[4] in SPECTRA_FLAGS[16]
    assert "bad channel" in QUALITY_BITS[5]
