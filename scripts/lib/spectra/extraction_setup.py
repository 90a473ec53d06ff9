"""
How the spectra of a segment are extracted: what all of its integrations have in common.

Images here have the axis order (y, x) of the file until they are turned to
(cross-dispersion, dispersion); the two differ where dispersion is vertical.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.extract1d import ApertureError, select_entry, slit_name
from scripts.lib.segment_data.wcs_cache import Floats
from scripts.lib.segment_data.world_coordinates import (
    WorldCoordinates,
    bounding_box,
    check_sky,
    sky_position,
)
from scripts.lib.spectra import apertures
from scripts.lib.spectra.aperture_weights import (
    background_profile,
    centre_across,
    image_centre,
    source_profile,
    wavelength_vector,
)
from scripts.lib.spectra.background import BackgroundModel
from scripts.lib.spectra.profile_fit import ProfileFit
from scripts.lib.spectra.profile_setup import plan_fit, wants_fit
from scripts.lib.spectra.source_position import SourcePosition, locate_on_sky, locate_source
from scripts.lib.spectra.table import SLIT_KEYWORDS
from scripts.lib.spectra.wavelengths import segment_wavelengths

__all__ = ["Extraction", "plan_extraction"]

log = logging.getLogger(__name__)


# Form of a bounding box: ranges of x and y.
_BOX = ((float, float), (float, float))


@dataclass(frozen=True)
class Extraction:
    """
    How to extract the spectra of one segment.

    Attributes
    ----------
    dispersion_axis : int
        1 if dispersion runs along x, 2 if along y.
    rows, columns : slice
        Part of the images (cross-dispersion, dispersion) that is read.
    aperture_rows : slice
        Rows of that part that are summed.
    weights : ndarray
        Weights of the sum (aperture rows, columns).
    background_rows : ndarray of int
        Rows of that part that have background pixels.
    background : BackgroundModel or None
        Fit of the background to these rows.
    elements : slice or ndarray of int
        Columns of the part that are in the spectrum.
    wavelength : ndarray
        Wavelength (elements,) [um].
    name : str or None
        Name of the slit, or the exposure type of slitless data.
    source_type : str or None
        Type of the source, e.g. ``POINT``.
    position : tuple of float or None
        Right ascension and declination of the source [deg].
    coordinates : WorldCoordinates
        World coordinates of the data.
    keywords : dict of str to object
        Keywords of the spectrum.
    fit : ProfileFit or None
        What is fitted to each column instead of a sum over the aperture.
    """

    dispersion_axis: int
    rows: slice
    columns: slice
    aperture_rows: slice
    weights: np.ndarray
    background_rows: np.ndarray
    background: BackgroundModel | None
    elements: slice | np.ndarray
    wavelength: np.ndarray
    name: str | None
    source_type: str | None
    position: tuple | None
    coordinates: WorldCoordinates
    keywords: dict
    fit: ProfileFit | None = None


def plan_extraction(member, entries, options, results=None, psf=None, whole=False):
    """
    Plan how to extract the spectra of one segment.

    Parameters
    ----------
    member : FitsFile
        The segment: a cube of integrations, with its world coordinates.
    entries : list of dict or None
        Apertures of the EXTRACT1D reference; None without one.
    options : dict
        Options of the step extract_1d.
    results : ResultCache, optional
        Stored results of the world coordinates.
    psf : PsfInput, optional
        For ``extraction_type`` other than box.
    whole : bool, optional
        Whether whole images are read, as models of the scene need them.

    Returns
    -------
    extraction : Extraction or None
        None, with a warning, if the segment has no spectrum: spectral order 0
        of a grism, an order that is missing in the reference, an unknown direction of
        dispersion, no pixel with a wavelength.

    Raises
    ------
    InputError
        If the file or the reference is not as expected, or the aperture or its background
        regions hold no pixel of the array.
    """
    primary, header = member.primary, member.header("SCI")
    axis, order = header.get("DISPAXIS"), _spectral_order(member)
    name = slit_name(primary.get("EXP_TYPE"), header)
    if order == 0 and not _is_prism(primary):
        log.warning("%s: spectral order 0 is a direct image; no spectrum", member.path)
        return None
    entry = {} if entries is None else select_entry(entries, name, order)
    if entry is None:
        log.warning(
            "%s: the EXTRACT1D reference has no aperture of %s in spectral order %s; no spectrum",
            member.path,
            name,
            order,
        )
        return None
    if axis is None:
        log.warning("%s[SCI]: DISPAXIS is missing; no spectrum", member.path)
        return None
    coordinates = WorldCoordinates(member, results)
    wavelength = _orient(segment_wavelengths(member, coordinates), axis)
    if entries is None:
        aperture = apertures.whole_array(wavelength.shape)
    else:
        exp_type, source_type = primary.get("EXP_TYPE"), header.get("SRCTYPE")
        aperture = apertures.make_aperture(
            entry, wavelength.shape, axis, options, exp_type, source_type
        )
    is_fitted = psf is not None and entries is not None and wants_fit(options, aperture)
    aperture = _place_aperture(aperture, member, coordinates, wavelength)
    if is_fitted:
        fit, limits = plan_fit(member, psf, aperture, (coordinates, wavelength), (entry, options))
        identity = (axis, order, name)
        return _fit_extraction(member, fit, limits, (coordinates, wavelength, whole), identity)
    grid = (coordinates, wavelength, whole)
    return _make_extraction(member, aperture, grid, (axis, order, name))


def _orient(image, axis):
    """Turn the last two axes of an image or cube to (cross-dispersion, dispersion)."""
    return image if axis == apertures.HORIZONTAL else np.swapaxes(image, -1, -2)


def _spectral_order(member):
    """Spectral order of the data, 1 if the header does not say."""
    order = member.header("SCI").get("SPORDER")
    if order is None:
        log.warning("%s[SCI]: SPORDER is missing; assuming spectral order 1", member.path)
        return 1
    return order


def _is_slit(member):
    """Whether the segment has the keywords of a slit, by its data model."""
    return member.primary.get("DATAMODL") == "SlitModel"


def _is_prism(primary):
    """Whether the disperser is a prism, whose spectra have order 0."""
    instrument = primary.get("INSTRUME")
    element = {"MIRI": ("FILTER", "P750L"), "NIRSPEC": ("GRATING", "PRISM")}.get(instrument)
    return element is not None and element[1] in str(primary.get(element[0])).upper()


def _place_aperture(aperture, member, coordinates, wavelength):
    """Move an aperture to the source and by the user's offset."""
    if aperture.use_source_position:
        aperture = _move_to_source(aperture, member, coordinates, wavelength)
    if aperture.position_offset:
        log.info("aperture shifted by %.2f pixels as asked", aperture.position_offset)
        aperture = apertures.shift_aperture(aperture, aperture.position_offset)
    return aperture


