"""Shared by the imaging modes: position, WCS, keywords and the gain reference."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.simulation import coordinates as co
from scripts.simulation.imaging_scene import Source
from scripts.simulation.optics import ARCSEC
from scripts.simulation.references import gain_image, write_gain

__all__ = [
    "OPTIONS",
    "Camera",
    "build_wcs",
    "keywords",
    "make_source",
    "planned_position",
    "star_position",
    "write_gain_around",
]

OPTIONS = frozenset({"source_position", "pointing_error", "tilt_event"})
_ACQUISITION_ERROR = (0.12, -0.08)
_GAIN_MARGIN = 8
_DISTORTION = 3e-6


@dataclass(frozen=True)
class Camera:
    """
    A detector with its filter, and the brightness of star and background.

    Attributes
    ----------
    scale : float
        Size of a pixel, arcsec.
    passband : tuple of float
        Wavelengths of the filter, micron; the middle one is the light curve's.
    star_rate, background_rate : float
        Electrons per second of the whole star and of the background of a pixel.
    jansky : float
        Jy per electron per second.
    gain : float
        Electrons per DN.
    first_pixel : tuple of int
        1-based column and row of the detector where the subarray begins.
    v2v3 : tuple of float
        The telescope's coordinates of the planned position, arcsec.
    angle : float
        Rotation of the detector, degrees.
    """

    scale: float
    passband: tuple[float, ...]
    star_rate: float
    background_rate: float
    jansky: float
    gain: float
    first_pixel: tuple[int, int]
    v2v3: tuple[float, float]
    angle: float

    @property
    def pixel_area(self):
        """Area of a pixel, sr."""
        return (self.scale * ARCSEC) ** 2

    @property
    def wavelength(self):
        """Wavelength of the light curve, micron."""
        return self.passband[len(self.passband) // 2]

    @property
    def megajansky(self):
        """MJy/sr per electron per second and pixel."""
        return 1e-6 * self.jansky / self.pixel_area

    def flux_per_unit(self, options, integration_time):
        """
        Return the flux, Jy or electrons, per summed MJy/sr or DN/s.

        Parameters
        ----------
        options : VisitOptions
            Whether the data are flux-calibrated.
        integration_time : float
            Seconds.

        Returns
        -------
        float
            Flux of a unit of the summed data.
        """
        return 1e6 * self.pixel_area if options.photom else integration_time * self.gain


def planned_position(options, shape):
    """
    Planned position of the star: the middle of the frame, or a given star's position minus the error.

    Parameters
    ----------
    options : VisitOptions
        Position of the star and pointing error.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    tuple of float
        Column and row, 0-based.
    """
    if options.source_position is None:
        return (shape[1] - 1) / 2.0, (shape[0] - 1) / 2.0
    column, row = options.source_position
    return column - options.pointing_error, row - options.pointing_error


def star_position(options, shape):
    """
    Position of the star without drift, jitter and tilt event.

    Parameters
    ----------
    options : VisitOptions
        Position of the star and pointing error.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    tuple of float
        Column and row, 0-based: as asked for, or the planned position plus the pointing error and
        the small error of every target acquisition.

    Raises
    ------
    InputError
        The star is not on the frame.
    """
    if options.source_position is not None:
        column, row = options.source_position
    else:
        planned = np.add(planned_position(options, shape), options.pointing_error)
        column, row = (planned + _ACQUISITION_ERROR).tolist()
    if not (-0.5 <= column < shape[1] - 0.5 and -0.5 <= row < shape[0] - 0.5):
        msg = (
            f"source_position, pointing_error: found the star at {column:g},{row:g}, "
            f"expected it on the frame of {shape[1]} x {shape[0]} pixels"
        )
        raise InputError(msg)
    return column, row


def make_source(camera, options, shape, position):
    """
    Star and background in the units that the options ask for.

    Parameters
    ----------
    camera : Camera
        The camera.
    options : VisitOptions
        Whether the data are flux-calibrated; in DN/s they follow the gain of every pixel.
    shape : tuple of int
        Rows and columns.
    position : tuple of float
        Column and row of the star, 0-based.

    Returns
    -------
    Source
        The star in its position.
    """
    if options.photom:
        calibration, conversion = camera.megajansky, np.full(shape, camera.megajansky)
    else:
        calibration = 1.0 / camera.gain
        conversion = 1.0 / gain_image(camera.gain, shape).astype(float)
    return Source(
        position,
        camera.wavelength,
        camera.star_rate,
        camera.background_rate,
        calibration,
        conversion,
    )


def build_wcs(camera, shape, planned):
    """
    WCS with the frames detector, v2v3 and world, and a weak quadratic distortion.

    Parameters
    ----------
    camera : Camera
        The camera.
    shape : tuple of int
        Rows and columns.
    planned : tuple of float
        Column and row of the target's coordinates, 0-based.

    Returns
    -------
    gwcs.WCS
        Pixels to right ascension and declination (degrees), NaN outside the frame.
    """
    import gwcs
    from astropy.modeling import models as m

    to_v2v3 = (
        m.Shift(-planned[0]) & m.Shift(-planned[1])
        | _distortion()
        | m.Scale(camera.scale) & m.Scale(camera.scale)
        | m.Rotation2D(camera.angle)
        | m.Shift(camera.v2v3[0]) & m.Shift(camera.v2v3[1])
    )
    wcs = gwcs.WCS(
        [
            (co.frame_2d("detector"), to_v2v3),
            (co.frame_2d("v2v3", ("v2", "v3"), "arcsec"), co.v2v3_to_sky(camera.v2v3)),
            (co.sky_frame("world"), None),
        ]
    )
    wcs.bounding_box = ((-0.5, shape[1] - 0.5), (-0.5, shape[0] - 0.5))
    return wcs


def _distortion():
    """Quadratic distortion with an exact inverse: x bends along y, then y along x."""
    from astropy.modeling import models as m

    def bend(x, y):
        both = m.Polynomial2D(2, c1_0=1.0, c0_2=x) & m.Polynomial2D(2, c0_1=1.0, c2_0=y)
        return m.Mapping((0, 1, 0, 1)) | both

    transform = bend(_DISTORTION, 0.0) | bend(0.0, -2.0 * _DISTORTION)
    transform.inverse = bend(0.0, 2.0 * _DISTORTION) | bend(-_DISTORTION, 0.0)
    return transform


def keywords(camera, options, subarray, shape, wcs):
    """
    Attributes that do not depend on the instrument.

    Parameters
    ----------
    camera : Camera
        The camera.
    options : VisitOptions
        The visit.
    subarray : str
        Name of the subarray.
    shape : tuple of int
        Rows and columns.
    wcs : gwcs.WCS
        World coordinates.

    Returns
    -------
    dict
        Data model attributes by dotted name; those of steps that imaging skips are None.
    """
    unit = "MJy/sr" if options.photom else "DN/s"
    planned = planned_position(options, shape)
    return {
        **co.subarray_keywords(subarray, shape, camera.first_pixel),
        "meta.wcsinfo.siaf_xref_sci": planned[0] + 1.0,
        "meta.wcsinfo.siaf_yref_sci": planned[1] + 1.0,
        "meta.wcsinfo.s_region": co.footprint(wcs),
        "meta.wcsinfo.v2_ref": camera.v2v3[0],
        "meta.wcsinfo.v3_ref": camera.v2v3[1],
        "meta.wcsinfo.v3yangle": camera.angle,
        "meta.wcsinfo.vparity": -1,
        "meta.photometry.pixelarea_steradians": camera.pixel_area,
        "meta.photometry.pixelarea_arcsecsq": camera.scale**2,
        "meta.photometry.conversion_megajanskys": camera.megajansky * camera.gain,
        "meta.bunit_data": unit,
        "meta.bunit_err": unit,
        "meta.cal_step.srctype": None,
        "meta.target.source_type": None,
    }


def write_gain_around(path, camera, shape):
    """
    Write a GAIN reference of a larger part of the detector than the subarray.

    Parameters
    ----------
    path : Path
        FITS file.
    camera : Camera
        The camera.
    shape : tuple of int
        Rows and columns of the subarray.
    """
    column, row = camera.first_pixel
    below, left = min(_GAIN_MARGIN, row - 1), min(_GAIN_MARGIN, column - 1)
    margins = (below, _GAIN_MARGIN), (left, _GAIN_MARGIN)
    image = np.pad(gain_image(camera.gain, shape), margins, mode="edge")
    write_gain(path, image, (column - left, row - below))
