"""Motion of the star with memory."""

import numpy as np
import pytest

from scripts.simulation.trouble import Trouble
from scripts.simulation.trouble_motion import star_motion


def test_jitter_is_mostly_white_and_has_a_memory():
    x, y, wings = star_motion(Trouble(jitter=100.0), 40000, 1, 0.1).T
    # 100 mas are a pixel: 0.9 squared of white noise, 0.45 squared with a memory of 0.9.
    for axis in (x, y):
        assert np.var(axis) == pytest.approx(0.81 + 0.2025, rel=0.03)
        assert np.mean(axis[1:] * axis[:-1]) == pytest.approx(0.9 * 0.2025, abs=0.02)
        assert np.mean(axis[10:] * axis[:-10]) == pytest.approx(0.9**10 * 0.2025, abs=0.02)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.03
    assert not wings.any()


def test_drift_is_straight_and_the_antenna_moves_twice():
    motion = star_motion(Trouble(drift=10.0, antenna=50.0), 9, 1, 0.1)
    expected = 0.1 * (np.arange(9) / 8.0 - 0.5)
    expected[6:8] += 0.4
    np.testing.assert_allclose(motion[:, 0], expected, atol=1e-15)
    np.testing.assert_allclose(motion[6, 1], 0.1 * 0.7 * 0.25 + 0.3)


def test_a_tilt_event_is_at_four_fifths():
    motion = star_motion(Trouble(tilt_event=0.01), 10, 1, 0.1)
    np.testing.assert_array_equal(motion[:, 2], [0.0] * 8 + [0.01] * 2)
