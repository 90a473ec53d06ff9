import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.soss.geometry import read_geometry
from tests.support import soss_files


@pytest.mark.parametrize(
    ("subarray", "orders"), [("SUBSTRIP256", [1, 2, 3]), ("SUBSTRIP96", [1, 2])]
)
def test_traces_of_soss_are_those_of_the_subarray(tmp_path, subarray, orders):
    soss_files.write_traces(tmp_path / "traces.asdf")
    primary = {"SUBARRAY": subarray, "PWCPOS": 245.76}
    geometry = read_geometry(tmp_path / "traces.asdf", primary, 2048)
    assert list(geometry) == orders
    rows = geometry[1].trace_rows
    np.testing.assert_allclose(rows, soss_files.trace_rows(1, subarray)[: len(rows)], atol=0.5)


def test_order_3_can_be_left_out(tmp_path):
    soss_files.write_traces(tmp_path / "traces.asdf")
    primary = {"SUBARRAY": "SUBSTRIP256", "PWCPOS": 245.76}
    assert list(read_geometry(tmp_path / "traces.asdf", primary, 2048, order_3=False)) == [1, 2]


def test_another_width_is_refused(tmp_path):
    soss_files.write_traces(tmp_path / "traces.asdf")
    primary = {"SUBARRAY": "SUBSTRIP256", "PWCPOS": 245.76}
    with pytest.raises(InputError, match=r"traces.asdf: meta.soss_xdim: found 2048, expected 64"):
        read_geometry(tmp_path / "traces.asdf", primary, 64)
