"""A simulated light curve with a known defect: the metrics and the verdict must show it."""

import numpy as np
import pytest

from scripts.lib.diagnostics.light_curve_metrics import find_seams, light_curve_metrics
from scripts.lib.diagnostics.light_curve_model import scaled_times
from scripts.lib.diagnostics.transit_search import Transit
from scripts.lib.diagnostics.verdict import curve_findings, visit_verdict

SIGMA = 2e-4
N = 1500


def light_curve(seed=0, depth=0.1, sigma=SIGMA, n=N, hours=10.0):
    """Rows of a light-curve table: three segments, a transit, white noise as the errors say."""
    rng = np.random.default_rng(seed)
    times = 59000.0 + np.linspace(0.0, hours / 24.0, n)
    x = scaled_times(times)
    curve = Transit(0.05, 0.7, depth, 0.3, 0.3, 0.2).light(x) if depth else np.ones(n)
    flux = curve * (1.0 + 3e-4 * x) + sigma * rng.standard_normal(n)
    return {
        "segment": np.repeat([1, 2, 3], n // 3),
        "integration": np.arange(1, n + 1),
        "mjd_utc": times,
        "bjd_tdb": times,
        "flux": 1e6 * flux,
        "flux_raw": 1e6 * flux,
        "flux_norm": flux / np.median(flux),
        "flux_error": np.full(n, 1e6 * sigma),
        "photon_error": np.full(n, 0.8e6 * sigma),
        "x": 5.0 + 0.05 * x + 0.005 * rng.standard_normal(n),
        "y": 16.0 - 0.03 * x + 0.005 * rng.standard_normal(n),
        "width": 1.2 + 1e-3 * rng.standard_normal(n),
    }


def multiply(columns, factor):
    for name in ("flux", "flux_raw", "flux_norm"):
        columns[name] = columns[name] * factor


def findings_of(columns):
    metrics, _ = light_curve_metrics(columns)
    return metrics, curve_findings({"detector": "NRS1", "order": 1, **metrics})


@pytest.mark.parametrize("depth", [0.0, 0.02, 0.12])
def test_white_noise_with_a_transit_is_just_that(depth):
    ratios, betas, peaks = [], [], []
    for seed in range(8):
        metrics, findings = findings_of(light_curve(seed, depth))
        assert findings == []
        ratios.append(
            [
                metrics[f"{name}_ppm"] / (1e6 * SIGMA)
                for name in ("scatter", "point_to_point_sigma", "mad_sigma")
            ]
        )
        assert metrics["ratio_to_error"] == pytest.approx(ratios[-1][0], rel=0.001)
        assert metrics["ratio_to_photon"] == pytest.approx(1.25 * ratios[-1][0], rel=0.01)
        betas.append(metrics["beta_10_30_min"])
        peaks += [seam["step_over_scatter"] for seam in metrics["seams"]]
        assert (metrics["dip"] is not None) == (depth > 0)
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1.0, atol=0.03)
    assert np.mean(betas) == pytest.approx(1.0, abs=0.1)
    assert max(peaks) < 1.0


def test_depth_and_time_of_the_transit():
    metrics, _ = findings_of(light_curve(depth=0.1))
    dip = metrics["dip"]
    assert dip["depth_ppm"] == pytest.approx(
        1e6 * (1 - Transit(0, 0.7, 0.1, 0.3, 0.3, 0.2).light(np.zeros(1))[0]), rel=0.02
    )
    assert dip["mid_bjd_tdb"] == pytest.approx(59000.0 + 1.05 * 5 / 24, abs=1e-3)
    assert dip["duration_h"] == pytest.approx(3.5, rel=0.01)
    assert not dip["partial"]


@pytest.mark.parametrize("depth", [0.0, 0.1])
def test_red_noise_is_named(depth):
    columns = light_curve(1, depth)
    rng = np.random.default_rng(2)
    red = np.convolve(rng.standard_normal(N + 100), np.hanning(60), mode="same")[50:-50]
    multiply(columns, 1.0 + 1.5e-4 * red / red.std())
    metrics, findings = findings_of(columns)
    assert metrics["beta_10_30_min"] > 2.0
    assert [text for text in findings if "red noise" in text]
    assert not [text for text in findings if "step of" in text]


@pytest.mark.parametrize("depth", [0.0, 0.1])
@pytest.mark.parametrize("step", [3e-4, -3e-4])
def test_jump_at_a_seam_is_named(depth, step):
    columns = light_curve(3, depth)
    multiply(columns, np.where(np.arange(N) >= 1000, 1.0 + step, 1.0))
    metrics, findings = findings_of(columns)
    assert [text for text in findings if "seam of segments 2 and 3" in text]
    assert metrics["seams"][1]["step_ppm"] == pytest.approx(1e6 * step, abs=100.0)
    assert metrics["seams"][0]["significance"] < 4.0
    assert metrics["tilt_events"] == []


@pytest.mark.parametrize("depth", [0.0, 0.1])
def test_tilt_event_is_named(depth):
    columns = light_curve(4, depth)
    after = np.arange(N) >= 300
    multiply(columns, np.where(after, 1.0 - 5e-4, 1.0))
    columns["y"] += np.where(after, 0.02, 0.0)
    columns["width"] += np.where(after, 0.004, 0.0)
    metrics, findings = findings_of(columns)
    (event,) = metrics["tilt_events"]
    assert event["integration"] == pytest.approx(301, abs=5)
    assert event["flux_step_ppm"] == pytest.approx(-500.0, abs=100.0)
    assert event["shape_steps"]["y"]["step_pix"] == pytest.approx(0.02, rel=0.2)
    assert set(event["shape_steps"]) == {"y", "width"}
    assert [text for text in findings if "tilt event at integration" in text]


