import json
from types import SimpleNamespace

import numpy as np
import pytest

from scripts import summarise
from scripts.lib.files.ecsv import read_ecsv
from tests.support.pages import MARKUP, Page, assert_dead

SEAMS = [
    {"step_ppm": 10.0, "error_ppm": 10.0, "significance": 1.0, "before": 1, "after": 2},
    {"step_ppm": -90.0, "error_ppm": 10.0, "significance": 9.0, "before": 2, "after": 3},
    {"step_ppm": None, "error_ppm": None, "significance": None, "before": 3, "after": 4},
]


def light_curve(**changes):
    """Metrics of a light curve with a step at its second seam."""
    flags = {"aperture": {"outlier_fraction": 0.01, "invalid_fraction": None}}
    metrics = {
        "detector": "NRS1",
        "order": 1,
        "n_integrations": 60,
        "n_without_flux": 0,
        "n_outlying": 0,
        "cadence_s": 20.0,
        "scatter_ppm": 150.0,
        "ratio_to_photon": 1.2,
        "ratio_to_error": None,
        "beta_10_30_min": None,
        "beta_10_30_min_error": None,
        "beta_max": None,
        "seams": SEAMS,
        "tilt_events": [],
        "correlations": {},
        "flags": flags,
    }
    return metrics | changes


def visit(name, level, findings, *curves):
    """Diagnostics of a visit."""
    return {
        "product": name,
        "visit": {"target": "WASP-39 <b>", "n_segments": 4},
        "verdict": {"level": level, "findings": findings},
        "light_curves": list(curves),
    }


def test_row_has_the_most_significant_seam_and_nan_for_what_is_not_known():
    row = summarise.summary_row(visit("a", "look", []), light_curve())
    assert (row["worst_seam"], row["worst_seam_significance"]) == (-90.0, 9.0)
    assert (row["integrations"], row["segments"], row["findings"]) == (60, 4, 1)
    assert (row["jumps"], row["bad_columns"], row["outlier_fraction"]) == (0, 0, 0.01)
    assert np.isnan([row["ratio_to_error"], row["beta"]]).all()


def test_row_of_a_light_curve_that_is_too_short():
    curve = light_curve(too_short=True, n_integrations=3)
    for name in ("scatter_ppm", "seams", "tilt_events", "correlations", "n_outlying"):
        del curve[name]
    row = summarise.summary_row(visit("a", "unknown", []), curve)
    assert np.isnan([row["scatter"], row["worst_seam"], row["worst_seam_significance"]]).all()
    assert row["findings"] == 0


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        ([("good", []), ("good", [])], "2 visits, nothing unusual."),
        ([("look", ["x"]), ("good", [])], "2 visits, 1 with something to look at."),
        ([("unknown", []), ("good", [])], "2 visits, nothing unusual, 1 too short to judge."),
    ],
)
def test_table_and_page(tmp_path, verdicts, headline):
    paths = []
    for k, (level, findings) in enumerate(verdicts):
        paths.append(tmp_path / f"{k}.json")
        paths[-1].write_text(json.dumps(visit(f"v{k}", level, findings, light_curve())))
    output = SimpleNamespace(table=tmp_path / "summary.ecsv", page=tmp_path / "summary.html")
    summarise.process(SimpleNamespace(input=SimpleNamespace(diagnostics=paths), output=output))
    columns, units, _ = read_ecsv(output.table)
    assert columns["product"].tolist() == ["v0", "v1"]
    assert columns["segments"].tolist() == [4, 4]
    assert columns["scatter"].tolist() == [150.0, 150.0]
    assert units == {"cadence": "s"}
    page = output.page.read_text()
    assert f"<p>{headline}</p>" in page
    assert '<a href="v0_report.html">v0</a>' in page
    assert "WASP-39 &lt;b&gt;" in page


def test_markup_in_names_and_findings_is_text():
    one = visit(MARKUP, "look", [MARKUP], light_curve(detector=MARKUP))
    one["visit"]["target"] = MARKUP
    rows = [summarise.summary_row(one, one["light_curves"][0])]
    page = Page(summarise.summary_page([one], rows, {MARKUP: f"javascript:{MARKUP}"}))
    assert_dead(page)
    # Product and finding; product, target and detector.
    assert page.text.count(MARKUP) == 5
