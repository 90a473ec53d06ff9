"""Tables written without astropy, compared with those that it writes, and read back by it."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.files.ecsv import (
    _UNIT_TEXTS,
    read_ecsv,
    unit_text,
    write_ecsv,
    write_quantities,
)

NAN = np.nan
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200)
META = st.dictionaries(
    st.sampled_from(["instrument", "filter", "n", "apertures", "input_warnings"]),
    TEXTS | st.none() | st.integers() | st.lists(TEXTS, max_size=3),
)
NAMED = ["", "%", "Jy", "MJy", "mJy", "pix", "deg"]
COMPOSED = ["MJy/sr", "DN/s", "electron/s", "m2", "1", "10 Jy"]
UNITS = st.sampled_from([None, *NAMED, *COMPOSED])
COLUMNS = [np.float64, np.float32, ">f8", ">f4", np.int32, np.int64]


def as_astropy(path, columns, units, meta):
    """Content of the file that astropy writes."""
    table = QTable(meta=meta)
    for name, values in columns.items():
        unit = units.get(name)
        table[name] = values if unit is None else values << u.Unit(unit)
    table.write(path, format="ascii.ecsv", overwrite=True)
    return path.read_text()


@st.composite
def tables(draw):
    """Columns of any numbers, with units of quantities for some that are no integers."""
    length, columns, units = draw(st.integers(0, 3)), {}, {}
    for name in draw(st.lists(st.sampled_from("zBcaMJ"), min_size=1, unique=True)):
        dtype = np.dtype(draw(st.sampled_from(COLUMNS)))
        columns[name] = draw(hnp.arrays(dtype, length))
        units[name] = draw(UNITS) if dtype.kind == "f" else None
    return columns, units


@given(tables(), META)
def test_as_astropy_writes_it(tmp_path_factory, table, meta):
    folder = tmp_path_factory.getbasetemp()
    write_quantities(folder / "ours.ecsv", *table, meta)
    assert (folder / "ours.ecsv").read_text() == as_astropy(folder / "theirs.ecsv", *table, meta)


def test_a_light_curve_as_astropy_writes_it(tmp_path):
    columns = {
        "MJD_UTC_NRS1": np.array([59770.83, NAN]),
        "integration_number_NRS1": np.array([1, 2], np.int32),
        "whitelight_flux_NRS1": np.array([73.05, NAN]),
        "whitelight_flux_NRS2": np.array([1e-30, 43.98]),
    }
    units = dict.fromkeys(list(columns)[2:], "Jy")
    meta = {
        "instrument": "NIRSPEC",
        "pupil": None,
        "target_name": "WASP-39 b: é",
        "filter": "NO",
        "number_of_integrations": 2,
        "reference_files": ["wavelengthrange: a.asdf, sha256 " + 64 * "0", "context: x"],
        "input_warnings": ["a.fits: INT_TIMES: found 0 rows, expected 3 or more"],
    }
    write_quantities(tmp_path / "ours.ecsv", columns, units, meta)
    expected = as_astropy(tmp_path / "theirs.ecsv", columns, units, meta)
    assert (tmp_path / "ours.ecsv").read_text() == expected
    found = QTable.read(tmp_path / "ours.ecsv", format="ascii.ecsv")
    assert found["whitelight_flux_NRS2"].unit == u.Jy
    assert list(found.meta) == list(meta)


@pytest.mark.parametrize("unit", [*_UNIT_TEXTS, "DN / s", "mJy", "MJy^2 / sr^2", ""])
def test_units_are_spelt_as_by_astropy(unit):
    assert unit_text(unit) == u.Unit(unit).to_string()


def test_more_rows_than_are_written_at_a_time(tmp_path):
    columns = {"MJD": np.arange(9001.0)}
    write_quantities(tmp_path / "t.ecsv", columns, {}, {})
    assert (tmp_path / "t.ecsv").read_text() == as_astropy(tmp_path / "a.ecsv", columns, {}, {})


@given(values=st.lists(st.floats(), min_size=1))
def test_every_number_is_read_back(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "numbers.ecsv"
    write_quantities(path, {"MJD": np.array(values)}, {"MJD": None}, {})
    np.testing.assert_array_equal(QTable.read(path, format="ascii.ecsv")["MJD"], values)


@pytest.mark.parametrize("before", [None, "before"])
def test_a_unit_that_astropy_does_not_know_leaves_what_was_there(tmp_path, before):
    if before:
        (tmp_path / "t.ecsv").write_text(before)
    with pytest.raises(ValueError, match="no unit"):
        write_quantities(tmp_path / "t.ecsv", {"MJD": np.ones(2)}, {"MJD": "no unit"}, {})
    assert [path.read_text() for path in tmp_path.iterdir()] == ([before] if before else [])


def test_a_table_reads_back_here_and_in_astropy(tmp_path):
    columns = {
        "detector": np.array(["nrs1", "", "x"]),
        "order": np.array([1, -1, 2]),
        "flux": np.array([1.5, np.nan, 1 / 3]),
        "good": np.array([True, False, True]),
    }
    path = tmp_path / "table.ecsv"
    write_ecsv(path, columns, {"flux": "Jy"}, {"flux": "sum: of all"}, {"name": "WASP-39 b: é"})
    found, units, meta = read_ecsv(path)
    assert units == {"flux": "Jy"}
    assert meta == {"name": "WASP-39 b: é"}
    table = QTable.read(path)
    assert table.meta["name"] == "WASP-39 b: é"
    assert table["flux"].unit == "Jy"
    assert table["flux"].info.description == "sum: of all"
    for name, values in columns.items():
        np.testing.assert_array_equal(found[name], values)
        read = table[name].filled("") if name == "detector" else table[name]
        np.testing.assert_array_equal(getattr(read, "value", read), values)


def test_a_table_without_rows_reads_back(tmp_path):
    write_ecsv(tmp_path / "t.ecsv", {"a": np.array([], float)}, {}, {}, {})
    assert len(read_ecsv(tmp_path / "t.ecsv")[0]["a"]) == 0


@given(
    st.lists(
        st.tuples(st.floats(), st.floats(width=32), st.integers(-(2**63), 2**63 - 1), st.booleans())
    ),
    META,
)
def test_every_table_reads_back(tmp_path_factory, rows, meta):
    path = tmp_path_factory.getbasetemp() / "table.ecsv"
    dtypes = {"a": np.float64, "b": np.float32, "c": np.int64, "d": bool}
    columns = {
        name: np.array([row[k] for row in rows], dtype)
        for k, (name, dtype) in enumerate(dtypes.items())
    }
    write_ecsv(path, columns, {"a": "Jy"}, {}, meta)
    found, units, read = read_ecsv(path)
    assert (units, read) == ({"a": "Jy"}, meta)
    assert list(found) == list(columns)
    for name, values in columns.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)
