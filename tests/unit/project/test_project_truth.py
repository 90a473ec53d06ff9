"""Comparison of the workflow's products with the truth of simulated visits, on files made by hand."""

import json
import subprocess

import numpy as np
import pytest
import yaml
from astropy.io import fits
from astropy.table import Table

from benchmarks import project_visits
from benchmarks.product_judge import (
    GAUSSIAN,
    PLACES,
    hit_places,
    judge_bins,
    judge_curve,
    judge_outliers,
    judge_seams,
    judge_shapes,
    judge_visit,
)
from benchmarks.product_truth import (
    Bins,
    CurveProducts,
    CurveTruth,
    OutlierTruth,
    read_masks,
    read_products,
    read_truth,
)
from benchmarks.profile_scenes import trapezoid
from benchmarks.project_truth import (
    CURVE_HEADINGS,
    OUTLIER_HEADINGS,
    curve_line,
    mean_and_error,
    one_by_detector,
    outlier_lines,
    results_by_curve,
    table_head,
)
from benchmarks.project_visits import PROJECT_MODES, make_visit, visit_options
from benchmarks.truth import main
from scripts.simulation.trouble import LEVELS

MEMBERS = ["seg001_nrs1_calints.fits", "seg002_nrs1_calints.fits"]
INTEGRATIONS, ROWS, COLUMNS = 60, 3, 4
DIP = trapezoid(INTEGRATIONS)
SEGMENT = np.repeat([1, 2], 30)


def curve_truth(noise=0.0, columns=COLUMNS):
    """Truth of a spectrum with equal dips of 2 % in all columns, the ideal one with given noise."""
    star = np.tile((1.0 - 0.02 * DIP)[:, None], columns)
    light, wavelength = np.arange(1.0, columns + 1.0), np.linspace(1.0, 2.0, columns)
    ideal = star + noise * np.random.default_rng(1).normal(size=(INTEGRATIONS, 1))
    return CurveTruth(star, ideal, light, wavelength, np.zeros((INTEGRATIONS, 2)))


def outlier_truth(hits, sigmas, lost=(), rtn=(), shape=(INTEGRATIONS, ROWS, COLUMNS)):
    """Truth of hits; the star has the middle row."""
    jumping, star = np.zeros((2, *shape[1:]), bool)
    for place in rtn:
        jumping[place] = True
    star[1] = True
    lost = np.array(lost, int).reshape(-1, 3)
    unusable = np.zeros(shape[1:], bool)
    return OutlierTruth(shape, np.array(hits), np.array(sigmas), jumping, star, lost, unusable)


def write_visit(folder, noise=1e-3):
    """Truth and products of a visit of two segments, with three hits and masks of outliers."""
    truth, results = curve_truth(noise), folder / "results"
    (results / "segments").mkdir(parents=True)
    (folder / "truth.json").write_text(json.dumps({"members": {"nrs1": MEMBERS}}))
    maps = {"rtn": np.zeros((ROWS, COLUMNS)), "dq": np.zeros((ROWS, COLUMNS), np.uint32)}
    np.savez(
        folder / "truth.npz",
        offsets=np.zeros((INTEGRATIONS, 3)),
        nrs1_star_level=truth.star,
        nrs1_ideal=truth.ideal,
        nrs1_flux=truth.light,
        nrs1_wavelength=truth.wavelength,
        nrs1_star_pixels=np.ones((ROWS, COLUMNS), bool),
        nrs1_cosmic_rays=np.array([[1.0, 0, 0, 9e3], [40.0, 1, 2, 9e3], [41.0, 2, 2, 5e2]]),
        nrs1_hit_sigmas=np.array([30.0, -10.0, 6.0]),
        nrs1_lost_pixels=np.array([[45, 1, 2]]),
        **{f"nrs1_{name}": image for name, image in maps.items()},
    )
    flux = 10.0 * (truth.star + 2.0 * (truth.ideal - truth.star)).mean(axis=1)
    columns = {"detector": ["NRS1"] * INTEGRATIONS, "order": np.full(INTEGRATIONS, -1)}
    columns |= {"segment": SEGMENT, "flux_raw": flux, "flux": flux / 2.0}
    columns |= {"flux_error": np.full(INTEGRATIONS, 1e-2), "x": np.arange(60.0)}
    columns |= {"y": np.zeros(60), "width": 1.0 + DIP}
    Table(columns).write(results / "a_lc.ecsv", format="ascii.ecsv")
    Table({"whitelight_flux_NRS1": flux}).write(results / "a_whtlt.ecsv", format="ascii.ecsv")
    limits = np.array([(0.9, 1.5), (1.5, 2.1)], [("LOWER", "f8"), ("UPPER", "f8")])
    about = fits.Header([("DETECTOR", "NRS1"), ("SPORDER", -1)])
    images = [
        fits.ImageHDU(np.tile(values[:, None], 2), about, name=name)
        for name, values in (("FLUX", flux), ("ERROR", np.full(INTEGRATIONS, 2e-2)))
    ]
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU(limits, about, name="BINS"), *images]
    fits.HDUList(hdus).writeto(results / "a_speclc.fits")
    mask = np.zeros((INTEGRATIONS, ROWS, COLUMNS), np.uint8)
    mask[0, 0, 0] = mask[40, 2, 2] = mask[7, 1, 1] = 1
    for name, part in zip(MEMBERS, np.split(mask, 2), strict=True):
        stem = name.removesuffix("_calints.fits")
        hdus = [fits.PrimaryHDU(), fits.ImageHDU(part, name="OUTLIERS")]
        fits.HDUList(hdus).writeto(results / "segments" / f"{stem}_outliers.fits")
        flags = fits.ImageHDU(np.uint32(4) + part * np.uint32(16), name="DQ")
        fits.HDUList([fits.PrimaryHDU(), flags]).writeto(results / f"{stem}_o001_crfints.fits")
    return mask