def _move_to_source(aperture, member, coordinates, wavelength):
    """Move an aperture to the source position of the header, if the WCS contains it."""
    exp_type = member.primary.get("EXP_TYPE")
    source_from = mode_of(exp_type).source_from
    box = coordinates.evaluate(_BOX, bounding_box, member.shape("SCI")[-2:])
    length = wavelength.shape[1]
    form = (int, float, Floats((length,)))
    if source_from == "slit":
        slit_position = _slit_position(member)
        source = coordinates.evaluate(form, locate_source, box, length, slit_position)
    elif source_from == "dither":
        sky = (member.primary.get("DITH_RA"), member.primary.get("DITH_DEC"))
        if None in sky:
            log.warning("%s: DITH_RA or DITH_DEC is missing; no shift", member.path)
            return aperture
        source = coordinates.evaluate(form, locate_on_sky, box, length, sky)
    else:
        log.warning("no source position is known for EXP_TYPE %s; no shift", exp_type)
        return aperture
    if source is None:
        return aperture
    source = SourcePosition(*source)
    nominal = centre_across(source_profile(aperture, wavelength)[0][:, source.column])
    log.info(
        "source at row %.2f of column %d, nominally at %.2f", source.row, source.column, nominal
    )
    aperture = apertures.shift_aperture(aperture, source.row - nominal)
    return replace(aperture, trace=source.trace)


def _slit_position(member):
    """Position of the source in its slit."""
    header = member.header("SCI")
    position = (header.get("SRCXPOS"), header.get("SRCYPOS"))
    if None in position:
        msg = f"{member.path}[SCI]: SRCXPOS or SRCYPOS is missing; expected the source's position in the slit"
        raise InputError(msg)
    return position


def _make_extraction(member, aperture, grid, identity):
    """Weights, wavelengths and keywords of an aperture in its final position."""
    coordinates, wavelength, whole = grid
    weights, lower, upper = source_profile(aperture, wavelength)
    if not weights.any():
        raise _beyond(aperture, "the aperture", weights.shape)
    weights[~np.isfinite(wavelength)] = 0.0
    vector = wavelength_vector(weights, wavelength)
    elements = np.flatnonzero(np.isfinite(vector))
    if not len(elements):
        log.warning("%s: no pixel of the aperture has a wavelength; no spectrum", member.path)
        return None
    axis, _, name = identity
    y, x = image_centre(_orient(weights, axis))
    position = coordinates.evaluate((float, float), sky_position, x, y)
    check_sky(member.path, member.primary, position)
    region = background_profile(aperture, wavelength) if aperture.subtract_background else None
    columns = slice(int(elements[0]), int(elements[-1]) + 1)
    smoothed = region is not None and aperture.smoothing_length > 0
    if smoothed or whole:
        # A smoothed pixel depends on its neighbours, and on whether the image has any NaN.
        columns = slice(0, weights.shape[1])
    weights, in_background = weights[:, columns], np.empty(0, dtype=int)
    in_sum = np.flatnonzero(weights.any(axis=1))
    if region is not None:
        in_background = np.flatnonzero(region[:, columns].any(axis=1))
        if not len(in_background):
            raise _beyond(aperture, "all background regions", weights.shape)
    used = np.arange(len(weights)) if smoothed or whole else np.union1d(in_sum, in_background)
    aperture_rows = slice(int(in_sum[0]), int(in_sum[-1]) + 1)
    return Extraction(
        dispersion_axis=axis,
        rows=slice(int(used[0]), int(used[-1]) + 1),
        columns=columns,
        aperture_rows=slice(aperture_rows.start - int(used[0]), aperture_rows.stop - int(used[0])),
        weights=np.ascontiguousarray(weights[aperture_rows]),
        background_rows=in_background - used[0],
        background=_background_model(
            aperture, weights, region, columns, in_background, aperture_rows
        ),
        elements=_as_slice(elements - columns.start),
        wavelength=vector[elements],
        name=name,
        source_type=member.header("SCI").get("SRCTYPE"),
        position=position,
        coordinates=coordinates,
        keywords=_keywords(member, identity, position, (lower, upper, elements[0], elements[-1])),
    )


