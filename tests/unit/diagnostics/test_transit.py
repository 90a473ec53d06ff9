import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.diagnostics.transit import (
    disc_light,
    hidden_light,
    occulted_fraction,
    sky_separation,
)

# Ratio of the radii, u1, u2, separation, and hidden light by batman 2.5.1 (Kreidberg 2015), which stores
# Mandel and Agol's formulae.
BATMAN = [
    (0.01, 0, 0, 0, 0.0001000000),
    (0.01, 0, 0, 0.98, 0.0001000000),
    (0.01, 0, 0, 1, 0.0000498939),
    (0.01, 0.4, 0.2, 0, 0.0001199988),
    (0.01, 0.4, 0.2, 0.98, 0.0000660001),
    (0.01, 0.4, 0.2, 1, 0.0000279679),
    (0.01, 0.1, 0.5, 0, 0.0001132073),
    (0.01, 0.1, 0.5, 0.98, 0.0000676248),
    (0.01, 0.1, 0.5, 1, 0.0000276991),
    (0.1, 0, 0, 0, 0.0100000000),
    (0.1, 0, 0, 0.89, 0.0100000000),
    (0.1, 0, 0, 1, 0.0048938702),
    (0.1, 0.4, 0.2, 0, 0.0119879598),
    (0.1, 0.4, 0.2, 0.89, 0.0085130529),
    (0.1, 0.4, 0.2, 1, 0.0035120405),
    (0.1, 0.1, 0.5, 0, 0.0113178724),
    (0.1, 0.1, 0.5, 0.89, 0.0088279412),
    (0.1, 0.1, 0.5, 1, 0.0036228600),
    (0.3, 0, 0, 0, 0.0900000000),
    (0.3, 0, 0, 0.69, 0.0900000000),
    (0.3, 0, 0, 1, 0.0421287181),
    (0.3, 0.4, 0.2, 0, 0.1069978091),
    (0.3, 0.4, 0.2, 0.69, 0.0908554895),
    (0.3, 0.4, 0.2, 1, 0.0359947889),
    (0.3, 0.1, 0.5, 0, 0.1016183844),
    (0.3, 0.1, 0.5, 0.69, 0.0915934227),
    (0.3, 0.1, 0.5, 1, 0.0371146518),
]


@given(ratio=st.floats(0.005, 0.3), place=st.floats(0.0, 1.0))
def test_planet_inside_uniform_star_hides_its_own_area(ratio, place):
    separation = np.array([place * (1.0 - ratio)])
    assert occulted_fraction(separation, ratio, 0.0, 0.0)[0] == pytest.approx(ratio**2, rel=1e-6)


@given(
    ratio=st.floats(0.01, 0.3),
    extra=st.floats(0.0, 5.0),
    u1=st.floats(0.0, 0.6),
    u2=st.floats(0.0, 0.4),
)
def test_planet_beside_the_star_hides_nothing(ratio, extra, u1, u2):
    separation = np.array([1.0 + ratio + extra])
    assert occulted_fraction(separation, ratio, u1, u2)[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("separation", [0.92, 1.0, 1.07])
def test_uniform_star_at_its_limb_is_a_lens(separation):
    ratio = 0.1
    planet = np.arccos((separation**2 + ratio**2 - 1.0) / (2.0 * separation * ratio))
    star = np.arccos((separation**2 + 1.0 - ratio**2) / (2.0 * separation))
    kite = separation * np.sin(star)
    lens = (ratio**2 * planet + star - kite) / np.pi
    assert occulted_fraction(np.array([separation]), ratio, 0.0, 0.0)[0] == pytest.approx(lens)


def test_disc_as_large_as_the_star_hides_all_of_it():
    assert occulted_fraction(np.array([0.0]), 1.0, 0.4, 0.2)[0] == pytest.approx(1.0)


def test_small_planet_hides_the_brightness_below_it():
    u1, u2, place, ratio = 0.4, 0.25, 0.6, 1e-3
    dim = 1.0 - np.sqrt(1.0 - place**2)
    brightness = 1.0 - u1 * dim - u2 * dim**2
    mean = 1.0 - u1 / 3.0 - u2 / 6.0
    hidden = occulted_fraction(np.array([place]), ratio, u1, u2)[0]
    assert hidden == pytest.approx(ratio**2 * brightness / mean, rel=1e-5)


def test_separation_at_mid_transit_and_at_contacts():
    times = np.array([9.0, 10.0, 11.0])
    separation = sky_separation(times, mid_time=10.0, duration=2.0, radius_ratio=0.1, impact=0.4)
    np.testing.assert_allclose(separation, [1.1, 0.4, 1.1])


@pytest.mark.parametrize(("duration", "impact"), [(0.0, 0.0), (1.0, 1.2)])
def test_no_transit(duration, impact):
    separation = sky_separation(np.array([0.0, 5.0]), 0.0, duration, 0.1, impact)
    assert np.all(separation >= 1.1)


@pytest.mark.parametrize(("ratio", "u1", "u2", "separation", "hidden"), BATMAN)
@pytest.mark.parametrize("nodes", [30, 100])
def test_hidden_light_is_that_of_batman_to_a_tenth_of_a_ppm(
    ratio, u1, u2, separation, hidden, nodes
):
    law = np.array([1.0, -u1, -u2])
    found = hidden_light(np.array([separation]), ratio, nodes) @ law / (disc_light(1.0) @ law)
    assert found[0] == pytest.approx(hidden, abs=1e-7)


def test_hidden_light_hardly_depends_on_the_number_of_nodes_next_to_the_contacts():
    near = 0.1 * np.geomspace(1e-9, 0.3, 200)
    separation = np.concatenate([0.9 - near, 0.9 + near, 1.1 - near])
    few, many = (hidden_light(separation, 0.1, nodes) for nodes in (30, 400))
    np.testing.assert_allclose(few, many, atol=1e-9)


def test_disc_light_of_each_term_is_the_integral_over_the_disc():
    np.testing.assert_allclose(disc_light(1.0), np.pi * np.array([1.0, 1.0 / 3.0, 1.0 / 6.0]))
    np.testing.assert_allclose(disc_light(np.array([0.0])), [[0.0, 0.0, 0.0]], atol=1e-15)