def test_level_of_a_range_of_wavelengths_is_weighted_with_light():
    star = np.array([[1.0, 0.9, 0.8], [1.0, 1.0, 1.0]])
    truth = CurveTruth(star, star, np.array([1.0, 3.0, 0.0]), np.array([1.0, 2.0, 3.0]), None)
    (level, _), light = truth.summed()
    np.testing.assert_allclose(level, [0.925, 1.0])
    assert light == 2.0
    assert truth.summed(1.5, 3.5)[0][0, 0] == pytest.approx(0.9)
    assert np.isnan(truth.summed(2.5, 3.5)[0]).all()


def test_elements_without_an_ideal_level_are_left_out():
    ideal = np.array([[1.0, np.nan], [1.0, 1.0]])
    truth = CurveTruth(np.ones((2, 2)), ideal, np.ones(2), np.array([1.0, 2.0]), None)
    np.testing.assert_array_equal(truth.summed()[0], 1.0)


def products_of(flux, error=1.0, bins=None):
    """Products with one light curve."""
    shapes = dict.fromkeys(("x", "y", "width"), np.zeros(INTEGRATIONS))
    return CurveProducts({"flux": flux}, np.full(INTEGRATIONS, error), shapes, SEGMENT, bins)


def test_scatter_depth_and_error_are_those_put_in():
    truth = curve_truth(1e-3)
    (star, ideal), _ = truth.summed()
    found = judge_curve(truth, products_of(5.0 * (star + 3.0 * (ideal - star)), 5e-3))
    assert found["ours"] == found["flux"] == pytest.approx(3.0, rel=0.01)
    assert found["bias"] == pytest.approx(1.5 * found["bias_to_ideal"], rel=0.05)
    noise = np.std(ideal - star) / 1e-3
    assert found["over_error"] == pytest.approx(3.0 * noise, rel=0.05)
    assert found["missing"] == 0
    halved = judge_curve(truth, products_of(1.0 + ideal))
    assert halved["dilution"] == pytest.approx(-0.5, abs=0.05)


def test_missing_integrations_are_counted_and_left_out():
    truth = curve_truth(1e-3)
    flux = truth.summed()[0][1].copy()
    flux[[3, 40]] = np.nan
    found = judge_curve(truth, products_of(flux))
    assert found["missing"] == 2
    assert found["ours"] == pytest.approx(1.0, abs=0.1)


