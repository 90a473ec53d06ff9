import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.diagnostics.transit import occulted_fraction, sky_separation


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
