import pytest
import yaml

from scripts.fetch.configuration import add_settings, read_configuration
from scripts.lib.errors import InputError

PINNED = {"crds_context": "jwst_1535.pmap"}


@pytest.fixture(name="path")
def configuration_path(tmp_path):
    return tmp_path / "config.yaml"


def test_a_configuration_is_made(path):
    assert add_settings(path, {"associations": ["data"]}) == {}
    assert path.read_text() == "associations:\n- data\n"


@pytest.mark.parametrize(
    "text", ["associations: [data]  # mine\n", "associations: [data]", "# mine\n"]
)
def test_settings_are_added_and_what_was_there_stays(path, text):
    path.write_text(text)
    assert add_settings(path, PINNED) == {}
    assert path.read_text().startswith(text)
    assert yaml.safe_load(path.read_text())["crds_context"] == "jwst_1535.pmap"


@pytest.mark.parametrize(
    "text",
    [
        "crds_context: jwst_0001.pmap\n",
        "crds_context: null\n",
        "{associations: [data]}\n",
        "associations: [data]\n...\n",
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_to_the_user(path, text):
    path.write_text(text)
    assert add_settings(path, PINNED) == PINNED
    assert path.read_text() == text


def test_settings_that_are_there_are_not_added_again(path):
    path.write_text("crds_context: jwst_1535.pmap\n")
    assert add_settings(path, PINNED) == {}
    assert path.read_text() == "crds_context: jwst_1535.pmap\n"


def test_a_text_that_yaml_would_take_for_something_else_comes_back(path):
    settings = {"associations": ["no", "a: b", "# c", "1.0", "é"]}
    add_settings(path, settings)
    assert yaml.safe_load(path.read_text()) == settings


def test_a_configuration_has_all_defaults_and_what_the_user_wrote(path):
    path.write_text("associations: data\noutlier_detection: {snr: 4}\nextract_1d:\n")
    config, given = read_configuration(path)
    assert given == {"associations": ["data"], "outlier_detection": {"snr": 4}}
    assert config["outlier_detection"]["snr"] == 4
    assert config["outlier_detection"]["maskpt"] == 0.7
    assert config["crds_context"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("associations: [data]\n--- \n", "found no configuration in YAML"),
        ("asociations: [data]\n", "found asociations, expected one of"),
        ("- data\n", "found no keys"),
        ("improved: {window: 6}\n", "found 6, expected an odd number"),
    ],
)
def test_a_configuration_that_a_run_refuses_is_refused(path, text, message):
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_configuration(path)