def test_a_step_at_a_seam_is_in_its_errors():
    flux = 1.0 + 1e-3 * np.tile([1.0, -1.0], 30)
    flux[30:] += 0.01
    found = judge_seams(flux, np.ones(60), SEGMENT)
    # Differences of 2e-3 are noise of 1.4826 2e-3 / sqrt 2; of n integrations on each side n / 2 times
    # (n^2 - 1) / (4 n^2 - 1) is left for the step when a straight line has taken its share.
    step = 0.01 / (1.4826 * 2e-3 / np.sqrt(2.0) / np.sqrt(15.0 * 899.0 / 3599.0))
    assert found["seam_max"] == found["seam_rms"] == pytest.approx(step, rel=0.03)
    assert np.isnan(judge_seams(flux, np.ones(60), np.ones(60))["seam_max"])


def test_a_drift_is_no_step():
    flux = 1.0 + 1e-3 * np.tile([1.0, -1.0], 30) + 0.01 * np.arange(60.0)
    assert judge_seams(flux, np.ones(60), SEGMENT)["seam_max"] < 0.3


def test_the_transit_is_no_step():
    star = 1.0 - 0.02 * (np.arange(60) >= 30)
    flux = star * (1.0 + 1e-3 * np.tile([1.0, -1.0], 30))
    assert judge_seams(flux, star, SEGMENT)["seam_max"] < 0.3


def test_positions_are_compared_with_the_motion_and_the_transit():
    motion = np.stack([np.arange(60.0), np.zeros(60)], axis=1)
    alternating = 0.3 * np.tile([1.0, -1.0], 30)
    shapes = {"x": 7.0 + motion[:, 0] + alternating, "y": np.full(60, np.nan), "width": 2.0 - DIP}
    shapes["x"][5] = np.nan
    found = judge_shapes(shapes, motion, DIP)
    # Thirty are 0.3 above, their median, and 29 are 0.6 below it.
    assert found["x_rms"] == pytest.approx(0.6 * np.sqrt(29 / 59))
    assert found["width_transit"] == pytest.approx(1.0)
    assert found["x_transit"] < 0.1
    assert np.isnan(found["y_rms"])
    assert np.isnan(found["y_transit"])


def test_bins_are_compared_one_by_one_and_faint_ones_left_out():
    truth = curve_truth(1e-3)
    star, ideal = truth.star[:, 0], truth.ideal[:, 0]
    lower = np.array([0.9, 1.5, 5.0])
    good, missing = star + 2.0 * (ideal - star), np.full(INTEGRATIONS, np.nan)
    flux = np.stack([good, missing, good], axis=1)
    found = judge_bins(truth, Bins(lower, lower + 0.6, flux, np.full(flux.shape, 1e-3)), DIP)
    assert (found["bins"], found["bins_missing"]) == (2, 1)
    assert found["bin_50"] == found["bin_90"] == pytest.approx(2.0, rel=0.01)


def test_hits_have_places():
    hits = [(5, 0, 0), (20, 0, 0), (20, 2, 3), (20, 1, 1), (31, 0, 1)]
    truth = outlier_truth(hits, [30.0] * 5, lost=[(9, 2, 3), (33, 0, 0)])
    star = 1.0 - 0.02 * trapezoid(INTEGRATIONS)
    places = hit_places(truth, SEGMENT, star)
    assert tuple(places) == PLACES
    assert places["near_lost"].tolist() == [False, False, True, False, False]
    # The segments end after 29 and 59.
    assert places["edge"].tolist() == [True, True, True, True, True]
    assert places["star"].tolist() == [False, False, False, True, False]
    assert not places["elsewhere"].any()
    lone = hit_places(outlier_truth([(15, 0, 0)], [30.0]), np.ones(60), star)
    assert [name for name, found in lone.items() if found[0]] == ["elsewhere"]


def test_ingress_is_where_the_dip_gets_deeper():
    steep = np.abs(np.gradient(DIP)) > 0.5 * np.abs(np.gradient(DIP)).max()
    hits = [(int(index), 0, 0) for index in (np.flatnonzero(steep)[0], 0, 30)]
    places = hit_places(outlier_truth(hits, [30.0] * 3), SEGMENT, 1.0 - 0.02 * DIP)
    assert places["ingress"].tolist() == [True, False, False]


