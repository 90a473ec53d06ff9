"""NIRCam grism time series: horizontal dispersion, count rates, trace on row 34."""

import numpy as np

from scripts.simulation import coordinates as co
from scripts.simulation.detector import Readout
from scripts.simulation.keywords import TARGET_NAME
from scripts.simulation.mode import Mode, View
from scripts.simulation.references import write_extract1d, write_wavelengthrange
from scripts.simulation.scene import SpectralScene
from scripts.simulation.star import star_spectrum

__all__ = ["MODE"]

_FRAME_SIZE = (64, 2048)
_FILTER = "F322W2"
_SUBARRAY = "SUBGRISM64"
_TRACE_ROW = 34
_GAIN = 1.82
_SCALE = 0.063
_PIXEL_AREA = (_SCALE / 206264.806) ** 2
# A nanometre to a pixel and the half-power limits of the filter: 372 of 2048 columns are dark.
_WAVELENGTHS = (2.04, 4.05)
_PASSBAND = (2.43, 4.01)
_PEAK_RATE = 2600.0
_BACKGROUND_RATE = 0.84
_WIDTH = 0.85
_V2V3 = (82.5, -556.3)


def _trace_row(rows):
    """Row of the source: 34 as the instrument team has it, less in a frame with fewer rows."""
    return _TRACE_ROW if rows > _TRACE_ROW + 8 else rows // 2 + 1


def _dispersion(columns):
    """Wavelength (micron) against the 0-based column, as a quadratic polynomial."""
    last = columns - 1
    rise = _WAVELENGTHS[1] - _WAVELENGTHS[0]
    bend = 0.006 * rise
    return _WAVELENGTHS[0], (rise - bend) / last, bend / last**2


def _build_wcs(shape):
    """
    WCS with the frames grism_detector, direct_image, v2v3 and world.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    gwcs.WCS
        Pixels to right ascension, declination (degrees), wavelength (micron) and spectral order.
        The position is the source's for every pixel.
    """
    import gwcs
    from astropy.modeling import models as m

    pair = [co.spectral_frame(), co.order_frame()]
    direct = co.composite([co.frame_2d("direct_spatial"), *pair], "direct_image")
    v2v3 = co.composite([co.frame_2d("v2v3_spatial", ("v2", "v3"), "arcsec"), *pair], "v2v3")
    world = co.composite([co.sky_frame(), *pair], "world")
    column, row = shape[1] / 2.0, float(_trace_row(shape[0]))
    to_v2v3 = (
        m.Shift(-column) & m.Shift(-row)
        | m.Scale(_SCALE) & m.Scale(_SCALE)
        | m.Shift(_V2V3[0]) & m.Shift(_V2V3[1])
    )
    wcs = gwcs.WCS(
        [
            (co.frame_2d("grism_detector"), _disperse(shape, column, row)),
            (direct, to_v2v3 & m.Identity(2)),
            (v2v3, co.v2v3_to_sky(_V2V3) & m.Identity(2)),
            (world, None),
        ]
    )
    wcs.bounding_box = ((-0.5, shape[1] - 0.5), (-0.5, shape[0] - 0.5))
    return wcs


def _disperse(shape, column, row):
    """Pixels to (column and row in the direct image, wavelength in micron, spectral order)."""
    from astropy.modeling import models as m

    terms = _dispersion(shape[1])
    wavelength = m.Polynomial1D(2, c0=terms[0], c1=terms[1], c2=terms[2])
    source = m.Const1D(column) & m.Const1D(row)
    transform = m.Mapping((0, 1, 0, 0), n_inputs=2) | source & wavelength & m.Const1D(1.0)
    transform.inverse = m.Mapping((2, 1), n_inputs=4) | (
        co.inverse_quadratic(terms) & m.Identity(1)
    )
    return transform


def _scene(shape):
    """Star's spectrum through the filter, DN/s."""
    rows, columns = shape
    column = np.arange(columns, dtype=float)
    trace = _trace_row(rows) + 0.3 * (column / columns - 0.5)
    wavelength = np.polynomial.polynomial.polyval(column, _dispersion(columns))
    blue, red = _PASSBAND
    passband = 1.0 / (1.0 + np.exp(-(wavelength - blue) / 0.008))
    passband = passband / (1.0 + np.exp((wavelength - red) / 0.008))
    star = star_spectrum(wavelength) * np.sin(np.pi * (wavelength - 1.6) / 3.6)
    rate = _PEAK_RATE * passband * star / star.max()
    width, conversion = np.full(columns, _WIDTH), np.full(columns, 1.0 / _GAIN)
    return SpectralScene(shape, 1, wavelength, trace, width, rate, _BACKGROUND_RATE, conversion)