def test_flux_that_follows_the_position_is_named():
    columns = light_curve(5)
    multiply(columns, 1.0 + 0.04 * (columns["x"] - columns["x"].mean()))
    metrics, findings = findings_of(columns)
    assert metrics["correlations"]["x"]["slope_ppm_per_pix"] == pytest.approx(4e4, rel=0.1)
    assert [text for text in findings if "position along x" in text]


@pytest.mark.parametrize("slow", [False, True])
def test_flux_that_follows_the_width_is_named_unless_the_width_is_noise(slow):
    columns = light_curve(5, depth=0.1)
    noise = 1e-3 * np.random.default_rng(9).standard_normal(N)
    columns["width"] = 2.0 + noise + slow * 3e-3 * np.sin(np.arange(N) / 20.0)
    multiply(columns, 1.0 - 0.3 * (columns["width"] - 2.0))
    metrics, findings = findings_of(columns)
    found = metrics["correlations"]["width"]
    assert found["coefficient"] < -0.3
    assert found["significance"] > 5.0
    assert found["slow_share"] == pytest.approx(0.8 if slow else 0.0, abs=0.1)
    assert any("follows the width" in text for text in findings) is slow


def test_integrations_without_flux_are_named():
    columns = light_curve(6)
    columns["flux_norm"][100:110] = np.nan
    metrics, findings = findings_of(columns)
    assert metrics["n_without_flux"] == 10
    assert "NRS1: 10 integrations have no flux" in findings
    assert metrics["ratio_to_error"] == pytest.approx(1.0, abs=0.05)


def test_without_barycentric_times_the_middle_is_not_known():
    columns = light_curve(8)
    columns["bjd_tdb"] = np.full(N, np.nan)
    metrics, _ = light_curve_metrics(columns)
    assert metrics["dip"]["mid_bjd_tdb"] is None
    assert metrics["dip"]["duration_h"] == pytest.approx(3.5, rel=0.01)


def test_a_single_jump_is_no_eclipse():
    columns = light_curve(7, 0.0)
    multiply(columns, np.where(np.arange(N) >= 400, 1.0 - 4e-4, 1.0))
    metrics, _ = light_curve_metrics(columns)
    assert metrics["dip"] is None
    assert metrics["tilt_events"][0]["flux_step_ppm"] == pytest.approx(-400.0, abs=100.0)


def test_without_times_there_is_no_beta_in_minutes():
    columns = light_curve(8)
    columns["bjd_tdb"][:] = columns["mjd_utc"][:] = np.nan
    metrics, _ = light_curve_metrics(columns)
    assert metrics["cadence_s"] is None
    assert metrics["beta_10_30_min"] is None
    assert metrics["scatter_ppm"] == pytest.approx(200.0, rel=0.06)


@pytest.mark.parametrize("n", [3, 15])
def test_short_light_curves_are_not_judged(n):
    metrics, arrays = light_curve_metrics(light_curve(n=n))
    assert metrics["too_short"]
    assert arrays == {}
    verdict = visit_verdict([{"detector": "NRS1", "order": 1, **metrics}])
    assert verdict["level"] == "unknown"
    assert verdict["noise"] == [f"NRS1: {n} integrations with flux are too few to judge."]
    assert verdict["findings"] == []


def test_detector_without_flux_is_named():
    lost = light_curve(11)
    lost["flux_norm"][:] = np.nan
    flags = {"aperture": {"outlier_fraction": 0.01, "invalid_fraction": 0.0}}
    curves = [
        {"detector": "NRS1", "order": 1, "flags": flags, **light_curve_metrics(light_curve(11))[0]},
        {"detector": "NRS2", "order": 1, "flags": flags, **light_curve_metrics(lost)[0]},
    ]
    verdict = visit_verdict(curves)
    assert verdict["findings"] == ["NRS2: 1500 integrations have no flux"]
    assert verdict["level"] == "look"
    verdict = visit_verdict(curves[1:])
    assert (verdict["level"], len(verdict["findings"])) == ("unknown", 1)


def test_aperture_without_pixels_has_no_part_in_the_headline():
    metrics, _ = light_curve_metrics(light_curve(11))
    curves = [
        {"detector": name, "order": 1, "flags": {"aperture": {"outlier_fraction": part}}, **metrics}
        for name, part in (("NRS1", None), ("NRS2", 0.02))
    ]
    assert "2 % of the samples" in visit_verdict(curves)["headline"]


def test_seams_are_where_the_segment_changes():
    columns = {"segment": np.array([1, 1, 2, 2, 2, 4]), "integration": np.arange(1, 7)}
    assert find_seams(columns) == [2, 5]


def test_seams_are_between_exposures_too():
    columns = {"segment": np.ones(5, int), "integration": np.array([1, 2, 1, 2, 3])}
    assert find_seams(columns) == [2]


def test_a_ramp_is_no_noise():
    columns = light_curve(9, 0.1)
    x = scaled_times(columns["bjd_tdb"])
    multiply(columns, 1.0 + 5e-3 * np.exp(-(x + 1.0) / 0.12))
    metrics, _ = light_curve_metrics(columns)
    assert "ramp" in metrics["baseline"]
    assert metrics["ratio_to_error"] == pytest.approx(1.0, abs=0.05)
