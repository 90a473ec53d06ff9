"""
Checks of the input before any job runs.

*Problems* prevent processing; all of them are collected and reported together.
*Oddities* do not: they are logged as warnings.
"""

from itertools import pairwise
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.extract1d_reference import read_reference
from scripts.lib.fits_headers import read_hdus

_TSO_TYPES = ("NRC_TSIMAGE", "NRC_TSGRISM", "NRS_BRIGHTOBJ")
_OPTIONAL_INTEGERS = ("INTSTART", "INTEND", "EXSEGNUM")
_CUBE_AXES = 3
_ASDF_REFERENCES = ("wavelengthrange", "pastasoss")
# References without which NIRISS SOSS has neither traces nor models.
SOSS_REFERENCES = ("pastasoss", "specprofile", "speckernel")


def header_problems(path, hdus):
    """
    Find what in the headers of a segment prevents its processing.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units.

    Returns
    -------
    problems : list of str
        One line for each: file, keyword, found, expected.
    """
    problems = _keyword_problems(hdus[0].header) + _plane_problems(hdus)
    return [f"{path}: {problem}" for problem in problems]


def _keyword_problems(primary):
    """Find primary keywords that are missing or wrong."""
    exp_type, nints = primary.get("EXP_TYPE"), primary.get("NINTS")
    problems = [
        f"{keyword}: found {primary[keyword]!r}, expected a whole number"
        for keyword in _OPTIONAL_INTEGERS
        if not _is_integer(primary.get(keyword) or 0)
    ]
    if not isinstance(exp_type, str) or not exp_type:
        problems.append(f"EXP_TYPE: found {exp_type!r}, expected an exposure type")
    elif primary.get("TSOVISIT") is not True and exp_type not in _TSO_TYPES:
        problems.append(
            f"TSOVISIT: found {primary.get('TSOVISIT')!r} with EXP_TYPE {exp_type}, expected True "
            f"or EXP_TYPE one of {', '.join(_TSO_TYPES)}: not a time-series observation"
        )
    if not _is_integer(nints):
        problems.append(f"NINTS: found {nints!r}, expected the number of integrations")
    elif nints < 2:
        problems.append(f"NINTS: found {nints}, expected 2 or more: not a time series")
    return problems


def _is_integer(value):
    """Tell integers from all else, logicals included."""
    return isinstance(value, int) and not isinstance(value, bool)


def _plane_problems(hdus):
    """Find extensions that are missing or of the wrong shape."""
    shapes = {
        name: [hdu.shape for hdu in hdus if hdu.name == name] for name in ("SCI", "ERR", "DQ")
    }
    if len(shapes["SCI"]) != 1:
        return [f"SCI: found {len(shapes['SCI'])} extensions, expected one"]
    shape = shapes["SCI"][0]
    if len(shape) != _CUBE_AXES or 0 in shape:
        return [f"SCI: found shape {shape}, expected a cube (integrations, y, x)"]
    return [
        f"{name}: found shape {shapes[name][0] if shapes[name] else None}, "
        f"expected that of SCI, {shape}"
        for name in ("ERR", "DQ")
        if shapes[name][:1] != [shape]
    ]


