"""Settings: those that differ from the defaults first, and only those of the mode."""

import pytest

from scripts.lib.references.settings_schema import setting_defaults
from scripts.lib.report.settings_tables import changed_settings, default_settings


def settings_with(**changes):
    """All settings as by default, but for some in their sections."""
    found = setting_defaults()
    return found | {name: found[name] | values for name, values in changes.items()}


def names(table):
    """Names of the settings in a table."""
    return [row[0] for row in table.rows]


def test_what_differs_is_listed_with_its_default():
    settings = settings_with(outlier_detection={"snr": 9.0})
    table = changed_settings(settings, "NRS_BRIGHTOBJ")
    assert table.rows == [["outlier_detection / snr", "9.0", "5.0"]]
    assert "outlier_detection / snr" not in names(default_settings(settings, "NRS_BRIGHTOBJ"))


def test_without_changes_there_is_a_sentence():
    table = changed_settings(settings_with(), "NRS_BRIGHTOBJ")
    assert (table.rows, table.without_rows) == ([], "All settings are the defaults.")


@pytest.mark.parametrize(
    ("exp_type", "listed", "foreign"),
    [
        (
            "NRS_BRIGHTOBJ",
            {"extract_1d", "white_light", "spectroscopic_light_curves"},
            {"tso_photometry", "photom"},
        ),
        ("NIS_SOSS", {"extract_1d", "photom"}, {"tso_photometry"}),
        (
            "MIR_IMAGE",
            {"tso_photometry"},
            {"extract_1d", "white_light", "spectroscopic_light_curves"},
        ),
    ],
)
def test_settings_are_those_of_the_mode(exp_type, listed, foreign):
    sections = {name.split(" / ")[0] for name in names(default_settings(settings_with(), exp_type))}
    assert listed | {"outlier_detection", "improved", "report"} <= sections
    assert not sections & (foreign | {"references"})


def test_options_of_soss_are_those_of_soss_only():
    for exp_type, has in (("NIS_SOSS", True), ("NRS_BRIGHTOBJ", False)):
        found = names(default_settings(settings_with(), exp_type))
        assert any(name.startswith("extract_1d / soss_") for name in found) == has


def test_an_unknown_setting_differs():
    table = changed_settings({"list": ["a"], "new": {"name": 1}}, None)
    assert table.rows == [["list", '["a"]', "null"], ["new / name", "1", "null"]]
