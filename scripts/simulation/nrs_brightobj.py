"""NIRSpec bright-object time series: a curved trace in the S1600A1 slit, one or two detectors."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.simulation import coordinates as co
from scripts.simulation.detector import Readout
from scripts.simulation.keywords import TARGET_NAME
from scripts.simulation.mode import SPECTRAL_OPTIONS, Mode, View
from scripts.simulation.references import write_extract1d, write_nirspec_apcorr, write_psf
from scripts.simulation.scene import SpectralScene
from scripts.simulation.star import star_spectrum

__all__ = ["MODE"]

_SLIT = "S1600A1"
_FRAME_SIZE = (32, 2048)
_PIXELS_PER_SLIT = 16.0
_SOURCE_POSITION = (0.012, 0.035)
_SCALE = 0.1
_SLIT_ARCSEC = _SCALE * _PIXELS_PER_SLIT
_PIXEL_AREA = 2.35e-13
_PEAK_RATE = 700.0
_GAIN = 1.42
_FLUX_AT_TWO_MICRON = 0.075
_V2V3 = (321.8, -473.9)


@dataclass(frozen=True)
class _Disperser:
    """Filter, grating, subarray, spectral order and wavelength range (micron) per detector."""

    filter: str
    grating: str
    subarray: str
    order: int
    ranges: dict[str, tuple[float, float]]


_DISPERSERS = {
    "G395H": _Disperser(
        "F290LP", "G395H", "SUB2048", -1, {"nrs1": (2.83, 3.72), "nrs2": (3.82, 5.18)}
    ),
    "PRISM": _Disperser("CLEAR", "PRISM", "SUB512", 0, {"nrs1": (0.60, 5.30)}),
}


def _disperser(options):
    """Disperser that the options ask for."""
    name = options.disperser or "G395H"
    if name not in _DISPERSERS:
        msg = f"disperser: found {name!r}, expected one of {', '.join(_DISPERSERS)}"
        raise InputError(msg)
    return _DISPERSERS[name]


def _detectors(options):
    """Detectors that the spectrum falls on."""
    return tuple(_disperser(options).ranges)


@dataclass(frozen=True)
class _Geometry:
    """Where wavelengths fall on a detector, 0-based pixels and micron."""

    shape: tuple[int, int]
    dispersion: tuple[float, float, float]
    slit_centre: tuple[float, float, float]
    tilt: float
    bounding_box: tuple[tuple[float, float], tuple[float, float]]

    @classmethod
    def for_detector(cls, shape, detector, span):
        """
        Geometry of a detector: the spectrum reaches its inner edge and ends before the other.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.
        detector : str
            nrs1 or nrs2.
        span : tuple of float
            Shortest and longest wavelength, micron.

        Returns
        -------
        Geometry
            Geometry.
        """
        rows, columns = shape
        last = columns - 1
        rise = span[1] - span[0]
        bend = 0.04 * rise
        dispersion = (span[0], (rise + bend) / last, -bend / last**2)
        slope, curve = -0.06 * rows, 0.08 * rows
        slit_centre = (0.53 * rows, (slope - curve) / last, curve / last**2)
        margin = round(0.05 * columns)
        across = (0.5, rows - 2.5)
        along = (margin - 0.5, last + 0.5) if detector == "nrs1" else (-0.5, last + 0.5 - margin)
        return cls(shape, dispersion, slit_centre, 0.08 * rise / last, (along, across))

    def source_rows(self, columns):
        """
        Rows of the source's trace at given columns.

        Parameters
        ----------
        columns : ndarray
            Columns, 0-based.

        Returns
        -------
        ndarray
            Rows, 0-based, of the same shape.
        """
        offset = _SOURCE_POSITION[1] * _PIXELS_PER_SLIT
        return np.polynomial.polynomial.polyval(columns, self.slit_centre) + offset

    def wavelengths(self, columns, rows):
        """
        Wavelengths (micron) of pixels; lines of equal wavelength are tilted.

        Parameters
        ----------
        columns, rows : ndarray
            Pixels, 0-based.

        Returns
        -------
        ndarray
            Wavelengths, of the common shape.
        """
        above = rows - np.polynomial.polynomial.polyval(columns, self.slit_centre)
        return np.polynomial.polynomial.polyval(columns, self.dispersion) + self.tilt * above


def _geometry(options, detector):
    """Geometry of one detector of the visit."""
    shape = MODE.shape(options)
    return _Geometry.for_detector(shape, detector, _disperser(options).ranges[detector])


def _build_wcs(geometry):
    """
    WCS with the frames detector, sca, gwa, slit_frame, v2v3 and world.

    The wavelength is in metres in slit_frame and in micron in world; positions in the slit count
    in slit heights from its centre. Every transform has an inverse.

    Parameters
    ----------
    geometry : Geometry
        Where wavelengths fall.

    Returns
    -------
    gwcs.WCS
        Pixels to right ascension, declination (degrees) and wavelength (micron).
    """
    import gwcs
    from astropy.modeling import models as m

    v2, v3 = _V2V3
    slit_to_v2v3 = (
        m.Scale(_SLIT_ARCSEC) & m.Scale(_SLIT_ARCSEC) & m.Scale(1e6)
        | m.Rotation2D(138.5) & m.Identity(1)
        | m.Shift(v2) & m.Shift(v3) & m.Identity(1)
    )
    slit_frame = co.composite(
        [co.frame_2d("slit_spatial", ("x_slit", "y_slit"), ""), co.spectral_frame("m")],
        "slit_frame",
    )
    v2v3 = co.composite(
        [co.frame_2d("v2v3_spatial", ("v2", "v3"), "arcsec"), co.spectral_frame()], "v2v3"
    )
    world = co.composite([co.sky_frame(), co.spectral_frame()], "world")
    wcs = gwcs.WCS(
        [
            (co.frame_2d("detector"), m.Shift(1.0) & m.Shift(1.0)),
            (co.frame_2d("sca"), _straighten(geometry)),
            (co.frame_2d("gwa", ("along", "across")), _disperse(geometry)),
            (slit_frame, slit_to_v2v3),
            (v2v3, co.v2v3_to_sky(_V2V3) & m.Identity(1)),
            (world, None),
        ]
    )
    wcs.bounding_box = geometry.bounding_box
    return wcs


def _straighten(geometry):
    """1-based pixels to (column, row above the slit's centre line), 0-based column."""
    from astropy.modeling import models as m

    c0, c1, c2 = geometry.slit_centre
    down = m.Polynomial2D(2, c0_0=-c0, c1_0=-c1, c2_0=-c2, c0_1=1.0)
    up = m.Polynomial2D(2, c0_0=c0, c1_0=c1, c2_0=c2, c0_1=1.0)
    spread = m.Mapping((0, 0, 1))
    transform = m.Shift(-1.0) & m.Shift(-1.0) | spread | m.Identity(1) & down
    transform.inverse = spread | m.Identity(1) & up | m.Shift(1.0) & m.Shift(1.0)
    return transform


def _disperse(geometry):
    """(Column, row above the centre line) to (0, position in the slit, wavelength in metres)."""
    from astropy.modeling import models as m

    c0, c1, c2 = (1e-6 * term for term in geometry.dispersion)
    tilt = geometry.tilt
    wavelength = m.Polynomial2D(2, c0_0=c0, c1_0=c1, c2_0=c2, c0_1=1e-6 * tilt)
    on_centre_line = m.Polynomial2D(1, c1_0=1e6, c0_1=-tilt * _PIXELS_PER_SLIT)
    column = co.inverse_quadratic(geometry.dispersion)
    transform = m.Mapping((0, 1, 0, 1)) | (
        m.Const1D(0.0) & m.Scale(1.0 / _PIXELS_PER_SLIT) & wavelength
    )
    transform.inverse = (
        m.Mapping((2, 1, 1), n_inputs=3)
        | on_centre_line & m.Scale(_PIXELS_PER_SLIT)
        | column & m.Identity(1)
    )
    return transform


def _slit_region(wcs):
    """S_REGION of the open slit, the same for both detectors."""
    across, along = np.array([-0.5, 0.5, 0.5, -0.5]), np.array([-0.5, -0.5, 0.5, 0.5])
    ra, dec, _ = wcs.get_transform("slit_frame", "world")(across, along, np.full(4, 4e-6))
    return co.polygon(ra, dec)


def _scene(options, geometry):
    """Star's spectrum along the trace; MJy for a point source, MJy/sr otherwise."""
    columns = np.arange(geometry.shape[1], dtype=float)
    trace = geometry.source_rows(columns)
    wavelength = geometry.wavelengths(columns, trace)
    flux = _FLUX_AT_TWO_MICRON * star_spectrum(wavelength)
    blaze = np.sin(np.pi * (columns + 0.25 * columns.size) / (1.5 * columns.size))
    rate = _PEAK_RATE * blaze * np.sqrt(flux / flux.max())
    conversion = 1e-6 * flux / rate
    if options.source_type != "POINT":
        conversion = conversion / _PIXEL_AREA
    if not options.photom:
        conversion = np.full(columns.size, 1.0 / _GAIN)
    return SpectralScene(
        geometry.shape, 1, wavelength, trace, _width(wavelength), rate, 0.4, conversion
    )


def _width(wavelength):
    """Standard deviation of the star's image across the dispersion, pixels."""
    return 0.62 + 0.06 * wavelength


def _units(options):
    """BUNIT and FLUX of the product per summed unit."""
    if not options.photom:
        return "DN/s", 1.0
    if options.source_type == "POINT":
        return "MJy", 1e6
    return "MJy/sr", 1e6 * _PIXEL_AREA


def _view(options, detector):
    """One detector of the visit."""
    geometry = _geometry(options, detector)
    wcs = _build_wcs(geometry)
    plane = None
    if options.wavelength_plane is not False:
        plane = co.wavelength_image(wcs, geometry.shape)
    keywords = {
        **_detector_keywords(options, detector, geometry.shape),
        **_coordinate_keywords(options, geometry.shape, wcs),
        **_slit_keywords(options, geometry.shape),
    }
    flux_per_unit = _units(options)[1]
    return View(_scene(options, geometry), wcs, plane, keywords, flux_per_unit)


def _detector_keywords(options, detector, shape):
    """Detector, optical elements, subarray, units and steps done."""
    disperser, unit = _disperser(options), _units(options)[0]
    return {
        "meta.instrument.name": "NIRSPEC",
        "meta.instrument.detector": detector.upper(),
        "meta.instrument.filter": disperser.filter,
        "meta.instrument.grating": disperser.grating,
        "meta.instrument.fixed_slit": _SLIT,
        "meta.exposure.readpatt": "NRSRAPID",
        **co.subarray_keywords(disperser.subarray, shape, (1, 1)),
        "meta.aperture.name": "NRS_S1600A1_SLIT",
        "meta.photometry.pixelarea_steradians": _PIXEL_AREA,
        "meta.cal_step.extract_2d": "COMPLETE",
        "meta.cal_step.wavecorr": "COMPLETE",
        "meta.bunit_data": unit,
        "meta.bunit_err": unit,
    }


def _coordinate_keywords(options, shape, wcs):
    """Reference position and orientation, dispersion and region on the sky."""
    rows, columns = shape
    return {
        "meta.wcsinfo.dispersion_direction": 1,
        "meta.wcsinfo.spectral_order": _disperser(options).order,
        "meta.wcsinfo.siaf_xref_sci": columns / 2.0 + 0.5,
        "meta.wcsinfo.siaf_yref_sci": rows / 2.0 + 0.5,
        "meta.wcsinfo.s_region": _slit_region(wcs),
        "meta.wcsinfo.v2_ref": _V2V3[0],
        "meta.wcsinfo.v3_ref": _V2V3[1],
        "meta.wcsinfo.v3yangle": 138.5,
        "meta.wcsinfo.vparity": -1,
    }


def _slit_keywords(options, shape):
    """Slit, source in it, and its cut-out, which is the whole frame."""
    return {
        "name": _SLIT,
        "source_id": 1,
        "source_name": TARGET_NAME,
        "source_type": options.source_type,
        "source_xpos": _SOURCE_POSITION[0],
        "source_ypos": _SOURCE_POSITION[1],
        "slitlet_id": 1,
        "xstart": 1,
        "xsize": shape[1],
        "ystart": 1,
        "ysize": shape[0],
        "wavelength_corrected": True,
    }


def _references(options, folder):
    """EXTRACT1D and, when asked for, APCORR."""
    rows, columns = MODE.shape(options)
    aperture = {
        "id": _SLIT,
        "region_type": "target",
        "bkg_order": 0,
        "dispaxis": 1,
        "xstart": 0,
        "xstop": columns - 1,
        "ystart": 0,
        "ystop": rows - 1,
        "extract_width": min(8, rows // 3),
        "use_source_posn": True,
    }
    if options.background_regions:
        edge = max(rows // 5, 3)
        aperture["bkg_coeff"] = [[1.5], [edge + 0.5], [rows - edge - 0.5], [rows - 1.5]]
        aperture["bkg_fit"] = "median"
    names = {"extract1d": "nirspec_brightobj_extract1d.json"}
    write_extract1d(folder / names["extract1d"], "NIRSPEC", MODE.exposure_type, aperture)
    if options.aperture_correction:
        names["apcorr"] = "nirspec_brightobj_apcorr.fits"
        keys = [(item.filter, item.grating, _SLIT) for item in _DISPERSERS.values()]
        write_nirspec_apcorr(folder / names["apcorr"], keys, _SCALE, _width)
    if options.point_source_image:
        names["psf"] = "nirspec_brightobj_psf.fits"
        wavelength = np.linspace(0.5, 5.5, 101)
        write_psf(folder / names["psf"], "NIRSPEC", MODE.exposure_type, _width, wavelength, True)
    return names


def _optical_path(options):
    """Filter, grating, slit and subarray."""
    disperser = _disperser(options)
    parts = (disperser.filter, disperser.grating, _SLIT, disperser.subarray)
    return "nirspec_" + "-".join(parts).lower()


MODE = Mode(
    exposure_type="NRS_BRIGHTOBJ",
    model="SlitModel",
    frame_size=_FRAME_SIZE,
    readout=Readout(integration_time=62.23, read_noise=9.0),
    gain=_GAIN,
    overhead=0.9,
    scale=lambda options: _SCALE,
    detectors=_detectors,
    view=_view,
    references=_references,
    optical_path=_optical_path,
    options=SPECTRAL_OPTIONS | {"disperser"},
)
