"""
What of a light curve is not noise: a slow baseline and a transit or eclipse.

The baseline is a straight line, a parabola, or a line with an exponential ramp at the start; the
dip is that of a dark disc in front of a limb-darkened one (an eclipse is the case of no limb
darkening). Which of them a light curve has is decided by the Bayesian information criterion.
Times here are scaled to -1 at the first and 1 at the last integration.
"""

from dataclasses import dataclass, field

import numpy as np

from scripts.lib.noise import mad_sigma, point_to_point_sigma
from scripts.lib.steps import step_significance, strongest_step
from scripts.simulation.transit import occulted_fraction, sky_separation

BASELINES = {
    "straight line": ("line", 0.0),
    "parabola": ("parabola", 0.0),
    "line and fast ramp": ("ramp", 0.05),
    "line and ramp": ("ramp", 0.2),
}
# Points of the binned light curve that the shape of a dip is fitted to.
_POINTS = 400
# Gain of information that a dip needs to be believed.
_LEAST_GAIN = 20.0
# Lead that a dip needs over a step.
_LEAST_LEAD = 10.0
# Significance from which on a step is tried, and that it needs in the common fit to stay.
_STEP_CANDIDATE = 4.5
_STEP_THRESHOLD = 7.0
_MOST_STEPS = 4


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


@dataclass
class Fit:
    """
    A light curve taken apart.

    Attributes
    ----------
    x : ndarray, shape (n,)
        Scaled times.
    valid : ndarray of bool, shape (n,)
        Integrations that count.
    baseline : str
        Name of the baseline.
    tau : float
        Time scale of the ramp in scaled time.
    dip : Dip or None
        Transit or eclipse.
    gain : float
        Gain of information by the dip.
    steps : list of int
        Places of steps that were fitted together with the rest.
    sizes : list of float
        Their relative sizes.
    smooth : ndarray, shape (n,)
        Baseline times dip, without steps.
    curve : ndarray, shape (n,)
        The dip alone, 1 outside.
    """

    x: np.ndarray
    valid: np.ndarray
    baseline: str = "straight line"
    tau: float = 0.0
    dip: Dip | None = None
    gain: float = 0.0
    steps: list = field(default_factory=list)
    sizes: list = field(default_factory=list)
    smooth: np.ndarray | None = None
    curve: np.ndarray | None = None


def scaled_times(times):
    """
    Scale times to the range from -1 to 1.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Times, ascending; where one is NaN, the index is taken for all.

    Returns
    -------
    x : ndarray, shape (n,)
        Scaled times.
    """
    if not np.isfinite(times).all() or not times[-1] > times[0]:
        times = np.arange(len(times), dtype=float)
    span = max(times[-1] - times[0], 1e-300)
    return 2.0 * (times - times[0]) / span - 1.0


def inliers(flux, limit=5.0):
    """
    Find integrations that do not stick out from their neighbours.

    Parameters
    ----------
    flux : ndarray, shape (n,)
        Flux.
    limit : float, optional
        In point-to-point sigma from the running median of 9.

    Returns
    -------
    valid : ndarray of bool, shape (n,)
        False for NaN and outliers.
    """
    valid = np.isfinite(flux)
    if valid.sum() < 9:
        return valid
    index = np.arange(len(flux))
    filled = np.interp(index, index[valid], flux[valid])
    padded = np.pad(filled, 4, mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 9), axis=1)
    spread = max(point_to_point_sigma(flux[valid]), mad_sigma(filled - middle))
    return valid & (np.abs(filled - middle) <= limit * spread) if spread > 0 else valid


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


def binned(x, flux, points=_POINTS):
    """
    Average neighbours.

    Parameters
    ----------
    x, flux : ndarray, shape (n,)
        Times and flux without NaN.
    points : int, optional
        Number of points at most.

    Returns
    -------
    x, flux : ndarray
        Means of equal numbers of neighbours, but for the last.
    """
    size = -(-len(x) // points)
    starts = np.arange(0, len(x), size)
    counts = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts) / counts, np.add.reduceat(flux, starts) / counts


def _design(fit, x, light):
    """Columns of the linear part: baseline and steps, under the dip."""
    kind = BASELINES[fit.baseline][0]
    columns = baseline_columns(x, kind, fit.tau)
    steps = [x >= fit.x[place] for place in fit.steps]
    return np.column_stack([columns, *steps]) * light[:, None], columns.shape[1]


