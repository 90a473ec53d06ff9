"""Checks of the segments of one product against each other; standard library only."""

from collections import Counter
from functools import partial
from itertools import pairwise
from statistics import median_low

from scripts.lib.checks.flux_keywords import flux_keyword_errors, position_warnings
from scripts.lib.checks.segments import COMMON, COMMON_NUMBERS
from scripts.lib.findings import Finding

__all__ = ["comparison_findings", "group_errors", "group_warnings"]

_MIXTURES = {
    "CAL_VER": "calibrated by different pipelines; steps between segments may be theirs",
    "CRDS_CTX": "calibrated with different references; steps between segments may be theirs",
    "TARGNAME": "the product mixes targets",
}


def comparison_findings(path, segments):
    """
    Find differences between segments of a product, which should be alike.

    Parameters
    ----------
    path : str
        The association, or the name of the product, for the messages.
    segments : list of Segment
        In the order of :attr:`Segment.sort_key`; one without ``facts`` is not
        compared.

    Returns
    -------
    findings : list of Finding
        Warnings: images of several detectors, mixed versions, contexts, filters, subarrays, targets
        and shapes, exposures that are listed under several names, times that
        do not go on from segment to segment, positions that differ within an exposure.
    """
    known = [segment for segment in segments if segment.facts is not None]
    return [
        *_mixed_detectors(path, segments),
        *_mixtures(path, known),
        *_shapes(known),
        *_repeated_exposures(known),
        *_time_order(known),
        *(warning for group in _group_by_detector(known) for warning in position_warnings(group)),
    ]


def _mixed_detectors(path, segments):
    """Find images of several detectors, of which usually one alone holds the star."""
    counts = Counter(segment.detector for segment in segments if segment.branch == "imaging")
    if len(counts) < 2:
        return []
    found = ", ".join(f"{name or 'none'} (in {n} of {len(segments)})" for name, n in counts.items())
    effect = "the rows of each follow each other in the table, whose column detector names it"
    return [
        Finding(
            "warning", path, key="DETECTOR", found=found, expected="one for images", effect=effect
        )
    ]


def _mixtures(path, segments):
    """Find keywords that have several values."""
    findings = []
    for keyword in (*COMMON, *COMMON_NUMBERS):
        counts = Counter(_round(segment.facts.keywords.get(keyword)) for segment in segments)
        if len(counts) > 1:
            found = ", ".join(
                f"{'none' if value is None else value} (in {count} of {len(segments)})"
                for value, count in counts.most_common()
            )
            effect = _MIXTURES.get(keyword, "the segments are not alike")
            findings.append(
                Finding(
                    "warning",
                    path,
                    key=keyword,
                    found=found,
                    expected="one for all segments",
                    effect=effect,
                )
            )
    return findings


