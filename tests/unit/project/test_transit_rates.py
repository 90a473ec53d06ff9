"""The light curves with which the search for transits is measured, and the tables of it."""

import numpy as np
import pytest

from benchmarks import transit_search
from benchmarks.transit_search import NOISES, SIGMA, dip, is_found, noise, rates


def test_a_dip_has_the_depth_that_is_asked_for_in_errors():
    without, with_dip = dip(0.0, 400, 3), dip(30.0, 400, 3)
    missing = (without - with_dip) / SIGMA
    inside = np.count_nonzero(missing > 0)
    assert missing.max() == pytest.approx(30.0 * np.sqrt(1 / inside + 1 / (400 - inside)))
    assert 0.2 * 400 - 2 <= inside <= 0.5 * 400 + 2


@pytest.mark.parametrize("kind", NOISES)
def test_noise_of_each_kind_is_white_noise_and_more(kind):
    flux = (np.stack([noise(kind, 200, seed) for seed in range(30)]) - 1.0) / SIGMA
    assert np.isfinite(flux).all()
    assert flux.std() == pytest.approx(1.0, abs=0.02) if kind == "white" else flux.std() > 1.02


def test_long_averages_of_red_noise_scatter_twice_as_much():
    seeds = range(300)
    means = [np.mean(noise("red, short", 2000, seed)[500:1500] - 1.0) for seed in seeds]
    assert np.std(means) == pytest.approx(2.0 * SIGMA / np.sqrt(1000), rel=0.15)


def test_a_deep_dip_is_found_and_none_in_white_noise():
    assert is_found(dip(40.0, 60, 1))
    assert not is_found(noise("white", 60, 1))


def last_seeds(value, length, seed):
    """Light curve of 1, and of more with any seed but 0."""
    return np.full(length, 1.0 + value * (seed > 0))


def test_a_line_of_the_table_has_a_share_for_each_value(monkeypatch):
    monkeypatch.setattr(transit_search, "is_found", lambda flux: flux[0] > 1.0)
    lines = list(rates(last_seeds, (0.0, 1.0), (5, 6), 4))
    assert lines == ["| 5 | 0 % | 75 % |", "| 6 | 0 % | 75 % |"]
    # Of later seeds, none is 0.
    assert list(rates(last_seeds, (1.0,), (5,), 4, first=1)) == ["| 5 | 100 % |"]


def test_correlated_noise_has_no_dip():
    # Seeds in which the noise made one that led all else by less than ten in the criterion.
    for kind, length, seed in (
        ("red, short", 120, 2096),
        ("red, short", 120, 2206),
        ("1/f", 120, 2222),
        ("1/f", 30, 2217),
        ("cubic", 120, 2132),
    ):
        assert not is_found(noise(kind, length, seed)), (kind, length, seed)


def test_a_jump_between_two_averages_is_no_dip():
    for seed in (1011, 1120, 1137):
        assert not is_found(noise("jump", 1000, seed)), seed
