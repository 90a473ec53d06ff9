"""
What can be wrong with a simulated visit, and four levels of it.

Levels are A (realistic), B (stress), T (B with a tilt event) and C (brutal).
"""

import math
from dataclasses import dataclass, fields

from scripts.lib.errors import InputError

__all__ = ["LEVELS", "Trouble"]


@dataclass(frozen=True)
class Trouble:
    """
    What is wrong with a visit; by default, nothing is.

    Noise of a pixel is that of its mean light out of transit: photons and readout.

    Attributes
    ----------
    jitter : float
        Pointing scatter per axis, mas: 0.9 of it white, 0.45 with a memory of ten integrations.
    drift : float
        Pointing drift over the visit in x, and 0.7 of it in y, mas.
    antenna : float
        Displacement by a move of the antenna, mas, in two integrations after two thirds of the visit.
    tilt_event : float
        Share of the star's light that moves from the core of its image into wings 2.5 times as wide
        at 0.8 of the visit; the core gets wider by 4/3 of that share.
    flat : float
        Relative error of the flat field, standard deviation over the pixels.
    response : float
        Relative change of a pixel's response to the star by a motion of one pixel, standard deviation
        over the pixels, along each axis.
    stripes : float
        Readout noise that the pixels of a row have in common, electrons: its standard deviation about
        the mean of an integration. Only detectors that show it have it.
    stripe_slope : float
        Power of the stripes falls with this power of the frequency from row to row: 1/f noise, or
        with 0 white noise.
    background_gradient : float
        Relative rise of the background from the middle of the frame to its upper edge; half as
        much to its right edge.
    background_drift : float
        Relative change of the background over the visit.
    bad : float
        Share of pixels that are flagged DO_NOT_USE throughout.
    lost : float
        Share of samples that are flagged DO_NOT_USE in one integration alone; half of them are NaN.
    columns : bool
        Spectra: whether one column is dead throughout and another in the middle 10 % of the visit.
    rtn : float
        Share of pixels that are brighter by 4 to 12 times their noise in 30 % of the integrations,
        without a flag.
    hot : float
        Share of pixels that are brighter by 5 to 60 times their noise throughout, without a flag.
    hits : float
        Cosmic-ray hits per sample, and as many again on the star: 3, 6, 10, 30 and 200
        times the noise, 10 % of them negative.
    hits_near_lost : float
        Hits in the 12 integrations before and after a lost sample in its pixel, for each lost sample.
    err_factor : float
        Written errors over true ones.

    Raises
    ------
    InputError
        A value is negative or not finite, a share is above 1, or `err_factor` is 0.
    """

    jitter: float = 0.0
    drift: float = 0.0
    antenna: float = 0.0
    tilt_event: float = 0.0
    flat: float = 0.0
    response: float = 0.0
    stripes: float = 0.0
    stripe_slope: float = 1.0
    background_gradient: float = 0.0
    background_drift: float = 0.0
    bad: float = 0.0
    lost: float = 0.0
    columns: bool = False
    rtn: float = 0.0
    hot: float = 0.0
    hits: float = 0.0
    hits_near_lost: float = 0.0
    err_factor: float = 1.0

    def __post_init__(self):
        """Refuse values that nothing can have."""
        shares = {"tilt_event", "bad", "lost", "rtn", "hot", "hits"}
        for item in fields(self):
            value = getattr(self, item.name)
            largest = 1.0 if item.name in shares else math.inf
            if not 0.0 <= value <= largest or math.isinf(value):
                msg = f"trouble: {item.name}: found {value}, expected 0 to {largest:g}"
                raise InputError(msg)
        if self.err_factor == 0.0:
            msg = "trouble: err_factor: found 0, expected more"
            raise InputError(msg)


_STRESS = {
    "jitter": 1.5,
    "drift": 2.0,
    "antenna": 6.0,
    "flat": 0.003,
    "response": 0.02,
    "stripes": 3.5,
    "background_gradient": 0.2,
    "background_drift": 0.04,
    "bad": 0.01,
    "lost": 2e-4,
    "columns": True,
    "rtn": 1e-3,
    "hot": 1e-3,
    "hits": 4e-4,
    "hits_near_lost": 2.0,
}

LEVELS = {
    "A": Trouble(
        jitter=0.5,
        drift=1.0,
        antenna=3.0,
        flat=0.002,
        response=0.02,
        stripes=1.75,
        background_gradient=0.2,
        background_drift=0.03,
        bad=0.005,
        lost=1e-4,
        columns=True,
        rtn=5e-4,
        hot=5e-4,
        hits=4e-4,
        hits_near_lost=2.0,
    ),
    "B": Trouble(**_STRESS),
    "T": Trouble(**_STRESS, tilt_event=0.0015),
    "C": Trouble(
        jitter=5.0,
        drift=5.0,
        antenna=12.0,
        flat=0.006,
        response=0.04,
        stripes=7.0,
        background_gradient=0.2,
        background_drift=0.06,
        bad=0.03,
        lost=5e-4,
        columns=True,
        rtn=3e-3,
        hot=3e-3,
        hits=6e-4,
        hits_near_lost=2.0,
        err_factor=0.8,
    ),
}
