from types import SimpleNamespace

import pytest

from scripts.lib.checks.options import option_findings

DEFAULTS = {
    "extract_1d": {"skip": False, "extraction_type": "box", "optimize_psf_location": True},
    "adaptive_trace_model": {"skip": True},
    "pixel_replace": {"skip": True, "algorithm": "mingrad"},
}
MODEL = {"adaptive_trace_model": {"skip": False}}
REPLACE = {"pixel_replace": {"skip": False, "algorithm": "trace_model"}}


def find(exp_type, settings, data_model="SlitModel", branch="spectroscopy", has_psf=False):
    """Severity and text of each finding about a product."""
    facts = SimpleNamespace(keywords={"DATAMODL": data_model})
    segment = SimpleNamespace(exp_type=exp_type, facts=facts)
    product = SimpleNamespace(branch=branch, segments=[segment])
    found = option_findings(product, lambda step: (DEFAULTS | settings)[step], has_psf)
    return [(finding.severity, finding.text) for finding in found]


def test_defaults_and_images_are_no_trouble():
    assert find("NRS_BRIGHTOBJ", {}) == []
    assert find("NRC_TSGRISM", {}) == []
    assert find("MIR_IMAGE", MODEL | REPLACE, branch="imaging") == []
    assert (
        find("NRC_TSGRISM", MODEL | {"extract_1d": DEFAULTS["extract_1d"] | {"skip": True}}) == []
    )


def test_trace_models_of_grism_spectra_stop_the_run():
    ((severity, text),) = find("NRC_TSGRISM", MODEL)
    assert severity == "error"
    assert text.startswith(
        "adaptive_trace_model/skip: found false, expected true for NRC_TSGRISM: no trace can be"
    )


@pytest.mark.parametrize(
    ("exp_type", "data_model"), [("NIS_SOSS", "CubeModel"), ("MIR_LRS-SLITLESS", "CubeModel")]
)
def test_trace_models_that_are_left_out_are_a_warning(exp_type, data_model):
    ((severity, text),) = find(exp_type, MODEL, data_model)
    assert severity == "warning"
    assert "no trace can be modelled" in text


def test_replacement_by_the_model_dilutes_transits():
    ((severity, text),) = find("NRS_BRIGHTOBJ", REPLACE)
    assert severity == "warning"
    assert "a transit is diluted" in text


@pytest.mark.parametrize("exp_type", ["NRC_TSGRISM", "NIS_SOSS"])
def test_replacement_without_a_model_is_mingrad(exp_type):
    ((severity, text),) = find(exp_type, REPLACE, "CubeModel")
    assert severity == "warning"
    assert "mingrad is used" in text


@pytest.mark.parametrize("located", [True, False])
def test_fits_of_a_point_source_are_no_recommendation(located):
    extraction = {"extraction_type": "optimal", "optimize_psf_location": located}
    settings = {"extract_1d": DEFAULTS["extract_1d"] | extraction}
    found = find("NRS_BRIGHTOBJ", settings, has_psf=True)
    assert [severity for severity, _ in found] == ["warning", "warning"]
    assert ("the flux may step" if located else "fluxes are wrong") in found[0][1]
    assert find("NRS_BRIGHTOBJ", settings) == find("NIS_SOSS", settings, has_psf=True) == []
    ((severity, text),) = find("NRC_TSGRISM", settings, has_psf=True)
    assert severity == "error"
    assert text.startswith(
        "extract_1d/extraction_type: found optimal, expected box for NRC_TSGRISM"
    )
