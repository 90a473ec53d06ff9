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
# Gain of information that a transit needs to be accepted, and its lead over all else.
_LEAST_GAIN = 20.0
_LEAST_LEAD = 10.0
# A dip of fewer points may be two outliers.
_FEWEST_INSIDE = 3.0
# What the best further dip or bump gains in white noise, and the share of more that counts against a transit.
_CHANCE_GAIN, _AGAINST = 8.0, 0.5
# Parameters that the search varies: position and step of a jump; period, phase and height of a wave;
# time scale of a ramp; middle, duration, slope and depth of a transit.
_OF_JUMP, _OF_WAVE, _OF_RAMP, _OF_TRANSIT = 2, 3, 1, 4
# What else is slow and no transit: polynomials up to a degree, ramps, and waves of so many periods
# in half of the observation, each of at least ten points.
_DEGREES = (3, 4)
_RAMPS = np.geomspace(0.02, 0.8, 24)
_WAVES = np.arange(0.25, 4.1, 0.25)
# Periods next to the best wave, in steps between those, and places next to the best jump.
_FINER = np.array([-0.5, 0.5])
_WITHIN = np.arange(-1.0, 1.1, 0.25)
# Steps of the search around the best trapezoid: middle in durations, logarithms of duration and slope.
_STEPS = np.array([0.1, 0.12, 0.6])
_ROUNDS = 4
# Light that the limb of a star misses, as seen in the bottom of a transit.
_LIMB = 0.3
_SLOPE = 0.1


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
        """Parameters of which the light has derivatives: the logarithm of the duration, and the rest as they are."""
        return np.array(
            [self.mid, np.log(self.duration), self.ratio, self.impact, self.u1, self.u2]
        )

    @classmethod
    def from_vector(cls, vector):
        """Make a transit from such parameters."""
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


def _further_gain(x, residual):
    """
    Gain of information by another dip or bump in what the best transit leaves.

    Noise that is correlated for as long as a dip lasts makes one by itself, and then has more
    of the kind, while its neighbours need not look alike.
    """
    shapes, _ = trapezoid_shapes(x)
    squares = _fit_best_shape(baseline_columns(x, "line", 0.0), residual, shapes).squares
    return len(x) * np.log((residual**2).sum() / squares) if squares > 0 else 0.0


def _squares(columns, flux):
    """Sum of squares that a fit of columns leaves."""
    basis, _ = np.linalg.qr(columns)
    return ((flux - basis @ (basis.T @ flux)) ** 2).sum()


def _plain_fits(x, flux):
    """Criterion and sum of squares of all that is smooth and no wave, of the baselines by name."""
    kinds = {name: (baseline_columns(x, kind, tau), 0) for name, (kind, tau) in BASELINES.items()}
    kinds |= {degree: (np.vander(x, degree + 1), 0) for degree in _DEGREES}
    kinds |= {tau: (baseline_columns(x, "ramp", tau), _OF_RAMP) for tau in _RAMPS}
    fits = {}
    for name, (columns, more) in kinds.items():
        squares, size = _squares(columns, flux), columns.shape[1] + more
        fits[name] = _information_criterion(squares, len(x), size), squares
    return fits


def _wave_criterion(x, flux):
    """Criterion of the best wave on a line or parabola."""
    found = []
    for kind in ("line", "parabola"):
        columns = baseline_columns(x, kind, 0.0)
        size = columns.shape[1] + _OF_WAVE
        periods = _WAVES[len(x) >= _WAVES * 20.0]
        squares = {period: _wave_squares(columns, x, flux, period) for period in periods}
        step = _WAVES[1] - _WAVES[0]
        for _ in range(_ROUNDS if squares else 0):
            best = min(squares, key=squares.get)
            for period in best + step * _FINER:
                squares[period] = _wave_squares(columns, x, flux, period)
            step /= 2.0
        found += [_information_criterion(least, len(x), size) for least in squares.values()]
    return min(found, default=np.inf)


def _wave_squares(columns, x, flux, periods):
    """Sum of squares that a baseline and a wave leave."""
    phase = 2.0 * np.pi * periods * x
    return _squares(np.column_stack([columns, np.cos(phase), np.sin(phase)]), flux)


def _jump_criterion(x, flux):
    """Criterion of the best jump on a baseline."""
    n, found = len(x), []
    for kind, tau in BASELINES.values():
        columns = baseline_columns(x, kind, tau)
        places = np.arange(2.0, n - 2.0)
        best = places[_fit_best_shape(columns, flux, _jumps(n, places)).index]
        squares = _fit_best_shape(columns, flux, _jumps(n, best + _WITHIN)).squares
        found.append(_information_criterion(squares, n, columns.shape[1] + _OF_JUMP))
    return min(found)


