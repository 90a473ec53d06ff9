"""Checks of the segments of one product against each other; standard library only."""

from collections import Counter
from functools import partial
from itertools import pairwise

from scripts.lib.checks.headers import by_detector
from scripts.lib.checks.segments import COMMON, COMMON_NUMBERS, OF_SCIENCE
from scripts.lib.findings import Finding

_MIXTURES = {
    "CAL_VER": "calibrated by different pipelines; steps between segments may be theirs",
    "CRDS_CTX": "calibrated with different references; steps between segments may be theirs",
    "TARGNAME": "the product mixes targets",
    "BUNIT": "the product mixes units",
    "SRCTYPE": "point sources and others come out in different units",
}


def comparison_findings(path, segments):
    """
    Find how the segments of a product differ that should be alike.

    Parameters
    ----------
    path : str
        The association or what stands for it, for the messages.
    segments : list of Segment
        In the order of :attr:`Segment.place`; one without ``facts`` is not
        compared.

    Returns
    -------
    findings : list of Finding
        Warnings: mixed versions, contexts, filters, subarrays, units, targets
        and shapes, exposures that are there under several names, times that
        do not go on from segment to segment.
    """
    known = [segment for segment in segments if segment.facts is not None]
    return [
        *_mixtures(path, known),
        *_shapes(known),
        *_same_exposure(known),
        *_time_order(known),
    ]


def _mixtures(path, segments):
    """Find keywords that have several values."""
    findings = []
    for keyword in (*COMMON, *COMMON_NUMBERS, *OF_SCIENCE):
        counts = Counter(_rounded(segment.facts.keywords.get(keyword)) for segment in segments)
        if len(counts) > 1:
            found = ", ".join(
                f"{'none' if value is None else value} (in {count} of {len(segments)})"
                for value, count in counts.most_common()
            )
            effect = _MIXTURES.get(keyword, "the segments are not alike")
            findings.append(
                Finding("warning", path, keyword, found, "one for all segments", effect)
            )
    return findings


def _rounded(value):
    """A number without its last digits, which differ between machines."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _shapes(segments):
    """Find segments whose images have another size than those of the first of their detector."""
    findings = []
    for group in by_detector(segments):
        first = group[0]
        findings += [
            Finding(
                "warning",
                segment.path,
                "SCI",
                f"images of {segment.shape[1:]}",
                f"{first.shape[1:]} as in {first.path}",
                "the segments are not alike",
            )
            for segment in group
            if segment.shape[1:] != first.shape[1:]
        ]
    return findings


def _same_exposure(segments):
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
                    Finding("warning", second.path, "EXPOSURE", found, expected, effect)
                )
    return findings


def _time_order(segments):
    """Find segments that begin before the one before has ended."""
    findings = []
    for group in by_detector(segments):
        timed = [segment for segment in group if segment.facts.utc is not None]
        for first, second in pairwise(timed):
            begin, end = second.facts.utc[0], first.facts.utc[1]
            warning = partial(Finding, "warning", second.path, "INT_TIMES/int_mid_MJD_UTC")
            if begin <= end:
                expected = f"later than {end:.6f}, the end of {first.path}"
                effect = "light curves are sorted by time, not by integration"
                findings.append(warning(f"{begin:.6f} at the start", expected, effect))
    return findings
