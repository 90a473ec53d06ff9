"""Which baseline a light curve has, and whether a transit or eclipse is in it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scripts.lib.diagnostics.transit import occulted_fraction, sky_separation

__all__ = ["BASELINES", "Transit", "baseline_columns", "choose_model", "trapezoid_shapes"]

BASELINES = {
    "straight line": ("line", 0.0),
    "parabola": ("parabola", 0.0),
    "line and fast ramp": ("ramp", 0.05),
    "line and ramp": ("ramp", 0.2),
}
# Gain of information that a transit needs to be accepted, and its lead over a jump.
_LEAST_GAIN = 20.0
_LEAST_LEAD = 6.0
# Parameters that the search varies: position and step of a jump; middle, duration and depth.
_OF_JUMP, _OF_TRANSIT = 2, 3


@dataclass
class Transit:
    """
    A transit or eclipse.

    Attributes
    ----------
    mid, duration : float
        Middle, and time from first to fourth contact, in scaled time.
    ratio, impact, u1, u2 : float
        Ratio of radii, impact parameter and limb darkening; they describe the
        curve and are no measurement of the planet.
    """

    mid: float
    duration: float
    ratio: float
    impact: float = 0.3
    u1: float = 0.2
    u2: float = 0.1

    def light(self, x):
        """Light that is left at scaled times, 1 outside of the transit."""
        separation = sky_separation(x, self.mid, self.duration, self.ratio, self.impact)
        light = np.ones(len(x))
        inside = separation < 1.0 + self.ratio
        if inside.any():
            light[inside] -= occulted_fraction(separation[inside], self.ratio, self.u1, self.u2)
        return light

    def to_vector(self):
        """Parameters as the fit varies them."""
        return np.array(
            [self.mid, np.log(self.duration), self.ratio, self.impact, self.u1, self.u2]
        )

    @classmethod
    def from_vector(cls, vector):
        """Make a transit from the parameters of the fit."""
        mid, duration, *rest = (float(value) for value in vector)
        return cls(mid, float(np.exp(duration)), *rest)

    @property
    def partial(self):
        """Whether a contact is outside the observation."""
        return abs(self.mid) + self.duration / 2.0 > 1.0


def baseline_columns(x, kind, tau):
    """
    Columns of a baseline.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Scaled times.
    kind : str
        ``line``, ``parabola`` or ``ramp``.
    tau : float
        Time scale of the ramp.

    Returns
    -------
    columns : ndarray, shape (n, 2 or 3)
        The columns.
    """
    columns = [np.ones(len(x)), x]
    if kind == "parabola":
        columns.append(x**2)
    if kind == "ramp":
        columns.append(np.exp(-(x + 1.0) / tau))
    return np.stack(columns, axis=1)


def trapezoid_shapes(x):
    """
    Transits to search with: trapezoids whose slopes are a tenth of their length.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Scaled times.

    Returns
    -------
    shapes : ndarray, shape (shapes, n)
        Depth 1.
    positions : ndarray, shape (shapes, 2)
        Middle and duration of each.
    """
    positions = np.array(
        [
            (mid, duration)
            for duration in np.geomspace(0.08, 1.4, 12)
            for mid in np.arange(-1.0 - duration / 4, 1.0 + duration / 4, duration / 10)
        ]
    )
    distance = np.abs(x[None, :] - positions[:, :1])
    half, slope = positions[:, 1:] / 2.0, positions[:, 1:] / 10.0
    return np.clip((half - distance) / slope, 0.0, 1.0), positions


def _project_out(columns, shapes):
    """Shapes minus their projection on the columns, and the columns' orthonormal basis."""
    basis, _ = np.linalg.qr(columns)
    return shapes - (shapes @ basis) @ basis.T, basis


class _ShapeFit(NamedTuple):
    """Least-squares fit of a baseline and the best of some shapes: residual, and index of the shape."""

    squares: float
    residual: np.ndarray
    index: int
    coefficient: float


def _fit_best_shape(columns, flux, shapes, dimming_only=False):
    """Fit a baseline's columns together with the one shape that lowers the sum of squares most."""
    rest, basis = _project_out(columns, shapes)
    residual = flux - basis @ (basis.T @ flux)
    power = (rest**2).sum(axis=1)
    overlap = rest @ residual
    # A shape that is nearly a combination of the columns would be fitted to their rounding errors.
    usable = power > 0.02 * (shapes**2).sum(axis=1) + 1e-12
    if dimming_only:
        usable &= overlap < 0
    gain = np.where(usable, overlap**2 / np.where(power > 0, power, 1.0), 0.0)
    best = int(np.argmax(gain))
    coefficient = overlap[best] / power[best] if gain[best] > 0 else 0.0
    squares = (residual**2).sum() - gain[best]
    return _ShapeFit(squares, residual - coefficient * rest[best], best, coefficient)


def _information_criterion(squares, length, parameters):
    """Bayesian information criterion of a fit; the lower, the better."""
    return length * np.log(squares / length) + parameters * np.log(length)


def _effective_number(residual):
    """Number of independent points of a series by its autocorrelation."""
    centred = residual - residual.mean()
    total = (centred**2).sum()
    time = 1.0
    for lag in range(1, len(centred) // 4):
        rho = (centred[lag:] * centred[:-lag]).sum() / total if total > 0 else 0.0
        if rho < 2.0 / np.sqrt(len(centred)):
            break
        time += 2.0 * rho
    return len(centred) / time


def choose_model(x, flux):
    """
    Decide which baseline a light curve has, and whether a transit is in it.

    Parameters
    ----------
    x, flux : ndarray, shape (n,)
        Scaled times and flux, binned, without NaN or outliers.

    Returns
    -------
    baseline : str
        One of ``BASELINES``.
    transit : Transit or None
        First guess of a transit or eclipse.
    gain : float
        Gain of information by the transit: effective number of points times the
        logarithm of the ratio of the sums of squares. A transit must also beat a
        jump, which is noise, by six.
    """
    n = len(x)
    shapes, positions = trapezoid_shapes(x)
    jumps = (np.arange(n)[None, :] >= np.arange(4, n - 4)[:, None]).astype(float)
    plain, plain_criteria, jump_criteria, transits, transit_criteria = {}, {}, {}, {}, {}
    for name, (kind, tau) in BASELINES.items():
        columns = baseline_columns(x, kind, tau)
        size = columns.shape[1]
        plain[name] = _fit_best_shape(columns, flux, np.zeros((1, n)))
        plain_criteria[name] = _information_criterion(plain[name].squares, n, size)
        jump = _fit_best_shape(columns, flux, jumps) if n > 12 else plain[name]
        jump_criteria[name] = _information_criterion(jump.squares, n, size + _OF_JUMP)
        transits[name] = _fit_best_shape(columns, flux, shapes, dimming_only=True)
        squares = transits[name].squares
        transit_criteria[name] = _information_criterion(squares, n, size + _OF_TRANSIT)
    without = min(plain_criteria, key=plain_criteria.get)
    name = min(transit_criteria, key=transit_criteria.get)
    best = transits[name]
    depth, gain = -best.coefficient, 0.0
    if depth > 0:
        ratio = plain[without].squares / best.squares
        gain = _effective_number(best.residual) * np.log(ratio)
    mid, duration = positions[best.index]
    transit = Transit(float(mid), float(duration), float(np.sqrt(np.clip(depth, 1e-6, 0.15))))
    lead = min(jump_criteria.values()) - transit_criteria[name]
    if gain < _LEAST_GAIN or lead < _LEAST_LEAD:
        return without, None, float(gain)
    return name, transit, float(gain)
