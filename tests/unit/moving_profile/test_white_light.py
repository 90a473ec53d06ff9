import numpy as np

from scripts.lib.moving_profile.white_light import sum_columns, template_spectrum

NAN = np.nan


def test_template_leaves_out_columns_that_are_mostly_missing():
    flux = np.array([[1.0, NAN, 5.0, -1.0], [3.0, NAN, NAN, -1.0], [2.0, 4.0, 5.0, -1.0]])
    np.testing.assert_array_equal(template_spectrum(flux), [2.0, NAN, 5.0, NAN])


def test_a_missing_column_is_no_dip():
    flux = np.array([[2.0, 6.0, 2.0], [NAN, 3.0, 1.0], [NAN, NAN, 2.0]])
    total, (error,), missing = sum_columns(flux, [flux * 0 + 1.0], np.array([2.0, 6.0, 2.0]))
    np.testing.assert_allclose(total, [10.0, 5.0, NAN])
    np.testing.assert_allclose(error, [np.sqrt(3.0), np.sqrt(2.0) * 1.25, NAN])
    np.testing.assert_allclose(missing, [0.0, 0.2, 0.8])


def test_bins_sum_their_members():
    flux = np.array([[2.0, 6.0, 2.0]])
    members = np.array([True, False, True])
    assert sum_columns(flux, [], np.array([2.0, 6.0, NAN]), members)[0] == 2.0


def test_a_sum_of_nothing_is_nan():
    total, _, missing = sum_columns(np.ones((2, 2)), [], np.full(2, NAN))
    assert np.isnan(total).all()
    assert (missing == 1.0).all()
