"""How the profile of a point source is fitted to the spectra of a segment."""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.extract1d import background_fit
from scripts.lib.segment_data.wcs_cache import Floats
from scripts.lib.segment_data.world_coordinates import bounding_box
from scripts.lib.spectra.aperture_weights import background_profile
from scripts.lib.spectra.apertures import HORIZONTAL
from scripts.lib.spectra.profile_fit import ProfileFit, fit_columns
from scripts.lib.spectra.psf_profile import find_shift, place_psf, psf_weights
from scripts.lib.spectra.psf_reference import read_psf
from scripts.lib.spectra.source_position import central_trace

__all__ = ["PsfInput", "plan_fit", "wants_fit"]

log = logging.getLogger(__name__)

# Form of a bounding box: ranges of x and y.
_BOX = ((float, float), (float, float))


@dataclass(frozen=True)
class PsfInput:
    """
    What an extraction by the image of a point source needs.

    Attributes
    ----------
    path : str or Path
        PSF reference.
    first_image : callable
        Returns the first integration and its variances, whole images (cross-dispersion,
        dispersion).
    """

    path: str
    first_image: object


def wants_fit(options, aperture):
    """Whether the profile of a point source is fitted; without a choice, if the source is located."""
    kind = options.get("extraction_type", "box")
    return aperture.use_source_position if kind is None else kind == "optimal"


def plan_fit(member, psf, aperture, images, choices):
    """
    Plan the fit of the profile of a point source.

    Parameters
    ----------
    member : FitsFile
        The segment.
    psf : PsfInput
        Image of the point source.
    aperture : Aperture
        Aperture in its final position: trace and background.
    images : tuple
        World coordinates, and the wavelength image (cross-dispersion, dispersion) [um].
    choices : tuple of dict
        Aperture of the EXTRACT1D reference, and options of the step extract_1d.

    Returns
    -------
    fit : ProfileFit
        Profile and background that are fitted to every column.
    limits : tuple of int
        Limits of the cut-out across the dispersion.
    """
    coordinates, wavelength = images
    entry, options = choices
    place = _place_psf(member, psf, aperture, coordinates, wavelength)
    profile = np.zeros(wavelength.shape)
    shift, warning = _find_place(psf, place, options)
    profile[place.rows, place.columns] = psf_weights(place, shift)
    profile[~np.isfinite(wavelength)] = 0.0
    limits = (place.rows.start, place.rows.stop)
    if not (aperture.subtract_background or options.get("subtract_background")):
        return ProfileFit(profile, warning=warning), limits
    region = None
    if aperture.background_coefficients is not None:
        region = background_profile(aperture, wavelength)
    return ProfileFit(profile, background_fit(entry, options)[1], region, warning), limits


def _place_psf(member, psf, aperture, coordinates, wavelength):
    """Place the image of a point source on the trace of the source, or on that of the middle."""
    horizontal = member.header("SCI").get("DISPAXIS") == HORIZONTAL
    box = coordinates.evaluate(_BOX, bounding_box, member.shape("SCI")[-2:])
    trace = aperture.trace
    if trace is None:
        length, mode = wavelength.shape[1], mode_of(member.primary.get("EXP_TYPE"))
        arguments = (box, length, horizontal, mode.source_from)
        trace = coordinates.evaluate(Floats((length,)), central_trace, *arguments)
    image = read_psf(psf.path, member.header("SCI").get("SLTNAME"))
    return place_psf(image, trace, wavelength, box, horizontal)


def _find_place(psf, place, options):
    """Shift of the profile, 0 if none is to be searched for, and what is wrong there."""
    if not options.get("optimize_psf_location", True):
        return 0.0, ""
    science, variances = psf.first_image()
    part = (place.rows, place.columns)
    # Of the variances the second is that of the read noise.
    science, variances = science[part], [variance[part] for variance in variances]
    shift = find_shift(place, science, variances[1])
    log.info("the profile fits best with a shift of %.3f pixels", shift)
    fit = ProfileFit(psf_weights(place, shift), 0)
    sums, _ = fit_columns(fit, science[None], [variance[None] for variance in variances])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = sums["flux"] / np.sqrt(sums["variances"].sum(axis=0))
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios) and np.median(ratios) > 1:
        return shift, ""
    return shift, (
        f"extract_1d/optimize_psf_location: found no source {shift:.2f} pixels from where it is "
        "expected: the median flux is not above its error, the spectrum may be that of the sky"
    )
