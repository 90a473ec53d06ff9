"""Keywords that fluxes depend on, which must be the same in all segments of a product."""

from collections import Counter

from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of

__all__ = ["flux_keyword_errors", "flux_keywords", "position_values", "position_warnings"]

# Those of all detectors, and those of each; positions differ a little, but all segments have them.
_OF_PRODUCT = ("S_PHOTOM", "BUNIT", "SRCTYPE")
_OF_DETECTOR = ("INSTRUME", "EFFINTTM", "DISPAXIS", "SPORDER", "SLTNAME", "PIXAR_SR")
# By how much positions may differ within an exposure, in pixels and degrees.
_POSITIONS = {
    **dict.fromkeys(("SRCXPOS", "SRCYPOS", "XREF_SCI", "YREF_SCI"), 0.1),
    **dict.fromkeys(("DITH_RA", "DITH_DEC"), 3e-6),
    "PWCPOS": 0.01,
}
_IN_PRIMARY = frozenset(("S_PHOTOM", "INSTRUME", "EFFINTTM", "DITH_RA", "DITH_DEC", "PWCPOS"))
_ALL = (*_OF_PRODUCT, *_OF_DETECTOR, *_POSITIONS)
# Pixels whose areas differ by less have the same, written by different software.
_DIGITS = 6


def flux_keywords(primary, science):
    """
    Collect the keywords of a segment that its fluxes depend on.

    Parameters
    ----------
    primary, science : dict
        Keywords of the primary header and of SCI.

    Returns
    -------
    values : tuple
        Value of each keyword, None if it is missing; of positions, whether there is one.
    """
    headers = [primary if keyword in _IN_PRIMARY else science for keyword in _ALL]
    return tuple(
        _plain(keyword, header.get(keyword), primary)
        for keyword, header in zip(_ALL, headers, strict=True)
    )


def _plain(keyword, value, primary):
    """Value without what is only a matter of writing, or without effect on the fluxes."""
    if keyword in _POSITIONS:
        return value is not None
    if keyword == "EFFINTTM" and not mode_of(primary.get("EXP_TYPE")).is_imaging:
        return None
    if keyword == "S_PHOTOM" and str(value).strip().upper() != "COMPLETE":
        return None
    if isinstance(value, str):
        return value.strip().upper() or None
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def position_values(primary, science):
    """
    Collect the positions from which apertures and traces of a segment are placed.

    Parameters
    ----------
    primary, science : dict
        Keywords of the primary header and of SCI.

    Returns
    -------
    values : dict of str to float
        Those that are numbers, by keyword.
    """
    headers = {keyword: primary if keyword in _IN_PRIMARY else science for keyword in _POSITIONS}
    values = {keyword: header.get(keyword) for keyword, header in headers.items()}
    return {keyword: value for keyword, value in values.items() if type(value) in (int, float)}


def position_warnings(segments):
    """
    Find segments that are measured in another place than the others of their exposure.

    Parameters
    ----------
    segments : list of Segment
        Segments of one exposure and detector, all with ``facts``.

    Returns
    -------
    warnings : list of Finding
        One for each segment and position that differs by more than positions do within an exposure.
    """
    warnings = []
    for keyword, tolerance in _POSITIONS.items():
        values = [segment.facts.positions.get(keyword) for segment in segments]
        known = Counter(value for value in values if value is not None)
        if len(known) < 2:
            continue
        (usual, count), *_ = known.most_common()
        warnings += [
            Finding(
                "warning",
                segment.path,
                key=keyword,
                found=f"{value:.9g}",
                expected=f"{usual:.9g} as in {count} of {len(values)} segments",
                effect="this segment is measured in another place than these",
            )
            for segment, value in zip(segments, values, strict=True)
            if value is not None and abs(value - usual) > tolerance
        ]
    return warnings


def flux_keyword_errors(segments):
    """
    Find keywords that fluxes depend on and that differ between segments of a product.

    Parameters
    ----------
    segments : list of Segment
        Segments of a product; those without ``flux_keywords`` are left out.

    Returns
    -------
    errors : list of Finding
        One for each segment and keyword that differs from most of the other segments.
    """
    known = [segment for segment in segments if segment.flux_keywords]
    errors = []
    for position, keyword in enumerate(_ALL):
        groups = {}
        for segment in known:
            detector = None if keyword in _OF_PRODUCT else segment.detector
            groups.setdefault(detector, []).append(segment)
        for group in groups.values():
            errors += _group_errors(group, keyword, position)
    return errors


def _group_errors(segments, keyword, position):
    """Find the segments of a group whose value of a keyword is not that of most."""
    values = [segment.flux_keywords[position] for segment in segments]
    if len(set(values)) == 1:
        return []
    (usual, count), *_ = Counter(values).most_common()
    return [
        Finding(
            "error",
            segment.path,
            key=keyword,
            found=_text(value, keyword),
            expected=f"{_text(usual, keyword)} as in {count} of {len(values)} segments",
            effect="fluxes depend on it",
        )
        for segment, value in zip(segments, values, strict=True)
        if value != usual
    ]


def _text(value, keyword):
    """Text of a value; of positions only whether there is one is compared."""
    if keyword in _POSITIONS:
        return "a number" if value else "none"
    return "none" if value is None else str(value)
