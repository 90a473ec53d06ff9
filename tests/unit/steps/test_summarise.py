import json
from types import SimpleNamespace

import pytest

from scripts import summarise
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.report import campaign
from tests.support.diagnostics import depth_columns, light_curve, visit
from tests.support.pages import MARKUP, Page, assert_dead


def summarise_visits(folder, diagnostics):
    """Summarise visits, each with two depths and the log of a job; paths of the outputs by name."""
    depths = []
    for k, _ in enumerate(diagnostics):
        depths.append(folder / f"{k}_depths.ecsv")
        write_ecsv(depths[-1], depth_columns(NRS1=[0.01, 0.02]), {}, {}, {})
        log = folder / "logs" / "extract_1d" / f"s{k}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("INFO CPU 1.50 s, peak memory 100 MB\n")
    output = {name: folder / f"{name}.ecsv" for name in ("curves", "depths", "costs")}
    output["page"] = folder / "summary.html"
    names = {f"v{k}": [f"s{k}", f"v{k}"] for k, _ in enumerate(diagnostics)}
    job = SimpleNamespace(
        input=SimpleNamespace(diagnostics=diagnostics, depths=depths),
        output=SimpleNamespace(**output),
        params=SimpleNamespace(names=names),
        log=[folder / "logs" / "summarise.log"],
    )
    summarise.process(job)
    return output


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
    output = summarise_visits(tmp_path, paths)
    columns, units, _ = read_ecsv(output["curves"])
    assert columns["product"].tolist() == ["v0", "v1"]
    assert columns["segments"].tolist() == [4, 4]
    assert columns["scatter"].tolist() == [150.0, 150.0]
    assert units == {"cadence": "s"}
    assert columns["depth"].tolist() == [0.01, 0.01]
    depths, units, _ = read_ecsv(output["depths"])
    assert depths["product"].tolist() == ["v0", "v0", "v1", "v1"]
    assert units["duration"] == "h"
    costs, _, _ = read_ecsv(output["costs"])
    assert costs["product"].tolist() == ["v0", "v1"]
    assert costs["cpu_time"].tolist() == [1.5, 1.5]
    page = output["page"].read_text()
    assert "10000 ± 100" in page
    assert "<td>3.0</td>" in page.replace(' class="number"', "")
    assert f"<p>{headline}</p>" in page
    assert '<a href="v0_report.html">v0</a>' in page
    assert "WASP-39 &lt;b&gt;" in page


def test_markup_in_names_and_findings_is_text():
    one = visit(MARKUP, "look", [MARKUP], light_curve(detector=MARKUP))
    one["visit"]["target"] = MARKUP
    curves = campaign.curve_frame([one], campaign.depth_frame({}))
    costs = campaign.cost_frame({})
    page = Page(summarise.summary_page([one], curves, costs, {MARKUP: f"javascript:{MARKUP}"}))
    assert_dead(page)
    # Product and finding; product, target and detector.
    assert page.text.count(MARKUP) == 5
