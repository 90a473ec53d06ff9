"""NIRCam time-series imaging: a star in focus, or as a disc through the weak lens."""

from dataclasses import dataclass, replace

from scripts.lib.errors import InputError
from scripts.simulation import imaging
from scripts.simulation.detector import Readout
from scripts.simulation.imaging_scene import ImagingScene
from scripts.simulation.mode import Mode, View
from scripts.simulation.optics import Optics
from scripts.simulation.pointing import image_motion

__all__ = ["MODE"]

_FRAME_SIZE = (64, 64)
_WEAK_LENS = "WLP8"
_LENS_PATH = 8.0 * 2.12
_LENS_FIELD = 256
_LENS_STAR_RATE = 3.0e7
_SUBARRAYS = {(160, 160): "SUB160P", (400, 400): "SUB400P"}
_GAIN = 2.05
_READOUT = Readout(integration_time=0.497, read_noise=14.0)


@dataclass(frozen=True)
class _Channel:
    """
    A detector in one of the two channels.

    Attributes
    ----------
    name : str
        CHANNEL.
    detector, aperture : str
        DETECTOR and the detector's part of the aperture's name.
    filter : str
        FILTER.
    camera : Camera
        Detector and brightness.
    """

    name: str
    detector: str
    aperture: str
    filter: str
    camera: imaging.Camera


_SHORT = imaging.Camera(
    scale=0.0311,
    passband=(2.01, 2.09, 2.18),
    star_rate=5.0e5,
    background_rate=2.0,
    jansky=4.1e-8,
    gain=_GAIN,
    first_pixel=(1021, 9),
    v2v3=(-120.8, -457.7),
    angle=-0.3,
)
_LONG = replace(
    _SHORT,
    scale=0.063,
    passband=(3.95, 4.40, 4.90),
    star_rate=4.0e5,
    background_rate=6.0,
    jansky=2.0e-8,
    v2v3=(-89.4, -491.4),
)
_CHANNELS = {
    "nrcb1": _Channel("SHORT", "NRCB1", "NRCB1", "F210M", _SHORT),
    "nrcblong": _Channel("LONG", "NRCBLONG", "NRCB5", "F444W", _LONG),
    "nrcalong": _Channel("LONG", "NRCALONG", "NRCA5", "F444W", replace(_LONG, v2v3=(86.1, -493.2))),
}


def _detectors(options):
    """Detector of the visit; the archive has an association for every filter."""
    wanted = options.detectors or ("nrcb1",)
    if len(wanted) != 1 or wanted[0] not in _CHANNELS:
        msg = f"detectors: found {', '.join(wanted)}, expected one of {', '.join(_CHANNELS)}"
        raise InputError(msg)
    if options.weak_lens and _CHANNELS[wanted[0]].name != "SHORT":
        msg = f"weak_lens: found detector {wanted[0]}, expected nrcb1"
        raise InputError(msg)
    return wanted


def _channel(options):
    """Detector of the visit, its star brighter behind the weak lens."""
    channel = _CHANNELS[_detectors(options)[0]]
    if options.weak_lens:
        return replace(channel, camera=replace(channel.camera, star_rate=_LENS_STAR_RATE))
    return channel


def _pupil(options):
    """PUPIL."""
    return _WEAK_LENS if options.weak_lens else "CLEAR"


def _subarray(options):
    """SUBARRAY: that of the size, SUB64P for sizes that the camera does not have."""
    return _SUBARRAYS.get(MODE.shape(options), "SUB64P")


def _scene(options, camera):
    """Star's image; the lens makes it larger than a small frame."""
    shape = MODE.shape(options)
    optics, field = Optics(camera.scale, camera.passband), 0
    if options.weak_lens:
        optics, field = replace(optics, defocus=_LENS_PATH), _LENS_FIELD
    source = imaging.make_source(camera, options, shape, imaging.star_position(options, shape))
    return ImagingScene(source, optics, options.tilt_event is not None, field)


def _view(options, detector):
    """The detector of the visit."""
    channel, shape, subarray = _channel(options), MODE.shape(options), _subarray(options)
    camera = channel.camera
    wcs = imaging.build_wcs(camera, shape, imaging.planned_position(options, shape))
    keywords = {
        "meta.instrument.name": "NIRCAM",
        "meta.instrument.detector": channel.detector,
        "meta.instrument.channel": channel.name,
        "meta.instrument.module": channel.detector[3],
        "meta.instrument.filter": channel.filter,
        "meta.instrument.pupil": _pupil(options),
        "meta.exposure.readpatt": "RAPID",
        "meta.aperture.name": f"{channel.aperture}_{subarray}",
        **imaging.keywords(camera, options, subarray, shape, wcs),
    }
    flux_per_unit = camera.flux_per_unit(options, _READOUT.integration_time)
    return View(_scene(options, camera), wcs, None, keywords, flux_per_unit)


def _references(options, folder):
    """GAIN, which the reference pipeline reads whatever the unit."""
    names = {"gain": "nircam_tsimage_gain.fits"}
    camera = _channel(options).camera
    imaging.write_gain_around(folder / names["gain"], camera, MODE.shape(options))
    return names


def _optical_path(options):
    """Instrument, optical elements in alphabetical order, and subarray."""
    elements = sorted([_channel(options).filter, _pupil(options)])
    return f"nircam_{'-'.join(elements)}-{_subarray(options)}".lower()


MODE = Mode(
    exposure_type="NRC_TSIMAGE",
    model="CubeModel",
    frame_size=_FRAME_SIZE,
    readout=_READOUT,
    gain=_GAIN,
    overhead=0.0497,
    scale=lambda options: _channel(options).camera.scale,
    detectors=_detectors,
    view=_view,
    references=_references,
    optical_path=_optical_path,
    pointing=image_motion,
    options=imaging.OPTIONS | {"weak_lens"},
)
