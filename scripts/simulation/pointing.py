"""Where the star is, and in which state the telescope is, in every integration."""

import numpy as np

__all__ = ["IMAGE_MOTION_COLUMNS", "TILT_JUMP", "cross_dispersion_offsets", "image_motion"]

_POINTING_STREAM = 1
IMAGE_MOTION_COLUMNS = ("x", "y", "state")
TILT_JUMP = (0.08, -0.05)
_DRIFT_DIRECTION = (1.0, -0.5)


def cross_dispersion_offsets(options):
    """
    Cross-dispersion displacement of the star in every integration: drift and jitter.

    Parameters
    ----------
    options : VisitOptions
        Size of drift and jitter, pixels.

    Returns
    -------
    ndarray, shape (integrations,)
        Displacement, pixels; the drift is zero in the middle of the visit.
    """
    count = options.total_integrations
    return _drift(options) + _generator(options).normal(0.0, options.jitter, count)


def image_motion(options):
    """
    Displacement of the star along both axes and the state of the telescope.

    From the integration of a tilt event on, the star is displaced by a further 0.08 pixels in x
    and -0.05 in y, and segments of the primary mirror are tilted: its image has another shape.

    Parameters
    ----------
    options : VisitOptions
        Size of drift and jitter, pixels, and the integration of the tilt event.

    Returns
    -------
    ndarray, shape (integrations, 3)
        Displacement in x and y, pixels, and state: 0 before a tilt event, 1 from it on. The drift
        is zero in the middle of the visit and half as large, and backwards, in y.
    """
    count = options.total_integrations
    motion = np.zeros((count, 3))
    motion[:, :2] = np.outer(_drift(options), _DRIFT_DIRECTION)
    motion[:, :2] += _generator(options).normal(0.0, options.jitter, (count, 2))
    if options.tilt_event is not None:
        motion[options.tilt_event - 1 :] += (*TILT_JUMP, 1.0)
    return motion


def _drift(options):
    """Drift over the visit, pixels, shape (integrations,)."""
    count = options.total_integrations
    return options.drift * (np.arange(count) / max(count - 1, 1) - 0.5)


def _generator(options):
    """Random numbers of the pointing."""
    return np.random.default_rng([options.seed, _POINTING_STREAM])
