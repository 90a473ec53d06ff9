"""NIRISS SOSS: three orders of the GR700XD grism in SUBSTRIP256 or SUBSTRIP96, count rates."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.simulation import coordinates as co
from scripts.simulation import soss_references
from scripts.simulation.detector import DO_NOT_USE, REFERENCE_PIXEL, Readout
from scripts.simulation.mode import Mode, View
from scripts.simulation.nis_soss_orders import (
    COLUMNS,
    ROWS_BELOW_SUBSTRIP96,
    WHEEL_COMMANDED,
    soss_orders,
)
from scripts.simulation.nis_soss_scene import OrderLight, SossScene, column_light, electron_scale
from scripts.simulation.nis_soss_star import planet_radius, transit_depth, transit_light
from scripts.simulation.references import write_wavelengthrange
from scripts.simulation.timing import TARGET_DEC, TARGET_RA

__all__ = ["FILTER", "MODE", "reference_pixels"]

FILTER = "CLEAR"
_FRAME_SIZE = (256, COLUMNS)
_SUBARRAYS = {_FRAME_SIZE: "SUBSTRIP256", (96, COLUMNS): "SUBSTRIP96"}
_FIRST_ROW = {"SUBSTRIP256": 1793, "SUBSTRIP96": 1803}
_REFERENCE_PIXELS = 4
_GAIN = 1.61
_SCALE = 0.0656
_PIXEL_AREA = (_SCALE / 206264.806) ** 2
_STAR_FLUX = 5.5e-8
_V2V3 = (-292.6, -697.3)
_RANGES = ((1, FILTER, 0.85, 2.83), (2, FILTER, 0.60, 1.00), (3, FILTER, 0.64, 0.90))


def _subarray(options):
    """Subarray of the frame's size."""
    shape = MODE.shape(options)
    if shape not in _SUBARRAYS:
        expected = " or ".join(f"{rows}x{columns}" for rows, columns in _SUBARRAYS)
        msg = f"frame_size: found {shape[0]}x{shape[1]}, expected {expected}"
        raise InputError(msg)
    return _SUBARRAYS[shape]


def _order_light(optics, wheel_offset, subarray, scale):
    """Light of an order at a position of the pupil wheel."""
    below = ROWS_BELOW_SUBSTRIP96 if subarray == "SUBSTRIP96" else 0
    return OrderLight(
        optics.order,
        optics.wavelengths(np.arange(COLUMNS), wheel_offset),
        optics.trace(wheel_offset) - below,
        column_light(optics, wheel_offset) * scale,
    )


def _lights(options):
    """Light of all orders."""
    orders = soss_orders(options.real_references)
    offset, scale = options.pupil_wheel - WHEEL_COMMANDED, electron_scale(orders)
    subarray = _subarray(options)
    return tuple(_order_light(optics, offset, subarray, scale) for optics in orders)


def _scene(options):
    """Star's spectra and background, DN/s."""
    lights = _lights(options)
    depth = transit_depth(np.concatenate([light.wavelength for light in lights]), options)
    background = options.zodiacal_light * _GAIN
    return SossScene(MODE.shape(options), lights, background, 1.0 / _GAIN, depth)


def reference_pixels(shape):
    """
    Flags of the pixels that see no light.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns; SUBSTRIP256 reaches the upper edge of the detector.

    Returns
    -------
    ndarray of uint32, shape (rows, columns)
        REFERENCE_PIXEL and DO_NOT_USE at the edges of the detector, 0 elsewhere.
    """
    flags = np.zeros(shape, np.uint32)
    flags[:, :_REFERENCE_PIXELS] = flags[:, -_REFERENCE_PIXELS:] = REFERENCE_PIXEL | DO_NOT_USE
    if shape == _FRAME_SIZE:
        flags[-_REFERENCE_PIXELS:] = REFERENCE_PIXEL | DO_NOT_USE
    return flags


