import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scripts.lib.light_curves.element_sums import Groups, sum_groups
from tests.support.light_curves import sum_of_columns

NAN = np.nan
LIGHT = st.floats(1.0, 1e3)


def values_of(flux, **changed):
    """Spectra whose errors are 3, photon errors 2 and background 1, of which all light is valid."""
    flux = np.array(flux, dtype=float)
    constants = {"error": 3.0, "photon_error": 2.0, "background": 1.0, "valid": 1.0}
    values = {name: np.full(flux.shape, value) for name, value in constants.items()}
    values |= {"flux": flux, "filled": 2.0 * flux}
    return values | {name: np.array(given, dtype=float) for name, given in changed.items()}


@given(
    flux=arrays(float, (3, 8), elements=LIGHT),
    numbers=arrays(int, 8, elements=st.integers(-1, 3)),
)
def test_sums_are_plain_sums_where_nothing_is_missing(flux, numbers):
    groups = Groups.from_numbers(numbers)
    present = np.unique(numbers[numbers >= 0])
    assert len(groups) == len(present)
    sums = sum_groups(values_of(flux), np.median(flux, axis=0), groups)
    for k, number in enumerate(present):
        members = numbers == number
        np.testing.assert_array_equal(groups.members(k, 8), members)
        np.testing.assert_allclose(sums["flux"][:, k], flux[:, members].sum(axis=1))
        np.testing.assert_allclose(sums["filled"][:, k], 2.0 * flux[:, members].sum(axis=1))
        np.testing.assert_allclose(sums["error"][:, k], 3.0 * np.sqrt(members.sum()))
        np.testing.assert_allclose(sums["photon_error"][:, k], 2.0 * np.sqrt(members.sum()))
        np.testing.assert_allclose(sums["background"][:, k], 1.0)
        np.testing.assert_allclose(sums["missing"][:, k], 0.0, atol=1e-12)


@given(
    template=arrays(float, 6, elements=LIGHT),
    levels=arrays(float, 4, elements=st.floats(0.5, 1.5)),
    missing=arrays(bool, (4, 6)),
)
def test_a_missing_element_is_no_dip(template, levels, missing):
    flux = np.where(missing, NAN, levels[:, None] * template)
    sums = sum_groups(values_of(flux), template, Groups.from_numbers(np.zeros(6, int)))
    lost = (missing * template).sum(axis=1) / template.sum()
    clear = np.abs(lost - 0.5) > 1e-9
    expected = np.where(lost < 0.5, levels * template.sum(), NAN)
    np.testing.assert_allclose(sums["flux"][clear, 0], expected[clear])
    np.testing.assert_allclose(sums["missing"][:, 0], lost, atol=1e-12)


def test_errors_grow_with_what_is_missing():
    flux = [[1.0, 2.0, 3.0, NAN]]
    sums = sum_groups(
        values_of(flux), np.array([1.0, 2.0, 3.0, 4.0]), Groups.from_numbers(np.zeros(4, int))
    )
    np.testing.assert_allclose(sums["flux"], 10.0)
    np.testing.assert_allclose(sums["error"], 3.0 * np.sqrt(3.0) / 0.6)
    np.testing.assert_allclose(sums["photon_error"], 2.0 * np.sqrt(3.0) / 0.6)


def test_half_of_the_light_is_enough_and_less_is_not():
    flux = [[1.0, 2.0, NAN], [NAN, NAN, 3.0], [1.0, NAN, NAN]]
    groups = Groups.from_numbers(np.zeros(3, int))
    sums = sum_groups(values_of(flux), np.array([1.0, 2.0, 3.0]), groups)
    np.testing.assert_allclose(sums["flux"][:, 0], [6.0, 6.0, NAN])
    assert np.isnan([sums[name][2, 0] for name in ("filled", "error", "photon_error")]).all()


def test_elements_without_a_template_take_no_part():
    template = np.array([1.0, NAN, 3.0])
    flux = [[1.0, 90.0, 3.0], [1.0, NAN, 3.0]]
    sums = sum_groups(values_of(flux), template, Groups.from_numbers(np.zeros(3, int)))
    np.testing.assert_array_equal(sums["flux"][:, 0], [4.0, 4.0])
    np.testing.assert_array_equal(sums["missing"][:, 0], [0.0, 0.0])
    np.testing.assert_allclose(sums["error"][:, 0], 3.0 * np.sqrt(2.0))


def test_a_group_without_any_template_is_nan():
    sums = sum_groups(
        values_of([[1.0, 2.0]]), np.array([1.0, NAN]), Groups.from_numbers(np.array([0, 1]))
    )
    np.testing.assert_array_equal(sums["flux"], [[1.0, NAN]])
    np.testing.assert_array_equal(sums["error"], [[3.0, NAN]])
    np.testing.assert_array_equal(sums["missing"], [[0.0, 1.0]])


