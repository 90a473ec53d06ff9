"""Compare the integrations of a segment of spectra with the reference of the visit."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.background import subtract_background
from scripts.lib.moving_profile.flux import ColumnExtraction
from scripts.lib.moving_profile.frames import prepare_frames, scaled_variance
from scripts.lib.moving_profile.segment import Segment, divide, join, threshold_image
from scripts.lib.moving_profile.shape import fit_shapes

__all__ = ["SpectralModel", "model_spectra", "spectra_parts"]


@dataclass(frozen=True)
class SpectralModel:
    """
    What is measured of each integration of a segment.

    Attributes
    ----------
    flux, filled, error, photon_error, valid : ndarray of float64, shape (integrations, x)
        As of `flux.ColumnFluxes`, in the unit of the samples.
    background : ndarray of float64, shape (integrations, x)
        Background of each column minus that of the median integration.
    level, x, y, width : ndarray of float64, shape (integrations,)
        Level of the star (1 in the median), its position [px] and the change of
        its squared width [px^2]; NaN where too little of the star is good.
    chi2 : ndarray of float64, shape (integrations,)
        Squared residuals in units of the noise, for each good pixel.
    n_outliers, n_bad : ndarray of int64, shape (integrations,)
        Outliers and bad samples among the pixels of the flux.
    outliers : ndarray of int64
        Flat indices (integrations, y, x) of all outliers, ascending.
    """

    flux: np.ndarray
    filled: np.ndarray
    error: np.ndarray
    photon_error: np.ndarray
    valid: np.ndarray
    background: np.ndarray
    level: np.ndarray
    x: np.ndarray
    y: np.ndarray
    width: np.ndarray
    chi2: np.ndarray
    n_outliers: np.ndarray
    n_bad: np.ndarray
    outliers: np.ndarray


@dataclass
class _Group:
    """A group of integrations whose outliers are not known yet."""

    first: int
    sums: object
    terms: np.ndarray
    coefficients: np.ndarray
    model: np.ndarray
    background: np.ndarray
    variance: np.ndarray

    def __len__(self):
        return len(self.terms)


def model_spectra(blocks, extent, reference, snr=5.0, window=25):
    """
    Measure fluxes, shapes and outliers of a segment.

    Parameters
    ----------
    blocks : iterable of Planes
        Consecutive integrations, in blocks of any size: those of the end of the segment
        before, the segment's own, and those of the beginning of the next.
    extent : Extent
        How many of each.
    reference : SpectralReference
        Reference of the visit.
    snr : float, optional
        Threshold of outliers in standard deviations.
    window : int, optional
        Integrations of the local medians, uneven.

    Returns
    -------
    model : SpectralModel
        The same bytes whatever the blocks.
    """
    parts = spectra_parts(blocks, extent, reference, snr, window)
    return SpectralModel(**join([vars(part) for part in parts]))


def spectra_parts(blocks, extent, reference, snr=5.0, window=25):
    """
    Measure a segment and give what is done, some integrations at a time.

    Parameters
    ----------
    blocks, extent, reference, snr, window
        As for :func:`model_spectra`.

    Yields
    ------
    part : SpectralModel
        Of the next integrations, in the order of time; ``outliers`` counts from the
        segment's first integration.

    Notes
    -----
    Peak memory: 40 bytes for each sample of the integrations of a block and two windows.
    """
    work = _Work(extent, reference, snr, window)
    for planes in divide(blocks, reference.median.size):
        yield from work.add(planes)
    work.segment.check_complete()


class _Work:
    """State of a segment on the way."""

    def __init__(self, extent, reference, snr, window):
        self.reference, self.extent = reference, extent
        self.segment = Segment(extent, reference.median.shape, window)
        self.threshold = threshold_image(reference.noise, snr, self.segment.window)
        self.extraction = ColumnExtraction(
            reference.model, reference.profile, reference.weight,
            reference.band.gather(reference.error), reference.hole_light, reference.noise_factor,
        )  # fmt: skip
        used = reference.region.used
        number = np.maximum(used.sum(axis=0), 1)
        squares = np.where(used, reference.error.astype(np.float64) ** 2, 0.0).sum(axis=0)
        whole = squares.sum() / max(used.sum(), 1)
        self.background_error2 = np.where(used.any(axis=0), squares / number, whole)
        self.groups = []

    def add(self, planes):
        """Compare a group of integrations with the reference; give those whose windows are done."""
        ref, first = self.reference, self.segment.next
        residual, threshold = self.segment.room(len(planes))
        frames = prepare_frames(planes, ref.scale, ref.median, ref.error, out=residual)
        np.multiply(frames.error, self.threshold, out=threshold)
        threshold.reshape(-1)[frames.bad] = np.inf
        found = subtract_background(residual, frames.bad, ref.region, ref.stripes)
        background, number = found.level, found.number
        values = ref.band.gather(residual)
        lost = ref.band.inside(frames.bad)
        coefficients, _ = fit_shapes(values.reshape(len(values), -1), lost, ref.basis)
        coefficients[:, 1:] -= ref.centre
        usual = (1.0, 0.0, 0.0, 0.0)
        usable = np.where(np.isfinite(coefficients), coefficients, usual)
        followed = usable[:, 2], usable[:, 3] * ref.width_gain
        terms = np.column_stack([np.ones(len(values)), *followed])[:, : len(ref.profile)]
        model = usable[:, :1] * (ref.response[0] + usable[:, 1:2] * ref.response[1])
        star = np.einsum("nk,kyx->nyx", terms.astype(np.float32), ref.profile)
        star *= model.astype(np.float32)[:, None, :]
        np.subtract(values, star, out=star)
        star += ref.model
        star.reshape(len(star), -1)[lost] = 0.0
        ref.band.scatter(star, residual)
        own = self.segment.own(first, len(planes))
        if own.stop > own.start:
            variance = self.background_error2 / number
            group = _Group(
                first + own.start, None, terms[own], coefficients[own],
                model[own], background[own], variance[own],
            )  # fmt: skip
            inside = (lost[0] >= own.start) & (lost[0] < own.stop)
            photon = scaled_variance(ref.band.gather(planes.var_poisson[own]), ref.scale)
            group.sums = self.extraction.sums(
                values[own], group.terms, star[own], ref.band.gather(frames.error[own]), photon,
                (lost[0][inside] - own.start, lost[1][inside]),
            )  # fmt: skip
            self.groups.append(group)
        self.segment.search(len(planes))
        while self.groups and self.segment.done >= self.groups[0].first + len(self.groups[0]):
            yield SpectralModel(**self._finish_group(self.groups.pop(0)))

    def _finish_group(self, group):
        """Take the outliers off the sums of a group, and give its fluxes."""
        ref, extraction = self.reference, self.extraction
        frames, pixels, residual, threshold = self.segment.outliers(group.first, len(group))
        position = ref.band.position[pixels]
        inside = position >= 0
        inside[inside] = extraction.weight.reshape(-1)[position[inside]] > 0
        rows, places = frames[inside], position[inside]
        errors = threshold[inside] / self.threshold.reshape(-1)[pixels[inside]]
        width = ref.model.shape[1]
        shape = ref.profile.reshape(len(ref.profile), -1)[:, places]
        star = np.add.reduce(group.terms[rows].T * shape, axis=0)
        star *= group.model[rows, places % width]
        values = residual[inside] + star - ref.model.reshape(-1)[places]
        n_bad = group.sums.lost_samples.copy()
        extraction.leave_out(
            group.sums, group.terms, (rows, places), values, residual[inside], errors
        )
        fluxes = extraction.fluxes(group.sums, group.terms, group.variance, ref.scale)
        known = np.isfinite(group.coefficients[:, 0]) & (group.sums.expected > 0)
        expected = np.where(known, group.sums.expected, np.nan) * ref.noise_factor**2
        flat = (frames + group.first - self.extent.before) * ref.median.size + pixels
        return {
            **vars(fluxes),
            "background": group.background.astype(np.float64) / ref.scale,
            **dict(zip(("level", "x", "y", "width"), group.coefficients.T, strict=True)),
            "chi2": group.sums.chi2 / expected,
            "n_outliers": np.bincount(rows, minlength=len(group)),
            "n_bad": n_bad,
            "outliers": flat,
        }
