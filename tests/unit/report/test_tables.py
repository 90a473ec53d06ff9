"""Tables hold the values themselves; how they are written is the templates' matter."""

import pytest

from scripts import __version__
from scripts.lib.report.tables import (
    comparison_table,
    cost_table,
    drift_table,
    flag_table,
    method_table,
    noise_table,
    seam_table,
    sources_table,
    versions_table,
)

SEAM = {
    "before": 1,
    "after": 2,
    "step_ppm": -90.0,
    "error_ppm": 10.0,
    "significance": 9.0,
    "step_over_scatter": None,
}
SHAPE = {"coefficient": 0.5, "slope_ppm_per_pix": 120.0, "significance": 6.0}
FLAGS = {
    "pixels": 40,
    "outlier_fraction": 0.00042,
    "invalid_fraction": None,
    "worst_outlier_fraction": 0.025,
}


def curve(detector="NRS1", **metrics):
    """Metrics of a light curve."""
    return {"detector": detector, "order": 1, **metrics}


def test_noise_has_a_column_for_each_light_curve_and_a_row_for_what_is_known_of_any():
    curves = [
        curve(scatter_ppm=150.0, beta_max=None, n_without_flux=0),
        curve("NRS2", scatter_ppm=None, beta_max=None, baseline="line"),
    ]
    table = noise_table(curves)
    assert table.head == ["Metric", "NRS1", "NRS2"]
    assert table.rows == [
        ["Scatter of the residuals (ppm)", 150.0, None],
        ["Integrations without flux", 0, None],
        ["Baseline of the model", None, "line"],
    ]
    assert list(table.numbers) == [1, 2]


def test_seams_of_all_light_curves():
    table = seam_table([curve(seams=[SEAM]), curve("NRS2", seams=[]), curve("X", too_short=True)])
    assert table.rows == [["NRS1", "1 | 2", "−90 ± 10", 9.0, None]]
    assert len(table.head) == 5


def test_ours_and_the_archives_are_in_rows_below_each_other():
    archive = {"scatter_ppm": 300.0, "ratio_to_photon": 2.0, "depth_ppm": 9e3, "seams": [SEAM]}
    one = curve(
        scatter_ppm=150.0,
        ratio_to_photon=1.0,
        dip={"depth_ppm": 1e4},
        archive=archive,
        n_outliers=12,
        n_without_flux=0,
        flags={"aperture": FLAGS},
    )
    ours, theirs = comparison_table([one]).rows
    assert ours == ["NRS1", "ours", 150.0, 1.0, None, None, 1e4, None, None, 0, 12]
    assert theirs == ["NRS1", "archive", 300.0, 2.0, None, None, 9e3, 9.0, None, None, "0.042 %"]


def test_the_method_says_what_was_taken_off_and_why():
    tested = {"applied": False, "probability": 0.2, "coefficients": {"x": 1e-4}}
    one = curve(
        method="sum r=6.2",
        noise_factor=1.1,
        noise={"profile": 5e-4},
        decorrelation={"x, y": tested, "x^2": {"probability": None, "applied": False}},
    )
    assert method_table([one]).rows == [
        ["NRS1", "Flux from", "sum r=6.2"],
        ["NRS1", "Noise over ERR", "1.100"],
        ["NRS1", "Response to x, y", "not taken off: probability 0.2 by chance (100 ppm for x)"],
        ["NRS1", "Response to x^2", "not tested: too few integrations, or no motion"],
        ["NRS1", "Noise of profile", "500 ppm"],
    ]
    assert method_table([curve()]).rows == [["NRS1", "Flux from", "not measured"]]


def test_one_segment_has_no_seam():
    table = seam_table([curve(seams=[])])
    assert table.rows == []
    assert table.without_rows == "There is only one segment, and so no seam."


def test_drifts_have_a_row_for_each_coordinate():
    table = drift_table([curve(correlations={"x": SHAPE, "width": SHAPE | {"coefficient": None}})])
    assert table.rows == [
        ["NRS1", "x", 0.5, 120.0, 6.0],
        ["NRS1", "width", None, 120.0, 6.0],
    ]
    assert drift_table([curve(too_short=True)]).rows == []


def test_flags_are_in_per_cent():
    table = flag_table([curve(flags={"aperture": FLAGS})])
    assert table.rows == [["NRS1", "aperture", 40, "0.042", None, "2.500"]]


def test_versions_name_what_is_installed(monkeypatch):
    rows = versions_table().rows
    assert rows[0] == ["tso3flow", __version__]
    assert [name for name, _ in rows[2:]] == [
        "numpy",
        "scipy",
        "astropy",
        "snakemake",
    ]
    monkeypatch.setattr("scripts.lib.report.tables._PACKAGES", ("no-such-package", "numpy"))
    assert [name for name, _ in versions_table().rows] == ["tso3flow", "Python", "numpy"]


def test_sources_are_those_given_and_those_of_the_header():
    primary = {"R_DARK": "crds://dark.fits", "CAL_VER": "1.2", "TARGNAME": "x"}
    references = {"gain": "gain.fits", "apcorr": None}
    assert sources_table(primary, references, "asn.json").rows == [
        ["Association", "asn.json"],
        ["gain (used)", "gain.fits"],
        ["R_DARK (header)", "crds://dark.fits"],
        ["CAL_VER (header)", "1.2"],
    ]


@pytest.fixture(name="logs")
def logs_of_two_steps(tmp_path):
    texts = {
        "extract_1d/a.log": "CPU 9.0 s, peak memory 9 MB\nCPU 1.5 s, peak memory 100 MB\n",
        "extract_1d/b.log": "CPU 2.25 s, peak memory 80 MB\n",
        "white_light/a.log": "no cost is given\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return [tmp_path / name for name in (*texts, "white_light/missing.log")]


def test_cost_sums_times_and_has_the_largest_memory_of_the_last_runs(logs):
    assert cost_table(logs).rows == [["extract_1d", 2, "3.8", 100]]


def test_cost_without_logs_is_a_sentence(logs):
    table = cost_table(logs[2:])
    assert table.rows == []
    assert table.without_rows == "There are no logs of the jobs."
