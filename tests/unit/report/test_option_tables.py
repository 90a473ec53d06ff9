from scripts.lib.report.option_tables import replacement_table

COUNTS = {"fit_profile": 7, "trace_model": 0, "mingrad": 2, "none": 1}


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