def _refine(fit, x, flux):
    """Fit the shape of the dip to the binned light curve."""
    from scipy.optimize import least_squares

    def residual(vector):
        columns, _ = _design(fit, x, Dip.of_vector(vector).light(x))
        return flux - columns @ np.linalg.lstsq(columns, flux, rcond=None)[0]

    scale = np.std(residual(fit.dip.vector())) or 1.0
    lower = np.array([-1.5, np.log(0.02), 1e-3, 0.0, 0.0, -0.3])
    upper = np.array([1.5, np.log(6.0), 0.5, 0.95, 1.0, 0.8])
    start = np.clip(fit.dip.vector(), lower + 1e-4, upper - 1e-4)
    result = least_squares(
        lambda vector: residual(vector) / scale,
        start,
        bounds=(lower, upper),
        x_scale=[0.05, 0.1, 0.02, 0.2, 0.2, 0.2],
        max_nfev=25,
        ftol=1e-5,
        xtol=1e-5,
    )
    fit.dip = Dip.of_vector(result.x)


def _fit_ramp(fit, x, flux):
    """Find the time scale of the ramp among those that the binned light curve can tell."""
    light = fit.dip.light(x) if fit.dip else np.ones(len(x))
    trials = []
    for tau in np.geomspace(0.01, 1.0, 61):
        fit.tau = tau
        columns, _ = _design(fit, x, light)
        rest = flux - columns @ np.linalg.lstsq(columns, flux, rcond=None)[0]
        trials.append(((rest**2).sum(), float(tau)))
    fit.tau = min(trials)[1]


def _solve(fit, flux):
    """Baseline, dip and step sizes from all valid integrations."""
    fit.curve = fit.dip.light(fit.x) if fit.dip else np.ones(len(fit.x))
    columns, n_baseline = _design(fit, fit.x, fit.curve)
    solution = np.linalg.lstsq(columns[fit.valid], flux[fit.valid], rcond=None)[0]
    fit.smooth = columns[:, :n_baseline] @ solution[:n_baseline]
    fit.sizes = [float(size) for size in solution[n_baseline:]]
    return flux - columns @ solution


def _snapped(place, seams):
    """Move a place to a seam that is at most two integrations away."""
    near = [seam for seam in seams if abs(seam - place) <= 2]
    return min(near, key=lambda seam: abs(seam - place)) if near else place


def take_apart(times, flux, seams=()):
    """
    Fit baseline, dip and steps of a light curve.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Mid times [d].
    flux : ndarray, shape (n,)
        Flux over its median; NaN is left out.
    seams : sequence of int
        Indices of the first integration of every segment but the first; a
        step within two integrations of a seam is put on it.

    Returns
    -------
    fit : Fit or None
        None with less than 20 valid integrations.
    """
    fit = Fit(scaled_times(times), inliers(flux))
    if fit.valid.sum() < 20:
        return None
    x, y = binned(fit.x[fit.valid], flux[fit.valid])
    fit.baseline, fit.dip, fit.gain = choose_model(x, y)
    fit.tau = BASELINES[fit.baseline][1]
    rest = _adjust(fit, x, y, flux)
    while len(fit.steps) < _MOST_STEPS:
        used = np.flatnonzero(fit.valid)
        barred = np.searchsorted(used, fit.steps)
        place = strongest_step(rest[fit.valid], _STEP_CANDIDATE, barred)
        if place is None:
            break
        fit.steps.append(_snapped(int(used[place]), seams))
        rest = _adjust(fit, x, y, flux)
        if not _stays(fit, rest):
            fit.steps.pop()
            _adjust(fit, x, y, flux)
            break
    return fit


def _adjust(fit, x, y, flux):
    """Fit everything anew with the steps that are known; the residual is returned."""
    for _ in range(2 if BASELINES[fit.baseline][0] == "ramp" else 1):
        if BASELINES[fit.baseline][0] == "ramp":
            _fit_ramp(fit, x, y)
        if fit.dip is not None:
            _refine(fit, x, y)
    return _solve(fit, flux)


def _stays(fit, rest):
    """Whether the last step stands out from the residual of the common fit."""
    place, size = int(np.searchsorted(np.flatnonzero(fit.valid), fit.steps[-1])), fit.sizes[-1]
    values = rest[fit.valid] + size * (np.arange(fit.valid.sum()) >= place)
    return step_significance(values, place) >= _STEP_THRESHOLD


def jacobian(fit):
    """
    Derivatives of the fitted curve by its parameters at the valid integrations.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    derivatives : ndarray, shape (valid integrations, parameters)
        Of the baseline and the dip, without the steps.
    """
    x = fit.x[fit.valid]
    kind = BASELINES[fit.baseline][0]
    columns = [baseline_columns(x, kind, fit.tau) * fit.curve[fit.valid, None]]
    if fit.dip is not None:
        vector = fit.dip.vector()
        for k, step in enumerate((1e-3, 1e-2, 1e-3, 1e-2, 1e-2, 1e-2)):
            moved = [Dip.of_vector(vector + sign * step * (np.arange(6) == k)) for sign in (1, -1)]
            columns.append((moved[0].light(x) - moved[1].light(x))[:, None])
    return np.hstack(columns)
