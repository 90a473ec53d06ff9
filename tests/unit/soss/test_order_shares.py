import numpy as np
import pytest

from scripts.lib.soss.order_shares import order_amplitudes, order_share, share_of_each

# Two orders that share the middle one of three rows, in columns of 10 and 20, and of 30 and 0 units.
PROFILES = {
    1: np.array([[0.6, 0.6], [0.4, 0.4], [0.0, 0.0]]),
    2: np.array([[0.0, 0.0], [0.5, 0.5], [0.5, 0.5]]),
}
IMAGE = np.array([[6.0, 18.0], [4.0 + 10.0, 12.0], [10.0, 0.0]])


def test_amplitudes_are_the_light_of_each_order():
    found = order_amplitudes(IMAGE, PROFILES)
    np.testing.assert_allclose(found[1], [10.0, 30.0], rtol=1e-6)
    np.testing.assert_allclose(found[2], [20.0, 0.0], atol=1e-6)


def test_unknown_pixels_take_no_part():
    image = IMAGE.copy()
    image[1] = np.nan
    found = order_amplitudes(image, PROFILES)
    np.testing.assert_allclose(found[1], [10.0, 30.0], rtol=1e-6)
    np.testing.assert_allclose(found[2], [20.0, 0.0], atol=1e-6)


def test_no_order_has_less_than_no_light():
    assert (order_amplitudes(-IMAGE, PROFILES)[1] == 0.0).all()


@pytest.mark.parametrize("missing", [np.zeros((3, 2)), np.full((3, 2), np.nan)])
def test_an_order_without_profile_has_no_light(missing):
    found = order_amplitudes(IMAGE, PROFILES | {3: missing})
    np.testing.assert_allclose(found[1], [10.0, 30.0], rtol=1e-6)
    assert (found[3] == 0.0).all()


def test_shares_are_those_of_the_light():
    np.testing.assert_allclose(
        order_share(IMAGE, PROFILES, 1), [[1.0, 1.0], [4.0 / 14.0, 1.0], [0.0, 0.0]], atol=1e-6
    )


def test_shares_of_all_orders_add_up_to_one_where_there_is_light():
    functions = share_of_each(PROFILES)
    total = sum(function(IMAGE) for function in functions.values())
    np.testing.assert_allclose(total[:, 0], 1.0, rtol=1e-6)
    assert list(functions) == [1, 2]


def test_an_image_without_data_has_no_shares():
    assert (order_share(np.full((3, 2), np.nan), PROFILES, 2) == 0.0).all()