def _jumps(length, places):
    """Jumps of height 1 at places, which may be between two points: a point is an average."""
    return np.clip(np.arange(length) - places[:, None] + 1.0, 0.0, 1.0)


def _fit_transits(x, flux):
    """Criterion, fit, and middle and duration of the best transit on each baseline."""
    shapes, positions = trapezoid_shapes(x)
    fits = {}
    for name, (kind, tau) in BASELINES.items():
        columns = baseline_columns(x, kind, tau)
        fit = _fit_best_shape(columns, flux, shapes, dimming_only=True)
        position = tuple(positions[fit.index])
        if fit.coefficient < 0:
            fit, position = _fit_nearby(columns, x, flux, fit, position)
        size = columns.shape[1] + _OF_TRANSIT
        fits[name] = _information_criterion(fit.squares, len(x), size), fit, position
    return fits


def _fit_nearby(columns, x, flux, fit, position):
    """
    Fit the middle, duration and slope of a trapezoid better, also with a round bottom.

    What a coarse shape leaves of a deep transit is no noise, and would count as such.
    """
    steps, centre = _STEPS, np.array([*position, _SLOPE])
    for _ in range(_ROUNDS):
        mids, durations, slopes = (
            np.stack(np.meshgrid(np.linspace(-1, 1, 5), [-1, 0, 1], [-1, 0, 1]), axis=-1)
            .reshape(-1, 3)
            .T
            * steps[:, None]
        )
        trials = np.stack(
            [
                centre[0] + mids * centre[1],
                np.clip(centre[1] * np.exp(durations), 0.03, 3.0),
                np.clip(centre[2] * np.exp(slopes), 0.02, 0.5),
            ]
        )
        flat, round_ = _trapezoids(x, *trials[:, :, None])
        found = _fit_best_shape(columns, flux, np.concatenate([flat, round_]), dimming_only=True)
        if found.squares < fit.squares:
            fit, centre = found, trials[:, found.index % trials.shape[1]]
        steps = steps / 2.0
    return fit, (centre[0], centre[1])


def _trapezoids(x, mid, duration, slope):
    """Trapezoids of depth 1 with a flat bottom, and with that of a limb-darkened star."""
    distance = np.abs(x - mid) / duration
    flat = np.clip((0.5 - distance) / slope, 0.0, 1.0)
    return flat, flat * (1.0 - _LIMB * np.clip(2.0 * distance, 0.0, 1.0) ** 2)


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
        Gain of information by the transit over what is smooth: effective number of points,
        less half the number of parameters, times the logarithm of the ratio of the sums of squares,
        less what further dips and bumps count against it.

    Notes
    -----
    A transit needs a gain of 20. It must also lead, by ten in the criterion, the best of what is no
    transit: a jump, a wave, a ramp of any length, polynomials of third and fourth degree. Where
    residuals are correlated, all counts as that of the effective number of points. Half of what the
    best further dip or bump in the residuals gains above 8, the most that is usual in white noise, is taken off both.
    From first to fourth contact a transit lasts three points or more.
    """
    n = len(x)
    plain, transits = _plain_fits(x, flux), _fit_transits(x, flux)
    without = min(BASELINES, key=plain.get)
    criterion, smooth = min(plain.values())
    others = min(criterion, _jump_criterion(x, flux), _wave_criterion(x, flux))
    name = min(transits, key=lambda key: transits[key][0])
    criterion, best, (mid, duration) = transits[name]
    if not best.coefficient < 0 or duration * n / 2.0 < _FEWEST_INSIDE:
        return without, None, 0.0
    effective = _effective_number(best.residual)
    size = baseline_columns(x, *BASELINES[name]).shape[1] + _OF_TRANSIT
    further = _further_gain(x, best.residual) * effective / n
    against = _AGAINST * max(further - _CHANCE_GAIN, 0.0)
    gain = float(effective * (1.0 - 0.5 * size / n) * np.log(smooth / best.squares)) - against
    lead = (others - criterion) * effective / n - against
    if gain < _LEAST_GAIN or lead < _LEAST_LEAD:
        return without, None, gain
    ratio = np.sqrt(np.clip(-best.coefficient, 1e-6, 0.15))
    return name, Transit(float(mid), float(duration), float(ratio)), gain