def _fit_extraction(member, fit, limits, grid, identity):
    """Wavelengths and keywords of a profile in its final position."""
    coordinates, wavelength, whole = grid
    vector = wavelength_vector(fit.profile, wavelength)
    elements = np.flatnonzero(np.isfinite(vector))
    if not len(elements):
        log.warning("%s: no pixel of the profile has a wavelength; no spectrum", member.path)
        return None
    y, x = image_centre(_orient(fit.profile, identity[0]))
    position = coordinates.evaluate((float, float), sky_position, x, y)
    check_sky(member.path, member.primary, position)
    columns = slice(int(elements[0]), int(elements[-1]) + 1)
    if whole:
        columns = slice(0, wavelength.shape[1])
    rows = slice(0, len(wavelength))
    region = None if fit.region is None else fit.region[:, columns]
    return Extraction(
        dispersion_axis=identity[0],
        rows=rows,
        columns=columns,
        aperture_rows=rows,
        weights=np.ascontiguousarray(fit.profile[:, columns]),
        background_rows=np.empty(0, dtype=int),
        background=None,
        elements=_as_slice(elements - columns.start),
        wavelength=vector[elements],
        name=identity[2],
        source_type=member.header("SCI").get("SRCTYPE"),
        position=position,
        coordinates=coordinates,
        keywords=_keywords(member, identity, position, (*limits, elements[0], elements[-1])),
        fit=replace(fit, profile=np.ascontiguousarray(fit.profile[:, columns]), region=region),
    )


def _beyond(aperture, what, shape):
    """Make an error about a part of an aperture that holds no pixel."""
    msg = (
        f"found {what} beyond the array, expected pixels of its {shape[0]} across and {shape[1]} along "
        f"the dispersion (extract_1d/position_offset is {aperture.position_offset:g})"
    )
    return ApertureError(msg)


def _as_slice(indices):
    """Slice of the same elements, if they are contiguous."""
    first, last = int(indices[0]), int(indices[-1])
    return slice(first, last + 1) if len(indices) == last - first + 1 else indices


def _background_model(aperture, weights, region, columns, background_rows, aperture_rows):
    """Fit of the background on its rows, for the sum over the aperture's rows."""
    if region is None:
        return None
    position = np.linspace(-1, 1, len(weights))
    return BackgroundModel(
        fit=aperture.background_fit,
        order=aperture.background_order,
        smoothing_length=aperture.smoothing_length,
        region=np.ascontiguousarray(region[background_rows, columns]),
        region_position=position[background_rows],
        aperture=np.ascontiguousarray(weights[aperture_rows]),
        aperture_position=position[aperture_rows],
    )


def _keywords(member, identity, position, limits):
    """Keywords of the spectrum."""
    axis, order, name = identity
    header = member.header("SCI")
    lower, upper, left, right = (_one_based(limit) for limit in limits)
    along, across = ("X", "Y") if axis == apertures.HORIZONTAL else ("Y", "X")
    copied = SLIT_KEYWORDS if _is_slit(member) else ()
    return {
        **{keyword: header.get(keyword) for keyword in copied},
        "SLTNAME": None if name == "ANY" else name,
        f"EXTR{along}STR": left,
        f"EXTR{along}STP": right,
        f"EXTR{across}STR": lower,
        f"EXTR{across}STP": upper,
        "SLIT_RA": None if position is None else position[0],
        "SLIT_DEC": None if position is None else position[1],
        "SPORDER": order,
        "DISPAXIS": axis,
        "DETECTOR": member.primary.get("DETECTOR"),
        "S_REGION": header.get("S_REGION"),
        "PA_APER": header.get("PA_APER"),
    }


def _one_based(limit):
    """Limit counted from 1, of a type that a header can hold."""
    limit = limit.item() if isinstance(limit, np.generic) else limit
    return None if np.isnan(limit) else limit + 1
