"""A visit whose headers, names, references and settings hold markup: its page and plots show it as text."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.files.atomic import write_arrays
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.instruments.branches import PLOTS
from scripts.report_visit import planned_position
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support import imaging_segments
from tests.support.builders import write_segment
from tests.support.pages import MARKUP, PAYLOADS, WORD, Page, assert_dead
from tests.support.steps import make_report, process_visit, report_inputs

ROOT = Path(__file__).resolve().parents[3]
MODES = {
    "nrs_brightobj": {"frame_size": (16, 64), "detectors": ("nrs1",)},
    "nrc_tsimage": {"frame_size": (32, 32)},
}
KEYWORDS = ("R_DARK", "R_FLAT", "R_GAIN", "R_LINEAR", "R_MASK", "CAL_VER", "CRDS_CTX")
HEADER = dict(zip(KEYWORDS, PAYLOADS, strict=True))


@pytest.fixture(scope="module", name="files", params=MODES)
def report_of_markup(request, tmp_path_factory):
    """Files of the report of a visit with markup in all texts."""
    folder = tmp_path_factory.mktemp(request.param)
    options = VisitOptions(
        mode=request.param, segment_lengths=(20, 20), seed=1, **MODES[request.param]
    )
    simulate_visit(folder, options)
    inputs, params = report_inputs(folder, process_visit(folder))
    stem = folder / "report" / WORD.replace("/", " ")
    make_report(str(stem), spoiled_inputs(folder, inputs), spoiled_params(params), plots=True)
    return sorted(stem.parent.rglob("*"))


def spoiled_inputs(folder, inputs):
    """Input files with markup in all texts that the report may show."""
    changed = {"light_curve": folder / "lc.ecsv"}
    member = folder / "member.fits"
    columns, units, meta = read_ecsv(inputs["light_curve"])
    columns["detector"] = np.full(len(columns["detector"]), WORD)
    meta = {name: MARKUP if isinstance(value, str) else value for name, value in meta.items()}
    write_ecsv(changed["light_curve"], columns, units, {}, meta)
    shutil.copy(inputs["segments"][0], member)
    with fits.open(member, mode="update") as hdus:
        hdus[0].header.update(HEADER)
    changed["segments"] = [str(member), *inputs["segments"][1:]]
    for path in inputs["statistics"]:
        with np.load(path) as arrays:
            texts = {name: values.dtype.kind == "U" for name, values in arrays.items()}
            spoiled = {
                name: np.array(MARKUP) if texts[name] else values for name, values in arrays.items()
            }
        assert any(texts.values())
        write_arrays(Path(path), spoiled)
    for path in filter(None, [inputs.get("spectra")]):
        with fits.open(path, mode="update") as hdus:
            for hdu in hdus:
                hdu.header["DETECTOR"] = (WORD, "")
    return inputs | changed


def spoiled_params(params):
    """Names and settings that are markup."""
    return params | {
        "product": MARKUP,
        "association": MARKUP,
        "segments": [segment | {"detector": WORD} for segment in params["segments"]],
        "settings": {"references": {MARKUP: MARKUP}, MARKUP: {MARKUP: MARKUP}, "list": [MARKUP]},
    }


def page_of(files):
    """Path and elements of the page."""
    (path,) = [path for path in files if path.suffix == ".html"]
    return path, Page(path.read_text())


def drawings_of(files):
    """Paths of the vector drawings."""
    return [path for path in files if path.suffix == ".svg"]


def test_markup_in_the_page_is_text(files):
    _, page = page_of(files)
    assert_dead(page)
    for payload in PAYLOADS:
        assert page.text.count(payload) > 5, payload
    for keyword, payload in HEADER.items():
        assert f"{keyword} (header)\n{payload}\n" in page.text
    assert WORD in page.text


def test_a_page_that_is_mailed_has_all_that_it_links_to(files):
    _, page = page_of(files)
    assert [link["href"] for link in page.of("a") if not link["href"].startswith("#")] == []


def test_every_plot_of_the_branch_is_a_file(files):
    names = [path.stem for path in drawings_of(files)]
    assert names in (sorted(PLOTS["imaging"]), sorted(PLOTS["spectroscopy"]))


def test_markup_in_vector_drawings_is_text(files):
    texts = ""
    for path in drawings_of(files):
        for element in ElementTree.fromstring(path.read_text()).iter():
            assert element.tag.rpartition("}")[2] not in ("script", "a", "img"), path
            assert not [key for key in element.attrib if key.startswith("on")], path
            texts += f"{element.text or ''} {element.get('aria-label', '')}"
    assert WORD in texts
    assert MARKUP in texts


def names_in(value):
    """Names of all entries of a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def test_every_metric_is_defined_in_the_documentation(files):
    (path,) = [path for path in files if path.suffix == ".json"]
    names = names_in(json.loads(path.read_text()))
    assert {"scatter_ppm", "coefficient", "worst_outlier_fraction"} <= names
    spans = re.findall(
        r"`([^`]+)`", (ROOT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
    )
    assert names - set(re.findall(r"\w+", " ".join(spans))) == set()


def test_the_planned_position_is_that_of_images(tmp_path):
    path = imaging_segments.write_segment(
        tmp_path / "a.fits", imaging_segments.star_planes([(14.0, 13.0)])
    )
    found = planned_position(path, {"search_box_width": 41})
    assert found == {"NRCB1": {"planned": [14.0, 13.0], "box": 41}}
    assert planned_position(path, None) == {}
    write_segment(tmp_path / "b.fits")
    assert planned_position(tmp_path / "b.fits", {"search_box_width": 41}) == {}
