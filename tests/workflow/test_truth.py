"""Comparison of light curves with the truth, on visits that the workflow processed."""

import pytest

from benchmarks.project_truth import measure_project_visit

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mode", ["BOTS", "NIRCAM"])
def test_a_small_visit_is_simulated_processed_and_judged(tmp_path, mode):
    frame = {"BOTS": (32, 64), "NIRCAM": (64, 64)}[mode]
    changes = {"integrations": 90, "segments": 2, "frame_size": frame}
    (found,) = measure_project_visit(mode, "A", 5, tmp_path, masks=False, **changes)
    assert found["archive"] == pytest.approx(found["raw"], rel=1e-6)
    assert 0.9 < found["ours"] < found["raw"]
    assert 0.5 < found["over_error"] < 3.0
    assert found["archive_hits"] > 100
    # Next to a lost sample there is no median, and nothing is found.
    assert found["archive_missed_elsewhere"] == 0
    assert found["archive_missed_near_lost"] > 0.9 * found["archive_hits_near_lost"]
    assert ("bin_50" in found) == (mode == "BOTS")
