"""The doctor's page: plain text of 100 columns."""

import re
import textwrap
from datetime import datetime

from scripts.lib.errors import printable
from scripts.lib.findings import SEVERITIES, severity_counts
from scripts.lib.planning.machine_needs import size_text

__all__ = ["WIDTH", "finding_lines", "page", "segment_table", "time_text"]

WIDTH = 100
_LABEL, _TITLE = 13, 9
_HEADINGS = (
    "seg",
    "detector",
    "ints",
    "UTC of mid times",
    "as BJD_TDB",
    "size",
    "pipeline",
    "CRDS",
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_MINUTE, _HOUR = 60, 3600


def page(report):
    """
    Write the page.

    Parameters
    ----------
    report : dict
        ``made`` (date), ``version``, ``output_dir``, ``free_bytes``,
        ``missing_bytes``, ``machine_mb`` and ``cores``; ``products``, records
        of :func:`~scripts.lib.doctor.records.product_record`; ``others``,
        records of segments of no product; ``findings``; ``verdict``.

    Returns
    -------
    text : str
        Lines of 100 columns or less, unless a name is longer.
    """
    title = f"tso3flow {report['version']}: doctor"
    lines = [f"{title}{report['made']:>{WIDTH - len(title)}}", "=" * WIDTH]
    for record in report["products"]:
        lines += ["", *_product_lines(record)]
    if report["others"]:
        lines += ["", "Segments of no product, because of the errors below", ""]
        lines += segment_table(report["others"])
    lines += ["", *_machine_lines(report), "", *finding_lines(report["findings"]), ""]
    lines += ["=" * WIDTH, *_wrap(f"VERDICT: {report['verdict']}"), ""]
    return "\n".join(map(printable, lines))


def _product_lines(record):
    """
    Describe a product.

    Parameters
    ----------
    record : dict
        As of :func:`~scripts.lib.doctor.records.product_record`.

    Returns
    -------
    lines : list of str
        Its name, association, branch, steps, cost, and table of segments.
    """
    first = record["segments"][0]
    used = {kind: name for kind, name in record["references"].items() if name != "N/A"}
    known = {
        "association": record["association"],
        "observation": ", ".join(
            filter(None, (first["target"], first["instrument"], first["optical_path"]))
        ),
        "branch": f"{record['branch']}: {record['reason']}",
        "steps": ", ".join(record["steps"]) or "none, all are skipped",
        "references": ", ".join(f"{kind} {name}" for kind, name in used.items()) or "none",
        "expected": (
            f"{record['memory_mb']} MB for the largest job, {time_text(record['core_seconds'])} "
            f"on one core of a laptop, {size_text(record['bytes'])} of products"
        ),
    }
    lines = [record["name"]]
    for label, text in known.items():
        lines += _wrap(f"{label:<{_LABEL}}{text}", "  ", " " * (_LABEL + 2))
    return [*lines, "", *segment_table(record["segments"])]


def segment_table(records):
    """
    Write a table of segments.

    Parameters
    ----------
    records : list of dict
        As of :func:`~scripts.lib.doctor.records.segment_record`.

    Returns
    -------
    lines : list of str
        Heading and a line for each; ``-`` for values that a file does not have.
    """
    rows = [_HEADINGS]
    for record in records:
        bjd = record["bjd_tdb"]
        rows.append(
            (
                f"{record['segment']:03d}",
                record["detector"] or "-",
                f"{record['first_integration']}-{record['last_integration']}",
                _span(record["utc"]) if record["utc"] else "-",
                f"{bjd[0]:.4f}-{bjd[1]:.4f}" if bjd else "-",
                size_text(record["bytes"]),
                str(record["cal_ver"] or "-"),
                str(record["crds_ctx"] or "-").removesuffix(".pmap"),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = "  " if sum(widths) + 2 * len(widths) <= WIDTH else " "
    return [
        ("  " + gap.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)))
        .rstrip()
        .removeprefix("" if gap == "  " else " ")
        for row in rows
    ]


def _span(times):
    """Begin and end to the minute, with the number of days between their dates."""
    if not all(" " in time for time in times):
        return "-".join(times)
    begin, end = (datetime.fromisoformat(time) for time in times)
    days = (end.date() - begin.date()).days
    return f"{begin:%Y-%m-%d %H:%M}-{end:%H:%M}{f'{days:+d}d' if days else ''}"


def time_text(seconds):
    """
    Write a time in the unit that suits it.

    Parameters
    ----------
    seconds : float
        Time [s].

    Returns
    -------
    text : str
        For example ``12 min``.
    """
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"


def _machine_lines(report):
    """
    Describe the machine.

    Parameters
    ----------
    report : dict
        As for :func:`page`.

    Returns
    -------
    lines : list of str
        Space on the disk, memory and cores.
    """
    disk = (
        f"{size_text(report['missing_bytes'])} to be written to {report['output_dir']}, "
        f"{size_text(report['free_bytes'])} free"
    )
    machine = f"{report['machine_mb'] / 1000:.1f} GB of memory, {report['cores']} cores"
    return [
        line
        for label, text in (("disk", disk), ("machine", machine))
        for line in _wrap(f"{label:<{_LABEL + 2}}{text}", rest=" " * (_LABEL + 2))
    ]


def finding_lines(findings):
    """
    Write the findings, the most severe first, and similar ones as one.

    Parameters
    ----------
    findings : list of Finding
        All of them.

    Returns
    -------
    lines : list of str
        A paragraph for each: severity and file, what was found and expected,
        and the effect.
    """
    groups = {}
    for severity in SEVERITIES:
        for finding in dict.fromkeys(f for f in findings if f.severity == severity):
            kind = (finding.key, finding.found, finding.expected, finding.effect)
            alike = tuple(_NUMBER.sub("#", text) for text in kind)
            groups.setdefault((severity, alike), []).append(finding)
    lines = [f"Findings: {', '.join(severity_counts(findings, SEVERITIES)) or 'none'}"]
    for (severity, _), group in groups.items():
        lines += ["", *_finding_lines(severity, group)]
    return lines


def _finding_lines(severity, group):
    """Paragraph of similar findings."""
    first, more = group[0], len(group) - 1
    files = f" (and {more} more, alike)" if more else ""
    found = f"{first.key}: found {first.found}" if first.key else first.found
    expected = f", expected {first.expected}" if first.expected else ""
    inner = " " * _TITLE
    lines = _wrap(f"{severity.upper():<{_TITLE}}{first.path}{files}", rest=inner)
    lines += _wrap(found + expected, inner, inner)
    if first.effect:
        lines += _wrap(f"-> {first.effect}", inner, f"{inner}   ")
    return lines


def _wrap(text, first="", rest=""):
    """Break a text into indented lines that fit the page, without breaking words."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
