"""Markup in headers, names, settings and warnings stays text in a browser, in every mode."""

import shutil
import subprocess

import pytest
from astropy.io import fits

from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.provenance.input_warnings import warning_lines
from scripts.lib.report.campaign import cost_frame, curve_frame, depth_frame
from scripts.simulation.modes import MODES
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from scripts.summarise import summary_page
from tests.support.steps import make_report, process_visit, report_inputs

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium here"),
]

# Each would give an element of the page this identifier, if it became part of the page.
LIVE = ' id="alive"'
PAYLOADS = (
    "<b id=alive>",
    "<img src=x onerror=document.body.id=String(/alive/.source)>",
    "<script>document.body.id=String(/alive/.source)</script>",
    "<a id=alive href=javascript:void(0)>x</a>",
    "'\"><svg id=alive onload=void(0)>",
    "</style></title><i id=alive>",
    "&lt;&#60;u id=alive&gt;",
)
# What decides how a segment is processed.
_KEPT = (
    *("EXP_TYPE", "INSTRUME", "DETECTOR", "FILTER", "PUPIL", "GRATING", "SUBARRAY", "CHANNEL"),
    *("BUNIT", "SRCTYPE", "SLTNAME", "XTENSION", "EXTNAME", "DATAMODL", "PROGRAM", "OBSERVTN"),
    *("VISIT", "S_PHOTOM", "S_OUTLIR", "S_REGION", "MODULE"),
)


def draw(path):
    """Elements of a page or drawing after a browser has run what it could."""
    done = subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"),
            *("--dump-dom", path.resolve().as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def spoil_headers(path, number):
    """Give all texts of the headers of a segment that do not decide its processing a payload."""
    with fits.open(path, mode="update") as hdus:
        for hdu in hdus[:2]:
            texts = [card.keyword for card in hdu.header.cards if isinstance(card.value, str)]
            for keyword in texts:
                if keyword not in _KEPT:
                    number += 1
                    hdu.header[keyword] = (PAYLOADS[number % len(PAYLOADS)], "")


def test_markup_in_a_page_would_be_found(tmp_path):
    for k, payload in enumerate(PAYLOADS[:-1]):
        page = tmp_path / f"{k}.html"
        page.write_text(f"<!DOCTYPE html><html><head><title>x</title></head><body>{payload}</body>")
        assert LIVE in draw(page), payload
    drawing = tmp_path / "a.svg"
    drawing.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><text {LIVE}>x</text></svg>')
    assert LIVE in draw(drawing)


# The schema of the product knows the names of slits and of other parts.
@pytest.mark.filterwarnings("ignore:While validating")
@pytest.mark.parametrize("mode", MODES)
def test_markup_in_everything_that_a_page_shows_is_dead(tmp_path, mode):
    options = {} if mode == "nis_soss" else {"frame_size": (32, 64)}
    if mode in ("mir_image", "nrc_tsimage"):
        options = {"frame_size": (32, 32)}
    if mode == "mir_lrs_slitless":
        options = {"frame_size": (64, 32)}
    simulate_visit(tmp_path, VisitOptions(mode=mode, segment_lengths=(6, 5), **options))
    for number, path in enumerate(sorted(tmp_path.glob("*_calints.fits"))):
        spoil_headers(path, number)
    product = process_visit(tmp_path)
    inputs, params = report_inputs(tmp_path, product)
    warnings = [f"{payload}: found none" for payload in PAYLOADS]
    assert warning_lines(warnings)
    settings = {
        "outlier_detection": dict(zip("abcdefg", PAYLOADS, strict=True)),
        **params["settings"],
    }
    params |= {
        "input_warnings": warnings,
        "association": PAYLOADS[0],
        "settings": settings,
        "names": list(PAYLOADS),
        "reference_names": dict(zip(PAYLOADS, PAYLOADS, strict=True)),
    }
    stem = str(tmp_path / "results" / product.name)
    diagnostics = make_report(stem, inputs, params, plots=True)
    diagnostics["visit"]["target"] = PAYLOADS[1]
    summary = tmp_path / "results" / "summary.html"
    link = {diagnostics["product"]: f"{PAYLOADS[3]}.html"}
    depths = {diagnostics["product"]: read_ecsv(f"{stem}_depths.ecsv")[0]}
    curves = curve_frame([diagnostics], depth_frame(depths))
    page = summary_page([diagnostics], curves, cost_frame({}), link)
    summary.write_text(page, encoding="utf-8")
    pages = [*(tmp_path / "results").rglob("*.html"), *(tmp_path / "results").rglob("*.svg")]
    assert len(pages) > 3
    shown = ""
    for page in pages:
        drawn = draw(page)
        assert LIVE not in drawn, page
        shown += drawn
    # Escaped once, the texts are there.
    assert "&lt;b id=alive&gt;" in shown
    assert "&lt;script&gt;" in shown
