"""Measurement of light curves against the truth: its arithmetic by hand, and a tiny run."""

import json

import numpy as np
import pytest

from benchmarks.profile_curves import Curves, jwst_samples
from benchmarks.profile_scenes import Scene, trapezoid
from benchmarks.truth import (
    GAUSSIAN,
    judge,
    judge_bins,
    judge_outliers,
    judge_seams,
    main,
    measure_visit,
    summarise,
    table,
)
from scripts.lib.moving_profile.frames import Planes

VISIT = {"ours": 1.0, "jwst": 3.0, "completed": 2.0, "bias": 0.1, "bias_to_ideal": 0.0}
VISIT |= {"over_error": 1.0, "hits": 8, "missed": 1, "false": 2.0, "milliseconds": 0.5}


def scene_of(ideal, dip, hits, shape=(2, 2)):
    """Scene of which only what is true is known; its second pixel jumps."""
    rtn = np.zeros(shape, dtype=bool)
    rtn[0, 1] = True
    star = 1.0 - 0.02 * dip[:, None] * np.ones(ideal.shape[1])
    spectrum = np.ones(ideal.shape[1])
    return Scene(None, star, ideal, dip, 0.02, hits, rtn, {"spectrum": spectrum})


def test_hits_are_found_or_missed_and_other_outliers_are_false():
    # Four integrations of four pixels; the hits at 5 and 9 are in the pixel that jumps.
    hits = {30.0: np.array([0, 5, 6]), 6.0: np.array([9, 10])}
    outliers = np.zeros(16, dtype=bool)
    outliers[[0, 1, 10, 15]] = True
    scene = scene_of(np.ones((4, 1)), np.zeros(4), hits)
    found = judge_outliers(scene, outliers.reshape(4, 2, 2))
    # Of 30 errors 0 is found and 6 is not, 10 of 6 errors is no false one; 1 jumps, 15 is false.
    assert (found["hits"], found["missed"]) == (2, 1)
    assert found["false"] == pytest.approx(1 / (16 * GAUSSIAN))


def test_scatter_depth_and_errors_are_those_put_in():
    dip, rng = trapezoid(200), np.random.default_rng(1)
    noise, level = rng.normal(size=200), 1.0 - 0.02 * dip
    scene = scene_of((level + 1e-3 * noise)[:, None], dip, {})
    flux = 5.0 * (level + 2e-3 * noise)
    curves = Curves(
        flux, np.full(200, 5e-3), {"jwst": 3.0 * flux}, [(slice(0, 1), flux, np.full(200, 1e-2))],
        np.zeros((200, 2, 2), dtype=bool), 1.0, 1.0,
    )  # fmt: skip
    found = judge(scene, curves)
    assert found["ours"] == pytest.approx(2.0, rel=1e-3)
    assert found["jwst"] == pytest.approx(2.0, rel=1e-3)
    # The same noise twice: the depth is off by twice as much as the ideal one.
    assert found["bias"] == pytest.approx(2.0 * found["bias_to_ideal"], rel=0.05)
    assert found["over_error"] == pytest.approx(2.0 * np.std(noise), rel=0.05)
    assert found["bin_50"] == pytest.approx(found["ours"])
    assert found["bin_over_error"] == pytest.approx(found["over_error"] / 2.0, rel=1e-3)
    assert judge_bins(scene, curves.bins)["bin_bias"] == pytest.approx(found["bias"])


def test_outliers_of_jwst_are_left_out_but_not_next_to_lost_samples():
    sci = np.ones((90, 1, 2), np.float32)
    dq = np.zeros(sci.shape, np.uint32)
    sci[40], dq[45, 0, 1] = 100.0, 1
    samples = jwst_samples(Planes(sci, np.ones_like(sci), dq, np.ones_like(sci)))
    # A sample with a lost one in its window has no median.
    assert np.argwhere(np.isnan(samples)).tolist() == [[40, 0, 0], [45, 0, 1]]


