"""Lost samples and cosmic rays."""

import numpy as np
import pytest

from scripts.simulation.lost_and_hit import HIT_SIGMAS, REACH, draw_hits, lost_pixels
from scripts.simulation.trouble import Trouble

NONE = np.zeros(0, int)


def _hits(trouble, size=20000, star=NONE, near=NONE, blocked=None, seed=1):
    blocked = np.zeros(size, bool) if blocked is None else blocked
    return draw_hits(trouble, star, near, blocked, np.random.default_rng(seed))


def test_lost_pixels_are_the_same_at_each_call_and_differ_between_integrations():
    first = lost_pixels(1, 0, 7, 0.01, 5000)
    lost_pixels.cache_clear()
    np.testing.assert_array_equal(lost_pixels(1, 0, 7, 0.01, 5000), first)
    assert first.size == pytest.approx(50, abs=25)
    assert not np.array_equal(lost_pixels(1, 0, 8, 0.01, 5000), first)
    assert not np.array_equal(lost_pixels(1, 1, 7, 0.01, 5000), first)


def test_hits_have_all_amplitudes_and_a_tenth_is_negative():
    hits = _hits(Trouble(hits=0.2))
    assert hits.pixels.size == pytest.approx(20000 * (1.0 - np.exp(-0.2)), rel=0.05)
    assert np.all(np.diff(hits.pixels) > 0)
    assert np.mean(hits.sigmas < 0.0) == pytest.approx(0.1, abs=0.02)
    counts = [np.count_nonzero(np.abs(hits.sigmas) == sigma) for sigma in HIT_SIGMAS]
    assert sum(counts) == hits.sigmas.size
    assert min(counts) > 0.15 * sum(counts)


def test_as_many_hits_again_are_on_the_star_but_not_on_too_much_of_it():
    star = np.arange(100, 2100)
    counts = [_hits(Trouble(hits=5e-4), star=star, seed=seed).pixels for seed in range(100)]
    pixels = np.concatenate(counts)
    on_star = np.count_nonzero((pixels >= 100) & (pixels < 2100))
    assert on_star / 100 == pytest.approx(10 + 1, rel=0.1)
    assert pixels.size / 100 == pytest.approx(20, rel=0.1)
    few = [_hits(Trouble(hits=5e-4), star=star[:100], seed=seed).pixels for seed in range(100)]
    assert sum(np.count_nonzero((p >= 100) & (p < 200)) for p in few) < 200


def test_hits_near_lost_samples_are_as_many_as_asked_for():
    near = np.tile(np.arange(1000), 2 * REACH)
    hits = _hits(Trouble(hits_near_lost=0.1), near=near)
    assert hits.pixels.max() < 1000
    assert hits.pixels.size == pytest.approx(95, abs=30)


def test_no_hit_is_on_a_blocked_pixel():
    blocked = np.arange(20000) % 2 == 0
    hits = _hits(Trouble(hits=0.1), star=np.arange(50), blocked=blocked)
    assert hits.pixels.size > 500
    assert np.all(hits.pixels % 2 == 1)
