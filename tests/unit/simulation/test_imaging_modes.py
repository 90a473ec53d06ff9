"""Simulated imaging visits: position, units, references, keywords and what can go wrong."""

import json

import numpy as np
import pytest
import yaml
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.simulation.__main__ import main
from scripts.simulation.exposure import Exposure
from scripts.simulation.modes import MODES
from scripts.simulation.options import VisitOptions
from scripts.simulation.pointing import TILT_JUMP
from scripts.simulation.real_frames import make_frames
from scripts.simulation.references import gain_image
from scripts.simulation.timing import TARGET_DEC, TARGET_RA
from scripts.simulation.visit import simulate_visit

IMAGING_MODES = ("nrc_tsimage", "mir_image")
PLANES = ("sci", "err", "var_poisson", "var_rnoise", "var_flat")
CLEAN = {"bad_pixel_rate": 0.0, "cosmic_ray_rate": 0.0}


def _options(mode="nrc_tsimage", **changes):
    chosen = {"integrations": 6, "frame_size": (24, 32), "drift": 0.0, "jitter": 0.0}
    return VisitOptions(mode, **(chosen | changes))


def _view(options):
    mode = MODES[options.mode]
    return mode.view(options, mode.detectors(options)[0])


def _record(options):
    """Planes of all integrations and the truth, without files."""
    mode = MODES[options.mode]
    exposure = Exposure(options, mode, _view(options), 0)
    truth, motion = exposure.begin_truth(), mode.pointing(options)
    parts = [
        exposure.segment(number, motion, truth) for number in range(1, len(options.lengths) + 1)
    ]
    names = (*PLANES, "dq")
    planes = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return planes, truth.arrays()


@pytest.fixture(autouse=True)
def real_frames(monkeypatch):
    """Stand-in for a file of real frames: a dot that moves, and light that falls."""
    frames = np.zeros((20, 3, 3))
    frames[:10, 1, 1] = frames[10:, 1, 2] = 1.0
    made = make_frames(frames, np.linspace(1.01, 0.99, 20))
    monkeypatch.setattr("scripts.simulation.mir_image.read_frames", lambda path: made)
    return made


@pytest.mark.parametrize(
    ("changes", "star", "planned"),
    [
        ({}, (15.62, 11.42), (15.5, 11.5)),
        ({"pointing_error": 4.0}, (19.62, 15.42), (15.5, 11.5)),
        ({"source_position": (3.0, 20.5)}, (3.0, 20.5), (3.0, 20.5)),
        ({"source_position": (3.0, 20.5), "pointing_error": -2.0}, (3.0, 20.5), (5.0, 22.5)),
    ],
)
@pytest.mark.parametrize("mode", IMAGING_MODES)
def test_star_and_planned_position(mode, changes, star, planned):
    view = _view(_options(mode, **changes))
    reference = [view.keywords[f"meta.wcsinfo.siaf_{axis}ref_sci"] - 1.0 for axis in "xy"]
    np.testing.assert_allclose(reference, planned)
    np.testing.assert_allclose(view.scene.truth()["position"], star)
    ra, dec = view.wcs(*planned)
    np.testing.assert_allclose([ra, dec], [TARGET_RA, TARGET_DEC], atol=1e-12)


def test_brightest_pixel_is_at_the_star():
    planes, _ = _record(_options(source_position=(3.1, 20.4), **CLEAN))
    brightest = planes["sci"].reshape(6, -1).argmax(axis=1)
    np.testing.assert_array_equal(brightest, 20 * 32 + 3)


@pytest.mark.parametrize(("mode", "scale"), [("nrc_tsimage", 0.0311), ("mir_image", 0.11)])
def test_wcs_has_the_scale_of_the_detector_and_an_end(mode, scale):
    wcs = _view(_options(mode)).wcs
    ra, dec = wcs(np.array([10.0, 10.0, 11.0]), np.array([10.0, 11.0, 10.0]))
    steps = np.hypot((ra[1:] - ra[0]) * np.cos(np.deg2rad(dec[0])), dec[1:] - dec[0])
    np.testing.assert_allclose(steps * 3600.0, scale, rtol=1e-3)
    assert np.isnan(wcs(32.0, 10.0)[0])
    assert np.isfinite(wcs(31.4, -0.4)[0])
    assert wcs.available_frames == ["detector", "v2v3", "world"]


