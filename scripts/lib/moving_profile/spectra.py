"""Compare the integrations of a segment of spectra with the reference of the visit."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.background import subtract_background
from scripts.lib.moving_profile.flux import ColumnExtraction
from scripts.lib.moving_profile.frames import prepare_frames, scaled_variance
from scripts.lib.moving_profile.order_light import (
    follow,
    remove_crosstalk,
    star_change,
    unmodelled_light,
)
from scripts.lib.moving_profile.segment import Segment, divide, join, threshold_image
from scripts.lib.moving_profile.shape import MOTION, fit_shapes, tint, true_width
from scripts.lib.moving_profile.static_background import static_background

__all__ = ["SpectralModel", "model_spectra", "orders_parts"]


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
        Flat indices (integrations, y, x) of all outliers of the detector, ascending.
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
    orders: dict
    background: np.ndarray
    number: np.ndarray

    def __len__(self):
        return len(self.background)


@dataclass
class _Sums:
    """What a group has of one spectral order."""

    sums: object
    terms: np.ndarray
    coefficients: np.ndarray
    flux: np.ndarray


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
    parts = orders_parts(blocks, extent, {"": reference}, snr, window)
    return SpectralModel(**join([vars(part[""]) for part in parts]))


def orders_parts(blocks, extent, references, snr=5.0, window=25):
    """
    Measure all spectral orders of a segment, some integrations at a time.

    Each pixel is read, freed of background and tested once, with the light of all orders
    taken off; what one order adds to another is left out of its flux.

    Parameters
    ----------
    blocks, extent, snr, window
        As for :func:`model_spectra`.
    references : dict of str to SpectralReference
        References of the orders, as of `reference_spectra.spectral_references`.

    Yields
    ------
    part : dict of str to SpectralModel
        Of each order, the next integrations in the order of time; ``outliers`` counts from
        the segment's first integration. Outliers, position and width are the same for all.

    Notes
    -----
    Peak memory: 40 bytes for each sample of the integrations of a block and two windows.
    """
    work = _Work(extent, references, snr, window)
    for planes in divide(blocks, work.common.median.size):
        yield from work.add(planes)
    work.segment.check_complete()


class _Order:
    """One spectral order of a segment."""

    def __init__(self, reference):
        self.reference = reference
        self.extraction = ColumnExtraction(
            reference.model, reference.profile, reference.weight,
            reference.band.gather(reference.error), reference.hole_light, reference.noise_factor,
        )  # fmt: skip
        # The fit of level, motion and spectrum takes its share of the residuals.
        fitted = len(reference.basis.images) / max(np.count_nonzero(reference.basis.weight), 1)
        self.free = max(1.0 - fitted, 0.0)
        self.values = self.change = self.lost = self.terms = self.flux = self.coefficients = None

    def fit(self, residual, bad, leader):
        """Fit the shapes of integrations without background (frames, y, x), and move as the leader does."""
        ref = self.reference
        values = ref.band.gather(residual)
        lost = ref.band.inside(bad)
        coefficients, _ = fit_shapes(values.reshape(len(values), -1), lost, ref.basis)
        spectrum = tint(coefficients[:, MOTION:], ref.changes)
        coefficients = coefficients[:, :MOTION]
        coefficients[:, 1:] -= ref.centre
        coefficients[:, 3] = true_width(coefficients)
        if leader is not self:
            coefficients = follow(coefficients, leader.coefficients)
        self.change, self.terms, self.flux = star_change(
            coefficients, spectrum, leader.reference.width_gain, ref
        )
        self.change.reshape(len(values), -1)[lost] = 0.0
        self.values, self.lost, self.coefficients = values, lost, coefficients

    def sums(self, own, residual, errors, photon):
        """Sums over the columns of a part of the integrations; residuals are of all of them."""
        ref = self.reference
        frames, pixels = self.lost
        inside = (frames >= own.start) & (frames < own.stop)
        parts = self.terms[own], self.coefficients[own], self.flux[own]
        sums = self.extraction.sums(
            self.values[own], parts[0], residual[own], ref.band.gather(errors[own]),
            scaled_variance(ref.band.gather(photon[own]), ref.scale),
            (frames[inside] - own.start, pixels[inside]),
        )  # fmt: skip
        return _Sums(sums, *parts)

    def leave_out(self, part, outliers, factors):
        """Take outliers off the sums; give their number in each integration and that of bad samples."""
        ref, extraction = self.reference, self.extraction
        frames, pixels, residual, threshold = outliers
        position = ref.band.position[pixels]
        inside = position >= 0
        inside[inside] = extraction.weight.reshape(-1)[position[inside]] > 0
        rows, places = frames[inside], position[inside]
        errors = threshold[inside] / factors[pixels[inside]]
        width = ref.model.shape[1]
        shape = ref.profile.reshape(len(ref.profile), -1)[:, places]
        star = np.add.reduce(part.terms[rows].T * shape, axis=0)
        star *= part.flux[rows, places % width]
        values = residual[inside] + star - ref.model.reshape(-1)[places]
        n_bad = part.sums.lost_samples.copy()
        extraction.leave_out(
            part.sums, part.terms, (rows, places), values, residual[inside], errors
        )
        return np.bincount(rows, minlength=len(part.terms)), n_bad


class _Work:
    """State of a segment on the way."""

    def __init__(self, extent, references, snr, window):
        self.references, self.extent = references, extent
        self.orders = {name: _Order(reference) for name, reference in references.items()}
        self.leader = next(iter(self.orders.values()))
        self.common = ref = self.leader.reference
        self.segment = Segment(extent, ref.median.shape, window)
        self.threshold = threshold_image(ref.noise, snr, self.segment.window)
        used = ref.region.used
        number = np.maximum(used.sum(axis=0), 1)
        squares = np.where(used, ref.error.astype(np.float64) ** 2, 0.0).sum(axis=0)
        whole = squares.sum() / max(used.sum(), 1)
        self.background_error2 = np.where(used.any(axis=0), squares / number, whole)
        self.rest = self._unmodelled() if len(references) > 1 else None
        self.groups = []

    def _unmodelled(self):
        """Light of all orders that none of them has in its model."""
        ref = self.common
        level = static_background(ref.median, ref.region.used)
        light = np.nan_to_num(ref.median - level).astype(np.float32)
        parts = []
        for order in self.references.values():
            holes = np.zeros(light.shape, dtype=bool)
            order.band.scatter(order.weight == 0, holes)
            parts.append((order.band, holes, order.model))
        return unmodelled_light(light, parts)

    def add(self, planes):
        """Compare a group of integrations with the reference; give those that are tested."""
        ref, first = self.common, self.segment.next
        residual, threshold = self.segment.room(len(planes))
        frames = prepare_frames(planes, ref.scale, ref.median, ref.error, out=residual)
        np.multiply(frames.error, self.threshold, out=threshold)
        threshold.reshape(-1)[frames.bad] = np.inf
        found = subtract_background(residual, frames.bad, ref.region, ref.stripes)
        for order in self.orders.values():
            order.fit(residual, frames.bad, self.leader)
        left = self._subtract_star(residual, frames.bad)
        own = self.segment.own(first, len(planes))
        if own.stop > own.start:
            sums = {
                name: order.sums(own, left[name], frames.error, planes.var_poisson)
                for name, order in self.orders.items()
            }
            parts = found.level[own], found.number[own]
            self.groups.append(_Group(first + own.start, sums, *parts))
        self.segment.search(len(planes))
        while self.groups and self.segment.done >= self.groups[0].first + len(self.groups[0]):
            yield self._finish_group(self.groups.pop(0))

    def _subtract_star(self, residual, bad):
        """Subtract what the star adds to its median, in place; give the residuals in the bands."""
        if self.rest is None:
            ((name, order),) = self.orders.items()
            left = order.values - order.change
            order.reference.band.scatter(left, residual)
            return {name: left}
        level = np.nan_to_num(self.leader.coefficients[:, 0] - 1.0)
        residual -= level.astype(np.float32)[:, None, None] * self.rest
        for order in self.orders.values():
            order.reference.band.subtract(order.change, residual)
        residual.reshape(-1)[bad] = 0.0
        left = {}
        for name, order in self.orders.items():
            left[name] = order.reference.band.gather(residual)
            np.add(left[name], order.change, out=order.values)
        return left

    def _finish_group(self, group):
        """Take the outliers off the sums of a group, and give the fluxes of each order."""
        ref = self.common
        outliers = self.segment.outliers(group.first, len(group))
        factors = self.threshold.reshape(-1)
        variance = self.background_error2 / group.number
        counts, fluxes, expected = {}, {}, {}
        for name, order in self.orders.items():
            part = group.orders[name]
            counts[name] = order.leave_out(part, outliers, factors)
            fluxes[name] = order.extraction.fluxes(part.sums, part.terms, variance, ref.scale)
            expected[name] = part.flux / ref.scale
        if len(fluxes) > 1:
            remove_crosstalk(fluxes, expected, self.references)
        frames, pixels = outliers[:2]
        shared = {
            "background": group.background.astype(np.float64) / ref.scale,
            "outliers": (frames + group.first - self.extent.before) * ref.median.size + pixels,
        }
        return {
            name: SpectralModel(
                **vars(fluxes[name]),
                **shared,
                **self._columns(name, group.orders[name], *counts[name]),
            )
            for name in fluxes
        }

    def _columns(self, name, part, n_outliers, n_bad):
        """Columns of the integrations of a spectral order."""
        expected = part.sums.expected * self.orders[name].free
        known = np.isfinite(part.coefficients[:, 0]) & (expected > 0)
        expected = np.where(known, expected, np.nan) * self.common.noise_factor**2
        return {
            **dict(zip(("level", "x", "y", "width"), part.coefficients.T, strict=True)),
            "chi2": part.sums.chi2 / expected,
            "n_outliers": n_outliers,
            "n_bad": n_bad,
        }