def _round(value):
    """Drop the last digits of a number, which differ between machines."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _shapes(segments):
    """Find segments whose images have another size than those of the first of their detector."""
    findings = []
    for group in _group_by_detector(segments):
        first = group[0]
        findings += [
            Finding(
                "warning",
                segment.path,
                key="SCI",
                found=f"images of {segment.shape[1:]}",
                expected=f"{first.shape[1:]} as in {first.path}",
                effect="the segments are not alike",
            )
            for segment in group
            if segment.shape[1:] != first.shape[1:]
        ]
    return findings


def _repeated_exposures(segments):
    """Find integrations of one exposure that are in files of different names."""
    findings, by_identity = [], {}
    for segment in segments:
        if segment.facts.identity is not None:
            by_identity.setdefault(segment.facts.identity, []).append(segment)
    for group in by_identity.values():
        group.sort(key=lambda s: s.first_integration)
        for first, second in pairwise(group):
            if first.exposure_id == second.exposure_id:
                continue
            if second.first_integration <= first.last_integration:
                found = f"integrations {second.first_integration} to {second.last_integration}"
                expected = f"none of those in {first.path}, whose exposure has the same numbers"
                effect = "these integrations count twice"
                findings.append(
                    Finding(
                        "warning",
                        second.path,
                        key="EXPOSURE",
                        found=found,
                        expected=expected,
                        effect=effect,
                    )
                )
    return findings


def _time_order(segments):
    """Find segments that begin before the previous one has ended, or not when their number says."""
    findings = []
    for group in _group_by_detector(segments):
        timed = [segment for segment in group if segment.facts.utc is not None]
        step = _usual_step(timed)
        for first, second in pairwise(timed):
            begin, end = second.facts.utc[0], first.facts.utc[1]
            due = end + step * (second.first_integration - first.last_integration)
            warning = partial(Finding, "warning", second.path, key="INT_TIMES/int_mid_MJD_UTC")
            found = f"{begin:.6f} at the start"
            if begin <= end:
                expected = f"later than {end:.6f}, the end of {first.path}"
                effect = "light curves are sorted by time, not by integration"
                findings.append(warning(found=found, expected=expected, effect=effect))
            elif abs(begin - due) > step / 2 > 0:
                expected = f"about {due:.6f}, by the numbers of the integrations from {first.path}"
                effect = "the exposure was interrupted, or the times of one of the two are shifted"
                findings.append(warning(found=found, expected=expected, effect=effect))
    return findings


def _usual_step(segments):
    """Median time from one integration to the next within segments; 0 if no segment has two."""
    steps = [
        (segment.facts.utc[1] - segment.facts.utc[0]) / (segment.shape[0] - 1)
        for segment in segments
        if segment.shape[0] > 1
    ]
    return median_low(steps) if steps else 0


def group_errors(segments):
    """
    Find what prevents the segments of one association from being processed together.

    Parameters
    ----------
    segments : list of Segment
        In the order of :attr:`Segment.sort_key`.

    Returns
    -------
    errors : list of Finding
        Mixed exposure types, duplicates, base names that occur twice, overlapping
        integrations, different values of keywords that fluxes depend on: errors.
    """
    return [
        *_mixed_types(segments),
        *_duplicates(segments),
        *_repeated_names(segments),
        *_overlaps(segments),
        *flux_keyword_errors(segments),
    ]


def _mixed_types(segments):
    """Find segments whose exposure type is not that of the first."""
    return [
        Finding(
            "error",
            segment.path,
            key="EXP_TYPE",
            found=segment.exp_type,
            expected=f"{segments[0].exp_type} as in {segments[0].path}",
        )
        for segment in segments
        if segment.exp_type != segments[0].exp_type
    ]


def _duplicates(segments):
    """Find segments that are listed twice."""
    return [
        Finding(
            "error",
            second.path,
            key="member",
            found=f"the same exposure, segment and detector as in {first.path}",
            expected="each once",
        )
        for first, second in pairwise(segments)
        if first.sort_key == second.sort_key
    ]


def _repeated_names(segments):
    """Find different segments of one base name, in two folders, whose products would be one file."""
    errors, makers = [], {}
    for segment in segments:
        # Some file systems do not tell upper case from lower case.
        first = makers.setdefault(segment.name.casefold(), segment)
        if first.sort_key != segment.sort_key:
            errors.append(
                Finding(
                    "error",
                    segment.path,
                    key="file name",
                    found=f"that of {first.path}",
                    expected="another, as products are named after it; rename one of the two",
                )
            )
    return errors


def _overlaps(segments):
    """Find segments of one exposure and detector that hold the same integrations."""
    errors = []
    for group in _group_by_detector(segments):
        furthest = group[0]
        for segment in group[1:]:
            overlap = segment.first_integration <= furthest.last_integration
            if overlap and segment.sort_key != furthest.sort_key:
                last = f"{furthest.last_integration}, the last integration of {furthest.path}"
                found, expected = str(segment.first_integration), f"more than {last}"
                errors.append(
                    Finding("error", segment.path, key="INTSTART", found=found, expected=expected)
                )
            furthest = max(furthest, segment, key=lambda s: s.last_integration)
    return errors


def group_warnings(path, segments):
    """
    Find integrations that no segment of an association holds.

    Parameters
    ----------
    path : str
        The association, for the messages.
    segments : list of Segment
        In the order of :attr:`Segment.sort_key`, without errors.

    Returns
    -------
    warnings : list of Finding
        Gaps between segments, missing ends, disagreeing ``NINTS``: warnings.
    """
    warning = partial(Finding, "warning", path)
    warnings = []
    for group in _group_by_detector(segments):
        series = f"{group[0].exposure_id} {group[0].detector}".strip()
        totals = sorted({segment.exposure_integrations for segment in group})
        if len(totals) > 1:
            expected = "one number for all segments"
            effect = "the largest counts"
            warnings.append(
                warning(
                    key=f"NINTS of {series}", found=str(totals), expected=expected, effect=effect
                )
            )
        if group[-1].last_integration > totals[-1]:
            # NINTS is too small, so the real end is unknown.
            totals.append(group[-1].last_integration)
        ends = [0, *(segment.last_integration for segment in group)]
        starts = [*(segment.first_integration for segment in group), totals[-1] + 1]
        warnings += [
            warning(
                key=f"integrations of {series}",
                found=f"none of {end + 1} to {start - 1}",
                expected=f"1 to {totals[-1]}",
                effect="they are missing in the product",
            )
            for end, start in zip(ends, starts, strict=True)
            if start > end + 1
        ]
    return warnings


def _group_by_detector(segments):
    """Segments of each exposure and detector, in the order of their integrations."""
    groups = {}
    for segment in segments:
        groups.setdefault((segment.exposure_id, segment.detector), []).append(segment)
    return [sorted(group, key=lambda s: s.first_integration) for group in groups.values()]