def _build_wcs(orders):
    """
    WCS with the frames detector and world.

    Parameters
    ----------
    orders : tuple of OrderOptics
        The spectral orders.

    Returns
    -------
    gwcs.WCS
        Column, row and spectral order to the target's right ascension and declination (degrees)
        and the wavelength (micron).
    """
    import gwcs
    from astropy.modeling import models as m
    from stdatamodels.jwst.transforms.models import NirissSOSSModel

    models = []
    for optics in orders:
        terms = np.array(optics.wavelength_terms) / float(COLUMNS) ** np.arange(
            len(optics.wavelength_terms)
        )
        wavelength = m.Polynomial1D(
            terms.size - 1, **{f"c{power}": term for power, term in enumerate(terms)}
        )
        target = m.Const1D(TARGET_RA) & m.Const1D(TARGET_DEC)
        models.append(m.Mapping((0, 1, 0), n_inputs=2) | target & wavelength)
    transform = NirissSOSSModel([optics.order for optics in orders], models)
    world = co.composite([co.sky_frame(), co.spectral_frame()], "world")
    return gwcs.WCS([(co.frame_2d("detector"), transform), (world, None)])


def _view(options, detector):
    """The detector of the visit; photom calibrates the spectra, not the members."""
    shape, subarray = MODE.shape(options), _subarray(options)
    keywords = {
        "meta.instrument.name": "NIRISS",
        "meta.instrument.detector": detector.upper(),
        "meta.instrument.filter": FILTER,
        "meta.instrument.pupil": "GR700XD",
        "meta.instrument.pupil_position": options.pupil_wheel,
        "meta.exposure.readpatt": "NISRAPID",
        **co.subarray_keywords(subarray, shape, (1, _FIRST_ROW[subarray])),
        "meta.subarray.fastaxis": -2,
        "meta.subarray.slowaxis": -1,
        "meta.aperture.name": f"NIS_{subarray}",
        "meta.wcsinfo.dispersion_direction": 1,
        "meta.wcsinfo.v2_ref": _V2V3[0],
        "meta.wcsinfo.v3_ref": _V2V3[1],
        "meta.photometry.pixelarea_steradians": _PIXEL_AREA,
        "meta.cal_step.photom": None,
        "meta.bunit_data": "DN/s",
        "meta.bunit_err": "DN/s",
    }
    wcs = _build_wcs(soss_orders(options.real_references))
    return View(_scene(options), wcs, None, keywords, 1.0, reference_pixels(shape))


def _references(options, folder):
    """PASTASOSS, SPECPROFILE, SPECKERNEL, WAVELENGTHRANGE and, unless not wanted, PHOTOM."""
    subarray, shape = _subarray(options), MODE.shape(options)
    orders = soss_orders(options.real_references)
    names = {
        "pastasoss": "niriss_soss_pastasoss.asdf",
        "specprofile": "niriss_soss_specprofile.fits",
        "speckernel": "niriss_soss_speckernel.fits",
        "wavelengthrange": "niriss_soss_wavelengthrange.asdf",
    }
    soss_references.write_pastasoss(folder / names["pastasoss"], orders)
    soss_references.write_specprofile(
        folder / names["specprofile"], subarray, shape, _lights(options)
    )
    soss_references.write_speckernel(folder / names["speckernel"])
    path = folder / names["wavelengthrange"]
    write_wavelengthrange(path, "NIRISS", MODE.exposure_type, _RANGES)
    if options.photom:
        names["photom"] = "niriss_soss_photom.fits"
        scale = electron_scale(orders) / _GAIN / _STAR_FLUX
        soss_references.write_photom(folder / names["photom"], orders, scale)
    return names


MODE = Mode(
    exposure_type="NIS_SOSS",
    model="CubeModel",
    frame_size=_FRAME_SIZE,
    readout=Readout(integration_time=49.45, read_noise=14.0),
    gain=_GAIN,
    overhead=5.49,
    scale=lambda options: _SCALE,
    detectors=lambda options: ("nis",),
    view=_view,
    references=_references,
    optical_path=lambda options: f"niriss_{FILTER}-gr700xd-{_subarray(options)}".lower(),
    light=transit_light,
    radius=planet_radius,
    options=frozenset({"pupil_wheel", "real_references", "zodiacal_light"}),
)
