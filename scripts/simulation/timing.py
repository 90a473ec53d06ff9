"""Times of the integrations and of the exposure."""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "EXPOSURE_START",
    "SECONDS_PER_DAY",
    "TARGET_DEC",
    "TARGET_RA",
    "Clock",
    "barycentric",
    "int_times_table",
]

EXPOSURE_START = 59770.83
SECONDS_PER_DAY = 86400.0
TARGET_RA = 217.3267
TARGET_DEC = -3.4445
_TDB_MINUS_UTC = 69.184
_LIGHT_TIME_PER_AU = 499.005
_OBLIQUITY = np.deg2rad(23.4393)

_INT_TIMES_DTYPE = np.dtype(
    [
        ("integration_number", "i4"),
        ("int_start_MJD_UTC", "f8"),
        ("int_mid_MJD_UTC", "f8"),
        ("int_end_MJD_UTC", "f8"),
        ("int_start_BJD_TDB", "f8"),
        ("int_mid_BJD_TDB", "f8"),
        ("int_end_BJD_TDB", "f8"),
    ]
)


@dataclass(frozen=True)
class Clock:
    """
    Times of the integrations of one detector.

    Attributes
    ----------
    start : float
        Start of the first integration, MJD UTC.
    cadence : float
        Time from one integration's start to the next one's, seconds.
    integration_time : float
        Length of an integration, seconds.
    """

    start: float
    cadence: float
    integration_time: float

    def mid_times(self, integration_numbers):
        """
        Mid times (MJD UTC) of 1-based integration numbers.

        Parameters
        ----------
        integration_numbers : ndarray
            Integration numbers.

        Returns
        -------
        ndarray
            Times, of the same shape.
        """
        return self.starts(integration_numbers) + self.integration_time / 2 / SECONDS_PER_DAY

    def starts(self, integration_numbers):
        """
        Start times (MJD UTC) of 1-based integration numbers.

        Parameters
        ----------
        integration_numbers : ndarray
            Integration numbers.

        Returns
        -------
        ndarray
            Times, of the same shape.
        """
        elapsed = (np.asarray(integration_numbers, dtype=float) - 1.0) * self.cadence
        return self.start + elapsed / SECONDS_PER_DAY

    def span(self, integrations):
        """
        Start and end (MJD UTC) of an exposure of so many integrations.

        Parameters
        ----------
        integrations : int
            Integrations of the exposure.

        Returns
        -------
        tuple of float
            Start and end.
        """
        last = self.starts(np.array([integrations]))[0]
        return self.start, float(last + self.integration_time / SECONDS_PER_DAY)


def barycentric(mjd_utc):
    """
    Barycentric dynamical time of UTC times at the observatory.

    TDB - UTC is 69.184 s; the light-travel time to the simulated target is that of a circular
    orbit of the Earth at 1 au, within 20 s of the truth.

    Parameters
    ----------
    mjd_utc : ndarray
        Times, MJD UTC.

    Returns
    -------
    ndarray
        BJD - 2400000.5 in TDB, days, as the observatory writes it.
    """
    sun = np.deg2rad(280.46 + 0.9856474 * (np.asarray(mjd_utc) - 51544.5))
    towards_earth = -np.stack(
        [np.cos(sun), np.sin(sun) * np.cos(_OBLIQUITY), np.sin(sun) * np.sin(_OBLIQUITY)]
    )
    ra, dec = np.deg2rad([TARGET_RA, TARGET_DEC])
    target = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    delay = _LIGHT_TIME_PER_AU * np.tensordot(target, towards_earth, axes=1)
    return mjd_utc + (_TDB_MINUS_UTC + delay) / SECONDS_PER_DAY


def int_times_table(clock, first, last):
    """
    Rows of INT_TIMES for the integrations `first` to `last` (1-based, inclusive).

    Parameters
    ----------
    clock : Clock
        The detector's clock.
    first, last : int
        Integration numbers; no rows when `last` is below `first`.

    Returns
    -------
    ndarray, shape (rows,)
        Structured array with the columns of INT_TIMES.
    """
    table = np.zeros(max(last - first + 1, 0), dtype=_INT_TIMES_DTYPE)
    table["integration_number"] = np.arange(first, first + len(table))
    start = clock.starts(table["integration_number"])
    days = clock.integration_time / SECONDS_PER_DAY
    for name, offset in (("start", 0.0), ("mid", days / 2.0), ("end", days)):
        table[f"int_{name}_MJD_UTC"] = start + offset
        table[f"int_{name}_BJD_TDB"] = barycentric(start + offset)
    return table
