from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError
from snakemake.utils import validate

from scripts.lib.planning.configuration import describe_violation

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
SECTIONS = [
    "outlier_detection",
    "adaptive_trace_model",
    "pixel_replace",
    "extract_1d",
    "photom",
    "white_light",
    "tso_photometry",
]
OWN_SECTIONS = ["light_curve", "improved", "spectroscopic_light_curves", "report"]
REFERENCES = [
    "extract1d",
    "apcorr",
    "psf",
    "gain",
    "wavelengthrange",
    "photom",
    "pastasoss",
    "specprofile",
    "speckernel",
]
# Defaults of jwst's steps, by the specifications in jwst 3.0.0.
JWST = {
    "outlier_detection": {
        "maskpt": 0.7,
        "rolling_window_width": 25,
        "good_bits": "~DO_NOT_USE",
        "save_results": False,
        "save_intermediate_results": False,
    },
    "adaptive_trace_model": {
        "skip": True,
        "fit_threshold": 10.0,
        "slope_limit": 0.1,
        "psf_optimal": False,
        "oversample": 1.0,
        "save_results": False,
        "save_intermediate_results": False,
    },
    "pixel_replace": {
        "skip": True,
        "algorithm": "mingrad",
        "n_adjacent_cols": 3,
        "save_results": False,
    },
    "extract_1d": {
        "subtract_background": None,
        "apply_apcorr": True,
        "extraction_type": "box",
        "optimize_psf_location": True,
        "model_nod_pair": True,
        "save_profile": False,
        "save_scene_model": False,
        "save_residual_image": False,
        "save_results": False,
        "use_source_posn": None,
        "position_offset": 0,
        "smoothing_length": None,
        "bkg_fit": None,
        "bkg_order": None,
        "log_increment": 50,
        "soss_atoca": True,
        "soss_threshold": 0.01,
        "soss_n_os": 2,
        "soss_wave_grid_in": None,
        "soss_wave_grid_out": None,
        "soss_estimate": None,
        "soss_rtol": 1e-4,
        "soss_max_grid_size": 20000,
        "soss_tikfac": None,
        "soss_width": 40.0,
        "soss_bad_pix": "masking",
        "soss_modelname": None,
        "soss_order_3": True,
    },
    "photom": {"apply_time_correction": True, "save_results": False},
    "white_light": {"min_wavelength": None, "max_wavelength": None},
    "tso_photometry": {
        "radius": 3.0,
        "radius_inner": 4.0,
        "radius_outer": 5.0,
        "centroid_source": True,
        "search_box_width": 41,
        "fit_box_width": 11,
        "moving_centroid": False,
        "save_catalog": False,
    },
}


@pytest.fixture(scope="module", name="schema")
def schema_of_the_configuration():
    return yaml.safe_load(SCHEMA.read_text())


@pytest.fixture(scope="module", name="defaults")
def defaults_of_the_schema():
    config = {}
    validate(config, schema=str(SCHEMA))
    return config


def settings(schema):
    """Yield every setting as its path and its schema, sections included."""
    for key, value in schema["properties"].items():
        yield (key,), value
        for inner, setting in value.get("properties", {}).items():
            yield (key, inner), setting


def error_of(schema, config):
    with pytest.raises(ValidationError) as caught:
        Draft202012Validator(schema).validate(config)
    return describe_violation(caught.value)


def test_schema_is_valid(schema):
    Draft202012Validator.check_schema(schema)


def test_every_setting_is_described_with_type_and_default(schema):
    for path, setting in settings(schema):
        assert setting["description"].endswith("."), path
        assert "type" in setting or "enum" in setting, path
        assert "default" in setting, path
        assert setting.get("type") != "object" or setting["additionalProperties"] is False, path


def test_defaults_are_valid(schema, defaults):
    Draft202012Validator(schema).validate(defaults)


def test_config_file_holds_the_defaults_in_order(defaults):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert config == defaults
    assert list(config) == list(defaults)
    sections = ("references", "pars", *SECTIONS, *OWN_SECTIONS)
    assert all(list(config[key]) == list(defaults[key]) for key in sections)


