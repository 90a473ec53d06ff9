"""Scales of plots: where values are, and the numbers at the axes."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Scale", "readable", "robust_limits", "shared_limits", "tick_text"]

# Ranges that are together at most so many times as wide as the narrowest are drawn on one scale.
_SHARED = 5.0
# Half range of a constant, in its value.
_FLAT = 0.05


def tick_text(value, step):
    """
    Write a number at an axis.

    Parameters
    ----------
    value : float
        The number.
    step : float
        Distance to the next.

    Returns
    -------
    text : str
        As many decimals as the step has, a true minus.

    Examples
    --------
    >>> tick_text(-0.25, 0.25), tick_text(3000.0, 1000.0), tick_text(0.001, 0.0005)
    ('−0.25', '3000', '0.0010')
    """
    decimals = 0
    while decimals < 12:
        scaled = step * 10**decimals
        if round(scaled) >= 1 and abs(round(scaled) - scaled) < 1e-6 * scaled:
            break
        decimals += 1
    text = f"{value:.{decimals}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


@dataclass(frozen=True)
class Scale:
    """
    Values along an axis or of colours.

    Attributes
    ----------
    low, high : float
        Values at its ends.
    kind : str
        ``linear``, ``count`` with whole numbers at the axis, ``log``, or ``root``, which shows faint
        and bright together.
    """

    low: float
    high: float
    kind: str = "linear"

    def __post_init__(self):
        """Make the ends differ, and those of a logarithm positive."""
        low, high = float(self.low), float(self.high)
        if self.kind == "log":
            high = high if high > 0 else 1.0
            low = low if 0 < low < high else high / 10.0
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high if high > low else low + max(abs(low) * 1e-9, 1.0))

    def place(self, values):
        """
        Find where values are.

        Parameters
        ----------
        values : array_like
            Values.

        Returns
        -------
        places : ndarray of float
            0 at the low end, 1 at the high end; NaN of what has no place.
        """
        values = np.asarray(values, float)
        if self.kind == "log":
            with np.errstate(invalid="ignore", divide="ignore"):
                logs = np.log(np.where(values > 0, values, np.nan))
            return (logs - np.log(self.low)) / (np.log(self.high) - np.log(self.low))
        places = (values - self.low) / (self.high - self.low)
        return np.sqrt(np.clip(places, 0.0, 1.0)) if self.kind == "root" else places

    def ticks(self, most=6):
        """
        Choose round numbers.

        Parameters
        ----------
        most : int, optional
            How many at most.

        Returns
        -------
        ticks : list of (float, str)
            Values and how they are written.
        """
        if self.kind == "log" and self.high > 3.0 * self.low:
            return self._log_ticks(most)
        if self.kind == "root":
            return self._root_ticks(most)
        step = _round_step((self.high - self.low) / most)
        step = max(round(step), 1.0) if self.kind == "count" else step
        first = int(np.ceil(self.low / step - 1e-9))
        last = int(np.floor(self.high / step + 1e-9))
        return [(k * step, tick_text(k * step, step)) for k in range(first, last + 1)]

    def _root_ticks(self, most):
        """Round numbers that are not closer than the scale allows."""
        kept = []
        for value, text in Scale(self.low, self.high).ticks(4 * most):
            place = float(self.place(value))
            if not kept or place - kept[-1][0] > 0.8 / most:
                kept.append((place, (value, text)))
        return [tick for _, tick in kept]

    def _log_ticks(self, most):
        """Plain numbers: 1, 2 and 5 of each decade, or fewer where there are many decades."""
        decades = range(int(np.floor(np.log10(self.low))), int(np.ceil(np.log10(self.high))) + 1)
        for digits in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
            values = [digit * 10.0**decade for decade in decades for digit in digits]
            values = [v for v in values if self.low * 0.999 <= v <= self.high * 1.001]
            if len(values) <= most:
                break
        values = values[:: 1 + (len(values) - 1) // most] if len(values) > most else values
        return [(value, f"{value:.10f}".rstrip("0").rstrip(".")) for value in values]


def _round_step(step):
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(step))
    return power * next(k for k in (1.0, 2.0, 5.0, 10.0) if k * power >= step * (1 - 1e-9))


def readable(limits):
    """
    Choose a power of ten that makes numbers easy to read.

    Parameters
    ----------
    limits : tuple of float
        The least and the largest.

    Returns
    -------
    factor : float
        What the numbers are multiplied by; 1 where they are between a thousandth and a million.
    text : str
        What is written in front of their unit.

    Examples
    --------
    >>> readable((0.0, 2.5e-5)), readable((0.0, 300.0))
    ((1000000.0, '10⁻⁶ '), (1.0, ''))
    """
    largest = max(abs(value) for value in limits)
    power = 3 * int(np.floor(np.log10(largest) / 3.0)) if largest > 0 else 0
    if -3 <= power <= 3:
        return 1.0, ""
    digits = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return 10.0**-power, f"10{digits} "


def robust_limits(values, margin=0.15, spread=None):
    """
    Limits of an axis that a few outliers do not widen.

    Parameters
    ----------
    values : ndarray
        Values that are shown; NaN is left out.
    margin : float, optional
        Part of the range that is added on each side.
    spread : float, optional
        Least half range.

    Returns
    -------
    low, high : float
        The 0.5 and 99.5 percentile with the margin.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = np.percentile(values, [0.5, 99.5])
    least = _FLAT * max(abs(low), abs(high))
    pad = max(margin * (high - low), spread or 0.0, 1e-12)
    # Rounding errors of a constant are not worth a scale.
    pad = pad if high - low > 1e-9 * least else max(pad, least)
    return float(low - pad), float(high + pad)


def shared_limits(limits):
    """
    Give panels that are compared one scale, unless it would hide what is in some.

    Parameters
    ----------
    limits : list of (float, float)
        Limits of each panel.

    Returns
    -------
    limits : list of (float, float)
        Those of all together, if that is at most five times as wide as the narrowest;
        otherwise as they are.

    Examples
    --------
    >>> shared_limits([(0.0, 1.0), (0.5, 2.0)]), shared_limits([(0.0, 1.0), (0.0, 9.0)])
    ([(0.0, 2.0), (0.0, 2.0)], [(0.0, 1.0), (0.0, 9.0)])
    """
    if not limits:
        return []
    whole = min(low for low, _ in limits), max(high for _, high in limits)
    narrowest = min(high - low for low, high in limits)
    return [whole] * len(limits) if whole[1] - whole[0] <= _SHARED * narrowest else list(limits)
