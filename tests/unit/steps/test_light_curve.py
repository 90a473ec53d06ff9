import numpy as np
from astropy.table import QTable

from scripts.lib.files.atomic import write_arrays
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.photometry.table import make_table, write_segment
from scripts.light_curve import process
from tests.support import builders
from tests.support.light_curves import photometry
from tests.support.steps import run_step


def test_table_reads_back_here_and_in_astropy(tmp_path):
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


def test_empty_table(tmp_path):
    write_ecsv(tmp_path / "t.ecsv", {"a": np.array([], float)}, {}, {}, {})
    assert len(read_ecsv(tmp_path / "t.ecsv")[0]["a"]) == 0


def test_table_of_images_of_two_detectors(tmp_path):
    files = {"photometry": [], "statistics": [], "segments": []}
    segments = []
    for number, level in (("1", 90.0), ("2", 45.0)):
        table, statistics = photometry([level, level], [10.0, 10.0])
        statistics["missing"][:] = 0.0
        for name, paths in files.items():
            paths.append(tmp_path / f"{name}{number}")
        write_segment(files["photometry"][-1], make_table(table.columns, "Jy", {}))
        write_arrays(
            files["statistics"][-1], {f"all/{name}": values for name, values in statistics.items()}
        )
        builders.write_segment(files["segments"][-1], EXP_TYPE="NRC_TSIMAGE")
        segments.append({"number": 1, "detector": f"NRCB{number}", "first": 1})
    run_step(process, {"segments": segments}, **files, out_light_curve=tmp_path / "lc.ecsv")
    columns, units, meta = read_ecsv(tmp_path / "lc.ecsv")
    assert columns["detector"].tolist() == ["NRCB1", "NRCB1", "NRCB2", "NRCB2"]
    assert columns["flux"].tolist() == [90.0, 90.0, 45.0, 45.0]
    assert columns["flux_norm"].tolist() == [1.0] * 4
    np.testing.assert_allclose(columns["photon_error"], [1.0, 2.0, 0.55, 1.1])
    assert units["flux"] == "Jy"
    assert meta["EXP_TYPE"] == "NRC_TSIMAGE"