@pytest.mark.parametrize("mode", IMAGING_MODES)
def test_flux_in_jansky_and_in_electrons(mode):
    for photom, unit in ((True, "MJy/sr"), (False, "DN/s")):
        options = _options(mode, photom=photom, transit_fraction=0.0, detector_ramp=0.0, **CLEAN)
        planes, truth = _record(options)
        view, mode_of = _view(options), MODES[mode]
        factor = 1e6 * view.keywords["meta.photometry.pixelarea_steradians"]
        if not photom:
            factor = mode_of.readout.integration_time * gain_image(mode_of.gain, (24, 32))
        background = view.scene.source.background_rate * view.scene.conversion_image()
        flux = np.nansum((planes["sci"] - background) * factor, axis=(1, 2), dtype=float)
        share = truth["psf"][:, 4 * (mode == "mir_image") :].sum()
        np.testing.assert_allclose(flux, truth["white_light"] * share, rtol=0.015)
        assert view.keywords["meta.bunit_data"] == view.keywords["meta.bunit_err"] == unit


def test_transit_shows_in_the_light():
    options = _options(integrations=40, transit_fraction=0.5, source_position=(15.0, 12.0), **CLEAN)
    planes, truth = _record(options)
    star = planes["sci"][:, 9:16, 12:19].sum(axis=(1, 2), dtype=float)
    depth = 1.0 - truth["white_light"][20] / truth["white_light"][0]
    assert depth == pytest.approx(0.0105, abs=0.0005)
    outside = star[truth["white_light"] == truth["white_light"][0]]
    assert 1.0 - star[17:23].mean() / outside.mean() == pytest.approx(depth, rel=0.25)


def test_weak_lens_keywords_and_light():
    view = _view(_options(weak_lens=True))
    focused = _view(_options())
    assert view.keywords["meta.instrument.pupil"] == "WLP8"
    assert focused.keywords["meta.instrument.pupil"] == "CLEAR"
    assert view.keywords["meta.subarray.name"] == "SUB64P"
    assert view.scene.light()[0] == pytest.approx(60.0 * focused.scene.light()[0])
    peaks = [scene.truth()["psf"].max() for scene in (view.scene, focused.scene)]
    assert peaks[0] < peaks[1] / 100.0


@pytest.mark.parametrize(
    ("mode", "changes", "path"),
    [
        ("nrc_tsimage", {}, "nircam_clear-f210m-sub64p"),
        ("nrc_tsimage", {"weak_lens": True}, "nircam_f210m-wlp8-sub64p"),
        ("nrc_tsimage", {"frame_size": (160, 160)}, "nircam_clear-f210m-sub160p"),
        ("nrc_tsimage", {"detectors": ("nrcalong",)}, "nircam_clear-f444w-sub64p"),
        ("mir_image", {}, "miri_f1500w-sub128"),
    ],
)
def test_optical_path_in_the_name_of_the_product(mode, changes, path):
    assert MODES[mode].optical_path(_options(mode, **changes)) == path


def test_long_channel():
    keywords = _view(_options(detectors=("nrcalong",))).keywords
    found = [keywords[f"meta.instrument.{name}"] for name in ("detector", "channel", "module")]
    assert found == ["NRCALONG", "LONG", "A"]
    assert keywords["meta.aperture.name"] == "NRCA5_SUB64P"


def test_reference_pixels_never_see_light():
    planes, truth = _record(_options("mir_image", bad_pixel_rate=0.2))
    assert np.all(planes["dq"][:, :, :4] == 2147483648 + 1)
    for name in PLANES:
        assert np.all(np.isnan(planes[name][:, :, :4]))
    assert np.isfinite(planes["sci"][:, :, 4:]).mean() > 0.8
    np.testing.assert_array_equal(truth["dq"][:, :4], 2147483649)