def test_samples_that_were_filled_in_are_missing_light():
    valid = [[1.0, 0.5], [0.0, 1.0]]
    flux = [[1.0, 3.0], [NAN, 3.0]]
    sums = sum_groups(
        values_of(flux, valid=valid), np.array([1.0, 3.0]), Groups.from_numbers(np.array([0, 0]))
    )
    np.testing.assert_allclose(sums["missing"][:, 0], [0.375, 0.25])


def test_background_is_the_mean_of_what_is_known():
    background = [[1.0, 4.0], [NAN, 4.0], [NAN, NAN]]
    sums = sum_groups(
        values_of(np.ones((3, 2)), background=background),
        np.ones(2),
        Groups.from_numbers(np.array([0, 0])),
    )
    np.testing.assert_array_equal(sums["background"][:, 0], [2.5, 4.0, NAN])


@pytest.mark.parametrize("numbers", [[-1, -1], []])
def test_no_groups_have_no_sums(numbers):
    groups = Groups.from_numbers(np.array(numbers, dtype=int))
    assert len(groups) == 0
    sums = sum_groups(values_of(np.ones((3, len(numbers)))), np.ones(len(numbers)), groups)
    assert {array.shape for array in sums.values()} == {(3, 0)}


def test_a_missing_column_is_no_dip():
    flux = np.array([[2.0, 6.0, 2.0], [np.nan, 3.0, 1.0], [np.nan, np.nan, 2.0]])
    sums = sum_of_columns(flux, np.array([2.0, 6.0, 2.0]), flux * 0 + 1.0)
    np.testing.assert_allclose(sums["flux"], [10.0, 5.0, np.nan])
    np.testing.assert_allclose(sums["error"], [np.sqrt(3.0), np.sqrt(2.0) * 1.25, np.nan])
    np.testing.assert_allclose(sums["missing"], [0.0, 0.2, 0.8])


def test_bins_sum_their_members():
    members = np.array([True, False, True])
    flux, template = np.array([[2.0, 6.0, 2.0]]), np.array([2.0, 6.0, np.nan])
    assert sum_of_columns(flux, template, members=members)["flux"] == 2.0


def test_a_sum_of_nothing_is_nan():
    sums = sum_of_columns(np.ones((2, 2)), np.full(2, np.nan))
    assert np.isnan(sums["flux"]).all()
    assert (sums["missing"] == 1.0).all()


def test_weights_keep_the_light_and_the_mean_wavelength_of_a_bin():
    template = np.array([3.0, 1.0, 2.0, 4.0, 5.0])
    wavelength = np.array([1.0, 1.2, 1.5, 1.6, 2.0])
    # A dip that is deeper at longer wavelengths changes every sum by that of the mean wavelength.
    flux = np.tile(template * (0.9 - 0.1 * wavelength), (3, 1))
    flux[1, 3], flux[2, :2] = np.nan, np.nan
    groups = Groups.from_numbers(np.zeros(5, int))
    sums = sum_groups(values_of(flux), template, groups, wavelength)
    np.testing.assert_allclose(sums["flux"][:, 0], sums["flux"][0, 0])
    plain = sum_groups(values_of(flux), template, groups)
    assert abs(plain["flux"][2, 0] - plain["flux"][0, 0]) > 0.1


def test_weights_that_would_be_negative_are_equal_instead():
    template, wavelength = np.ones(5), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    flux = np.ones((1, 5))
    flux[0, 3:] = np.nan
    groups = Groups.from_numbers(np.zeros(5, int))
    values = values_of(flux)
    sums, plain = (sum_groups(values, template, groups, *w) for w in ((wavelength,), ()))
    np.testing.assert_allclose(sums["error"], plain["error"])


def test_weights_of_whole_bins_change_nothing():
    flux = np.random.default_rng(1).uniform(1.0, 2.0, (4, 6))
    groups = Groups.from_numbers(np.array([0, 0, 0, 1, 1, 1]))
    flux[2, 5] = np.nan
    template, wavelength = np.ones(6), np.arange(1.0, 7.0)
    values = values_of(flux)
    sums, plain = (sum_groups(values, template, groups, *w) for w in ((wavelength,), ()))
    rows = [0, 1, 3]
    np.testing.assert_allclose(sums["flux"][rows], plain["flux"][rows], rtol=1e-14)
    np.testing.assert_allclose(sums["flux"][2, 0], plain["flux"][2, 0], rtol=1e-14)
