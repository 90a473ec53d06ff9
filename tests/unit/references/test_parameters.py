"""Parameter reference files in the format that jwst writes."""

import copy
from pathlib import Path

import pytest
from snakemake.utils import validate

from scripts.lib.errors import InputError
from scripts.lib.references.parameters import (
    accept_parameters,
    convert_parameters,
    convert_texts,
    read_parameters,
    sections_with,
)
from tests.support.crds_cache import write_parameters
from tests.support.notebooks import APERTURES, NOTEBOOKS

ROOT = Path(__file__).resolve().parents[3]


def test_file_of_a_step(tmp_path):
    parameters = {"radius": 3.5, "centroid_source": False, "suffix": None, "output_ext": ".fits"}
    write_parameters(tmp_path / "a.asdf", "TSOPhotometryStep", parameters)
    assert read_parameters(tmp_path / "a.asdf") == {"": parameters}


def test_file_of_a_pipeline(tmp_path):
    write_parameters(tmp_path / "a.asdf", "Tso3Pipeline", {"save_results": True})
    text = (tmp_path / "a.asdf").read_text().removesuffix("...\n")
    text += (
        "steps:\n- class: jwst.x\n  name: white_light\n  parameters: {min_wavelength: 0.7}\n...\n"
    )
    (tmp_path / "b.asdf").write_text(text)
    expected = {"": {"save_results": True}, "white_light": {"min_wavelength": 0.7}}
    assert read_parameters(tmp_path / "b.asdf") == expected


def test_what_follows_the_tree_is_not_read(tmp_path):
    write_parameters(tmp_path / "a.asdf", "WhiteLightStep", {"max_wavelength": 5})
    data = (tmp_path / "a.asdf").read_bytes() + b"\xd3BLK\x00\x30\xff\n#ASDF BLOCK INDEX\n"
    (tmp_path / "b.asdf").write_bytes(data)
    assert read_parameters(tmp_path / "b.asdf") == {"": {"max_wavelength": 5}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"parameters: {}", "not a parameter reference: it does not start with #ASDF"),
        (b"#ASDF 1.0.0\nparameters: {a: [1\n", "not a parameter reference: while parsing"),
        (b"#ASDF 1.0.0\nname: x\n...\n", "parameters: found none, expected those of a step"),
        (b"#ASDF 1.0.0\n--- [1, 2]\n...\n", "parameters: found none"),
        (b"#ASDF 1.0.0\nname: \xff\n...\n", "not a parameter reference: 'utf-8'"),
    ],
)
def test_files_that_are_none(tmp_path, data, message):
    (tmp_path / "a.asdf").write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_parameters(tmp_path / "a.asdf")
    assert str(caught.value).startswith(f"{tmp_path}/a.asdf: {message}")
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_parameters(tmp_path / "none.asdf")


def test_texts_stand_for_numbers_and_the_first_snr_counts():
    parameters = {"snr": "4.5 4.0", "rolling_window_width": "11", "maskpt": 0.5, "skip": "False"}
    found, findings = convert_parameters("outlier_detection", parameters, "a.asdf")
    assert found == {"snr": 4.5, "rolling_window_width": 11, "maskpt": 0.5, "skip": False}
    assert findings == []
    assert convert_parameters("extract_1d", {"bkg_fit": "None", "bkg_order": "1"}, "a")[0] == {
        "bkg_fit": None,
        "bkg_order": 1,
    }


def test_parameters_without_effect_are_left_out_in_silence():
    parameters = {
        "scale": "1.2 0.7",
        "output_dir": "/tmp",
        "save_results": True,
        "kernel": "square",
    }
    assert convert_parameters("outlier_detection", parameters, "a.asdf") == ({}, [])


def test_unknown_or_unsupported_parameters_are_reported():
    parameters = {"extraction_type": "best", "soss_transform": [0, 0, 0], "bkg_order": -1}
    found, findings = convert_parameters("extract_1d", parameters | {"off": None}, "pars.asdf")
    assert found == {}
    assert [(f.severity, f.path, f.key, f.found) for f in findings] == [
        ("warning", "pars.asdf", "extraction_type", "'best'"),
        ("warning", "pars.asdf", "soss_transform", "[0, 0, 0]"),
        ("warning", "pars.asdf", "bkg_order", "-1"),
    ]
    assert str(findings[0]).endswith(
        "expected a parameter of extract_1d that is supported: "
        "it is left out, the default or setting is kept"
    )


def test_files_of_a_run_are_no_parameters():
    found, findings = convert_parameters(
        "extract_1d", {"soss_modelname": "x", "soss_estimate": None}, "a"
    )
    assert (found, [finding.key for finding in findings]) == ({}, ["soss_modelname"])


@pytest.mark.parametrize(
    ("step", "name", "good", "bad"),
    [
        ("outlier_detection", "snr", [0.1, 5], [0, -1.0, True, None, "high", [4.0], float("nan")]),
        ("outlier_detection", "maskpt", [0, 0.5, 1], [-0.1, 1.1]),
        ("outlier_detection", "rolling_window_width", [1, 25], [0, 2.5, None]),
        ("outlier_detection", "good_bits", ["~DO_NOT_USE"], [4, None]),
        ("outlier_detection", "skip", [True, False], [0, 1, None, "maybe"]),
        ("extract_1d", "bkg_fit", [None, "poly", "mean"], ["spline", 0, True]),
        ("extract_1d", "use_source_posn", [None, True], [1, "yes"]),
        ("extract_1d", "soss_tikfac", [None, 1e-9], [0.0, "none at all"]),
    ],
)
def test_values_are_those_of_the_schema(step, name, good, bad):
    for value in good:
        assert convert_parameters(step, {name: value}, "a") == ({name: value}, [])
    for value in bad:
        found, (finding,) = convert_parameters(step, {name: value}, "a")
        assert (found, finding.key) == ({}, name)


