"""Depths of a transit or eclipse in white light and in bins of wavelength: a quick look."""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.diagnostics.depth_fit import fit_depth, fit_geometry
from scripts.lib.diagnostics.dip_fit import Curve
from scripts.lib.diagnostics.dip_model import Geometry
from scripts.lib.diagnostics.light_curve_metrics import find_seams
from scripts.lib.diagnostics.light_curve_model import Fit, fit_light_curve
from scripts.lib.diagnostics.transit_search import BASELINES, baseline_columns

__all__ = ["DESCRIPTIONS", "UNITS", "WhiteLight", "depth_rows", "white_lights"]

log = logging.getLogger(__name__)

_REASONS = {
    "no_dip": "no transit or eclipse was found in white light",
    "no_times": "times are not known",
    "too_few": "there are too few good integrations in the dip or outside of it",
    "no_fit": "the fit did not end in a minimum",
}
DESCRIPTIONS = {
    "detector": "detector",
    "order": "spectral order, 0 of images",
    "kind": "white light, or a bin of wavelength",
    "wavelength": "mean wavelength of the bin; NaN of white light",
    "lower": "lower edge of the bin",
    "upper": "upper edge of the bin",
    "depth": "squared ratio of the radii, limb darkening taken off; negative for a brightening",
    "depth_error": "its error, beta included; that of bins is for the geometry of white light",
    "u1": "linear coefficient of limb darkening",
    "u2": "quadratic coefficient of limb darkening",
    "scatter": "scatter of an integration about the fit, relative flux",
    "beta": "factor on the noise for its correlation in time, 1 or more",
    "integrations": "number of good integrations",
    "mid": "middle of the dip, MJD in TDB (in UTC where only that is known)",
    "duration": "time from first to fourth contact",
    "impact": "impact parameter in stellar radii",
    "reason": "why there is no depth: "
    + "; ".join(f"{word}: {text}" for word, text in _REASONS.items()),
}
UNITS = {"wavelength": "um", "lower": "um", "upper": "um", "mid": "d", "duration": "h"}
# Averages in time that a fit works on, and good ones that it needs inside and outside of the dip.
_POINTS, _FEWEST = 1000, 5