@pytest.mark.parametrize("mode", ["nrc_tsimage", "nrs_brightobj"])
def test_lost_integration(mode):
    changes = {"lost_integration": 4, "bad_pixel_rate": 0.05}
    planes, truth = _record(_options(mode, **changes))
    lost = [np.isnan(planes[name][3]).all() for name in PLANES]
    assert all(lost)
    assert np.all(planes["dq"][3] & 1)
    np.testing.assert_array_equal(
        np.isfinite(planes["sci"][[0, 1, 2, 4, 5]]).any(axis=(1, 2)), True
    )
    assert np.unique(truth["lost_pixels"][:, 0]).tolist() == [4]
    assert len(truth["lost_pixels"]) == 24 * 32


def test_tilt_event_displaces_the_star():
    options = _options(tilt_event=3, frame_size=(40, 40), source_position=(20.0, 20.0), **CLEAN)
    view, motion = _view(options), MODES["nrc_tsimage"].pointing(options)
    images = [view.scene.image(np.ones(1), row)[15:26, 15:26] - 2.0 for row in motion]
    rows, columns = np.indices((11, 11))
    x, y = ([(axis * image).sum() / image.sum() for image in images] for axis in (columns, rows))
    np.testing.assert_allclose(np.subtract(x, x[0]), [0.0] * 2 + [TILT_JUMP[0]] * 4, atol=0.03)
    np.testing.assert_allclose(np.subtract(y, y[0]), [0.0] * 2 + [TILT_JUMP[1]] * 4, atol=0.03)
    assert images[2].max() < 0.995 * images[1].max()


def test_detector_ramp():
    bright = {"transit_fraction": 0.0, "integrations": 20, **CLEAN}
    planes, truth = _record(_options(detector_ramp=0.3, **bright))
    np.testing.assert_allclose(truth["response"], 1.0 + 0.3 * np.exp(-np.arange(20) / 2.0))
    light = planes["sci"].sum(axis=(1, 2), dtype=float)
    np.testing.assert_allclose(light / light[-5:].mean(), truth["response"], rtol=0.02)
    assert np.ptp(truth["white_light"]) == 0.0


@pytest.mark.parametrize(("mode", "height"), [("nrc_tsimage", 0.0), ("mir_image", 0.005)])
def test_detector_ramp_of_the_mode(mode, height):
    assert _record(_options(mode))[1]["response"][0] == 1.0 + height


def test_real_frames_give_image_light_and_motion(real_frames):
    options = _options("mir_image", integrations=20, real_frames="some.h5", **CLEAN)
    planes, truth = _record(options)
    np.testing.assert_allclose(truth["white_light"] / truth["flux"], real_frames.light)
    np.testing.assert_array_equal(truth["response"], 1.0)
    motion = MODES["mir_image"].pointing(options)
    column, row = np.rint(truth["position"] - [0.5, 0.0]).astype(int)
    np.testing.assert_allclose(truth["position"], [column + 0.5, row])
    assert planes["sci"][0, row, column] > 10.0 * planes["sci"][0, row, column + 1]
    assert planes["sci"][19, row, column + 1] > 10.0 * planes["sci"][19, row, column]
    np.testing.assert_allclose(motion[[0, 19], 0], [-0.5, 0.5])


@pytest.mark.parametrize("mode", IMAGING_MODES)
def test_gain_reference_covers_more_than_the_subarray(tmp_path, mode):
    options, view = _options(mode), _view(_options(mode))
    (name,) = MODES[mode].references(options, tmp_path).values()
    with fits.open(tmp_path / name) as hdus:
        header, gain = hdus[0].header, hdus["SCI"].data
    column = view.keywords["meta.subarray.xstart"] - header["SUBSTRT1"]
    row = view.keywords["meta.subarray.ystart"] - header["SUBSTRT2"]
    assert (header["SUBSIZE2"], header["SUBSIZE1"]) == gain.shape
    assert gain.shape == (24 + row + 8, 32 + column + 8)
    cut = gain[row : row + 24, column : column + 32]
    np.testing.assert_array_equal(cut, gain_image(MODES[mode].gain, (24, 32)))


@pytest.mark.parametrize(
    ("changes", "configured"),
    [({}, False), ({"photom": False}, True), ({"gain_reference": True}, True)],
)
def test_workflow_is_given_a_gain_where_it_needs_one(tmp_path, monkeypatch, changes, configured):
    monkeypatch.setattr("scripts.simulation.visit.write_member", lambda *arguments: None)
    simulate_visit(tmp_path, _options(integrations=2, **changes))
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    steps = json.loads((tmp_path / "steps.json").read_text())
    path = "references/nircam_tsimage_gain.fits"
    assert config["references"] == ({"gain": path} if configured else {})
    assert steps == {"tso_photometry": {"override_gain": path}}
    assert [item.name for item in (tmp_path / "references").iterdir()] == [
        "nircam_tsimage_gain.fits"
    ]


