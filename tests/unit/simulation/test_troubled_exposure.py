"""Exposures with trouble: planes and truth."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from scripts.simulation.modes import MODES
from scripts.simulation.options import VisitOptions
from scripts.simulation.trouble import LEVELS, Trouble
from scripts.simulation.trouble_motion import star_motion
from scripts.simulation.troubled_exposure import TroubledExposure
from scripts.simulation.visit import simulate_visit

SMALL_MODES = ("nrs_brightobj", "mir_lrs_slitless", "nrc_tsgrism", "nrc_tsimage", "mir_image")


def _exposure(mode, trouble, **changes):
    chosen = {"integrations": 30, "segments": 3, "frame_size": (24, 40)}
    options = VisitOptions(mode, trouble=trouble, **(chosen | changes))
    kind = MODES[mode]
    detector = kind.detectors(options)[0]
    return TroubledExposure(options, kind, kind.view(options, detector), 0)


def _record(exposure):
    """Planes of all segments, one after the other, and truth, by name."""
    options = exposure.options
    scale = exposure.mode.scale(options)
    offsets = star_motion(options.trouble, options.total_integrations, options.seed, scale)
    truth = exposure.begin_truth()
    parts = [
        exposure.segment(number, offsets, truth) for number in range(1, len(options.lengths) + 1)
    ]
    names = ("sci", "err", "dq", "var_poisson", "var_rnoise", "var_flat")
    planes = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return planes, truth.arrays()


@pytest.mark.parametrize("mode", SMALL_MODES)
def test_a_star_at_rest_has_the_image_of_a_plain_visit(mode):
    scene = _exposure(mode, Trouble()).view.scene
    light = np.ones(scene.wavelength.shape)
    rest = np.zeros(3) if scene.element_shape == (1, 1, 1) else 0.0
    found = scene.templates(np.zeros(3)).sum(axis=0) + scene.background_image()
    np.testing.assert_allclose(found, scene.image(light, rest), rtol=1e-12)


@pytest.mark.parametrize("mode", SMALL_MODES)
def test_a_tilt_event_moves_light_into_wings_and_keeps_it(mode):
    scene = _exposure(mode, Trouble(), frame_size=(64, 64)).view.scene
    quiet, tilted = scene.templates(np.zeros(3)), scene.templates(np.array([0.0, 0.0, 0.02]))
    assert tilted.sum() == pytest.approx(quiet.sum(), rel=2e-3)
    # The core gets wider by 4/3 of the share, besides.
    assert -0.1 < tilted.max() / quiet.max() - 1.0 < -0.02


def test_motion_along_the_dispersion_moves_the_spectrum():
    scene = _exposure("nrs_brightobj", Trouble()).view.scene
    light = np.ones(40)
    shift = np.array([0.01, 0.0, 0.0])
    moved = scene.moved_light(light, shift) * scene.electron_rate
    expected = np.interp(np.arange(40) - 0.01, np.arange(40), scene.electron_rate)
    np.testing.assert_allclose(moved[1:-1], expected[1:-1], rtol=2e-4)
    np.testing.assert_array_equal(scene.moved_light(light, np.array([0.0, 1.0, 0.0])), light)


@pytest.mark.parametrize("mode", SMALL_MODES)
def test_the_ideal_level_is_the_true_one_within_the_noise(mode):
    _, truth = _record(_exposure(mode, LEVELS["A"]))
    level, ideal, flux = truth["star_level"], truth["ideal"], truth["flux"]
    assert level.shape == ideal.shape == (30, flux.size)
    assert level.max() == pytest.approx(1.0)
    assert level.min() < 0.995
    deviation = (ideal - level) @ flux / flux.sum()
    assert np.std(deviation) < 4e-3
    assert abs(deviation.mean()) < 4.0 * np.std(deviation) / np.sqrt(30)


@pytest.mark.parametrize("mode", SMALL_MODES)
def test_planes_do_not_depend_on_the_cut_into_segments(mode):
    planes, truth = _record(_exposure(mode, LEVELS["C"]))
    other_planes, other_truth = _record(_exposure(mode, LEVELS["C"], segment_lengths=(1, 29)))
    for name, values in planes.items():
        np.testing.assert_array_equal(other_planes[name], values)
    for name, values in truth.items():
        # A matrix product of more rows has another round-off.
        np.testing.assert_allclose(other_truth[name], values, rtol=1e-13)


def test_hits_are_where_the_truth_says_and_as_large():
    only_hits = Trouble(hits=0.002, hits_near_lost=20.0, lost=0.001)
    hit, truth = _record(_exposure("nrs_brightobj", only_hits))
    quiet, _ = _record(_exposure("nrs_brightobj", replace(only_hits, hits=0.0, hits_near_lost=0.0)))
    exposure = _exposure("nrs_brightobj", only_hits)
    number, row, column, electrons = truth["cosmic_rays"].T
    place = tuple(axis.astype(int) for axis in (number - 1, row, column))
    added = hit["sci"].astype(float) - quiet["sci"]
    unit = exposure.view.scene.conversion_image() / exposure.mode.readout.integration_time
    np.testing.assert_allclose(added[place], electrons * unit[place[1:]], rtol=1e-3)
    np.testing.assert_allclose(
        truth["hit_sigmas"], electrons / exposure.faults.noise[place[1:]], rtol=1e-12
    )
    usable = (hit["dq"] & 1) == 0
    assert usable[place].all()
    added[place] = 0.0
    assert not added[usable].any()
    # Errors are those of the slope without the hit.
    np.testing.assert_array_equal(hit["err"][usable], quiet["err"][usable])


def test_samples_are_lost_where_the_truth_says_half_of_them_with_a_number():
    planes, truth = _record(_exposure("nrc_tsimage", Trouble(lost=0.02)))
    number, row, column = truth["lost_pixels"].T
    flagged = np.zeros(planes["dq"].shape, bool)
    flagged[number - 1, row, column] = True
    np.testing.assert_array_equal(planes["dq"] > 0, flagged)
    gone = np.isnan(planes["sci"])
    assert not gone[~flagged].any()
    assert np.mean(gone[flagged]) == pytest.approx(0.5, abs=0.1)
    np.testing.assert_array_equal(np.isnan(planes["err"]), gone)


def test_a_lost_integration_is_flagged_throughout():
    planes, _ = _record(_exposure("nrc_tsimage", Trouble(), lost_integration=4))
    assert np.all(planes["dq"][3] == 1)
    assert not planes["dq"][[2, 4]].any()


def test_errors_are_wrong_by_the_factor_and_agree_with_each_other():
    right, _ = _record(_exposure("mir_lrs_slitless", Trouble()))
    wrong, _ = _record(_exposure("mir_lrs_slitless", Trouble(err_factor=1.4)))
    np.testing.assert_array_equal(wrong["sci"], right["sci"])
    np.testing.assert_allclose(wrong["err"], 1.4 * right["err"], rtol=1e-6)
    variance = sum(wrong[name] for name in ("var_poisson", "var_rnoise", "var_flat"))
    np.testing.assert_allclose(wrong["err"] ** 2, variance, rtol=1e-5)


def test_only_the_slitless_grism_of_nircam_has_stripes():
    for mode in ("nrs_brightobj", "nrc_tsgrism"):
        striped, _ = _record(_exposure(mode, Trouble(stripes=50.0)))
        quiet, _ = _record(_exposure(mode, Trouble()))
        added = striped["sci"] - quiet["sci"]
        assert added.any() == (mode == "nrc_tsgrism")
        np.testing.assert_allclose(added, added[:, :, :1] * np.ones(40), atol=0.05)


def test_soss_has_levels_for_each_order():
    exposure = _exposure("nis_soss", LEVELS["A"], integrations=2, segments=1, frame_size=(96, 2048))
    planes, truth = _record(exposure)
    assert truth["star_level"].shape == truth["ideal"].shape == (2, 3 * 2048)
    order, flux = truth["order"], truth["flux"]
    bright = (flux > 0.1 * flux.max()) & (order == 1)
    deviation = (truth["ideal"] - truth["star_level"])[:, bright]
    assert np.std(deviation) < 5e-3
    assert planes["sci"].shape == (2, 96, 2048)
    rest = exposure.view.scene.templates(np.zeros(3)).sum(axis=0)
    image = exposure.view.scene.image(np.ones(3 * 2048), 0.0)
    np.testing.assert_allclose(rest, image, rtol=1e-12)


def test_files_and_truth_of_a_visit(tmp_path):
    options = VisitOptions(
        "nrs_brightobj", 6, frame_size=(16, 32), detectors=("nrs1",), trouble=LEVELS["T"]
    )
    association = simulate_visit(tmp_path, options)
    content = json.loads((tmp_path / "truth.json").read_text())
    truth = np.load(tmp_path / "truth.npz")
    assert content["options"]["trouble"]["tilt_event"] == 0.0015
    assert content["columns"]["offsets"] == ["x", "y", "wing_share"]
    assert truth["offsets"].shape == (6, 3)
    assert truth["nrs1_ideal"].shape == (6, 32)
    assert truth["nrs1_rtn"].shape == (16, 32)
    assert association.is_file()
    with fits.open(tmp_path / content["members"]["nrs1"][0]) as file:
        np.testing.assert_array_equal((file["DQ"].data[0] & 1024 > 0)[:, 10], True)
