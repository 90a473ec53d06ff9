import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.diagnostics.transit_search import (
    BASELINES,
    Transit,
    baseline_columns,
    choose_model,
    trapezoid_shapes,
)

X = np.linspace(-1.0, 1.0, 300)


def noise(seed=0, sigma=5e-4):
    return sigma * np.random.default_rng(seed).standard_normal(len(X))


def test_light_is_one_outside_of_a_transit_and_its_depth_is_the_disc_inside():
    light = Transit(0.2, 0.6, 0.1, impact=0.0, u1=0.0, u2=0.0).light(np.array([-0.2, 0.2, 0.6]))
    assert light == pytest.approx([1.0, 0.99, 1.0])


@given(st.floats(-1, 1), st.floats(0.05, 2), st.floats(0.01, 0.3), st.floats(0, 0.9))
def test_a_transit_comes_back_from_its_vector(mid, duration, ratio, impact):
    transit = Transit(mid, duration, ratio, impact)
    assert Transit.from_vector(transit.to_vector()).to_vector() == pytest.approx(
        transit.to_vector(), abs=1e-12
    )


@pytest.mark.parametrize(("mid", "partial"), [(0.0, False), (0.8, False), (0.81, True), (-1, True)])
def test_partial_when_a_contact_is_outside(mid, partial):
    assert Transit(mid, 0.4, 0.1).partial == partial


def test_columns_of_the_baselines():
    x = np.array([-1.0, 1.0])
    assert baseline_columns(x, "line", 0.0).tolist() == [[1, -1], [1, 1]]
    assert baseline_columns(x, "parabola", 0.0).tolist() == [[1, -1, 1], [1, 1, 1]]
    assert baseline_columns(x, "ramp", 2.0)[:, 2] == pytest.approx([1.0, np.exp(-1.0)])


def test_trapezoids_are_one_in_the_middle_and_nothing_beyond_half_their_duration():
    shapes, positions = trapezoid_shapes(X)
    assert shapes.min() == 0.0
    assert shapes.max() == 1.0
    for shape, (mid, duration) in zip(shapes, positions, strict=True):
        distance = np.abs(X - mid)
        assert (shape[distance < 0.39 * duration] == 1.0).all()
        assert (shape[distance > 0.51 * duration] == 0.0).all()


def test_noise_has_a_straight_line_and_no_transit():
    baseline, transit, _ = choose_model(X, 1.0 + 1e-3 * X + noise())
    assert (baseline, transit) == ("straight line", None)


@pytest.mark.parametrize(
    ("name", "curve"),
    [("parabola", 5e-3 * X**2), ("line and fast ramp", 5e-3 * np.exp(-(X + 1) / 0.05))],
)
def test_a_curved_baseline_is_no_transit(name, curve):
    baseline, transit, _ = choose_model(X, 1.0 + curve + noise())
    assert (baseline, transit) == (name, None)
    assert baseline in BASELINES


def test_a_transit_is_found_where_it_is():
    _, transit, gain = choose_model(X, Transit(0.1, 0.7, 0.1).light(X) + noise())
    assert transit.mid == pytest.approx(0.1, abs=0.05)
    assert transit.duration == pytest.approx(0.7, rel=0.2)
    assert transit.ratio == pytest.approx(0.1, rel=0.1)
    assert gain > 20.0


def test_a_brightening_and_a_jump_are_no_transits():
    bump = 2.0 - Transit(0.1, 0.7, 0.1).light(X)
    assert choose_model(X, bump + noise())[1] is None
    jump = np.where(X > 0.3, 0.998, 1.0)
    assert choose_model(X, jump + noise())[1] is None


def curve_with_dip(length, errors, seed):
    """Light curve of a dip in the middle that is so many errors of its depth deep."""
    x = np.linspace(-1.0, 1.0, length)
    light = Transit(0.05, 0.8, 0.1).light(x)
    inside = np.count_nonzero(light < 0.995)
    depth = 1e-3 * errors * np.sqrt(1.0 / inside + 1.0 / (length - inside))
    shape = (1.0 - light) / (1.0 - light).max()
    return x, 1.0 - depth * shape + 1e-3 * np.random.default_rng(seed).standard_normal(length)


@pytest.mark.parametrize("length", [20, 30, 60, 120])
def test_a_dip_is_found_by_its_depth_over_the_error_whatever_the_number_of_integrations(length):
    found = [choose_model(*curve_with_dip(length, 16.0, seed))[1] for seed in range(20)]
    assert sum(transit is not None for transit in found) >= 14
    alarms = [choose_model(*curve_with_dip(length, 0.0, seed))[1] for seed in range(20)]
    assert alarms == [None] * 20


def test_what_a_trapezoid_leaves_of_a_deep_dip_does_not_speak_against_it():
    # Limb darkening leaves residuals here of which a further dip gains 125.
    rng, x = np.random.default_rng([8100, 2016]), np.linspace(-1.0, 1.0, 1500)
    light = Transit(rng.uniform(-0.3, 0.3), rng.uniform(0.4, 1.0), 0.1).light(x)
    flux = light + 3e-4 * rng.standard_normal(1500)
    found = choose_model(x.reshape(375, 4).mean(axis=1), flux.reshape(375, 4).mean(axis=1))[1]
    assert found.mid == pytest.approx(-0.21, abs=0.02)
