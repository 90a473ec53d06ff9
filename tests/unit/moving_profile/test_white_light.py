import numpy as np

from scripts.lib.moving_profile.white_light import template_spectrum

NAN = np.nan


def test_template_leaves_out_columns_that_are_mostly_missing():
    flux = np.array([[1.0, NAN, 5.0, -1.0], [3.0, NAN, NAN, -1.0], [2.0, 4.0, 5.0, -1.0]])
    np.testing.assert_array_equal(template_spectrum(flux), [2.0, NAN, 5.0, NAN])