def test_hits_are_found_or_missed_and_other_outliers_are_false():
    hits = [(0, 0, 0), (1, 0, 1), (2, 0, 2), (3, 2, 0)]
    truth = outlier_truth(hits, [10.0, -30.0, 6.0, 30.0], lost=[(4, 0, 0)], rtn=[(2, 0)])
    mask = np.zeros(truth.shape, bool)
    # Found, small and found, false, in the pixel that jumps, and a lost sample.
    for place in ((0, 0, 0), (2, 0, 2), (9, 1, 1), (9, 2, 0), (4, 0, 0)):
        mask[place] = True
    places = {"elsewhere": np.array([True, True, False, True])}
    found = judge_outliers(truth, mask, places)
    assert (found["hits"], found["missed"]) == (2, 1)
    assert (found["hits_elsewhere"], found["missed_elsewhere"]) == (2, 1)
    assert (found["recall_10"], found["recall_30"], found["recall_6"]) == (1.0, 0.0, 1.0)
    assert np.isnan(found["recall_200"])
    assert found["false"] == pytest.approx(1.0 / (mask.size * GAUSSIAN))


def test_a_mask_of_another_shape_is_refused():
    truth = outlier_truth([(0, 0, 0)], [10.0])
    with pytest.raises(ValueError, match="found shape"):
        judge_outliers(truth, np.zeros((1, 2, 3), bool), {})


def test_masks_of_segments_follow_each_other(tmp_path):
    mask = write_visit(tmp_path)
    found = read_masks(tmp_path, "nrs1")
    assert set(found) == {"archive", "ours"}
    for values in found.values():
        np.testing.assert_array_equal(values, mask > 0)
    for path in (tmp_path / "results" / "segments").iterdir():
        path.unlink()
    assert set(read_masks(tmp_path, "nrs1")) == {"archive"}


def test_products_and_truth_of_a_visit_are_judged(tmp_path):
    write_visit(tmp_path)
    products = read_products(tmp_path)
    assert set(products) == {("nrs1", -1)}
    assert list(products["nrs1", -1].fluxes) == ["archive", "raw", "flux"]
    assert read_truth(tmp_path, "nrs1", -1).star.shape == (INTEGRATIONS, COLUMNS)
    (found,) = judge_visit(tmp_path)
    assert (found["detector"], found["order"]) == ("nrs1", -1)
    for name in ("archive", "raw", "flux", "ours", "bin_50"):
        assert found[name] == pytest.approx(2.0, rel=0.01), name
    assert found["bins"] == 2
    assert (found["ours_hits"], found["ours_missed"]) == (2, 1)
    assert (found["ours_missed_near_lost"], found["ours_missed_edge"]) == (1, 1)
    assert found["ours_recall_6"] == 1.0
    assert found["width_transit"] == pytest.approx(1.0)


def test_corrected_fluxes_are_the_ones_that_count(tmp_path):
    write_visit(tmp_path)
    path = tmp_path / "results" / "a_lc.ecsv"
    table = Table.read(path)
    table["flux_corrected"] = read_truth(tmp_path, "nrs1", -1).summed()[0][1]
    table["flux_corrected_error"] = np.full(INTEGRATIONS, 5.0)
    table.write(path, format="ascii.ecsv", overwrite=True)
    (found,) = judge_visit(tmp_path)
    assert found["flux"] == pytest.approx(2.0, rel=0.01)
    assert found["ours"] == found["corrected"] == pytest.approx(1.0, rel=0.05)
    assert found["over_error"] < 1e-3


def test_an_order_has_its_own_truth_and_product(tmp_path):
    write_visit(tmp_path)
    results = tmp_path / "results"
    with np.load(tmp_path / "truth.npz") as file:
        arrays = dict(file) | {"nrs1_order": np.array([1, 1, 2, 2])}
    np.savez(tmp_path / "truth.npz", **arrays)
    assert read_truth(tmp_path, "nrs1", 2).light.tolist() == [3.0, 4.0]
    table = Table.read(results / "a_lc.ecsv")
    table["order"] = 2
    table.write(results / "a_lc.ecsv", format="ascii.ecsv", overwrite=True)
    columns = {f"whitelight_flux_order_{order}": np.full(60, float(order)) for order in (1, 2)}
    Table(columns).write(results / "a_whtlt.ecsv", format="ascii.ecsv", overwrite=True)
    assert read_products(tmp_path)["nrs1", 2].fluxes["archive"][0] == 2.0


def test_means_leave_out_what_is_not_known():
    visits = [{"ours": 1.0}, {"ours": 2.0}, {"ours": np.nan}, {}]
    assert mean_and_error(visits, "ours") == pytest.approx((1.5, 0.5))
    assert np.isnan(mean_and_error(visits, "other")).all()
    mean, error = mean_and_error(visits[:1], "ours")
    assert mean == 1.0
    assert np.isnan(error)


