"""MIRI low-resolution slitless spectroscopy: vertical dispersion, longest wavelengths at the bottom."""

import numpy as np

from scripts.simulation import coordinates as co
from scripts.simulation.detector import Readout
from scripts.simulation.mode import Mode, View
from scripts.simulation.references import write_extract1d, write_miri_lrs_apcorr, write_psf
from scripts.simulation.scene import SpectralScene
from scripts.simulation.star import star_spectrum

__all__ = ["MODE"]

_FRAME_SIZE = (416, 72)
_SCALE = 0.11
_SUBARRAY = "SLITLESSPRISM"
_DISPERSION = (14.1, -5.0, -4.4)
_PIXEL_AREA = (_SCALE / 206264.806) ** 2
_PEAK_RATE = 9000.0
_BACKGROUND_RATE = 90.0
_FLUX_AT_TWO_MICRON = 0.11
_GAIN = 3.1
_V2V3 = (-378.83, -344.94)


def _dispersion(rows):
    """Wavelength (micron) against the 0-based row, as a quadratic polynomial."""
    last = rows - 1
    constant, linear, square = _DISPERSION
    return constant, linear / last, square / last**2


def _bounding_box(shape):
    """Part of the frame with wavelengths, as large as on the real detector."""
    rows, columns = shape
    left = round(columns / 18.0)
    bottom, top = np.ceil(rows * 0.0132), round(rows * 0.951)
    return (left - 0.5, columns - 0.5), (float(bottom) - 0.5, top - 0.5)


def _build_wcs(shape):
    """
    WCS with the frames detector, alpha_beta, v2v3 and world.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    gwcs.WCS
        Pixels to right ascension, declination (degrees) and wavelength (micron).
    """
    import gwcs
    from astropy.modeling import models as m

    alpha_beta = co.composite(
        [co.frame_2d("alpha_beta_spatial", ("alpha", "beta"), "arcsec"), co.spectral_frame()],
        "alpha_beta",
    )
    v2v3 = co.composite(
        [co.frame_2d("v2v3_spatial", ("v2", "v3"), "arcsec"), co.spectral_frame()], "v2v3"
    )
    world = co.composite([co.sky_frame(), co.spectral_frame()], "world")
    to_v2v3 = m.Rotation2D(4.7) | m.Shift(_V2V3[0]) & m.Shift(_V2V3[1])
    wcs = gwcs.WCS(
        [
            (co.frame_2d("detector"), _disperse(shape)),
            (alpha_beta, to_v2v3 & m.Identity(1)),
            (v2v3, co.v2v3_to_sky(_V2V3) & m.Identity(1)),
            (world, None),
        ]
    )
    wcs.bounding_box = _bounding_box(shape)
    return wcs


def _disperse(shape):
    """Pixels to (position across the dispersion in arcsec, 0, wavelength in micron)."""
    from astropy.modeling import models as m

    rows, columns = shape
    terms = _dispersion(rows)
    wavelength = m.Polynomial1D(2, c0=terms[0], c1=terms[1], c2=terms[2])
    across = m.Shift(-_centre(columns)) | m.Scale(_SCALE)
    transform = m.Mapping((0, 1, 1)) | across & m.Const1D(0.0) & wavelength
    transform.inverse = m.Mapping((0, 2), n_inputs=3) | (
        across.inverse & co.inverse_quadratic(terms)
    )
    return transform


def _centre(columns):
    """Column of the star."""
    return 0.5 * (columns - 1) + 0.6


def _width(wavelength):
    """Standard deviation of the star's image across the dispersion, pixels."""
    return 0.55 + 0.085 * wavelength


def _scene(options, shape):
    """Star's spectrum along a slightly inclined trace."""
    rows, columns = shape
    row = np.arange(rows, dtype=float)
    trace = _centre(columns) + 0.4 * (row / rows - 0.5)
    wavelength = np.polynomial.polynomial.polyval(row, _dispersion(rows))
    flux = _FLUX_AT_TWO_MICRON * star_spectrum(wavelength)
    rate = _PEAK_RATE * (flux / flux.max()) * np.exp(-(((wavelength - 6.0) / 8.0) ** 2))
    conversion = 1e-6 * flux / rate / _PIXEL_AREA
    if not options.photom:
        conversion = np.full(rows, 1.0 / _GAIN)
    return SpectralScene(
        shape, 2, wavelength, trace, _width(wavelength), rate, _BACKGROUND_RATE, conversion
    )


