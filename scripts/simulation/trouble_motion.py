"""Motion of the star with memory: jitter, drift, moves of the antenna, and a tilt event."""

import numpy as np

__all__ = ["MOTION_COLUMNS", "star_motion"]

MOTION_COLUMNS = ("x", "y", "wing_share")
_MOTION_STREAM = 4
_WHITE, _SLOW, _MEMORY = 0.9, 0.45, 0.9
_DRIFT_DIRECTION = (1.0, 0.7)
_ANTENNA_DIRECTION = (0.8, 0.6)
_ANTENNA_AT, _ANTENNA_LASTS = 2 / 3, 2
_TILT_AT = 0.8


def star_motion(trouble, integrations, seed, scale):
    """
    Displacement of the star and light in wings of its image in every integration.

    Parameters
    ----------
    trouble : Trouble
        Jitter, drift, antenna move and tilt event.
    integrations : int
        Integrations of the exposure.
    seed : int
        Seed of the visit.
    scale : float
        Size of a pixel, arcsec.

    Returns
    -------
    ndarray, shape (integrations, 3)
        Displacement in x and y, pixels, and share of the light in the wings of a tilt event; columns
        are `MOTION_COLUMNS`.
    """
    generator = np.random.default_rng([seed, _MOTION_STREAM])
    white = generator.normal(size=(integrations, 2))
    kicks = generator.normal(size=(integrations, 2))
    offsets = trouble.jitter * (_WHITE * white + _SLOW * _with_memory(kicks))
    phase = np.arange(integrations) / max(integrations - 1, 1)
    offsets += trouble.drift * np.outer(phase - 0.5, _DRIFT_DIRECTION)
    moved = int(_ANTENNA_AT * integrations)
    offsets[moved : moved + _ANTENNA_LASTS] += trouble.antenna * np.array(_ANTENNA_DIRECTION)
    tilted = np.arange(integrations) >= _TILT_AT * integrations
    return np.column_stack([offsets / (1e3 * scale), trouble.tilt_event * tilted])


def _with_memory(kicks):
    """Autoregressive series of unit variance, shape (integrations, axes), from white noise."""
    series = kicks.copy()
    for index in range(1, len(kicks)):
        series[index] = _MEMORY * series[index - 1] + np.sqrt(1.0 - _MEMORY**2) * kicks[index]
    return series
