from types import SimpleNamespace

import pytest

from scripts.lib.checks.options import option_findings
from scripts.lib.instruments.modes import MODES
from scripts.lib.references.settings_schema import setting_defaults

STEPS = ("adaptive_trace_model", "pixel_replace", "extract_1d", "photom")
DEFAULTS = {step: setting_defaults()[step] for step in STEPS}
MODEL = {"adaptive_trace_model": {"skip": False}}
REPLACE = {"pixel_replace": {"skip": False, "algorithm": "trace_model"}}
UNUSED = "it has no effect, here as in jwst"


def find(
    exp_type, settings, data_model="SlitModel", branch="spectroscopy", has_psf=False, **options
):
    """Severity and text of each finding about a product."""
    facts = SimpleNamespace(keywords={"DATAMODL": data_model})
    segment = SimpleNamespace(exp_type=exp_type, facts=facts)
    product = SimpleNamespace(branch=branch, segments=[segment])
    found = option_findings(
        product, lambda step: DEFAULTS[step] | settings.get(step, {}), has_psf, **options
    )
    return [(finding.severity, finding.text) for finding in found]


@pytest.mark.parametrize("exp_type", MODES)
def test_defaults_are_no_trouble(exp_type):
    branch = MODES[exp_type].branch
    for has_psf in (False, True):
        assert find(exp_type, {}, branch=branch, has_psf=has_psf) == []


def test_what_is_skipped_is_no_trouble():
    assert find("NRC_TSGRISM", MODEL | {"extract_1d": {"skip": True}}) == []
    settings = {"pixel_replace": {"skip": True, "algorithm": "trace_model", "n_adjacent_cols": 0}}
    assert find("NRS_BRIGHTOBJ", settings) == []


def test_steps_of_spectra_do_nothing_to_images():
    found = find("MIR_IMAGE", MODEL | REPLACE, branch="imaging")
    assert [severity for severity, _ in found] == ["warning", "warning"]
    assert found[1][1] == (f"pixel_replace/skip: found false: {UNUSED}: MIR_IMAGE has no spectra")


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
    settings = {"extract_1d": extraction}
    found = find("NRS_BRIGHTOBJ", settings, has_psf=True)
    assert [severity for severity, _ in found] == ["warning", "warning"]
    assert ("the flux may step" if located else "fluxes are wrong") in found[0][1]
    assert find("NRS_BRIGHTOBJ", settings) == []
    ((severity, text),) = find("NRC_TSGRISM", settings, has_psf=True)
    assert severity == "error"
    assert text.startswith(
        "extract_1d/extraction_type: found optimal, expected box for NRC_TSGRISM"
    )


# Mode, section, option, and a part of what is said.
@pytest.mark.parametrize(
    ("exp_type", "section", "option", "why"),
    [
        ("NIS_SOSS", "extract_1d", {"extraction_type": "optimal"}, "an extraction of its own"),
        ("NIS_SOSS", "extract_1d", {"extraction_type": None}, "an extraction of its own"),
        ("NIS_SOSS", "extract_1d", {"save_profile": True}, "an extraction of its own"),
        ("NIS_SOSS", "extract_1d", {"save_scene_model": True}, "an extraction of its own"),
        ("NIS_SOSS", "extract_1d", {"save_residual_image": True}, "an extraction of its own"),
        ("MIR_LRS-SLITLESS", "extract_1d", {"use_source_posn": True}, "the aperture stays"),
        ("NRS_BRIGHTOBJ", "photom", {"skip": True}, "calibrated before"),
        ("MIR_LRS-SLITLESS", "photom", {"apply_time_correction": False}, "calibrated before"),
        ("NRC_TSGRISM", "photom", {"save_results": True}, "calibrated before"),
    ],
)
def test_an_option_that_does_nothing_is_a_warning(exp_type, section, option, why):
    ((severity, text),) = find(exp_type, {section: option})
    ((name, _),) = option.items()
    assert severity == "warning"
    assert text.startswith(f"{section}/{name}: found ")
    assert UNUSED in text
    assert text.endswith(why)


