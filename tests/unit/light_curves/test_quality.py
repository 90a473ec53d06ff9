import numpy as np
import pytest

from scripts.lib.light_curves.quality import QUALITY_BITS, bin_quality, integration_quality

NAN = np.nan
ZERO = np.zeros(20)


def wave(**changed):
    """Flux of 20 integrations that varies a little, some of them others."""
    flux = 1.0 + 0.01 * np.sin(2.4 * np.arange(20))
    for place, value in changed.items():
        flux[int(place.removeprefix("at_"))] = value
    return flux


def at(place, value):
    """Zeros but for one integration."""
    values = np.zeros(20)
    values[place] = value
    return values


@pytest.mark.parametrize(
    ("flux", "missing", "positions", "outliers", "bit", "place"),
    [
        (wave(at_3=NAN), ZERO, ZERO, ZERO, 0, 3),
        (wave(), ZERO, at(4, NAN), ZERO, 1, 4),
        (wave(), at(5, 0.11), ZERO, ZERO, 2, 5),
        (wave(), ZERO, ZERO, at(6, 9.0), 3, 6),
        (wave(at_7=1.2), ZERO, ZERO, ZERO, 4, 7),
        (wave(at_19=0.8), ZERO, ZERO, ZERO, 4, 19),
    ],
)
def test_each_reason_has_its_bit(flux, missing, positions, outliers, bit, place):
    quality = integration_quality(flux, missing, positions, outliers)
    assert quality.dtype == np.int64
    assert np.flatnonzero(quality).tolist() == [place]
    assert quality[place] == 1 << bit
    assert bit < len(QUALITY_BITS)


def test_several_reasons_are_summed():
    quality = integration_quality(wave(at_3=NAN), at(3, 1.0), at(3, NAN), at(3, 50.0))
    assert quality[3] == 1 + 2 + 4 + 8


def test_limits_are_no_reasons():
    # A tenth of the light, and 8 standard deviations of a Poisson number above the usual 4.
    quality = integration_quality(wave(), np.full(20, 0.1), ZERO, 4.0 + at(2, 16.0))
    assert not quality.any()
    assert integration_quality(wave(), ZERO, ZERO, 4.0 + at(2, 17.0))[2] == 8


def test_outliers_of_a_visit_without_numbers_are_none():
    assert not integration_quality(wave(), ZERO, ZERO, np.full(20, NAN)).any()


@pytest.mark.parametrize("flux", [np.ones(20), np.arange(9.0) ** 4, np.full(20, NAN)])
def test_series_without_noise_or_length_have_no_outliers(flux):
    assert not (bin_quality(flux, np.zeros(len(flux))) & 16).any()


def test_a_dip_is_no_outlier():
    flux = wave()
    flux[8:14] -= 0.3
    assert not integration_quality(flux, ZERO, ZERO, ZERO).any()


def test_neighbours_across_missing_integrations_count():
    flux = wave(at_3=NAN, at_4=NAN, at_5=1.2)
    assert integration_quality(flux, ZERO, ZERO, ZERO)[3:6].tolist() == [1, 1, 16]


def test_bins_have_the_bits_of_their_flux():
    flux = np.tile(wave(at_3=NAN, at_7=1.2), (2, 1))
    missing = np.stack([at(9, 0.2), ZERO])
    found = np.stack([bin_quality(*pair) for pair in zip(flux, missing, strict=True)])
    expected = np.zeros((2, 20), int)
    expected[:, 3], expected[:, 7], expected[0, 9] = 1, 16, 4
    np.testing.assert_array_equal(found, expected)
