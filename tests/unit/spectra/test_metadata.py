import numpy as np
import pytest

from scripts.lib.spectra.metadata import blend, header_table


class TestBlend:
    metadata = (
        {"meta.a": 1.0, "meta.b": "NRS1", "meta.c": "x", "meta.only": 5},
        {"meta.a": 3.0, "meta.b": "NRS2", "meta.c": "y"},
    )

    @pytest.mark.parametrize(
        ("rule", "expected"), [("sum", 4.0), ("min", 1.0), ("max", 3.0), ("mean", 2.0)]
    )
    def test_numbers(self, rule, expected):
        assert blend(self.metadata, {"meta.a": rule})["meta.a"] == expected

    def test_differing_texts_are_multiple_and_the_rest_is_the_first_segments(self):
        blended = blend(self.metadata, {"meta.b": "multi", "meta.only": "sum"})
        assert blended == {"meta.a": 1.0, "meta.b": "MULTIPLE", "meta.c": "x", "meta.only": 5}

    def test_the_header_table_has_a_row_a_segment(self):
        columns = {"meta.a": "A", "meta.b": "DETECTOR", "meta.only": "ONLY", "meta.none": "NONE"}
        table = header_table(self.metadata, columns)
        assert table.dtype.names == ("A", "DETECTOR", "ONLY")
        assert list(table["DETECTOR"]) == ["NRS1", "NRS2"]
        np.testing.assert_array_equal(table["ONLY"], [5, np.nan])