@pytest.mark.parametrize("count", [0, -2])
@pytest.mark.parametrize("exp_type", ["NRS_BRIGHTOBJ", "NIS_SOSS"])
def test_profiles_without_neighbours_replace_nothing(exp_type, count):
    options = {"skip": False, "algorithm": "fit_profile", "n_adjacent_cols": count}
    ((severity, text),) = find(exp_type, {"pixel_replace": options})
    assert (severity, UNUSED in text, f"found {count}" in text) == ("warning", True, True)
    assert find(exp_type, {"pixel_replace": options | {"algorithm": "mingrad"}}) == []


def test_limits_of_a_model_that_is_skipped_are_not_those_of_the_replacement():
    skipped = {"adaptive_trace_model": {"slope_limit": 0.03}}
    assert find("NRS_BRIGHTOBJ", skipped) == []
    diluted, (severity, text) = find("NRS_BRIGHTOBJ", skipped | REPLACE)
    assert "a transit is diluted" in diluted[1]
    assert severity == "warning"
    assert text.startswith("adaptive_trace_model/slope_limit: found 0.03: ")
    assert "with the defaults" in text
    used = {"adaptive_trace_model": {"skip": False, "slope_limit": 0.03}}
    assert len(find("NRS_BRIGHTOBJ", used | REPLACE)) == 1


def test_products_of_a_model_that_soss_has_not():
    model = {"skip": False, "save_results": True, "save_intermediate_results": True}
    found = find("NIS_SOSS", {"adaptive_trace_model": model}, "CubeModel")
    assert [text.split(":")[0] for _, text in found] == [
        f"adaptive_trace_model/{name}"
        for name in ("skip", "save_results", "save_intermediate_results")
    ]


def test_the_position_of_the_source_stops_grism_spectra():
    ((severity, text),) = find("NRC_TSGRISM", {"extract_1d": {"use_source_posn": True}})
    assert severity == "error"
    assert text.startswith("extract_1d/use_source_posn: found true, expected false or null")
    assert find("NRS_BRIGHTOBJ", {"extract_1d": {"use_source_posn": True}}) == []


def test_the_fit_of_a_point_source_has_a_background_of_its_own():
    options = {"extraction_type": "optimal", "bkg_fit": "median", "smoothing_length": 5}
    found = find("NRS_BRIGHTOBJ", {"extract_1d": options}, has_psf=True)
    assert [text.split(":")[0] for _, text in found[2:]] == [
        "extract_1d/bkg_fit",
        "extract_1d/smoothing_length",
    ]
    assert find("NRS_BRIGHTOBJ", {"extract_1d": options | {"extraction_type": "box"}}) == []


@pytest.mark.parametrize(
    ("exp_type", "follows", "is_moved"),
    [
        ("NRS_BRIGHTOBJ", None, True),
        ("NRS_BRIGHTOBJ", False, False),
        ("MIR_LRS-SLITLESS", None, False),
    ],
)
def test_an_offset_needs_the_position_of_the_source(exp_type, follows, is_moved):
    options = {"extraction_type": "optimal", "position_offset": 1.5, "use_source_posn": follows}
    found = find(exp_type, {"extract_1d": options}, has_psf=True)
    assert len(found) == (2 if is_moved else 3)
    assert all("position_offset: found 1.5" in text for _, text in found[2:])


@pytest.mark.parametrize("kind", ["optimal", None])
def test_without_apertures_no_point_source_is_fitted(kind):
    settings = {"extract_1d": {"extraction_type": kind}}
    ((severity, text),) = find("NRS_BRIGHTOBJ", settings, has_psf=True, has_apertures=False)
    assert severity == "warning"
    assert text.startswith(f"extract_1d/extraction_type: found {kind or 'null'}: {UNUSED}")
    assert find("NRS_BRIGHTOBJ", {}, has_psf=True, has_apertures=False) == []
