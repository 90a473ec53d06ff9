"""The archive's light curve next to ours: what is measured, and what is said of it."""

import numpy as np
import pytest

from scripts.lib.diagnostics.comparison import archive_metrics, comparison_findings

SIGMA, N = 2e-4, 400


def rows(dip=0.01, raw_dip=0.01, raw_sigma=SIGMA, seed=1):
    """Rows of a table: ours and the archive's flux with dips of these depths."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-1.0, 1.0, N)
    shape = np.clip((0.4 - np.abs(x)) / 0.08, 0.0, 1.0)
    times = 59000.0 + np.arange(N) / 1000.0
    flux = 1e3 * (1.0 - dip * shape + SIGMA * rng.standard_normal(N))
    raw = 8e2 * (1.0 - raw_dip * shape + raw_sigma * rng.standard_normal(N))
    nothing = np.zeros(N)
    return {
        "segment": np.repeat([1, 2], N // 2),
        "integration": np.arange(1, N + 1),
        "mjd_utc": times,
        "bjd_tdb": times,
        "flux": flux,
        "flux_norm": flux / np.median(flux),
        "flux_raw": raw,
        "flux_raw_error": np.full(N, 8e2 * SIGMA),
        "flux_error": np.full(N, 1e3 * SIGMA),
        "photon_error": np.full(N, 0.9e3 * SIGMA),
        "x": nothing + rng.standard_normal(N),
        "y": nothing + rng.standard_normal(N),
        "width": nothing + rng.standard_normal(N),
    }


def curve(**depths):
    """Metrics of a light curve with both dips."""
    return {
        "dip": {"depth_ppm": depths.get("ours", 1e4)},
        "archive": {"depth_ppm": depths.get("archive", 1e4), "scatter_ppm": 200.0},
        "scatter_ppm": 200.0,
        "n_integrations": N,
    }


def test_the_archives_scatter_is_compared_with_our_photon_noise():
    found = archive_metrics(rows(raw_sigma=2.0 * SIGMA), 180.0)
    assert found["scatter_ppm"] == pytest.approx(2e6 * SIGMA, rel=0.1)
    assert found["ratio_to_photon"] == pytest.approx(found["scatter_ppm"] / 180.0)
    assert found["ratio_to_error"] == pytest.approx(2.0, rel=0.1)
    assert found["depth_ppm"] == pytest.approx(1e4, rel=0.05)
    assert [seam["before"] for seam in found["seams"]] == [1]
    assert not found["too_short"]


def test_our_flux_does_not_change_what_is_measured_of_the_archives():
    one, other = rows(), rows()
    other["flux"], other["flux_norm"] = other["flux"] * 2.0, other["flux_norm"][::-1]
    assert archive_metrics(one, None)["scatter_ppm"] == archive_metrics(other, None)["scatter_ppm"]


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_an_archive_curve_without_a_positive_flux_is_too_short(value):
    columns = rows()
    columns["flux_raw"] = np.full(N, value)
    found = archive_metrics(columns, 180.0)
    assert found["too_short"]
    assert (found["scatter_ppm"], found["depth_ppm"]) == (None, None)


@pytest.mark.parametrize(
    ("archive", "words"),
    [(8.3e3, ["17 % shallower", "background"]), (1.2e4, ["20 % deeper"]), (1.002e4, None)],
)
def test_a_dip_of_another_depth_is_named(archive, words):
    found = list(comparison_findings(curve(archive=archive)))
    assert len(found) == (words is not None)
    for word in words or []:
        assert word in found[0]


def test_a_difference_within_the_noise_is_not_named():
    metrics = curve(archive=9e3)
    metrics["archive"]["scatter_ppm"] = 2e4
    assert list(comparison_findings(metrics)) == []


def test_nothing_is_said_without_dips():
    assert list(comparison_findings({"dip": None, "archive": {"depth_ppm": None}})) == []


def test_bursts_of_flags_are_named():
    metrics = curve() | {"bursts": [{"integration": 31, "fraction": 0.45}]}
    (text,) = comparison_findings(metrics)
    assert "31 (45 %)" in text
    assert "outlier_detection/snr" in text