def test_config_file_comments_every_key_with_its_description(schema):
    comments, section, found = [], "", {}
    for line in (ROOT / "config.yaml").read_text().splitlines():
        key, _, comment = line.strip().partition(":") if "#" not in line else ("", "", line.strip())
        if comment.startswith("#"):
            comments.append(comment.removeprefix("# "))
            continue
        if key:
            section = section if line.startswith(" ") else key
            found[(section, key) if line.startswith(" ") else (key,)] = " ".join(comments)
        comments = []
    assert found == {path: setting["description"] for path, setting in settings(schema)}


def test_keys_are_the_public_ones(defaults):
    keys = ["associations", "output_dir", "max_memory_mb", "crds_context", "references", "pars"]
    keys += ["export", "summary_formats", *SECTIONS, *OWN_SECTIONS]
    assert sorted(defaults) == sorted(keys)
    assert list(defaults["references"]) == REFERENCES
    assert (defaults["associations"], defaults["output_dir"]) == ([], "results")
    assert defaults["max_memory_mb"] == 512
    assert list(defaults["pars"]) == [*SECTIONS, "pipeline"]
    assert {*defaults["references"].values(), *defaults["pars"].values()} == {None}
    assert defaults["crds_context"] is None
    assert defaults["export"] == []


def test_step_parameters_are_those_of_jwst(defaults):
    own = {section: dict(defaults[section]) for section in SECTIONS}
    assert own["outlier_detection"].pop("snr") == 5.0
    for section in set(SECTIONS) - {"adaptive_trace_model", "pixel_replace"}:
        assert own[section].pop("skip") is False
    assert own == JWST


def test_part_of_a_section_keeps_the_other_defaults(defaults):
    config = {"outlier_detection": {"snr": 4}, "references": {"gain": "gain.fits"}}
    validate(config, schema=str(SCHEMA))
    expected = deepcopy(defaults)
    expected["outlier_detection"]["snr"] = 4
    expected["references"]["gain"] = "gain.fits"
    assert config == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"snr": 5}, "config: found snr, expected one of associations, output_dir, max_memory_mb"),
        (
            {"outlier_detection": {"snrr": 5, "skp": True}},
            "config/outlier_detection: found skp, snrr, expected one of skip, snr, rolling",
        ),
        ({"associations": "a.json"}, "config/associations: found 'a.json', expected a list"),
        (
            {"associations": [""]},
            "config/associations/0: found '', expected a text of length at least 1",
        ),
        ({"output_dir": 3}, "config/output_dir: found 3, expected a text"),
        ({"max_memory_mb": 1}, "config/max_memory_mb: found 1, expected at least 64"),
        ({"max_memory_mb": 64.5}, "config/max_memory_mb: found 64.5, expected a whole number"),
        ({"references": None}, "config/references: found null, expected a section of keys"),
        (
            {"references": {"gain": 3}},
            "config/references/gain: found 3, expected a text or a section of keys or null",
        ),
        (
            {"outlier_detection": {"snr": "5.0 4.0"}},
            "config/outlier_detection/snr: found '5.0 4.0', expected a number",
        ),
        (
            {"outlier_detection": {"snr": 0}},
            "config/outlier_detection/snr: found 0, expected more than 0",
        ),
        (
            {"outlier_detection": {"maskpt": 2}},
            "config/outlier_detection/maskpt: found 2, expected at most 1",
        ),
        (
            {"outlier_detection": {"skip": 1}},
            "config/outlier_detection/skip: found 1, expected true or false",
        ),
        (
            {"extract_1d": {"bkg_fit": "spline"}},
            "config/extract_1d/bkg_fit: found 'spline', expected null or poly or mean or median",
        ),
        (
            {"pixel_replace": {"algorithm": "median"}},
            "config/pixel_replace/algorithm: found 'median', expected mingrad or fit_profile or trace_model",
        ),
    ],
)
def test_mistakes_are_reported_in_one_line(schema, config, message):
    found = error_of(schema, config)
    assert found.startswith(message)
    assert "\n" not in found


def test_every_rule_of_the_schema_has_a_text(schema):
    rules = {rule for _, setting in settings(schema) for rule in setting}
    reported = {"type", "enum", "minimum", "maximum", "exclusiveMinimum", "minLength", "minItems"}
    silent = {"description", "default", "additionalProperties", "properties", "items"}
    assert rules <= reported | silent