def _field(wcs, shape):
    """S_REGION of the frame as a direct image."""
    rows, columns = shape
    right, top = columns - 0.5, rows - 0.5
    corners = np.array([-0.5, right, right, -0.5]), np.array([-0.5, -0.5, top, top])
    to_sky = wcs.get_transform("direct_image", "world")
    ra, dec = to_sky(*corners, np.full(4, _WAVELENGTHS[0]), np.ones(4))[:2]
    return co.polygon(ra, dec)


def _view(options, detector):
    """The detector of the visit; photom does not touch the members of this mode."""
    shape = MODE.shape(options)
    wcs = _build_wcs(shape)
    plane = None
    if options.wavelength_plane is not False:
        plane = co.wavelength_image(wcs, shape)
    keywords = {
        **_detector_keywords(detector, shape),
        **_coordinate_keywords(shape, wcs),
        **_source_keywords(options, shape),
    }
    return View(_scene(shape), wcs, plane, keywords, 1.0)


def _detector_keywords(detector, shape):
    """Detector, optical elements, subarray, units and steps done."""
    return {
        "meta.instrument.name": "NIRCAM",
        "meta.instrument.detector": detector.upper(),
        "meta.instrument.channel": "LONG",
        "meta.instrument.module": "A",
        "meta.instrument.filter": _FILTER,
        "meta.instrument.pupil": "GRISMR",
        "meta.exposure.readpatt": "RAPID",
        **co.subarray_keywords(_SUBARRAY, shape, (1, 1)),
        "meta.aperture.name": "NRCA5_GRISM64_F322W2",
        "meta.photometry.pixelarea_steradians": _PIXEL_AREA,
        "meta.cal_step.extract_2d": "COMPLETE",
        "meta.cal_step.photom": None,
        "meta.bunit_data": "DN/s",
        "meta.bunit_err": "DN/s",
    }


def _coordinate_keywords(shape, wcs):
    """Reference position and orientation, dispersion and region on the sky."""
    rows, columns = shape
    return {
        "meta.wcsinfo.dispersion_direction": 1,
        "meta.wcsinfo.spectral_order": 1,
        "meta.wcsinfo.siaf_xref_sci": columns / 2.0 + 1.0,
        "meta.wcsinfo.siaf_yref_sci": float(_trace_row(rows)),
        "meta.wcsinfo.s_region": _field(wcs, shape),
        "meta.wcsinfo.v2_ref": _V2V3[0],
        "meta.wcsinfo.v3_ref": _V2V3[1],
        "meta.wcsinfo.v3yangle": 0.0,
        "meta.wcsinfo.vparity": -1,
    }


def _source_keywords(options, shape):
    """Source, and its cut-out, which is the whole frame."""
    rows, columns = shape
    return {
        "name": "1",
        "source_id": 1,
        "source_name": TARGET_NAME,
        "source_type": options.source_type,
        "source_xpos": columns / 2.0,
        "source_ypos": float(_trace_row(rows)),
        "xstart": 1,
        "xsize": columns,
        "ystart": 1,
        "ysize": rows,
    }


def _references(options, folder):
    """EXTRACT1D and, when asked for, WAVELENGTHRANGE."""
    rows, columns = MODE.shape(options)
    row = _trace_row(rows)
    half = min(5, rows // 8)
    aperture = {
        "id": MODE.exposure_type,
        "region_type": "target",
        "bkg_order": 0,
        "dispaxis": 1,
        "spectral_order": 1,
        "xstart": 4,
        "xstop": columns - 5,
        "ystart": row - half,
        "ystop": row + half,
    }
    if options.background_regions:
        below, above = row - 2.0 * half, row + 2.0 * half
        aperture["bkg_coeff"] = [[3.5], [below + 0.5], [above - 0.5], [rows - 3.5]]
        aperture["bkg_fit"] = "median"
    names = {"extract1d": "nircam_tsgrism_extract1d.json"}
    write_extract1d(folder / names["extract1d"], "NIRCAM", MODE.exposure_type, aperture)
    if options.wavelengthrange_reference:
        names["wavelengthrange"] = "nircam_tsgrism_wavelengthrange.asdf"
        ranges = ((1, _FILTER, 2.413, 4.083), (1, "F444W", 3.86, 5.03))
        path = folder / names["wavelengthrange"]
        write_wavelengthrange(path, "NIRCAM", MODE.exposure_type, ranges)
    return names


MODE = Mode(
    exposure_type="NRC_TSGRISM",
    model="SlitModel",
    frame_size=_FRAME_SIZE,
    readout=Readout(integration_time=15.33, read_noise=12.0),
    gain=_GAIN,
    overhead=0.35,
    scale=lambda options: _SCALE,
    detectors=lambda options: ("nrcalong",),
    view=_view,
    references=_references,
    optical_path=lambda options: f"nircam_{_FILTER}-grismr-{_SUBARRAY}".lower(),
    stripes=True,
)
