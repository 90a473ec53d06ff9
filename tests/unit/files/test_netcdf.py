import hashlib

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.files.netcdf import NetcdfVariable, write_netcdf

h5netcdf = pytest.importorskip("h5netcdf", reason="h5netcdf is not installed; see test-readers")

SIZES = {"time": 4, "x": 3}
TIME = NetcdfVariable(("time",), np.arange(4.0), {"time_units": "BMJD_TDB"})


def contents():
    """Arguments with a variable that is written whole, and two by block."""
    variables = {
        "time": TIME,
        "flux": NetcdfVariable(("time", "x"), np.float64, {"units": "Jy"}),
        "mask": NetcdfVariable(("time", "x"), bool),
    }
    blocks = [
        ("flux", (slice(0, 3), slice(None)), np.arange(9.0).reshape(3, 3)),
        ("flux", (slice(3, 4), slice(None)), np.full((1, 3), np.nan)),
        ("mask", (slice(0, 4), slice(None)), np.eye(4, 3, dtype=bool)),
    ]
    return SIZES, variables, {"photometry": True, "inst": "miri"}, blocks


def test_values_dimensions_and_attributes_are_read_back(tmp_path):
    path = tmp_path / "a.h5"
    write_netcdf(path, *contents())
    with h5netcdf.File(path, "r") as file:
        assert {name: len(file.dimensions[name]) for name in file.dimensions} == SIZES
        np.testing.assert_array_equal(file["time"][...], np.arange(4.0))
        assert file["time"].attrs["time_units"] == "BMJD_TDB"
        np.testing.assert_array_equal(file["flux"][:3], np.arange(9.0).reshape(3, 3))
        assert np.isnan(file["flux"][3]).all()
        assert file["flux"].dimensions == ("time", "x")
        np.testing.assert_array_equal(file["mask"][...], np.eye(4, 3))
        assert (file["mask"].dtype, file["mask"].attrs["dtype"]) == (np.int8, "bool")
        assert file.attrs["photometry"] is np.True_
        assert file.attrs["inst"] == "miri"
    assert [item.name for item in tmp_path.iterdir()] == ["a.h5"]


def test_equal_work_gives_equal_bytes(tmp_path):
    digests = set()
    for name in ("a.h5", "b.h5"):
        write_netcdf(tmp_path / name, *contents())
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).digest())
    assert len(digests) == 1


def test_a_failure_leaves_no_file(tmp_path):
    sizes, variables, attributes, blocks = contents()

    def failing():
        yield blocks[0]
        msg = "a.fits: damaged"
        raise InputError(msg)

    with pytest.raises(InputError, match="damaged"):
        write_netcdf(tmp_path / "a.h5", sizes, variables, attributes, failing())
    assert list(tmp_path.iterdir()) == []
