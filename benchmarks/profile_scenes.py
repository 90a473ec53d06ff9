"""Simulated integrations of a star with all that is wrong with them, and the ideal extraction of the same noise."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.special import erf

from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.segment import Extent

AMPLITUDES = (3.0, 6.0, 10.0, 30.0, 200.0)


@dataclass(frozen=True)
class Trouble:
    """
    What is wrong with the integrations; the defaults are those of a realistic visit.

    Jitter, drift and antenna move in mas; shares of samples or pixels else. A tilt event,
    at 0.8 of the visit, moves 0.15 % of the light into wings and widens the core by 0.2 %.
    """

    jitter: float = 0.5
    drift: float = 1.0
    antenna: float = 3.0
    flat: float = 0.002
    response: float = 0.02
    stripes: float = 0.0
    bad: float = 0.005
    lost: float = 1e-4
    rtn: float = 5e-4
    hot: float = 5e-4
    hits: float = 4e-4
    hits_near_lost: int = 600
    background_drift: float = 0.03
    err_factor: float = 1.0
    columns: bool = True
    tilt_event: bool = False


REALISTIC = Trouble()
STRESS = Trouble(
    jitter=1.5, drift=2.0, antenna=6.0, flat=0.003, bad=0.01, lost=2e-4, rtn=1e-3, hot=1e-3
)
QUIET = Trouble(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 1.0, False, False)


@dataclass(frozen=True)
class Scene:
    """
    Simulated integrations and what is true of them.

    Attributes
    ----------
    planes : Planes
        The integrations.
    star : ndarray, shape (integrations,) or (integrations, x)
        True relative level of the star (of each column).
    ideal : ndarray, shape (integrations,) or (integrations, x)
        Flux of the same noise with profile, background and weights known, and nothing wrong.
    dip : ndarray, shape (integrations,)
        Shape of the dip: 1 in its middle.
    depth : float
        True depth of the white light.
    hits : dict of float to ndarray
        Flat indices of the cosmic-ray hits by their amplitude in errors.
    rtn : ndarray of bool, shape (y, x)
        Pixels that jump.
    """

    planes: Planes
    star: np.ndarray
    ideal: np.ndarray
    dip: np.ndarray
    depth: float
    hits: dict
    rtn: np.ndarray
    extra: dict = field(default_factory=dict)


def trapezoid(integrations, share=0.3, ingress=0.15):
    """Dip of unit depth that lasts a share of the visit; its ingress is a share of itself."""
    time = np.abs(np.linspace(-0.5, 0.5, integrations)) / (share / 2.0)
    return np.clip((1.0 - time) / ingress, 0.0, 1.0)


def motion(rng, integrations, scale, trouble):
    """Offsets (2, integrations) in pixels of ``scale`` mas: jitter, drift and a move of the antenna."""
    white = rng.normal(size=(2, integrations)) * 0.9
    slow = np.zeros((2, integrations))
    for i in range(1, integrations):
        slow[:, i] = 0.9 * slow[:, i - 1] + rng.normal(size=2) * np.sqrt(1 - 0.81)
    offset = trouble.jitter * (white + 0.45 * slow)
    offset += trouble.drift * np.linspace(-0.5, 0.5, integrations) * np.array([[1.0], [0.7]])
    moved = integrations * 2 // 3
    offset[:, moved : moved + 2] += trouble.antenna * np.array([[0.8], [0.6]])
    return offset / scale


def gaussian_pixels(edges, centre, sigma):
    """Light of a Gaussian in pixels between ``edges`` (last axis), about each centre."""
    z = (edges - centre[..., None]) / (np.sqrt(2.0) * sigma)
    return 0.5 * np.diff(erf(z), axis=-1)


def spectral_scene(
    shape, integrations=300, seed=1, trouble=REALISTIC, electrons=1e7, sigma=1.0, scale=100.0,
    depth=0.02, read=10.0, sky=30.0, dark_columns=0.0, tilt=0.5, unit=1.0, colour=None,
):  # fmt: skip
    """Simulate spectra with the dispersion along x, ``colour`` times the depth in each column; see `Scene`."""
    rng = np.random.default_rng(seed)
    height, width = shape
    spectrum = _spectrum(width, electrons, dark_columns)
    dip = trapezoid(integrations)
    if colour is None:
        colour = 1.0 + 0.1 * np.sin(np.linspace(0.0, 9.0, width))
    star = 1.0 - depth * colour * dip[:, None]
    dx, dy = motion(rng, integrations, scale, trouble)
    trace = height / 2 - 0.3 + tilt * np.linspace(-1, 1, width)
    edges = np.arange(height + 1) - 0.5
    flat = 1.0 + trouble.flat * rng.normal(size=shape)
    slopes = trouble.response * rng.normal(size=(2, *shape))
    gradient = sky * (
        1.0 + 0.2 * np.linspace(-1, 1, height)[:, None] + 0.1 * np.linspace(-1, 1, width)
    )
    drift = 1.0 + trouble.background_drift * np.linspace(-0.5, 0.5, integrations)
    derivative = np.gradient(spectrum)
    sci = np.empty((integrations, *shape), np.float32)
    variance, ideal = np.empty_like(sci), np.empty((integrations, width))
    for i in range(integrations):
        late = trouble.tilt_event and i >= 0.8 * integrations
        profile = gaussian_pixels(edges, trace + dy[i], sigma * (1.002 if late else 1.0)).T
        if late:
            profile = 0.9985 * profile + 0.0015 * gaussian_pixels(edges, trace, 2.5 * sigma).T
        profile = profile * flat * (1.0 + slopes[0] * dx[i] + slopes[1] * dy[i])
        light = star[i] * (spectrum - dx[i] * derivative) * profile
        total = light + gradient * drift[i]
        variance[i] = total + read**2
        noise = np.sqrt(variance[i]) * rng.normal(size=shape)
        sci[i] = total + noise
        weight = 1.0 / (spectrum * profile + gradient + read**2)
        ideal[i] = (weight * profile * (light + noise)).sum(axis=0) / (weight * profile**2).sum(
            axis=0
        )
    stripes = np.zeros((integrations, height, 1), np.float32)
    if trouble.stripes:
        stripes = trouble.stripes * rng.normal(size=stripes.shape).astype(np.float32)
    sci += stripes
    near = np.abs(np.arange(height)[:, None] - trace) < 4 * sigma
    level = (star @ spectrum) / spectrum.sum()
    scene = _finish(
        rng, sci, variance, near, trouble, unit, star, ideal, dip, 1.0 - level.min(), spectrum
    )
    scene.extra.update(motion=np.stack([dx, dy]), stripes=stripes[:, :, 0])
    return scene


def _spectrum(width, electrons, dark_columns):
    """Electrons of each column: a hump with lines, and a share of dark columns at the red end."""
    x = np.linspace(0.0, 1.0, width)
    spectrum = (0.25 + np.sin(np.pi * np.minimum(x * 1.05, 1.0)) ** 1.2) * (
        1.0 - 0.15 * np.exp(-0.5 * ((x % 0.125 - 0.06) / 0.006) ** 2)
    )
    if dark_columns:
        lit = x < 1.0 - dark_columns
        spectrum = spectrum * 0.5 * (1.0 - np.tanh((x - 1.0 + 1.2 * dark_columns) / 0.012)) * lit
    return spectrum * electrons / spectrum.sum()


def image_scene(
    shape, integrations=300, seed=1, trouble=REALISTIC, electrons=3e6, sigma=1.0, scale=31.0,
    depth=0.015, read=10.0, sky=30.0, unit=1.0,
):  # fmt: skip
    """Simulate images of a star; see `Scene`."""
    rng = np.random.default_rng(seed)
    height, width = shape
    dip = trapezoid(integrations)
    star = 1.0 - depth * dip
    dx, dy = motion(rng, integrations, scale, trouble)
    edges = [np.arange(size + 1) - 0.5 for size in shape]
    flat = 1.0 + trouble.flat * rng.normal(size=shape)
    slopes = trouble.response * rng.normal(size=(2, *shape))
    gradient = sky * (
        1.0 + 0.2 * np.linspace(-1, 1, height)[:, None] + 0.1 * np.linspace(-1, 1, width)
    )
    drift = 1.0 + trouble.background_drift * np.linspace(-0.5, 0.5, integrations)
    sci = np.empty((integrations, *shape), np.float32)
    variance, ideal = np.empty_like(sci), np.empty(integrations)
    for i in range(integrations):
        late = trouble.tilt_event and i >= 0.8 * integrations
        core, wings = sigma * (1.002 if late else 1.0), 0.1515 if late else 0.15
        across = gaussian_pixels(edges[0], np.array(height / 2 - 0.3 + dy[i]), core)
        along = gaussian_pixels(edges[1], np.array(width / 2 + 0.2 + dx[i]), core)
        wide = np.outer(
            gaussian_pixels(edges[0], np.array(height / 2 - 0.3 + dy[i]), 2.5 * sigma),
            gaussian_pixels(edges[1], np.array(width / 2 + 0.2 + dx[i]), 2.5 * sigma),
        )
        profile = ((1.0 - wings) * np.outer(across, along) + wings * wide) * flat
        profile = profile * (1.0 + slopes[0] * dx[i] + slopes[1] * dy[i])
        light = star[i] * electrons * profile
        total = light + gradient * drift[i]
        variance[i] = total + read**2
        noise = np.sqrt(variance[i]) * rng.normal(size=shape)
        sci[i] = total + noise
        weight = 1.0 / (electrons * profile + gradient + read**2)
        ideal[i] = (weight * profile * (light + noise)).sum() / (weight * profile**2).sum()
    y, x = np.ogrid[: shape[0], : shape[1]]
    near = np.hypot(y - height / 2, x - width / 2) < 4 * sigma
    scene = _finish(rng, sci, variance, near, trouble, unit, star, ideal, dip, depth, electrons)
    scene.extra["motion"] = np.stack([dx, dy])
    return scene


def _finish(rng, sci, variance, near, trouble, unit, star, ideal, dip, depth, spectrum):
    """Add what is wrong with detectors and cosmic rays, and put all into a `Scene`."""
    shape, frames = sci.shape[1:], len(sci)
    true = np.sqrt(variance)
    static = rng.random(shape) < trouble.bad
    # No more than a few pixels of the core of an image are dead.
    bad = np.broadcast_to(static, sci.shape).copy()
    bad |= rng.random(sci.shape) < trouble.lost
    if trouble.columns:
        bad[:, :, shape[1] // 3] = True
        first = frames // 2 - frames // 20
        bad[first : first + frames // 10, :, shape[1] // 2 + 7] = True
    rtn = rng.random(shape) < trouble.rtn
    for y, x in np.argwhere(rtn):
        sci[:, y, x] += (rng.random(frames) < 0.3) * rng.uniform(4, 12) * true[:, y, x]
    hot = (rng.random(shape) < trouble.hot) & ~static
    sci += (hot * rng.uniform(5.0, 60.0, shape) * true.mean(axis=0)).astype(np.float32)
    hits = _hits(rng, sci, true, bad, near, trouble)
    dq = np.where(bad, np.uint32(1), np.uint32(0))
    sci[bad & (rng.random(sci.shape) < 0.5)] = np.nan
    sci *= np.float32(unit)
    err = (true * trouble.err_factor * unit).astype(np.float32)
    photon = ((variance - variance.min() * 0.5) * unit**2).astype(np.float32)
    extra = {"hot": hot, "bad": bad, "spectrum": spectrum}
    planes = Planes(sci, err, dq, photon)
    return Scene(planes, star, ideal * unit, dip, float(depth), hits, rtn, extra)


def _hits(rng, sci, true, bad, near, trouble):
    """Add hits everywhere, as many on the star, and some next to lost samples; places by amplitude."""
    places = {}
    used = bad.reshape(-1).copy()
    every = np.arange(sci.size)
    on_star = np.flatnonzero(np.broadcast_to(near, sci.shape).reshape(-1))
    # Of a column that is bad for a while no more than a few, or hits would be all that it has.
    rarely = bad.mean(axis=0) < 0.05
    lost = np.flatnonzero((bad & rarely).reshape(-1))
    often = np.flatnonzero((bad & ~rarely & ~bad.all(axis=0)).reshape(-1))
    lost = np.concatenate([lost, rng.permutation(often)[: len(lost) // 50]])
    for amplitude in AMPLITUDES:
        chosen = [rng.choice(every, rng.poisson(trouble.hits * sci.size / len(AMPLITUDES)))]
        chosen.append(
            rng.choice(
                on_star,
                min(rng.poisson(trouble.hits * sci.size / len(AMPLITUDES)), len(on_star) // 500),
            )
        )
        if len(lost) and trouble.hits_near_lost:
            count = trouble.hits_near_lost * len(sci) // 100
            # More hits than that next to one lost sample would be most of its pixel's window.
            count = min(count, 5 * len(lost)) // len(AMPLITUDES)
            first = rng.choice(lost, count)
            near_lost = first + rng.integers(-12, 13, len(first)) * sci[0].size
            chosen.append(near_lost[(near_lost >= 0) & (near_lost < sci.size)])
        hit = np.unique(np.concatenate(chosen))
        hit = hit[~used[hit]]
        used[hit] = True
        sign = np.where(rng.random(len(hit)) < 0.1, -1.0, 1.0)
        sci.reshape(-1)[hit] += (sign * amplitude * true.reshape(-1)[hit]).astype(np.float32)
        places[amplitude] = hit
    return places


def split(scene, segments=3, halo=12):
    """Segments of a scene with their halos: pairs of planes and extents."""
    edges = np.linspace(0, len(scene.planes), segments + 1).astype(int)
    for low, high in pairwise(edges):
        before, after = min(halo, low), min(halo, len(scene.planes) - high)
        yield (
            scene.planes[low - before : high + after],
            Extent(int(high - low), int(before), int(after)),
        )


def fit_depth(flux, dip):
    """Depth and its error from a fit of a constant, a slope and the dip; and the relative scatter."""
    design = np.column_stack([np.ones(len(dip)), np.linspace(-1, 1, len(dip)), dip])
    good = np.isfinite(flux)
    found = np.linalg.lstsq(design[good], flux[good], rcond=None)[0]
    scatter = np.std(flux[good] - design[good] @ found, ddof=3) / found[0]
    error = scatter * np.sqrt(np.linalg.inv(design[good].T @ design[good])[2, 2])
    return -found[2] / found[0], error, scatter
