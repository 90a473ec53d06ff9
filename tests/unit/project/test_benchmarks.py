"""Helpers of the measurements of speed."""

import numpy as np
from astropy.io import fits

from benchmarks.scaling import _result, repeat_segment
from benchmarks.step_process import run_step
from benchmarks.tables import medians, step_table
from benchmarks.visits import Visit
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit


def test_repeated_segments_have_the_integrations_again_and_again(tmp_path):
    times = np.zeros(3, [("integration_number", ">i4"), ("int_mid_MJD_UTC", ">f8")])
    times["integration_number"], times["int_mid_MJD_UTC"] = [1, 2, 3], [50.1, 50.2, 50.3]
    sci = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(sci, name="SCI")]
    hdus.append(fits.BinTableHDU(times, name="INT_TIMES"))
    fits.HDUList(hdus).writeto(tmp_path / "short.fits")
    repeat_segment(tmp_path / "short.fits", tmp_path / "long.fits", 7)
    with fits.open(tmp_path / "long.fits") as long:
        assert (long[0].header["NINTS"], long[0].header["INTEND"]) == (7, 7)
        np.testing.assert_array_equal(long["SCI"].data, sci[[0, 1, 2, 0, 1, 2, 0]])
        assert long["INT_TIMES"].data["integration_number"].tolist() == [1, 2, 3, 4, 5, 6, 7]
        assert long["INT_TIMES"].data["int_mid_MJD_UTC"][[0, 3]].tolist() == [50.1, 50.1]


def test_exponent_leaves_out_what_is_done_once():
    costs = {
        n: {"cpu_seconds": 0.4 + 0.002 * n, "user_seconds": 1e-6 * n**2, "integrations": n}
        for n in (50, 250, 1000)
    }
    result = _result(Visit("A", "mode", (9,), (2, 3)), "step", costs, (250, 1000))
    assert np.allclose([result["fixed"], result["exponent"]], [0.4, 1.0])
    assert np.isclose(result["user_exponent"], 2.0)


def test_ratios_of_steps_are_those_of_medians():
    runs = [{"seconds": s, "steps": {"extract_1d": s}} for s in (3.0, 100.0, 2.0)]
    assert medians(runs) == {"seconds": 3.0, "steps": {"extract_1d": 3.0}}
    ours = [{"seconds": 1.0, "steps": {"extract_1d": 1.5}}]
    result = {"title": "A", "integrations": 10, "runs": {"jwst": runs, "workflow": ours}}
    result["warm"] = {"extract_1d": {"cpu_seconds": 0.01}}
    line = step_table([result]).splitlines()[-1]
    assert line == "| A: extract_1d | 300.00 |  |  |  | 10.000 | 30 |  | 150.000 | 2 |  |"


def test_files_are_compared_with_files():
    steps = {"outlier_detection": 2.0, "read": 0.5, "write crfints": 1.5, "write whtlt": 9.0}
    runs = {"jwst": [{"steps": steps}], "workflow": [{"steps": {"outlier_detection": 0.4}}]}
    warm = {"arithmetic": 0.05e-1, "cpu_seconds": 0.1e-1, "to_copy": 2.5}
    result = {"title": "A", "integrations": 10, "runs": runs, "warm": {"outlier_detection": warm}}
    line = step_table([result]).splitlines()[-1]
    cells = "200.00 | 400.00 | 5.000 | 40 | 10.000 | 20 | 40 | 40.000 | 5 | 2.5"
    assert line == f"| A: outlier_detection | {cells} |"


def test_steps_run_with_the_options_of_the_configuration(tmp_path):
    options = {"segment_lengths": (4,), "frame_size": (16, 64), "detectors": ("nrs1",)}
    simulate_visit(tmp_path, VisitOptions(mode="nrs_brightobj", **options))
    (segment,) = tmp_path.glob("*_calints.fits")
    (extract1d,) = (tmp_path / "references").glob("*extract1d.json")
    flagged, spectra = tmp_path / "crfints.fits", tmp_path / "spectra.fits"
    run_step("outlier_detection", [segment], flagged)
    cost = run_step("extract_1d", [flagged], spectra, references={"extract1d": str(extract1d)})
    assert cost["cpu_seconds"] > 0.0
    with fits.open(spectra) as hdus:
        assert len(hdus["EXTRACT1D"].data) == 4
