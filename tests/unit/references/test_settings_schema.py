"""Defaults of the settings are those of the schema."""

from scripts.lib.references.settings_schema import read_schema, setting_defaults


def test_every_section_and_setting_has_its_default():
    defaults, sections = setting_defaults(), read_schema()["properties"]
    assert set(defaults) == set(sections)
    assert defaults["outlier_detection"]["snr"] == 5.0
    assert set(defaults["improved"]) == set(sections["improved"]["properties"])
    # Settings without a section.
    assert defaults["output_dir"] == "results"


def test_the_schema_is_read_once():
    assert read_schema() is read_schema()
