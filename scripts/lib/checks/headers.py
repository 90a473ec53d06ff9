"""
Checks of the input before any job runs.

*Problems*, findings of severity ``error``, prevent processing; all of them are
collected and reported together. *Oddities* do not: they are ``warning``.
"""

from functools import partial
from itertools import pairwise

from scripts.lib.checks.keyword_checks import value_problems
from scripts.lib.findings import Finding

# Exposure types that are time series whatever TSOVISIT says.
TSO_TYPES = ("NRC_TSIMAGE", "NRC_TSGRISM", "NRS_BRIGHTOBJ")
IMAGING = ("NRC_TSIMAGE", "MIR_IMAGE")
SPECTROSCOPY = (
    *("MIR_LRS-SLITLESS", "MIR_LRS-FIXEDSLIT", "NIS_SOSS", "NRC_TSGRISM", "NRS_BRIGHTOBJ"),
)
_OPTIONAL_INTEGERS = ("INTSTART", "INTEND", "EXSEGNUM")
_COUNTS = range(1 << 31)
_CUBE_AXES = 3


def header_problems(path, hdus, complete=True):
    """
    Find what in the headers of a segment prevents its processing.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units.
    complete : bool, optional
        False if only those up to SCI are known.

    Returns
    -------
    problems : list of Finding
        Errors.
    """
    error = partial(Finding, "error", path)
    return [
        *value_problems(path, hdus),
        *_keyword_problems(error, hdus[0].header),
        *_plane_problems(error, hdus, complete),
    ]


def _keyword_problems(error, primary):
    """Find primary keywords that are missing or wrong."""
    exp_type, nints = primary.get("EXP_TYPE"), primary.get("NINTS")
    problems = [
        error(keyword, repr(primary[keyword]), "a whole number from 1")
        for keyword in _OPTIONAL_INTEGERS
        if not _is_integer(primary.get(keyword) or 0) or (primary.get(keyword) or 0) not in _COUNTS
    ]
    if not isinstance(exp_type, str) or not exp_type:
        problems.append(error("EXP_TYPE", repr(exp_type), "an exposure type"))
    elif primary.get("TSOVISIT") is not True and exp_type not in TSO_TYPES:
        found = f"{primary.get('TSOVISIT')!r} with EXP_TYPE {exp_type}"
        expected = f"True or EXP_TYPE one of {', '.join(TSO_TYPES)}"
        problems.append(error("TSOVISIT", found, expected, "not a time-series observation"))
    elif exp_type not in (*IMAGING, *SPECTROSCOPY):
        expected = f"one of {', '.join((*IMAGING, *SPECTROSCOPY))}"
        effect = "time series of other types have no pipeline"
        problems.append(error("EXP_TYPE", exp_type, expected, effect))
    if not _is_integer(nints):
        problems.append(error("NINTS", repr(nints), "the number of integrations"))
    elif nints < 2 or nints not in _COUNTS:
        problems.append(error("NINTS", str(nints), "2 or more", "not a time series"))
    return problems


def _is_integer(value):
    """Tell integers from all else, logicals included."""
    return isinstance(value, int) and not isinstance(value, bool)


def _plane_problems(error, hdus, complete):
    """Find extensions that are missing or of the wrong shape."""
    shapes = {
        name: [hdu.shape for hdu in hdus if hdu.name == name] for name in ("SCI", "ERR", "DQ")
    }
    if len(shapes["SCI"]) != 1:
        return [error("SCI", f"{len(shapes['SCI'])} extensions", "one")]
    shape = shapes["SCI"][0]
    if len(shape) != _CUBE_AXES or 0 in shape:
        return [error("SCI", f"shape {shape}", "a cube (integrations, y, x)")]
    return [
        error(name, f"shape {shapes[name][0] if shapes[name] else None}", f"that of SCI, {shape}")
        for name in ("ERR", "DQ")
        if complete and shapes[name][:1] != [shape]
    ]