def test_parameters_of_jwst_without_effect_are_taken_out_of_the_configuration():
    config = {
        "outlier_detection": {"snr": "4.5 4.0", "kernel": "square", "scale": "1.2 0.7"},
        "white_light": {"suffix": "whtlt", "min_wavelength": 3.0},
        "associations": ["a.json"],
        "extract_1d": None,
    }
    findings = accept_parameters(config)
    assert config == {
        "outlier_detection": {"snr": "4.5 4.0"},
        "white_light": {"min_wavelength": 3.0},
        "associations": ["a.json"],
        "extract_1d": None,
    }
    assert [(f.severity, f.key) for f in findings] == [
        ("note", "outlier_detection/kernel"),
        ("note", "outlier_detection/scale"),
        ("note", "white_light/suffix"),
    ]


def test_unknown_parameters_stay_for_the_schema_to_refuse():
    config = {"extract_1d": {"soss_transform": [0, 0, 0], "save_profile": True}}
    assert accept_parameters(config) == []
    assert list(config["extract_1d"]) == ["soss_transform", "save_profile"]


@pytest.mark.parametrize("text", ["1.2", "1 2 3", "a b"])
def test_texts_that_jwst_cannot_read_are_errors(text):
    (error, *_) = accept_parameters({"outlier_detection": {"scale": text}})
    assert str(error) == f"config: outlier_detection/scale: found {text!r}, expected 2 numbers"


def test_texts_of_the_command_line_become_what_they_stand_for():
    config = {
        "associations": "asn.json",
        "max_memory_mb": "600",
        "output_dir": "7",
        "outlier_detection": {"snr": "5.0 4.0", "skip": "true", "good_bits": "4", "maskpt": "half"},
        "extract_1d": {"bkg_order": "none", "position_offset": "1", "bkg_fit": "mean"},
        "spectroscopic_light_curves": {"edges": ["2.9", 3], "pixels": 4},
        "unknown": {"a": "1"},
        "white_light": None,
    }
    convert_texts(config)
    assert config == {
        "associations": ["asn.json"],
        "max_memory_mb": 600,
        "output_dir": "7",
        "outlier_detection": {"snr": 5.0, "skip": True, "good_bits": "4", "maskpt": "half"},
        "extract_1d": {"bkg_order": None, "position_offset": 1.0, "bkg_fit": "mean"},
        "spectroscopic_light_curves": {"edges": [2.9, 3], "pixels": 4},
        "unknown": {"a": "1"},
        "white_light": None,
    }


def test_sections_that_have_a_setting():
    assert sections_with("snr") == ["outlier_detection", "improved"]
    assert sections_with("min_wavelength") == ["white_light"]
    assert sections_with("none") == []


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (b"a: &a [x]\nb: &b [*a, *a]\n" + b"parameters: &c {snr: *c}", "it contains itself"),
        (b"parameters: {snr: " + b"[" * 100_000, "it has more than 500 levels"),
        (
            b"a0: &a0 [x, x]\n"
            + b"\n".join(
                b"a%d: &a%d [%s]" % (k, k, b", ".join([b"*a%d" % (k - 1)] * 9))
                for k in range(1, 30)
            )
            + b"\nparameters: {snr: *a29}",
            "its aliases stand for more than 1000000 nodes",
        ),
        (b"parameters: {snr: '\xe9'}", "can't decode byte"),
    ],
)
def test_traps_of_yaml_are_one_line(tmp_path, tree, message):
    path = tmp_path / "pars.asdf"
    path.write_bytes(b"#ASDF 1.0.0\n%YAML 1.1\n--- \n" + tree + b"\n...\n")
    with pytest.raises(InputError, match=rf"pars\.asdf: not a parameter reference: .*{message}"):
        read_parameters(path)


def test_a_file_far_too_long_for_parameters_is_not_read(tmp_path):
    with (tmp_path / "pars.asdf").open("wb") as file:
        file.write(b"#ASDF 1.0.0\n")
        file.truncate(1 << 30)
    with pytest.raises(InputError, match="cannot be read: it has more than"):
        read_parameters(tmp_path / "pars.asdf")


@pytest.mark.parametrize("mode", NOTEBOOKS)
def test_settings_of_the_notebooks_of_stsci_are_taken_as_they_are(mode):
    config = copy.deepcopy(NOTEBOOKS[mode])
    findings = accept_parameters(config)
    convert_texts(config)
    validate(config, schema=str(ROOT / "workflow/schemas/config.schema.yaml"), set_default=False)
    assert {finding.severity for finding in findings} <= {"note"}
    noted = [finding.key for finding in findings]
    expected = {
        "nis_soss": ["white_light/save_results"],
        "nrc_tsgrism": ["extract_1d/override_extract1d"],
    }
    assert noted == expected.get(mode, [])
    kept = {section: dict(values) for section, values in NOTEBOOKS[mode].items()}
    for key in noted:
        section, name = key.split("/")
        del kept[section][name]
    references = config.pop("references", {})
    assert config == kept
    assert references == ({"extract1d": APERTURES} if mode == "nrc_tsgrism" else {})


@pytest.mark.parametrize("name", ["override_extract1d", "override_flat"])
def test_references_that_contradict_or_do_not_exist_are_left_to_be_refused(name):
    config = {"extract_1d": {name: "my.json"}, "references": {"extract1d": "other.json"}}
    assert accept_parameters(config) == []
    assert config["extract_1d"] == {name: "my.json"}
    assert config["references"] == {"extract1d": "other.json"}
