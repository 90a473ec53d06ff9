"""What the report says of replaced pixels is what the data say, detector by detector."""

import numpy as np
import pytest
import yaml
from astropy.io import fits
from astropy.table import QTable

from scripts.lib.segment_data.dq import FLUX_ESTIMATED, NON_SCIENCE
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit, read_config, report_inputs, run_report


@pytest.fixture(scope="module", name="made", params=["fit_profile", "trace_model", "mingrad"])
def visit_with_replaced_pixels(request, tmp_path_factory):
    """Method, folder, product and diagnostics of a visit with two detectors and segments."""
    folder = tmp_path_factory.mktemp(request.param)
    options = VisitOptions(
        mode="nrs_brightobj",
        segment_lengths=(20, 21),
        frame_size=(24, 64),
        bad_pixel_rate=2e-2,
        nan_rate=3e-3,
        seed=1,
    )
    simulate_visit(folder, options)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["pixel_replace"] = {"skip": False, "algorithm": request.param, "save_results": True}
    # No model of so faint a source.
    config["adaptive_trace_model"] = {"skip": False, "fit_threshold": 1e6}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    product = process_visit(folder)
    inputs, params = report_inputs(folder, product)
    params["settings"] = read_config(folder)
    diagnostics = run_report(folder, product, inputs, params)
    return request.param, folder, product, diagnostics


def test_counts_are_those_of_the_flags_of_the_replaced_segments(made):
    method, folder, product, diagnostics = made
    filled, left = {"NRS1": 0, "NRS2": 0}, {"NRS1": 0, "NRS2": 0}
    for segment in product.segments:
        with fits.open(folder / "results" / f"{segment.name}_pixel_replace.fits") as file:
            dq, science = file["DQ"].data, file["SCI"].data
            filled[segment.detector] += int(np.count_nonzero(dq & FLUX_ESTIMATED))
            bad = ~np.isfinite(science) & ((dq & NON_SCIENCE) == 0)
            left[segment.detector] += int(np.count_nonzero(bad))
    assert min(filled.values()) > 100
    # The model of this source is empty, so mingrad does its work.
    method = "fit_profile" if method == "fit_profile" else "mingrad"
    for curve in diagnostics["light_curves"]:
        found, detector = curve["replaced_samples"], curve["detector"]
        assert found[method] == filled[detector] == sum(found.values()) - found["none"]
        assert found["none"] == left[detector]
    (x1dints,) = (folder / "results").glob("*_x1dints.fits")
    header = fits.getheader(x1dints)
    keyword = {"fit_profile": "NPXPROFI", "mingrad": "NPXMINGR"}[method]
    assert (header[keyword], header["NPXNONE"]) == (sum(filled.values()), sum(left.values()))


def test_the_page_names_options_and_counts(made):
    method, folder, _, diagnostics = made
    (page,) = (folder / "results").glob("*_report.html")
    text = page.read_text()
    # All settings that differ are in one list.
    assert text.count("adaptive_trace_model / fit_threshold") == 1
    assert "Samples replaced by pixel_replace" in text
    counts = diagnostics["light_curves"][0]["replaced_samples"]
    assert str(max(counts.values())) in text
    assert method in text


def test_an_empty_model_is_said_in_all_products_of_its_spectra(made):
    _, folder, product, _ = made
    results = folder / "results"
    (x1dints,), (whtlt,) = results.glob("*_x1dints.fits"), results.glob("*_whtlt.ecsv")
    history = " ".join(map(str, fits.getheader(x1dints)["HISTORY"]))
    assert history.count("found no compact source") == len(product.segments)
    for table in (whtlt, results / f"{product.name}_lc.ecsv"):
        warnings = QTable.read(table).meta["input_warnings"]
        assert sum("found no compact source" in warning for warning in warnings) == 4