def header_oddities(path, hdus, complete=True):
    """
    Find what is unusual in the headers of a segment that can be processed.

    Parameters
    ----------
    path : str
        The file.
    hdus : list of Hdu
        Header-data units of a file without problems.
    complete : bool, optional
        False if only those up to SCI are known.

    Returns
    -------
    oddities : list of Finding
        Warnings.
    """
    warning = partial(Finding, "warning", path)
    primary = hdus[0].header
    nints = next(hdu.shape[0] for hdu in hdus if hdu.name == "SCI")
    first, last, total = (primary.get(key) for key in ("INTSTART", "INTEND", "NINTS"))
    expected_last = (first or 1) + nints - 1
    tables = [hdu for hdu in hdus if hdu.name == "INT_TIMES"]
    rows = sum(hdu.shape[0] for hdu in tables if hdu.shape)
    oddities = []
    if last is not None and last != expected_last:
        found, effect = f"{last} with INTSTART {first}", "integrations are counted from INTSTART"
        oddities.append(warning("INTEND", found, str(expected_last), effect))
    if expected_last > total:
        effect = "it is unknown whether segments are missing at the end"
        oddities.append(warning("NINTS", str(total), f"{expected_last} or more", effect))
    if complete and rows < nints:
        found = f"{rows} rows" if tables else "none"
        effect = "integrations get numbers, but no times"
        oddities.append(warning("INT_TIMES", found, f"{nints} rows or more", effect))
    if not primary.get("TARGNAME"):
        expected, effect = "the name of the target", "the products name none"
        oddities.append(warning("TARGNAME", "none", expected, effect))
    return oddities


def group_problems(segments):
    """
    Find what prevents the segments of one association from being processed together.

    Parameters
    ----------
    segments : list of Segment
        In the order of :attr:`Segment.place`.

    Returns
    -------
    problems : list of Finding
        Mixed exposure types, duplicates, overlapping integrations: errors.
    """
    return [*_mixed_types(segments), *_duplicates(segments), *_overlaps(segments)]


def _mixed_types(segments):
    """Find segments whose exposure type is not that of the first."""
    return [
        Finding(
            "error",
            segment.path,
            "EXP_TYPE",
            segment.exp_type,
            f"{segments[0].exp_type} as in {segments[0].path}",
        )
        for segment in segments
        if segment.exp_type != segments[0].exp_type
    ]


def _duplicates(segments):
    """Find segments that are there twice."""
    return [
        Finding(
            "error",
            second.path,
            "member",
            f"the same exposure, segment and detector as in {first.path}",
            "each once",
        )
        for first, second in pairwise(segments)
        if first.place == second.place
    ]


def _overlaps(segments):
    """Find segments of one exposure and detector that hold the same integrations."""
    problems = []
    for group in by_detector(segments):
        furthest = group[0]
        for segment in group[1:]:
            overlap = segment.first_integration <= furthest.last_integration
            if overlap and segment.place != furthest.place:
                last = f"{furthest.last_integration}, the last integration of {furthest.path}"
                found, expected = str(segment.first_integration), f"more than {last}"
                problems.append(Finding("error", segment.path, "INTSTART", found, expected))
            furthest = max(furthest, segment, key=lambda s: s.last_integration)
    return problems


def group_oddities(path, segments):
    """
    Find integrations that no segment of an association holds.

    Parameters
    ----------
    path : str
        The association, for the messages.
    segments : list of Segment
        In the order of :attr:`Segment.place`, without problems.

    Returns
    -------
    oddities : list of Finding
        Gaps between segments, missing ends, disagreeing ``NINTS``: warnings.
    """
    warning = partial(Finding, "warning", path)
    oddities = []
    for group in by_detector(segments):
        place = f"{group[0].exposure_id} {group[0].detector}".strip()
        totals = sorted({segment.exposure_integrations for segment in group})
        if len(totals) > 1:
            expected = "one number for all segments"
            effect = "the largest counts"
            oddities.append(warning(f"NINTS of {place}", str(totals), expected, effect))
        if group[-1].last_integration > totals[-1]:
            # NINTS counts something else than the exposure, so the end is unknown.
            totals.append(group[-1].last_integration)
        ends = [0, *(segment.last_integration for segment in group)]
        starts = [*(segment.first_integration for segment in group), totals[-1] + 1]
        oddities += [
            warning(
                f"integrations of {place}",
                f"none of {end + 1} to {start - 1}",
                f"1 to {totals[-1]}",
                "the product lacks them",
            )
            for end, start in zip(ends, starts, strict=True)
            if start > end + 1
        ]
    return oddities


def by_detector(segments):
    """
    Sort segments by exposure and detector.

    Parameters
    ----------
    segments : iterable of Segment
        In any order.

    Returns
    -------
    groups : list of list of Segment
        The segments of each exposure and detector in order of their integrations.
    """
    groups = {}
    for segment in segments:
        groups.setdefault((segment.exposure_id, segment.detector), []).append(segment)
    return [sorted(group, key=lambda s: s.first_integration) for group in groups.values()]
