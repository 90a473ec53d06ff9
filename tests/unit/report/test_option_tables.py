from scripts.lib.references.settings_schema import setting_defaults
from scripts.lib.report.option_tables import options_table, replacement_table

STEPS = ("outlier_detection", "pixel_replace", "extract_1d", "tso_photometry")
DEFAULTS = {step: setting_defaults()[step] for step in STEPS}
COUNTS = {"fit_profile": 7, "trace_model": 0, "mingrad": 2, "none": 1}


def test_defaults_are_no_options():
    for branch in ("spectroscopy", "imaging"):
        table = options_table(DEFAULTS, branch)
        assert (table.rows, table.without_rows) == ([], "All steps have the defaults of jwst.")


def test_options_are_named_with_their_values_and_defaults():
    replace = {"skip": False, "algorithm": "fit_profile", "n_adjacent_cols": 5}
    settings = DEFAULTS | {
        "pixel_replace": DEFAULTS["pixel_replace"] | replace,
        "tso_photometry": DEFAULTS["tso_photometry"] | {"radius": 4.5},
        "improved": {"snr": 9},
    }
    assert options_table(settings, "spectroscopy").rows == [
        ["pixel_replace", "skip", "false", "true"],
        ["pixel_replace", "algorithm", '"fit_profile"', '"mingrad"'],
        ["pixel_replace", "n_adjacent_cols", "5", "3"],
    ]
    assert options_table(settings, "imaging").rows == [["tso_photometry", "radius", "4.5", "3.0"]]


def test_replaced_samples_have_a_row_for_each_detector():
    other = dict.fromkeys(COUNTS, 9)
    curves = [
        {"detector": "NRS1", "order": 1, "replaced_samples": COUNTS},
        {"detector": "NRS1", "order": 2, "replaced_samples": COUNTS},
        {"detector": "NRS2", "order": 1, "replaced_samples": other},
        {"detector": "NRS3", "order": 1, "replaced_samples": None},
    ]
    table = replacement_table(curves)
    assert table.rows == [["NRS1", 7, 0, 2, 1], ["NRS2", 9, 9, 9, 9]]
    assert table.head[4] == "Left without a value"
    assert replacement_table(curves[3:]).rows == []
