"""Images of a star: Fourier optics, real frames, motion and detector ramp."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.simulation.detector import response
from scripts.simulation.imaging_scene import ImagingScene, Source
from scripts.simulation.optics import ARCSEC, Optics, _Mirror
from scripts.simulation.options import VisitOptions
from scripts.simulation.pointing import TILT_JUMP, image_motion
from scripts.simulation.real_frames import RealFrames, RealScene, make_frames, read_frames

MIRI = Optics(scale=0.11, passband=(15.0,))
NIRCAM = Optics(scale=0.0311, passband=(2.09,))
WEAK_LENS = Optics(scale=0.0311, passband=(2.09,), defocus=8.0 * 2.12)
QUIET = np.zeros(3)
EREBUS = "erebus-miri-imaging/TRAPPIST-1b_visit_1_jw01177007001.h5"


def _scene(optics=MIRI, shape=(40, 30), position=(14.3, 20.6), **changes):
    source = Source(position, 15.0, 500.0, 2.0, 0.25, np.full(shape, 0.25))
    return ImagingScene(source, optics, **changes)


STAR = _scene()


def _centroid(image):
    rows, columns = np.indices(image.shape)
    return np.array([(columns * image).sum(), (rows * image).sum()]) / image.sum()


def _radius(shape, position):
    rows, columns = np.indices(shape)
    return np.hypot(columns - position[0], rows - position[1])


def test_mirror_has_the_collecting_area_of_the_telescope():
    mirror = _Mirror.sampled(512)
    area = mirror.transmission.sum() * (mirror.coordinate[1] - mirror.coordinate[0]) ** 2
    assert area == pytest.approx(25.4, rel=0.04)
    np.testing.assert_array_equal(mirror.transmission[254:258, 254:258], 0.0)


def test_telescope_passes_no_frequency_above_its_limit():
    transfer = MIRI.transfer_function(128)
    along_rows, along_columns = np.fft.fftfreq(128)[:, None], np.fft.rfftfreq(128)
    limit = 6.64 * MIRI.scale * ARCSEC / 15e-6
    assert transfer[0, 0] == pytest.approx(1.0)
    assert np.abs(transfer[np.hypot(along_rows, along_columns) > limit + 0.01]).max() < 1e-3
    assert np.abs(transfer[4, 0]) > 0.5


def test_star_is_as_wide_as_the_instrument_team_measures():
    image = _scene(shape=(64, 64), position=(31.0, 31.0)).field(QUIET)[:64, :64]
    half = np.interp(0.5 * image[31, 31], image[31, 31:40][::-1], np.arange(9)[::-1])
    assert 2.0 * half * MIRI.scale == pytest.approx(0.488, abs=0.04)


def _circular_mean(field):
    """Mean column and row of a periodic image."""
    lowest = np.fft.fft2(field)[[0, 1], [1, 0]]
    return -np.angle(lowest) * len(field) / (2.0 * np.pi)


@given(x=st.floats(-3.0, 3.0), y=st.floats(-3.0, 3.0))
def test_star_follows_the_displacement(x, y):
    offset = _circular_mean(STAR.field(np.array([x, y, 0.0]))) - _circular_mean(STAR.field(QUIET))
    np.testing.assert_allclose(offset, [x, y], atol=1e-3)


def test_whole_pixels_are_moved_exactly():
    scene = _scene()
    moved = scene.field(np.array([3.0, -2.0, 0.0]))
    np.testing.assert_allclose(moved, np.roll(scene.field(QUIET), (-2, 3), (0, 1)), atol=1e-12)


def test_image_is_star_and_background():
    scene = _scene()
    dark = scene.image(np.array([0.0]), QUIET)
    np.testing.assert_array_equal(dark, 2.0)
    star = scene.image(np.array([0.9]), QUIET) - 2.0
    np.testing.assert_allclose(star, 450.0 * scene.truth()["psf"], rtol=1e-9, atol=1e-12)
    assert 0.9 < star.sum() / 450.0 < 1.0
    assert scene.field(QUIET).sum() == pytest.approx(1.0)
    assert scene.light()[0] == 125.0


def test_weak_lens_makes_a_ring_larger_than_the_subarray():
    scene = _scene(WEAK_LENS, (160, 160), (79.0, 79.0))
    psf, radius = scene.truth()["psf"], _radius((160, 160), (79.0, 79.0))
    assert psf[(radius > 20.0) & (radius < 55.0)].mean() > 2.0 * psf[radius < 14.0].mean()
    assert psf[radius < 75.0].sum() > 0.9
    assert psf[47:111, 47:111].sum() < 0.4


def test_weak_lens_field_holds_the_ring_in_a_small_frame():
    scene = _scene(WEAK_LENS, (64, 64), (31.0, 31.0), least_field=256)
    large = _scene(WEAK_LENS, (128, 128), (63.0, 63.0)).truth()["psf"]
    np.testing.assert_allclose(scene.truth()["psf"], large[32:96, 32:96], rtol=1e-6)


def test_tilt_event_lowers_the_peak_and_leaves_it_in_its_place():
    scene = _scene(NIRCAM, (41, 41), (20.0, 20.0), with_tilt_event=True)
    before, after = (scene.field(np.array([0.0, 0.0, state]))[:41, :41] for state in (0.0, 1.0))
    near = _radius((41, 41), (20.0, 20.0)) < 4.5
    np.testing.assert_allclose(_centroid(after * near), _centroid(before * near), atol=0.02)
    assert after[20, 20] < 0.99 * before[20, 20]
    assert after[near].sum() < before[near].sum()


def test_without_a_tilt_event_the_state_is_of_no_effect():
    scene = _scene()
    np.testing.assert_array_equal(scene.field(np.array([0.0, 0.0, 1.0])), scene.field(QUIET))


def test_motion_is_drift_and_a_jump():
    options = VisitOptions("nrc_tsimage", integrations=5, drift=0.4, jitter=0.0, tilt_event=4)
    motion = image_motion(options)
    jump = np.array([[0.0, 0.0, 0.0]] * 3 + [[*TILT_JUMP, 1.0]] * 2)
    drift = np.outer([-0.2, -0.1, 0.0, 0.1, 0.2], [1.0, -0.5, 0.0])
    np.testing.assert_allclose(motion, drift + jump, atol=1e-15)


def test_jitter_along_both_axes():
    options = VisitOptions("nrc_tsimage", integrations=2000, drift=0.0, jitter=0.1)
    motion = image_motion(options)
    np.testing.assert_allclose(motion[:, :2].std(axis=0), 0.1, rtol=0.05)
    assert abs(np.corrcoef(motion[:, 0], motion[:, 1])[0, 1]) < 0.1


def test_response_settles_in_a_tenth_of_the_visit():
    found = response(np.array([1, 11, 101]), 100, 0.02)
    np.testing.assert_allclose(found, 1.0 + 0.02 * np.exp([0.0, -1.0, -10.0]))
    np.testing.assert_array_equal(response(np.array([1, 2]), 2, 0.0), 1.0)


def _cutouts(count=30):
    """Cut-outs that grow brighter, in which the star moves to the right at frame 15."""
    frames = np.zeros((count, 5, 5))
    frames[:15, 2, 2] = frames[15:, 2, 3] = 1.0
    return frames * np.arange(1, count + 1)[:, None, None]


def test_frames_lose_scale_and_the_ends_without_flux():
    frames = make_frames(_cutouts(), np.linspace(0.98, 1.02, 21))
    assert frames.shares.shape == (21, 5, 5)
    np.testing.assert_allclose(frames.shares.sum(axis=(1, 2)), 1.0)
    np.testing.assert_allclose(frames.light[4:-4], np.linspace(0.98, 1.02, 21)[4:-4])
    assert frames.light[0] == pytest.approx(np.linspace(0.98, 1.02, 21)[:5].mean())
    # Frame 15 is the eleventh that is kept; the running mean spreads the step over nine frames.
    expected = 2.0 + np.clip((np.arange(21) - 6) / 9.0, 0.0, 1.0)[: 21 - 4]
    np.testing.assert_allclose(frames.centroids[:17, 0], expected)
    np.testing.assert_allclose(frames.centroids[:, 1], 2.0)


def test_motion_of_frames_is_about_their_mean():
    frames = make_frames(_cutouts(), np.ones(30))
    motion = frames.motion(20)
    assert motion.shape == (20, 3)
    np.testing.assert_allclose(motion[:, 2], np.arange(20))
    np.testing.assert_allclose(motion[0, :2], [-0.5, 0.0], atol=1e-12)
    with pytest.raises(InputError, match="integrations: found 31, expected at most 30"):
        frames.motion(31)


def test_cutouts_are_placed_on_whole_pixels():
    frames = make_frames(_cutouts(), np.ones(30))
    corner, position = frames.align((14.3, 20.6))
    assert corner == (12, 19)
    np.testing.assert_allclose(position, (14.5, 21.0))


def _real_scene(position, shape=(40, 30)):
    frames = make_frames(_cutouts(), np.ones(30))
    corner, mean_position = frames.align(position)
    return RealScene(_scene(shape=shape, position=mean_position), frames, corner)


def test_real_frames_replace_the_core_of_the_image():
    scene = _real_scene((14.0, 20.0))
    light = np.array([1.0])
    first, last = (scene.image(light, np.array([9.0, 9.0, frame])) for frame in (0.0, 29.0))
    np.testing.assert_array_equal(np.argwhere(first != last), [[20, 14], [20, 15]])
    np.testing.assert_allclose(first.sum(), last.sum())
    modelled = scene.model.image(light, QUIET)
    assert first.sum() == pytest.approx(modelled.sum(), rel=1e-6)
    np.testing.assert_allclose(first[:, 20:], modelled[:, 20:])
    assert scene.truth()["psf"].sum() == pytest.approx(modelled.sum() / 500.0 - 4.8, rel=1e-6)


def test_real_frames_over_the_edge():
    image = _real_scene((0.2, 39.4)).image(np.array([1.0]), np.array([0.0, 0.0, 29.0]))
    assert image.shape == (40, 30)
    assert image.argmax() == 39 * 30 + 1


def test_file_of_frames_that_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"real_frames: found no file .*none\.h5"):
        read_frames(str(tmp_path / "none.h5"))


def test_file_of_frames_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "some.h5").touch()
    with pytest.raises(InputError, match="found no package h5py"):
        read_frames(str(tmp_path / "some.h5"))


class _File(dict):
    """Stand-in for an open HDF5 file."""

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        """Leave it open."""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"frames": np.ones((3, 5, 5))}, "found 'raw_flux', expected HDF5 with"),
        ({"frames": np.ones((3, 5)), "raw_flux": np.ones(3)}, r"found shapes \(3, 5\) of frames"),
        ({"frames": np.ones((3, 5, 5)), "raw_flux": np.ones(4)}, r"and \(4,\) of raw_flux"),
    ],
)
def test_file_of_frames_with_other_contents(tmp_path, monkeypatch, content, message):
    monkeypatch.setitem(sys.modules, "h5py", SimpleNamespace(File=lambda path: _File(content)))
    path = tmp_path / "other.h5"
    path.touch()
    with pytest.raises(InputError, match=message):
        read_frames(str(path))


def test_file_of_frames_is_read(tmp_path, monkeypatch):
    content = _File(frames=_cutouts(), raw_flux=np.full(10, 3.0, np.float32))
    monkeypatch.setitem(sys.modules, "h5py", SimpleNamespace(File=lambda path: content))
    path = tmp_path / "good.h5"
    path.touch()
    frames = read_frames(str(path))
    assert isinstance(frames, RealFrames)
    np.testing.assert_array_equal(frames.light, 1.0)


def test_real_star_is_as_wide_as_the_modelled_one(shared_data):
    pytest.importorskip("h5py", reason="h5py is needed to read the real frames")
    frames = read_frames(str(shared_data / EREBUS))
    assert frames.shares.shape == (357, 11, 11)
    assert frames.light[0] == pytest.approx(1.003, abs=0.002)
    position = frames.centroids.mean(axis=0)
    modelled = _scene(shape=(11, 11), position=tuple(position)).truth()["psf"]
    columns = np.arange(11)
    near = _radius((11, 11), position) < 4.0
    squares = [
        (((columns - position[0]) ** 2 * image)[near].sum() / image[near].sum())
        for image in (frames.shares.mean(axis=0), modelled)
    ]
    assert squares[0] == pytest.approx(squares[1], rel=0.08)
