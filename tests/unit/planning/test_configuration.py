import os
from copy import deepcopy
from types import SimpleNamespace

import pytest

from scripts.lib.planning.configuration import (
    contradictions,
    describe_violation,
    expand_home,
    file_problem,
    name_source,
    size_problem,
)
from tests.support.plans import complete_config


@pytest.fixture(name="defaults")
def default_config():
    return complete_config()


def test_defaults_do_not_contradict_each_other(defaults, tmp_path):
    assert contradictions(defaults, tmp_path) == []
    (tmp_path / "results").mkdir()
    assert contradictions(defaults, tmp_path) == []


def test_paths_may_start_at_home(defaults, monkeypatch):
    monkeypatch.setenv("HOME", "/home/kim")
    config = deepcopy(defaults)
    expand_home(config)
    assert config == defaults
    config["associations"] = ["~/data/*_asn.json", "a~/b"]
    config["references"]["extract1d"], config["references"]["apcorr"] = "~/e.json", "N/A"
    config["pars"]["extract_1d"] = config["extract_1d"]["soss_estimate"] = "~/f.asdf"
    expand_home(config)
    assert config["associations"] == ["/home/kim/data/*_asn.json", "a~/b"]
    assert config["references"]["extract1d"] == "/home/kim/e.json"
    assert config["references"]["apcorr"] == "N/A"
    assert config["references"]["gain"] is None
    assert config["pars"]["extract_1d"] == "/home/kim/f.asdf"
    assert config["extract_1d"]["soss_estimate"] == "/home/kim/f.asdf"


def test_nan_is_no_number(defaults, tmp_path):
    config = defaults | {
        "outlier_detection": defaults["outlier_detection"] | {"snr": float("nan")},
        "associations": [float("nan")],
    }
    assert sorted(contradictions(config, tmp_path)) == [
        "config/associations/0: found NaN, expected a number",
        "config/outlier_detection/snr: found NaN, expected a number",
    ]


def test_contradictions_are_all_reported(defaults, tmp_path):
    config = deepcopy(defaults)
    (tmp_path / "results").touch()
    config["white_light"] |= {"min_wavelength": 4.0, "max_wavelength": 4.0}
    config["spectroscopic_light_curves"]["edges"] = [1.0, 2.0, 2.0]
    config["improved"]["window"] = 24
    assert contradictions(config, tmp_path) == [
        f"config/output_dir: found the file {tmp_path}/results, expected a folder",
        "config/white_light/min_wavelength: found 4.0, expected less than max_wavelength, 4.0",
        "config/improved/window: found 24, expected an odd number",
        "config/spectroscopic_light_curves/edges: found [1.0, 2.0, 2.0], expected ascending wavelengths",
    ]


@pytest.mark.parametrize(
    ("instance", "known", "meant"),
    [
        ({"snrr": 4}, {"skip": {}, "snr": {}}, "did you mean snr?"),
        (
            {"snr": 4},
            {"associations": {}, "outlier_detection": {}},
            "did you mean outlier_detection/snr?",
        ),
        ({"zzz": 4}, {"skip": {}}, "expected one of skip"),
    ],
)
def test_what_may_be_meant_by_an_unknown_key(instance, known, meant):
    error = SimpleNamespace(
        absolute_path=[],
        validator="additionalProperties",
        schema={"properties": known},
        instance=instance,
    )
    assert describe_violation(error).endswith(meant)


SOURCES = [
    ("--config", {"white_light": {"min_wavelength": 50}}),
    ("my.yaml", {"outlier_detection": {"snrr": 4}, "white_light": {"min_wavelength": 1}}),
    ("config.yaml", {"associations": ["data"], "outlier_detection": {"snr": 4}}),
]


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("config/outlier_detection/snr: found -1", "config.yaml: outlier_detection/snr: found -1"),
        (
            "config/outlier_detection: found snrr, expected one of snr",
            "my.yaml: outlier_detection: found snrr, expected one of snr",
        ),
        (
            "config: found white_light, expected one of a",
            "--config: found white_light, expected one of a",
        ),
        (
            "config: white_light/min_wavelength, max_wavelength: found from 50",
            "--config: white_light/min_wavelength, max_wavelength: found from 50",
        ),
        (
            "config: references/apcorr of NRS_BRIGHTOBJ: found null",
            "config.yaml: references/apcorr of NRS_BRIGHTOBJ: found null",
        ),
        (
            "data/config: x: found 1\nconfig/a: found 2",
            "data/config: x: found 1\nconfig.yaml: a: found 2",
        ),
    ],
)
def test_messages_name_the_file_that_has_the_key(message, named):
    assert name_source(message, SOURCES) == named


def test_messages_about_a_configuration_that_is_in_no_file_stay():
    assert name_source("config/a: found 2", []) == "config/a: found 2"
    assert name_source("config: a/b: found 2", [("other.yaml", {"c": 1})]) == "config: a/b: found 2"


def test_references_by_exposure_type_name_known_ones(defaults, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/kim")
    given = {"NRS_BRIGHTOBJ": "~/a.json", "NRC_TSGRISM": None, "NRC_GRISM": "b.json"}
    config = defaults | {"references": defaults["references"] | {"extract1d": given}}
    (problem,) = contradictions(config, tmp_path)
    assert problem.startswith(
        "config/references/extract1d: found NRC_GRISM, expected one of NRC_TS"
    )
    expand_home(config)
    assert config["references"]["extract1d"] == given | {"NRS_BRIGHTOBJ": "/home/kim/a.json"}


def bomb(levels):
    """Lists of aliases of lists of aliases, which stand for nine to the power of the levels."""
    lines = ["associations: [a.json]", "a0: &a0 [x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, levels)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"associations: [a.json]\n", None),
        (b"", None),
        (bomb(20), "its aliases stand for more than 1000000 nodes"),
        (bomb(6), "found more than 100000 values"),
        (b"a: &a [*a]", "it contains itself"),
        (b"a: " + b"[" * 100_000, "it has more than 500 levels"),
        (b"a: " + b"[" * 30 + b"]" * 30, "or 20 levels"),
        ("a: b".encode("utf-16"), "found no configuration in YAML and UTF-8"),
        (b"a: \xe9", "found no configuration in YAML and UTF-8"),
        (b"a: [", "found no configuration in YAML and UTF-8"),
        (b"- a", "found no keys"),
        (b"a: b\n" * 300_000, "it has more than 1048576 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_file_that_snakemake_could_not_read_is_one_line(tmp_path, content, text):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    problem = file_problem(path)
    if text is None:
        assert problem is None
    else:
        assert text in problem
        assert "\n" not in problem


def test_a_configuration_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "config.yaml")
    assert "it is no regular file" in file_problem(tmp_path / "config.yaml")


def test_a_configuration_that_contains_itself_is_too_large():
    config = {"a": {}}
    config["a"]["b"] = config
    assert size_problem(config).startswith("config: found more than")
    assert size_problem({"a": [1, {"b": 2}]}) is None


@pytest.mark.parametrize("name", ["res{x}", "a}b", "a\x1bb", "a\nb"])
def test_an_output_folder_that_snakemake_or_a_terminal_would_obey(defaults, tmp_path, name):
    (problem,) = contradictions(defaults | {"output_dir": name}, tmp_path)
    assert (
        problem == f"config/output_dir: found {name!r}, expected no braces and control characters"
    )
