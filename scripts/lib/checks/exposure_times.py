"""
Checks of the times of a segment against what its header says of the exposure and of the target.

Standard library only: the workflow does them for every segment at each start.
"""

from datetime import UTC, datetime
from functools import partial
from math import cos, isfinite, radians, sin

from scripts.lib.findings import Finding
from scripts.lib.segment_data.integrations import TDB, first_integration
from scripts.lib.segment_data.integrations import UTC as UTC_COLUMNS

__all__ = ["barycentric_offset", "exposure_findings"]

_DAY, _MINUTE = 86400.0, 1 / 1440
# What the header says of the start and the end of an exposure: numbers or dates, of each time scale.
_SPANS = {
    UTC_COLUMNS[1]: (("EXPSTART", "EXPEND"), ("DATE-BEG", "DATE-END"), ("MJD-BEG", "MJD-END")),
    TDB[1]: (("TDB-BEG", "TDB-END"), ("BSTRTIME", "BENDTIME")),
}
_EPOCH, _MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC), 2_400_000.5
# Light takes 500 s from the Sun to the Earth, and TDB is 69 s ahead of UTC: 0.007 d together.
_LARGEST_OFFSET = 0.01
_LIGHT_TIME, _TDB_MINUS_UTC = 499.005, 69.184
# JWST is 1.01 au from the Sun. What is left out, the orbit around L2 and part of the Sun's way
# around the barycentre, is smaller than 10 s; a time that is UTC is 69 s away.
_DISTANCE, _OFFSET_ERROR = 1.01, 30 / _DAY


def exposure_findings(path, times, hdus):
    """
    Find times that the header contradicts.

    Parameters
    ----------
    path : str
        The file, for the messages.
    times : Times
        Its times.
    hdus : list of Hdu
        Its header-data units.

    Returns
    -------
    findings : list of Finding
        Warnings: mid times outside of the exposure, or by more than an integration and a minute not
        where their numbers are in it; barycentric times that are not as far from UTC as
        light needs to the barycentre. Each time scale has at most one.
    """
    headers = [hdus[0].header, next(hdu.header for hdu in hdus if hdu.name == "SCI")]
    position = [headers[0].get(name) for name in ("TARG_RA", "TARG_DEC")]
    if not all(map(_is_number, position)):
        position = None
    findings = _offset_findings(path, times, position)
    findings += _span_findings(path, times, headers, UTC_COLUMNS[1])
    # Archive files of before 2023 have wrong barycentric keywords next to right columns.
    if position is None:
        findings += _span_findings(path, times, headers, TDB[1])
    return findings


def _offset_findings(path, times, position):
    """Find barycentric times that are too far from UTC, or too near for a target."""
    utc, tdb = times.columns[UTC_COLUMNS[1]], times.columns[TDB[1]]
    pairs = [(a, b - a) for a, b in zip(utc, tdb, strict=True) if a and b and isfinite(a + b)]
    if not pairs:
        return []
    middle, error = 0.0, _LARGEST_OFFSET
    if position:
        middle, error = barycentric_offset(pairs[0][0], *position), _OFFSET_ERROR
    furthest = max((offset for _, offset in pairs), key=lambda offset: abs(offset - middle))
    if abs(furthest - middle) <= error:
        return []
    found, expected = f"{furthest:.4g} d from UTC", f"less than {error} d"
    if middle:
        found = f"{_DAY * furthest:.1f} s from UTC"
        expected = f"about {_DAY * middle:.0f} s, the way of light to the barycentre and 69 s"
    effect = "the barycentric times of the products are these"
    return [_warning(path, TDB[1], found, expected, effect)]


def barycentric_offset(mjd, ra, dec):
    """
    Difference between barycentric TDB and UTC at the observatory.

    Parameters
    ----------
    mjd : float
        Time, MJD.
    ra, dec : float
        Direction of the target [deg].

    Returns
    -------
    days : float
        Difference [d], within 10 s: the position of the Sun is that of the Astronomical Almanac's
        low-precision formula, from the mean equinox of date turned to that of J2000.
    """
    days = mjd - 51544.5
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude = radians(280.460 + 0.9856474 * days - 3.8247e-5 * days)
    longitude += radians(1.915) * sin(anomaly) + radians(0.020) * sin(2 * anomaly)
    radius = _DISTANCE * (1.00014 - 0.01671 * cos(anomaly) - 0.00014 * cos(2 * anomaly))
    obliquity, ra, dec = radians(23.4393), radians(ra), radians(dec)
    towards_sun = cos(dec) * cos(ra) * cos(longitude) + sin(longitude) * (
        cos(obliquity) * cos(dec) * sin(ra) + sin(obliquity) * sin(dec)
    )
    return (_TDB_MINUS_UTC - _LIGHT_TIME * radius * towards_sun) / _DAY


def _span_findings(path, times, headers, column):
    """Report the first pair of keywords that contradicts the mid times of a scale."""
    known = [(k, time) for k, time in enumerate(times.columns[column]) if time and isfinite(time)]
    if not known:
        return []
    warning = partial(_warning, path, column)
    for names in _SPANS[column]:
        begin, end = (_moment(headers, name) for name in names)
        if None not in (begin, end) and begin >= end:
            continue
        said = "{} and {} disagree with the times, which count".format(*names)
        early, late = (choose(time for _, time in known) for choose in (min, max))
        if (begin is not None and early < begin - _MINUTE) or (
            end is not None and late > end + _MINUTE
        ):
            limits = ("?" if limit is None else f"{limit:.6f}" for limit in (begin, end))
            found, expected = f"{early:.6f} to {late:.6f}", "within {} to {}".format(*limits)
            return [warning(found, expected, said)]
        if None not in (begin, end) and times.covered:
            found = _misplaced(headers[0], known, begin, end)
            if found is not None:
                return [warning(*found, f"NINTS, {said}")]
    return []


def _misplaced(primary, known, begin, end):
    """Say, as found and expected, what is not where its number is in an exposure; None if all is."""
    total, first = primary.get("NINTS"), first_integration(primary)
    if type(total) is not int or total < 1:
        return None
    step = (end - begin) / total
    for row, time in (known[0], known[-1]):
        place = begin + (first + row - 0.5) * step
        if abs(time - place) > step + _MINUTE:
            return (
                f"{time:.6f} for integration {first + row}",
                f"about {place:.6f}, as {total} integrations take {begin:.6f} to {end:.6f}",
            )
    return None


def _moment(headers, keyword):
    """MJD of a keyword that holds a number or a date with a time; None if it has none."""
    value = next((header[keyword] for header in headers if header.get(keyword) is not None), None)
    if _is_number(value):
        # The observatory writes barycentric times as MJD as well as in full.
        return value - _MJD_EPOCH if value > _MJD_EPOCH else value
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment.replace(tzinfo=UTC) - _EPOCH).total_seconds() / _DAY


def _is_number(value):
    """Whether a value of a keyword is a finite number."""
    return type(value) in (int, float) and isfinite(value)


def _warning(path, name, found, expected, effect):
    """Warning about a column of INT_TIMES."""
    key = f"INT_TIMES/{name}"
    return Finding("warning", path, key=key, found=found, expected=expected, effect=effect)