def test_truth_explains_the_motion(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.simulation.visit.write_member", lambda *arguments: None)
    simulate_visit(tmp_path, _options(tilt_event=4))
    content = json.loads((tmp_path / "truth.json").read_text())
    assert content["columns"]["offsets"] == ["x", "y", "state"]
    offsets = np.load(tmp_path / "truth.npz")["offsets"]
    np.testing.assert_array_equal(offsets[:, 2], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0])


def test_pixels_do_not_depend_on_the_cut_into_segments():
    whole, _ = _record(_options(segments=1, jitter=0.1, tilt_event=3))
    parts, _ = _record(_options(segment_lengths=(1, 3, 2), jitter=0.1, tilt_event=3))
    for name, plane in whole.items():
        np.testing.assert_array_equal(parts[name], plane)


@pytest.mark.parametrize(
    ("mode", "changes", "message"),
    [
        ("nrc_tsimage", {"source_position": (31.5, 3.0)}, "found the star at 31.5,3, expected it"),
        ("mir_image", {"pointing_error": -12.0}, r"found the star at 3.62,-0.58, expected it"),
        ("nrc_tsimage", {"detectors": ("nrcb1", "nrcb2")}, "detectors: found nrcb1, nrcb2, expec"),
        ("nrc_tsimage", {"detectors": ("nrs1",)}, "detectors: found nrs1, expected one of nrcb1"),
        (
            "nrc_tsimage",
            {"weak_lens": True, "detectors": ("nrcblong",)},
            "weak_lens: found detector nrcblong, expected nrcb1",
        ),
        ("mir_image", {"weak_lens": True}, "weak_lens: found True, expected none: mir_image has"),
        ("nrc_tsimage", {"real_frames": "x.h5"}, "real_frames: found 'x.h5', expected none"),
        ("mir_lrs_slitless", {"tilt_event": 2}, "tilt_event: found 2, expected none"),
        ("nrc_tsgrism", {"disperser": "PRISM"}, "disperser: found 'PRISM', expected none"),
        ("mir_image", {"wavelength_plane": True}, "wavelength_plane: found True, expected none"),
        ("mir_image", {"real_frames": "x.h5", "tilt_event": 2}, "expected none in real frames"),
        ("mir_image", {"real_frames": "x.h5", "integrations": 21}, "found 21, expected at most 20"),
        ("mir_image", {"aperture_correction": True}, "mir_image has no APCORR"),
    ],
)
def test_visits_that_cannot_be_made_are_refused(tmp_path, mode, changes, message):
    with pytest.raises(InputError, match=message):
        simulate_visit(tmp_path, _options(mode, **changes))


@pytest.mark.parametrize("name", ["lost_integration", "tilt_event"])
def test_integrations_outside_the_visit_are_refused(name):
    with pytest.raises(InputError, match=f"{name}: found 7, expected 1 to 6"):
        _options(**{name: 7})


def test_command_line(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.simulation.visit.write_member", lambda *arguments: None)
    arguments = (
        "--mode nrc_tsimage --frame-size 24x32 --integrations 6 --source-position 3,20.5 "
        "--pointing-error 1.5 --tilt-event 3 --lost-integration 2 --detector-ramp 0.01 --weak-lens"
    )
    assert main([str(tmp_path), *arguments.split()]) == 0
    chosen = json.loads((tmp_path / "truth.json").read_text())["options"]
    assert chosen["source_position"] == [3.0, 20.5]
    names = ("pointing_error", "tilt_event", "lost_integration", "detector_ramp", "weak_lens")
    assert [chosen[name] for name in names] == [1.5, 3, 2, 0.01, True]


@pytest.mark.parametrize("bad", ["3", "a,b", "1,2,3"])
def test_command_line_refuses_a_position_that_it_cannot_read(tmp_path, bad):
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), "--mode", "nrc_tsimage", "--source-position", bad])
