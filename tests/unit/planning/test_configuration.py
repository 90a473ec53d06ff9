from copy import deepcopy

import pytest

from scripts.lib.planning.configuration import contradictions, expand_home
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
