"""What the checks of the input find, one piece at a time."""

from collections import Counter
from dataclasses import KW_ONLY, asdict, dataclass, replace
from pathlib import PurePath

from scripts.lib.errors import InputError, printable

__all__ = [
    "SEVERITIES",
    "Finding",
    "error_lines",
    "severity_counts",
    "stop_at_errors",
    "summary_lines",
    "warning_lines",
]

# Values of damaged or hostile files may fill screens.
_LONGEST = 1000
_LISTED = 20
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that is wrong or unusual about the input.

    Attributes
    ----------
    severity : str
        ``error`` stops the run, ``warning`` is recorded in the products,
        ``note`` is only reported.
    path : str
        The file, or ``config``.
    key : str
        Keyword, column, extension or setting; empty if ``found`` says it all. It
        and the following ones are keyword-only.
    found : str
        What was found.
    expected : str
        What was expected; empty if the effect says it.
    effect : str
        What follows from it; for an error, why it is one.
    """

    severity: str
    path: str
    _: KW_ONLY
    key: str = ""
    found: str
    expected: str = ""
    effect: str = ""

    @classmethod
    def from_error(cls, path, error, known_as=None):
        """
        Make a finding from what a reader raised.

        Parameters
        ----------
        path : str
            The file, as the user named it.
        error : InputError
            The error, whose message starts with the name of the file.
        known_as : str or Path, optional
            That name, if it is not ``path``.

        Returns
        -------
        finding : Finding
            Severity ``error``, with the rest of the message as what was found.
        """
        return cls("error", path, found=str(error).removeprefix(printable(f"{known_as or path}: ")))

    def __str__(self):
        """One line for the user."""
        return f"{printable(self.path)}: {self.text}"

    @property
    def text(self):
        """The line without the file; characters that a terminal would obey are escapes."""
        found = self.found
        if len(found) > _LONGEST:
            found = f"{found[:_LONGEST]}... ({len(found)} characters)"
        found = f"{self.key}: found {found}" if self.key else found
        expected = f", expected {self.expected}" if self.expected else ""
        return printable(f"{found}{expected}{f': {self.effect}' if self.effect else ''}")

    def as_dict(self):
        """Fields by name, for JSON."""
        return asdict(self)


def severity_counts(findings, severities):
    """
    Count findings for the user, each different one once.

    Parameters
    ----------
    findings : iterable of Finding
        All of them.
    severities : iterable of str
        Those to count.

    Returns
    -------
    texts : list of str
        For example ``2 errors``, for each severity that occurs.
    """
    counts = Counter(finding.severity for finding in dict.fromkeys(findings))
    return [
        f"{counts[severity]} {severity}{'s' if counts[severity] > 1 else ''}"
        for severity in severities
        if counts[severity]
    ]


def summary_lines(findings):
    """
    Sum up findings for the user.

    Parameters
    ----------
    findings : iterable of Finding
        In the order in which to report them.

    Returns
    -------
    lines : list of str
        One for each severity and key: the first finding and the number of
        the others.
    """
    groups = {}
    for finding in dict.fromkeys(findings):
        subject = finding.key or finding.found
        groups.setdefault((finding.severity, subject), []).append(finding)
    return [
        str(group[0]) + (f" (and {len(group) - 1} more)" if group[1:] else "")
        for group in groups.values()
    ]


def warning_lines(findings):
    """
    Sum up the warnings that products record about their input.

    Parameters
    ----------
    findings : iterable of Finding
        In the order in which to report them.

    Returns
    -------
    lines : list of str
        As :func:`summary_lines`, for the warnings alone, with the names of the
        files: products do not depend on the folder of their input.
    """
    return summary_lines(
        replace(finding, path=PurePath(finding.path).name)
        for finding in findings
        if finding.severity == "warning"
    )


def error_lines(findings):
    """
    List the errors that stop a run.

    Parameters
    ----------
    findings : iterable of Finding
        Everything that was found.

    Returns
    -------
    lines : list of str
        One for each different error; of errors with the same key the first twenty, the last of
        them with the number of the others.
    """
    groups = {}
    for finding in dict.fromkeys(findings):
        if finding.severity == "error":
            groups.setdefault(finding.key or finding.found, []).append(finding)
    lines = []
    for group in groups.values():
        lines += map(str, group[:_LISTED])
        if group[_LISTED:]:
            lines[-1] += f" (and {len(group) - _LISTED:,} more)"
    return list(dict.fromkeys(lines))


def stop_at_errors(findings):
    """
    Raise an error if the run cannot go on.

    Parameters
    ----------
    findings : iterable of Finding
        Everything that was found.

    Raises
    ------
    InputError
        If there are errors, with the lines of :func:`error_lines`.
    """
    if errors := error_lines(findings):
        raise InputError(*errors)
