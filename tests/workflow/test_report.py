"""The report of whole visits, made by the workflow."""

import json
from itertools import pairwise

import pytest
import yaml
from astropy.io import fits
from astropy.table import QTable

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.pages import Page, assert_dead
from tests.workflow.test_visits import product, run

pytestmark = pytest.mark.slow


def check_page(path, n_plots):
    text = path.read_text()
    page = Page(text)
    assert_dead(page)
    plots = [found for found in page.of("div") if found.get("id", "").startswith("plot-")]
    assert len(plots) == n_plots
    assert all(drawing["aria-label"] for drawing in page.of("svg") if "role" in drawing)
    assert all(image["href"].startswith("data:image/png") for image in page.of("image"))
    headings = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(later - one <= 1 for one, later in pairwise(headings))
    targets = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for link in page.of("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in targets
        else:
            assert (path.parent / link["href"]).is_file()
    assert "http" not in text.replace("http-equiv", "")
    return text


@pytest.mark.parametrize(("mode", "n_plots"), [("nrs_brightobj", 16), ("mir_image", 11)])
def test_report_of_a_visit(tmp_path, mode, n_plots):
    frame = {"frame_size": (32, 256)} if mode == "nrs_brightobj" else {}
    simulate_visit(tmp_path, VisitOptions(mode=mode, segment_lengths=(50, 40), **frame))
    run(tmp_path)
    text = check_page(product(tmp_path, "report.html"), n_plots)
    assert "WASP-39" in text
    metrics = json.loads(product(tmp_path, "diagnostics.json").read_text())
    for curve in metrics["light_curves"]:
        assert 0.7 < curve["ratio_to_error"] < 1.5
        assert len(curve["seams"]) == 1
    table = QTable.read(product(tmp_path, "lc.ecsv"))
    assert len(table) == 90 * len(metrics["light_curves"])
    assert (tmp_path / "results" / "summary.html").exists() is False
    if mode == "nrs_brightobj":
        with fits.open(product(tmp_path, "spectra.fits")) as hdus:
            hdus.verify("exception")
            assert len(hdus["FLUX", 2].data) == len(hdus["TIME", 2].data) == 90
        with fits.open(product(tmp_path, "speclc.fits")) as hdus:
            hdus.verify("exception")
            assert hdus["FLUX", 2].data.shape == hdus["ERROR", 2].data.shape
            assert len(hdus["TIME", 1].data) == len(hdus["FLUX", 1].data) == 90


def test_summary_of_two_visits(tmp_path):
    for number in (1, 2):
        simulate_visit(
            tmp_path / f"visit{number}",
            VisitOptions(
                mode="nrs_brightobj",
                segment_lengths=(30,),
                frame_size=(16, 64),
                detectors=("nrs1",),
                observation=f"00{number}",
                seed=number,
            ),
        )
    config = yaml.safe_load((tmp_path / "visit1" / "config.yaml").read_text())
    config["associations"] = ["visit*/*_asn.json"]
    config["references"] = {
        kind: path if path == "N/A" else f"visit1/{path}"
        for kind, path in config["references"].items()
        if path
    }
    config["report"] = {"vector_plots": False}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    run(tmp_path)
    assert list((tmp_path / "results").glob("*_plots")) == []
    check_page(tmp_path / "results" / "summary.html", 0)
    assert len(QTable.read(tmp_path / "results" / "summary.ecsv")) == 2
