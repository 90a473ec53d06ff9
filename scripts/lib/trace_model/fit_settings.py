"""What the fits of a trace model depend on: instrument, detector, disperser and mode."""

from dataclasses import dataclass

from scripts.lib.instruments.modes import mode_of

__all__ = ["FitSettings", "fit_settings"]


@dataclass(frozen=True)
class FitSettings:
    """
    Constants of the fits; columns run across the dispersion.

    Attributes
    ----------
    turned : bool
        Whether images are turned by 90 degrees so that dispersion runs along rows.
    ascending : bool
        Whether columns are fitted from the first to the last.
    window : int
        Columns on each side whose pixels are fitted together.
    knots, least_good : int or None
        Number of knots, and of valid pixels that a column must exceed; None where they follow
        from the number of pixels across.
    knots_per_pixel, good_per_pixel : float
        Factors from that number where they do.
    spacing_ratio : float
        Largest gap between pixels in units of the spacing of knots.
    rejection : float
        Standard deviations beyond which pixels are left out.
    rounds : int
        Number of fits.
    pad : int
        Pixels around a compact source.
    """

    turned: bool
    ascending: bool
    window: int
    knots: int | None
    least_good: int | None
    knots_per_pixel: float
    good_per_pixel: float
    spacing_ratio: float
    rejection: float
    rounds: int
    pad: int


def fit_settings(primary):
    """
    Constants of the fits of a segment.

    Parameters
    ----------
    primary : dict
        Primary header of a segment of NIRSpec or MIRI.

    Returns
    -------
    settings : FitSettings
        Those of ``adaptive_trace_model`` of jwst 3.0.0.
    """
    detector = str(primary.get("DETECTOR")).upper()
    if detector.startswith("NRS"):
        is_prism = str(primary.get("GRATING")).upper() == "PRISM"
        window, knots, good = (10, 1.0, 0.25) if is_prism else (50, 2.0, 0.5)
        ascending = detector == "NRS1"
        return FitSettings(False, ascending, window, None, None, knots, good, 1.6, 2.5, 3, 1)
    is_slitless = mode_of(primary.get("EXP_TYPE")).trace_fit == "slitless"
    knots, rounds = (60, 2) if is_slitless else (40, 3)
    return FitSettings(True, False, 5, knots, 8, 0.0, 0.0, 1.2, 3.0, rounds, 3)