def header_oddities(hdus):
    """
    Find what is unusual in the headers of a segment that can be processed.

    Parameters
    ----------
    hdus : list of Hdu
        Header-data units of a file without problems.

    Returns
    -------
    oddities : list of str
        One line for each, without the name of the file.
    """
    primary = hdus[0].header
    nints = next(hdu.shape[0] for hdu in hdus if hdu.name == "SCI")
    first, last, total = (primary.get(key) for key in ("INTSTART", "INTEND", "NINTS"))
    expected_last = (first or 1) + nints - 1
    rows = sum(hdu.shape[0] for hdu in hdus if hdu.name == "INT_TIMES" and hdu.shape)
    oddities = []
    if last is not None and last != expected_last:
        oddities.append(f"INTEND: found {last} with INTSTART {first}, expected {expected_last}")
    if expected_last > total:
        oddities.append(f"NINTS: found {total}, expected {expected_last} or more")
    if rows < nints:
        oddities.append(f"INT_TIMES: found {rows} rows, expected {nints} or more")
    if not primary.get("TARGNAME"):
        oddities.append("TARGNAME: found none, expected the name of the target")
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
    problems : list of str
        Mixed exposure types, duplicates, overlapping integrations.
    """
    return [*_mixed_types(segments), *_duplicates(segments), *_overlaps(segments)]


def _mixed_types(segments):
    """Find segments whose exposure type is not that of the first."""
    return [
        f"{segment.path}: EXP_TYPE: found {segment.exp_type}, "
        f"expected {segments[0].exp_type} as in {segments[0].path}"
        for segment in segments
        if segment.exp_type != segments[0].exp_type
    ]


def _duplicates(segments):
    """Find segments that are there twice."""
    return [
        f"{second.path}: member: found the same exposure, segment and detector as in "
        f"{first.path}, expected each once"
        for first, second in pairwise(segments)
        if first.place == second.place
    ]


def _overlaps(segments):
    """Find segments of one exposure and detector that hold the same integrations."""
    problems = []
    for group in _exposures(segments):
        furthest = group[0]
        for segment in group[1:]:
            overlap = segment.first_integration <= furthest.last_integration
            if overlap and segment.place != furthest.place:
                problems.append(
                    f"{segment.path}: INTSTART: found {segment.first_integration}, expected more than "
                    f"{furthest.last_integration}, the last integration of {furthest.path}"
                )
            furthest = max(furthest, segment, key=lambda s: s.last_integration)
    return problems


def group_oddities(segments):
    """
    Find integrations that no segment of an association holds.

    Parameters
    ----------
    segments : list of Segment
        In the order of :attr:`Segment.place`, without problems.

    Returns
    -------
    oddities : list of str
        Gaps between segments, missing ends, disagreeing ``NINTS``.
    """
    oddities = []
    for group in _exposures(segments):
        place = f"{group[0].exposure_id} {group[0].detector}".strip()
        totals = sorted({segment.exposure_integrations for segment in group})
        if len(totals) > 1:
            oddities.append(f"{place}: NINTS: found {totals}, expected one number for all segments")
        if group[-1].last_integration > totals[-1]:
            # NINTS counts something else than the exposure, so the end is unknown.
            totals.append(group[-1].last_integration)
        ends = [0, *(segment.last_integration for segment in group)]
        starts = [*(segment.first_integration for segment in group), totals[-1] + 1]
        oddities += [
            f"{place}: integrations: found none of {end + 1} to {start - 1}, expected 1 to {totals[-1]}"
            for end, start in zip(ends, starts, strict=True)
            if start > end + 1
        ]
    return oddities


def _exposures(segments):
    """Lists of segments of one exposure and detector, in order of their integrations."""
    groups = {}
    for segment in segments:
        groups.setdefault((segment.exposure_id, segment.detector), []).append(segment)
    return [sorted(group, key=lambda s: s.first_integration) for group in groups.values()]


def check_references(config, products, base_dir):
    """
    Check the reference files that the configuration names.

    Parameters
    ----------
    config : dict
        The validated configuration.
    products : list of Product
        What the workflow is to make.
    base_dir : Path
        Folder that relative paths start from.

    Returns
    -------
    oddities : list of str
        References that are not given although a step would use them.

    Raises
    ------
    InputError
        If a file does not exist or is no FITS or EXTRACT1D file, or one that
        NIRISS SOSS needs is not given; the message has one line for each.
    """
    references = config["references"]
    given = {name: path for name, path in references.items() if path is not None}
    problems = [
        problem
        for name, path in given.items()
        for problem in _reference_problems(name, path, base_dir)
    ]
    if problems:
        raise InputError("\n".join(problems))
    if config["extract_1d"]["skip"]:
        return []
    kinds = {
        product.exp_type == "NIS_SOSS" for product in products if product.branch == "spectroscopy"
    }
    return [
        *(_soss_oddities(references) if True in kinds else []),
        *(_box_oddities(references) if False in kinds else []),
    ]


def _reference_problems(name, path, base_dir):
    """Find out whether a reference file cannot be used, without reading its data."""
    if not Path(base_dir, path).is_file():
        return [
            f"config: references/{name}: found no file {path}, expected a reference file or null"
        ]
    try:
        if name == "extract1d":
            read_reference(Path(base_dir, path))
        elif name not in _ASDF_REFERENCES:
            read_hdus(Path(base_dir, path))
    except InputError as error:
        return [f"config: references/{name}: {error}"]
    return []


def _soss_oddities(references):
    """References that NIRISS SOSS wants; InputError for those it cannot do without."""
    missing = [name for name in SOSS_REFERENCES if references[name] is None]
    if missing:
        lines = [
            f"config: references/{name}: found null, expected the reference file of NIRISS SOSS"
            for name in missing
        ]
        raise InputError("\n".join(lines))
    wanted = {
        "photom": "the spectra stay count rates",
        "wavelengthrange": "light curves sum all wavelengths",
    }
    return [
        f"config: references/{name}: found null: {effect}"
        for name, effect in wanted.items()
        if references[name] is None
    ]


def _box_oddities(references):
    """References that the extraction of slit and slitless spectra wants."""
    if references["extract1d"] is None:
        return ["config: references/extract1d: found null: the aperture is the whole array"]
    return []