def test_means_have_their_standard_errors():
    found = summarise([{"ours": 1.0}, {"ours": 2.0}])
    assert found["ours"] == pytest.approx((1.5, 0.5))
    mean, error = summarise([{"ours": 1.0}])["ours"]
    assert mean == 1.0
    assert np.isnan(error)


def test_the_table_has_a_line_for_each_mode_and_level():
    text = table([{"mode": "MIRI", "level": "B", "visits": [VISIT, VISIT | {"ours": 1.2}]}])
    line = text.splitlines()[-1]
    assert line.startswith("| MIRI, B | 1.100 ± 0.100 | 3.00 | 2.00 | +0.10 ± 0.00 |")
    assert line.endswith("| 2 of 16 | 2.0 | 0.50 |")
    assert {row.count("|") for row in text.splitlines()} == {line.count("|")}


@pytest.mark.parametrize("mode", ["BOTS", "NIRCAM"])
def test_a_tiny_run_is_near_the_ideal_and_finds_all_hits(mode, tmp_path, capsys):
    arguments = [
        "--simulator",
        "small",
        "--modes",
        mode,
        "--levels",
        "A",
        "--seeds",
        "5",
        "--integrations",
        "90",
    ]
    main([*arguments, "--json", str(tmp_path / "truth.json")])
    assert f"| {mode}, A | " in capsys.readouterr().out
    (result,) = json.loads((tmp_path / "truth.json").read_text())
    (visit,) = result["visits"]
    assert result["seeds"] == [5]
    assert 0.9 < visit["ours"] < 1.2 < visit["completed"] < visit["jwst"]
    assert visit["hits"] > 100
    assert visit["missed"] == 0


def test_steps_between_segments_are_in_their_errors():
    rng = np.random.default_rng(3)
    flux, dip = 1.0 + 1e-3 * rng.normal(size=300), np.zeros(300)
    dip[140:160] = 1.0
    assert judge_seams(flux, dip)["largest_seam"] < 3.0
    flux[100:200] += 3e-3
    found = judge_seams(flux, dip)
    # The step of three standard deviations is 9.5 errors of means of twenty.
    assert found["seam"] == pytest.approx(7.0, rel=0.2)
    assert found["largest_seam"] >= found["seam"]


SMALL = {"BOTS": {"shape": (28, 200)}, "NIRCAM": {"shape": (48, 48)}}


@pytest.mark.parametrize("mode", [*SMALL])
def test_a_deep_dip_is_not_diluted(mode):
    visits = [
        measure_visit(mode, "A", seed, integrations=150, depth=0.3, **SMALL[mode])
        for seed in (1, 2)
    ]
    assert abs(np.mean([visit["dilution"] for visit in visits])) < 1e-3


@pytest.mark.parametrize("mode", [*SMALL])
def test_a_tilt_event_costs_little(mode):
    visits = [
        [measure_visit(mode, level, seed, integrations=150, **SMALL[mode]) for seed in (1, 2)]
        for level in ("B", "T")
    ]
    before, after = (np.mean([visit["ours"] for visit in found]) for found in visits)
    assert after - before < 0.03
    assert max(visit["largest_seam"] for found in visits for visit in found) < 3.0


@pytest.mark.parametrize("mode", [*SMALL])
def test_quoted_errors_are_the_same_where_err_is_wrong(mode):
    found = {
        factor: measure_visit(mode, "A", 1, factor, integrations=150, **SMALL[mode])
        for factor in (0.8, 1.0, 1.4)
    }
    for factor, visit in found.items():
        assert visit["noise_factor"] * factor == pytest.approx(1.0, rel=0.03)
        assert visit["over_error"] == pytest.approx(found[1.0]["over_error"], rel=0.02)
        # A standard deviation of 150 integrations is uncertain by 6 %.
        assert visit["over_error"] == pytest.approx(1.0, abs=0.18)
