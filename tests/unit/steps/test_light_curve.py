import numpy as np

from scripts.lib.files.atomic import write_arrays
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.photometry.table import make_table, write_photometry
from scripts.light_curve import process
from tests.support import builders
from tests.support.light_curves import photometry
from tests.support.steps import run_step


def test_table_of_images_of_two_detectors(tmp_path):
    files = {"photometry": [], "statistics": [], "segments": []}
    segments = []
    for number, level in (("1", 90.0), ("2", 45.0)):
        table, statistics = photometry([level, level], [10.0, 10.0])
        statistics["missing"][:] = 0.0
        for name, paths in files.items():
            paths.append(tmp_path / f"{name}{number}")
        write_photometry(files["photometry"][-1], make_table(table.columns, "Jy", {}))
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