def test_tables_have_a_line_for_each_mode_and_level(tmp_path):
    write_visit(tmp_path)
    (result,) = results_by_curve("BOTS", "A", [judge_visit(tmp_path), judge_visit(tmp_path)])
    assert len(result["visits"]) == 2
    line = curve_line(result)
    assert line.startswith("| BOTS, A | 2.0")
    assert {line.count("|")} == {row.count("|") for row in table_head(CURVE_HEADINGS).split("\n")}
    ours, archive = outlier_lines(result)
    assert "| BOTS, A | ours | nan % | 100.0 % | 0.0 % | 100.0 % | nan % | 2 of 4 |" in ours
    assert "| archive |" in archive
    assert ours.count("|") == len(OUTLIER_HEADINGS) + 1


def test_orders_of_a_detector_have_their_outliers_in_one_line():
    visit = {"detector": "nis", "ours": 1.0}
    results = results_by_curve("SOSS", "A", [[visit | {"order": order} for order in (1, 2)]])
    results += results_by_curve("SOSS", "B", [[visit | {"order": 1}]])
    found = [(result["level"], result["order"]) for result in one_by_detector(results)]
    assert found == [("A", 1), ("B", 1)]


def test_visits_of_a_mode_have_trouble_and_depth():
    options = visit_options("NIRCAM", "B", 7, depth=0.3, ingredients={"err_factor": 1.4})
    assert (options.seed, options.total_integrations) == (7, 300)
    assert options.radius_ratio**2 == pytest.approx(0.3)
    assert options.trouble.err_factor == 1.4
    assert options.trouble.jitter == LEVELS["B"].jitter
    assert visit_options("SOSS", "A", 1).total_integrations == 60
    for mode in PROJECT_MODES:
        assert visit_options(mode, "T", 1).trouble == LEVELS["T"]


def test_a_visit_asks_for_masks_and_a_failure_has_its_last_lines(tmp_path, monkeypatch):
    def simulate(folder, options):
        (folder / "config.yaml").write_text("associations: [a]\n")

    def fail(command, **streams):
        return subprocess.CompletedProcess(command, 1, "one\nlast line\n", "")

    monkeypatch.setattr(project_visits, "simulate_visit", simulate)
    monkeypatch.setattr(project_visits.subprocess, "run", fail)
    with pytest.raises(RuntimeError, match="last line"):
        make_visit(tmp_path, None, {"extract_1d": {"skip": False}})
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert config["improved"] == {"save_masks": True}
    assert config["report"] == {"skip": True}
    assert config["extract_1d"] == {"skip": False}


def test_the_program_prints_tables_and_writes_metrics(tmp_path, capsys, monkeypatch):
    write_visit(tmp_path / "visit")
    asked = []

    def measure(mode, level, seed, folder, masks, **changes):
        asked.append((mode, level, seed, masks, changes["ingredients"]))
        return judge_visit(tmp_path / "visit")

    monkeypatch.setattr("benchmarks.truth.measure_project_visit", measure)
    arguments = (
        "--modes BOTS --levels A T --seeds 1 2 --err 0.8 --ingredients jitter=2 --no-masks --json"
    )
    main([*arguments.split(), str(tmp_path / "found.json")])
    ingredients = {"jitter": 2.0, "err_factor": 0.8}
    assert asked == [("BOTS", level, seed, False, ingredients) for level in "AT" for seed in (1, 2)]
    printed = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("| BOTS, ") for line in printed) == 2 + 4
    results = json.loads((tmp_path / "found.json").read_text())
    assert [(result["level"], len(result["visits"])) for result in results] == [("A", 2), ("T", 2)]


@pytest.mark.parametrize(
    "arguments", ["--simulator small --levels C", "--modes NOWHERE", "--ingredients jiter=2"]
)
def test_the_program_refuses_what_it_does_not_know(arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments.split())


def test_light_curves_without_errors_are_judged():
    found = judge_curve(curve_truth(1e-3), products_of(curve_truth(1e-3).ideal[:, 0], np.nan))
    assert np.isnan(found["over_error"])
    assert found["ours"] == pytest.approx(1.0, rel=0.01)
