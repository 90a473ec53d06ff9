"""MIRI imaging time series: a star by Fourier optics or from real frames."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.simulation import imaging
from scripts.simulation.detector import DO_NOT_USE, REFERENCE_PIXEL, Readout
from scripts.simulation.imaging_scene import ImagingScene
from scripts.simulation.mode import Mode, View
from scripts.simulation.optics import Optics
from scripts.simulation.pointing import image_motion
from scripts.simulation.real_frames import RealScene, read_frames
from scripts.simulation.star import transit_light

__all__ = ["MODE"]

_FRAME_SIZE = (128, 136)
_FILTER = "F1500W"
_SUBARRAY = "SUB128"
_REFERENCE_COLUMNS = 4
_READOUT = Readout(integration_time=41.41, read_noise=18.0)
_DETECTOR_RAMP = 0.005
_CAMERA = imaging.Camera(
    scale=0.11,
    passband=(13.9, 15.0, 16.1),
    star_rate=2.2e4,
    background_rate=70.0,
    jansky=1.2e-7,
    gain=3.1,
    first_pixel=(1, 889),
    v2v3=(-389.8, -407.6),
    angle=4.8,
)


def _scene(options):
    """Star's image."""
    shape, optics = MODE.shape(options), Optics(_CAMERA.scale, _CAMERA.passband)
    position = imaging.star_position(options, shape)
    if options.real_frames is None:
        source = imaging.make_source(_CAMERA, options, shape, position)
        return ImagingScene(source, optics, options.tilt_event is not None)
    frames = read_frames(options.real_frames)
    corner, position = frames.align(position)
    source = imaging.make_source(_CAMERA, options, shape, position)
    return RealScene(ImagingScene(source, optics), frames, corner)


def _motion(options):
    """Displacement and state of the telescope, or number of the real frame."""
    if options.real_frames is None:
        return image_motion(options)
    if options.tilt_event is not None:
        msg = f"tilt_event: found {options.tilt_event}, expected none in real frames"
        raise InputError(msg)
    return read_frames(options.real_frames).motion(options.total_integrations)


def _light(clock, integrations, wavelength, options):
    """Light of a star with a transit or of the real star, shape (integrations, 1)."""
    if options.real_frames is None:
        return transit_light(clock, integrations, wavelength, options)
    return read_frames(options.real_frames).light[integrations - 1, None]


def _reference_pixels(shape):
    """Flags of the reference pixels at the left edge, uint32, shape (rows, columns)."""
    flags = np.zeros(shape, np.uint32)
    flags[:, :_REFERENCE_COLUMNS] = REFERENCE_PIXEL | DO_NOT_USE
    return flags


def _view(options, detector):
    """The detector of the visit."""
    shape = MODE.shape(options)
    wcs = imaging.build_wcs(_CAMERA, shape, imaging.planned_position(options, shape))
    keywords = {
        "meta.instrument.name": "MIRI",
        "meta.instrument.detector": detector.upper(),
        "meta.instrument.filter": _FILTER,
        "meta.exposure.readpatt": "FASTR1",
        "meta.aperture.name": "MIRIM_SUB128",
        **imaging.keywords(_CAMERA, options, _SUBARRAY, shape, wcs),
    }
    flux_per_unit = _CAMERA.flux_per_unit(options, _READOUT.integration_time)
    flags = _reference_pixels(shape)
    return View(_scene(options), wcs, None, keywords, flux_per_unit, flags)


def _references(options, folder):
    """GAIN, which the reference pipeline reads whatever the unit."""
    names = {"gain": "miri_image_gain.fits"}
    imaging.write_gain_around(folder / names["gain"], _CAMERA, MODE.shape(options))
    return names


def _ramp(options):
    """Return the height of the detector's ramp; the light of real frames contains one."""
    return _DETECTOR_RAMP if options.real_frames is None else 0.0


MODE = Mode(
    exposure_type="MIR_IMAGE",
    model="CubeModel",
    frame_size=_FRAME_SIZE,
    readout=_READOUT,
    gain=_CAMERA.gain,
    overhead=0.2166,
    scale=lambda options: _CAMERA.scale,
    detectors=lambda options: ("mirimage",),
    view=_view,
    references=_references,
    optical_path=lambda options: f"miri_{_FILTER}-{_SUBARRAY}".lower(),
    pointing=_motion,
    light=_light,
    detector_ramp=_ramp,
    options=imaging.OPTIONS | {"real_frames"},
)