def _view(options, detector):
    """The detector of the visit; without a WAVELENGTH plane unless one is asked for."""
    shape = MODE.shape(options)
    rows, columns = shape
    wcs = _build_wcs(shape)
    plane = None
    if options.wavelength_plane:
        plane = co.wavelength_image(wcs, shape)
    unit = "MJy/sr" if options.photom else "DN/s"
    keywords = {
        "meta.instrument.name": "MIRI",
        "meta.instrument.detector": detector.upper(),
        "meta.instrument.filter": "P750L",
        "meta.exposure.readpatt": "FASTR1",
        **co.subarray_keywords(_SUBARRAY, shape, (1, 529)),
        "meta.aperture.name": "MIRIM_SLITLESSPRISM",
        "meta.wcsinfo.dispersion_direction": 2,
        "meta.wcsinfo.siaf_xref_sci": _centre(columns) + 1.0,
        "meta.wcsinfo.siaf_yref_sci": 0.72 * rows,
        "meta.wcsinfo.s_region": co.footprint(wcs),
        "meta.wcsinfo.v2_ref": _V2V3[0],
        "meta.wcsinfo.v3_ref": _V2V3[1],
        "meta.wcsinfo.v3yangle": 4.7,
        "meta.wcsinfo.vparity": -1,
        "meta.photometry.pixelarea_steradians": _PIXEL_AREA,
        "meta.cal_step.photom": "COMPLETE" if options.photom else "SKIPPED",
        "meta.bunit_data": unit,
        "meta.bunit_err": unit,
        "source_type": options.source_type,
        "xstart": 1,
        "xsize": columns,
        "ystart": 529,
        "ysize": rows,
    }
    flux_per_unit = 1e6 * _PIXEL_AREA if options.photom else 1.0
    return View(_scene(options, shape), wcs, plane, keywords, flux_per_unit)


def _references(options, folder):
    """EXTRACT1D and, when asked for, APCORR."""
    columns = MODE.shape(options)[1]
    middle = (columns - 1) / 2.0
    half = min(5.5, columns / 6.0)
    aperture = {
        "id": MODE.exposure_type,
        "region_type": "target",
        "bkg_order": 0,
        "dispaxis": 2,
        "xstart": middle - half,
        "xstop": middle + half,
        "use_source_posn": False,
    }
    if options.background_regions:
        inner, outer = 2.0 * half, min(4.0 * half, middle - 2.0)
        aperture["bkg_coeff"] = [
            [round(middle + side, 1)] for side in (-outer, -inner, inner, outer)
        ]
        aperture["bkg_fit"] = "poly"
    names = {"extract1d": "miri_lrs_slitless_extract1d.json"}
    write_extract1d(folder / names["extract1d"], "MIRI", MODE.exposure_type, aperture)
    if options.aperture_correction:
        names["apcorr"] = "miri_lrs_slitless_apcorr.fits"
        write_miri_lrs_apcorr(folder / names["apcorr"], ("FULL", _SUBARRAY), _width)
    if options.point_source_image:
        names["psf"] = "miri_lrs_slitless_psf.fits"
        wavelength = np.linspace(14.5, 3.5, 101)
        write_psf(folder / names["psf"], "MIRI", MODE.exposure_type, _width, wavelength, False)
    return names


MODE = Mode(
    exposure_type="MIR_LRS-SLITLESS",
    model="SlitModel",
    frame_size=_FRAME_SIZE,
    readout=Readout(integration_time=10.34, read_noise=18.0),
    gain=_GAIN,
    overhead=0.16,
    scale=lambda options: _SCALE,
    detectors=lambda options: ("mirimage",),
    view=_view,
    references=_references,
    optical_path=lambda options: f"miri_p750l-{_SUBARRAY.lower()}",
)
