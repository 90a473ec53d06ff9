"""Which baseline a light curve has, and whether a transit or eclipse is in it."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.diagnostics.transit import occulted_fraction, sky_separation

__all__ = ["BASELINES", "Dip", "baseline_columns", "choose_model", "trapezoids"]

BASELINES = {
    "straight line": ("line", 0.0),
    "parabola": ("parabola", 0.0),
    "line and fast ramp": ("ramp", 0.05),
    "line and ramp": ("ramp", 0.2),
}
# Gain of information that a dip needs to be believed, and its lead over a step.
_LEAST_GAIN = 20.0
_LEAST_LEAD = 10.0


@dataclass
class Dip:
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
        """Light that is left at scaled times, 1 outside of the dip."""
        separation = sky_separation(x, self.mid, self.duration, self.ratio, self.impact)
        light = np.ones(len(x))
        inside = separation < 1.0 + self.ratio
        if inside.any():
            light[inside] -= occulted_fraction(separation[inside], self.ratio, self.u1, self.u2)
        return light

    def vector(self):
        """Parameters as the fit varies them."""
        return np.array(
            [self.mid, np.log(self.duration), self.ratio, self.impact, self.u1, self.u2]
        )

    @classmethod
    def of_vector(cls, vector):
        """Make a dip from the parameters of the fit."""
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


def trapezoids(x):
    """
    Dips to search with: trapezoids whose slopes are a tenth of their length.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Scaled times.

    Returns
    -------
    shapes : ndarray, shape (shapes, n)
        Depth 1.
    places : ndarray, shape (shapes, 2)
        Middle and duration of each.
    """
    places = np.array(
        [
            (mid, duration)
            for duration in np.geomspace(0.08, 1.4, 12)
            for mid in np.arange(-1.0 - duration / 4, 1.0 + duration / 4, duration / 10)
        ]
    )
    distance = np.abs(x[None, :] - places[:, :1])
    half, slope = places[:, 1:] / 2.0, places[:, 1:] / 10.0
    return np.clip((half - distance) / slope, 0.0, 1.0), places


def _projected(columns, shapes):
    """Shapes without what the columns can make of them, and the columns' orthonormal basis."""
    basis, _ = np.linalg.qr(columns)
    return shapes - (shapes @ basis) @ basis.T, basis


def _best_shape(columns, flux, shapes, dips_only):
    """Sum of squares after the best shape, its index and coefficient."""
    rest, basis = _projected(columns, shapes)
    residual = flux - basis @ (basis.T @ flux)
    power = (rest**2).sum(axis=1)
    overlap = rest @ residual
    usable = power > 0.02 * (shapes**2).sum(axis=1) + 1e-12
    if dips_only:
        usable &= overlap < 0
    gain = np.where(usable, overlap**2 / np.where(power > 0, power, 1.0), 0.0)
    best = int(np.argmax(gain))
    coefficient = overlap[best] / power[best] if gain[best] > 0 else 0.0
    return (residual**2).sum() - gain[best], best, coefficient, residual - coefficient * rest[best]


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
    Decide which baseline a light curve has, and whether it has a dip.

    Parameters
    ----------
    x, flux : ndarray, shape (n,)
        Scaled times and flux, binned, without NaN or outliers.

    Returns
    -------
    baseline : str
        One of ``BASELINES``.
    dip : Dip or None
        First guess of a dip.
    gain : float
        Gain of information by the dip: effective number of points times the
        logarithm of the ratio of the sums of squares. A dip must also beat a
        step, which is noise, by ten.
    """
    n, log_n = len(x), np.log(len(x))
    shapes, places = trapezoids(x)
    edges = (np.arange(n)[None, :] >= np.arange(4, n - 4)[:, None]).astype(float)
    plain, dipped = {}, {}
    for name, (kind, tau) in BASELINES.items():
        columns = baseline_columns(x, kind, tau)
        size = columns.shape[1]
        squares = _best_shape(columns, flux, np.zeros((1, n)), False)[0]
        stepped = _best_shape(columns, flux, edges, False)[0] if n > 12 else squares
        plain[name] = (n * np.log(squares / n) + size * log_n, squares)
        squares, best, depth, rest = _best_shape(columns, flux, shapes, True)
        dipped[name] = (n * np.log(squares / n) + (size + 4) * log_n, squares, best, depth, rest)
        dipped[name] += (n * np.log(stepped / n) + (size + 1) * log_n,)
    without = min(plain, key=lambda name: plain[name][0])
    name = min(dipped, key=lambda name: dipped[name][0])
    _, squares, best, depth, rest, stepped = dipped[name]
    gain = _effective_number(rest) * np.log(plain[without][1] / squares) if depth < 0 else 0.0
    mid, duration = places[best]
    dip = Dip(float(mid), float(duration), float(np.sqrt(np.clip(-depth, 1e-6, 0.15))))
    lead = min(one[5] for one in dipped.values()) - dipped[name][0]
    if gain < _LEAST_GAIN or lead < _LEAST_LEAD:
        return without, None, float(gain)
    return name, dip, float(gain)