@dataclass(frozen=True)
class WhiteLight:
    """
    A white-light curve, and what is known of its dip before its depth is fitted.

    Attributes
    ----------
    key : tuple of (str, int)
        Detector and order.
    times : ndarray, shape (integrations,)
        Mid times [d].
    flux, error : ndarray, shape (integrations,)
        Relative flux and its error.
    used : ndarray of bool, shape (integrations,)
        Good integrations.
    found : Fit or None
        Baseline, jumps and dip that the diagnostics find.
    """

    key: tuple
    times: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    used: np.ndarray
    found: Fit | None

    @property
    def step(self):
        """Number of integrations of an average."""
        return max(1, -(-len(self.times) // _POINTS))

    def average(self, values):
        """Averages of neighbours of some columns (integrations, ...)."""
        starts = np.arange(0, len(values), self.step)
        counts = np.diff(np.append(starts, len(values)))
        sums = np.add.reduceat(values, starts, axis=0)
        return sums / counts.reshape((-1,) + (1,) * (values.ndim - 1))

    def columns(self):
        """Columns of the baseline, with a step at each jump, (integrations, terms)."""
        kind, _ = BASELINES[self.found.baseline]
        columns = baseline_columns(self.found.x, kind, self.found.tau)
        jumps = [self.found.x >= self.found.x[row] for row in self.found.jumps]
        return np.column_stack([columns, *jumps])

    def guess(self):
        """First guess of geometry and depth."""
        dip, half = self.found.transit, (self.times[-1] - self.times[0]) / 2.0
        mid = self.times[0] + (dip.mid + 1.0) * half
        return Geometry(mid, dip.duration * half, dip.impact, dip.ratio), dip.ratio**2


def white_lights(curves):
    """
    Find the dips of white-light curves.

    Parameters
    ----------
    curves : dict of (str, int) to dict of str to ndarray
        Rows of each detector and order, as of :func:`~scripts.lib.light_curves.table.split_curves`.

    Returns
    -------
    lights : list of WhiteLight
        One for each, on barycentric times where all have them.
    """
    known = all(np.isfinite(rows["bjd_tdb"]).all() for rows in curves.values())
    lights = []
    for key, rows in curves.items():
        times, flux = rows["bjd_tdb" if known else "mjd_utc"], rows["flux_norm"]
        used = np.isfinite(flux) & (rows["quality"] == 0)
        # What is flagged would be a dip of its own, besides which another one is not clear.
        found = fit_light_curve(times, np.where(used, flux, np.nan), find_seams(rows))
        if found is not None:
            used &= found.valid
        lights.append(WhiteLight(key, times, flux, rows["flux_norm_error"], used, found))
    return lights


def _white_curve(light):
    """Averages of a white-light curve to fit."""
    good = light.used & (light.error > 0)
    inverse = np.where(good, light.error, np.inf) ** -2.0
    squares = light.average(inverse)
    sums = light.average(np.where(good, light.flux, 0.0) * inverse)
    flux = np.divide(sums, squares, out=np.full_like(sums, np.nan), where=squares > 0)
    return _curve(light, flux, np.sqrt(squares * light.step))


def _curve(light, flux, weight):
    """Curve of averages on the times and baseline of a white-light curve; None without flux."""
    good = (weight > 0) & np.isfinite(flux)
    level = np.median(flux[good]) if good.any() else 0.0
    if not level > 0:
        return None
    usual = np.median(weight[good])
    relative = np.where(good, flux / level, 1.0)
    weights = np.where(good, weight / usual, 0.0)
    return Curve(light.average(light.times), relative, weights, light.average(light.columns()))


def _enough(curve, geometry):
    """Whether samples are both in a dip and outside of it."""
    inside = geometry.separation(curve.times) < 1.0 + geometry.ratio
    good = curve.weights > 0
    return min(np.count_nonzero(good & inside), np.count_nonzero(good & ~inside)) >= _FEWEST


def _row(light, fit=None, reason="", **values):
    """Row of the table, NaN where nothing is known."""
    numbers = dict.fromkeys(DESCRIPTIONS, np.nan)
    names = {"detector": light.key[0], "order": light.key[1], "kind": "white", "reason": reason}
    row = numbers | names | {"integrations": int(np.count_nonzero(light.used))} | values
    if fit is None:
        return row
    if not (fit.converged and fit.error > 0):
        return row | {"reason": "no_fit"}
    geometry = fit.geometry
    row |= {"depth": fit.depth, "depth_error": fit.error, "u1": fit.u1, "u2": fit.u2}
    row |= {"scatter": fit.scatter * np.sqrt(light.step), "beta": fit.beta}
    row |= {"mid": geometry.mid, "duration": 24.0 * geometry.duration, "impact": geometry.impact}
    return row


def _leading_fit(lights):
    """Geometry and depth of the most certain dip, that light curve, and its fit; or why there is none."""
    dips = [light for light in lights if light.found is not None and light.found.transit]
    if not dips:
        return None, "no_dip", None
    leader = max(dips, key=lambda light: light.found.gain)
    if not all(np.isfinite(light.times).all() for light in lights):
        return leader, "no_times", None
    curve, (geometry, depth) = _white_curve(leader), leader.guess()
    if curve is None or not _enough(curve, geometry):
        return leader, "too_few", None
    fit = fit_geometry(curve, geometry, depth)
    return leader, "" if fit.converged and fit.error > 0 else "no_fit", fit


def depth_rows(lights, averages):
    """
    Fit the depths of all light curves of a visit.

    Parameters
    ----------
    lights : list of WhiteLight
        White light of each detector and order.
    averages : dict of (str, int) to BinnedAverages
        Light in bins, averaged over ``step`` of the white light; may be empty.

    Returns
    -------
    rows : list of dict
        A value for each of :data:`DESCRIPTIONS`: white light of each, then its bins. The geometry is
        that of the most certain dip in white light, which all others share.
    """
    leader, reason, leading = _leading_fit(lights)
    rows = []
    for light in lights:
        bins = averages.get(light.key)
        if reason:
            rows.append(_row(light, reason=reason))
            rows += [_row(light, reason=reason, **place) for place in _bin_places(bins)]
            continue
        white = leading if light is leader else None
        rows += _curve_rows(light, bins, leading, white)
    return rows


def _bin_places(bins):
    """What the table says of each bin before it is fitted."""
    if bins is None:
        return
    values = (bins.wavelength, bins.lower, bins.upper, bins.integrations)
    names = ("wavelength", "lower", "upper", "integrations")
    for place in zip(*(part.tolist() for part in values), strict=True):
        yield {"kind": "bin"} | dict(zip(names, place, strict=True))


def _curve_rows(light, bins, leading, white):
    """Rows of one detector and order, with the geometry of the leading fit."""
    geometry, depth, red_noise = leading.geometry, leading.depth, None
    if light.found is None:
        return [_row(light, reason="too_few")]
    rows = [_row(light, white)] if white else []
    curves = [] if white else [(_white_curve(light), {})]
    for number, place in enumerate(_bin_places(bins)):
        curves.append((_curve(light, bins.flux[:, number], bins.weight[:, number]), place))
    for curve, place in curves:
        if curve is None or not _enough(curve, geometry):
            rows.append(_row(light, reason="too_few", **place))
            continue
        fit, red_noise = fit_depth(curve, geometry, depth, red_noise)
        rows.append(_row(light, fit, **place))
    log.info("%s order %d: %d depths", *light.key, sum(not row["reason"] for row in rows))
    return rows
