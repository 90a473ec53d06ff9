import builtins

import numpy as np
import pandas as pd
import pytest

from scripts.lib.errors import InputError
from scripts.lib.files.frames import frame_columns, write_frame

COLUMNS = {
    "product": np.array(["b", "a"]),
    "order": np.array([1, 2], dtype=np.int64),
    "depth": np.array([0.1 + 0.2, np.nan]),
    "reason": np.array(["", "no_dip"]),
}


def test_columns_of_a_frame_are_arrays_of_words_and_numbers():
    found = frame_columns(pd.DataFrame(COLUMNS))
    assert list(found) == list(COLUMNS)
    for name, column in COLUMNS.items():
        np.testing.assert_array_equal(found[name], column)
        assert found[name].dtype.kind == column.dtype.kind


def test_columns_without_rows_keep_their_kinds():
    found = frame_columns(pd.DataFrame(COLUMNS).iloc[:0].astype({"product": "str"}))
    assert [column.dtype.kind for column in found.values()] == ["U", "i", "f", "U"]
    assert all(len(column) == 0 for column in found.values())


def test_csv_has_all_digits_and_empty_fields_for_nan(tmp_path):
    write_frame(tmp_path / "a.csv", COLUMNS, {})
    text = (tmp_path / "a.csv").read_bytes().decode()
    assert text == "product,order,depth,reason\nb,1,0.30000000000000004,\na,2,,no_dip\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.csv"]


def test_parquet_has_the_same_columns_and_their_units(tmp_path):
    pytest.importorskip("pyarrow")
    write_frame(tmp_path / "a.parquet", COLUMNS, {"depth": "d"})
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert frame.attrs == {"units": {"depth": "d"}}
    for name, column in COLUMNS.items():
        np.testing.assert_array_equal(frame[name].to_numpy(dtype=column.dtype), column)


def test_parquet_without_its_package_is_an_error_of_one_line_and_leaves_no_file(
    tmp_path, monkeypatch
):
    real = builtins.__import__

    def no_pyarrow(name, *arguments, **options):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", no_pyarrow)
    path = tmp_path / "a.parquet"
    expected = f"{path}: package: found no pyarrow, expected one: pip install pyarrow"
    with pytest.raises(InputError) as caught:
        write_frame(path, COLUMNS, {})
    assert str(caught.value) == expected
    assert list(tmp_path.iterdir()) == []
