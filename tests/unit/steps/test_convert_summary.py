import numpy as np
import pandas as pd
import pytest

from scripts.convert_summary import process
from scripts.lib.files.ecsv import write_ecsv
from tests.support.steps import run_step


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_table_is_the_same_in_each_format(tmp_path, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    columns = {"product": np.array(["a", "b"]), "cadence": np.array([20.0, np.nan])}
    write_ecsv(tmp_path / "summary.ecsv", columns, {"cadence": "s"}, {}, {})
    path = tmp_path / f"summary.{kind}"
    run_step(process, {}, table=tmp_path / "summary.ecsv", out_converted=path)
    frame = pd.read_csv(path) if kind == "csv" else pd.read_parquet(path)
    assert frame["product"].tolist() == ["a", "b"]
    np.testing.assert_array_equal(frame["cadence"], columns["cadence"])
