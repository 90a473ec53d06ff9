"""Search for associations and segments by the configuration's paths, folders and patterns."""

import glob
import json
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from scripts.lib.files.limited import read_limited
from scripts.lib.findings import Finding
from scripts.lib.inputs.other_stages import describe_association, describe_file

__all__ = ["MOST_BYTES", "SUFFIXES", "FoundFiles", "find_files"]

SUFFIXES = ("_calints.fits", "_calints.fits.gz")
_TYPE = "tso3"
_LISTED = 3
# Length of an association of a hundred thousand members.
MOST_BYTES = 1 << 25


@dataclass(slots=True)
class FoundFiles:
    """
    Files that the configuration's patterns match.

    Attributes
    ----------
    associations : dict of str to str
        Association files by their real path.
    segments : dict of str to str
        Calibrated files by their real path.
    patterns : dict of str to str
        First pattern that matches a file, by the file's real path.
    members : dict of str to list of str
        Calibrated files in folders by their name.
    findings : list of Finding
        Patterns without a file, and files that are left out.
    """

    associations: dict = field(default_factory=dict)
    segments: dict = field(default_factory=dict)
    patterns: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)


def find_files(patterns, base_dir, output_dir=None):
    """
    Find the files that paths, folders and glob patterns match.

    Parameters
    ----------
    patterns : list of str
        Associations, calibrated files, folders, or patterns of them, relative
        to ``base_dir`` or absolute.
    base_dir : str or Path
        The working directory.
    output_dir : str, optional
        Folder of the products, which is not searched.

    Returns
    -------
    files : FoundFiles
        Each file once, in the order of the patterns; folders are searched to
        any depth for segments and for associations of type ``tso3``, except
        folders and files whose name starts with a dot.
    """
    found = FoundFiles()
    skipped = ()
    if output_dir:
        skipped = [os.path.realpath(Path(base_dir, output_dir, part)) for part in ("", "segments")]
    for pattern in patterns:
        matches = _matches(pattern, base_dir)
        others = {}
        usable = [
            _add(found, pattern, os.path.normpath(m), base_dir, skipped, others) for m in matches
        ]
        if not any(usable):
            found.findings.append(_useless(pattern, matches, others))
    return found


def _useless(pattern, matches, others):
    """Report a pattern without an association or segment, and what its files are instead."""
    error = partial(Finding, "error", pattern, key="association")
    if not matches:
        return error(found="no such file", expected="one or more")
    if not others:
        found = "neither an association (*.json) nor a segment (*_calints.fits, *_calints.fits.gz)"
        return error(found=found, expected="one or more")
    texts = [f"{name} is {text}" for text, name in list(others.items())[:_LISTED]]
    expected = (
        f"an association of type {_TYPE} or segments, {' or '.join(f'*{s}' for s in SUFFIXES)}"
    )
    return error(found="none", expected=expected, effect="; ".join(texts))


def _matches(pattern, base_dir):
    """Paths that a pattern matches; a file or folder of exactly this name has precedence."""
    if os.path.exists(os.path.join(base_dir, pattern)):
        return [pattern]
    return sorted(glob.glob(pattern, root_dir=base_dir, recursive=True))


def _add(found, pattern, path, base_dir, skipped, others):
    """
    Add a file, or the files in a folder; return whether any is an association or a segment.

    Names of files of other stages are put into `others`, by what they are.
    """
    location = Path(base_dir, path)
    if not location.is_dir():
        name = location.name
        if text := describe_file(name):
            others.setdefault(text, name)
        return _add_file(found, pattern, path, base_dir)
    if glob.has_magic(pattern) and os.path.realpath(location) in skipped:
        return False
    usable = False
    for folder, files in _folders(found, location, skipped):
        inside = os.path.normpath(Path(path, os.path.relpath(folder, location)))
        for name in files:
            file = os.path.normpath(Path(inside, name))
            if name.startswith("."):
                found.findings += _hidden_notes(file, name)
                continue
            if name.endswith(SUFFIXES):
                found.members.setdefault(name, []).append(file)
            elif not (name.endswith(".json") and _is_tso3(found, others, base_dir, file)):
                if text := describe_file(name):
                    others.setdefault(text, name)
                found.findings += _name_notes(file, name)
                continue
            usable |= _add_file(found, pattern, file, base_dir)
    return usable


def _hidden_notes(path, name):
    """Note that a hidden file, such as the companions that macOS writes, is passed over."""
    if not name.endswith((*SUFFIXES, ".json")):
        return []
    what = "a companion file of macOS" if name.startswith("._") else "a hidden file"
    return [Finding("note", path, key="file name", found=name, effect=f"{what}; left out")]


def _folders(found, location, skipped):
    """Yield a folder and those in it, links included, each once and with its files in order."""

    def report(error):
        reason = error.strerror or str(error)
        found.findings.append(
            Finding("error", error.filename, key="folder", found=reason, expected="a readable one")
        )

    seen = {*skipped, os.path.realpath(location)}
    for folder, names, files in os.walk(location, onerror=report, followlinks=True):
        below = {name: os.path.realpath(Path(folder, name)) for name in sorted(names)}
        names[:] = []
        for name, real in below.items():
            if not name.startswith(".") and real not in seen:
                seen.add(real)
                names.append(name)
        yield folder, sorted(files)


def _add_file(found, pattern, path, base_dir):
    """Add a file if its name is that of an association or a segment; return whether it is."""
    if path.endswith(SUFFIXES):
        known = found.segments
    elif path.endswith(".json"):
        known = found.associations
    else:
        return False
    real = os.path.realpath(Path(base_dir, path))
    known.setdefault(real, path)
    found.patterns.setdefault(real, pattern)
    return True


def _name_notes(path, name):
    """Note that the name of a calibrated file has an unexpected ending."""
    if "calints" not in name or ".fits" not in name:
        return []
    return [
        Finding(
            "note",
            path,
            key="file name",
            found=name,
            expected=" or ".join(f"*{s}" for s in SUFFIXES),
            effect="left out",
        )
    ]


def _is_tso3(found, others, base_dir, path):
    """Whether a file is a level-3 association of a time series that was not written here."""
    try:
        content = json.loads(read_limited(Path(base_dir, path), MOST_BYTES).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(content, dict):
        return False
    asn_type = content.get("asn_type")
    if text := describe_association(asn_type):
        others.setdefault(f"of {text}", Path(path).name)
        note = Finding("note", path, key="asn_type", found=asn_type, effect=f"{text}; left out")
        found.findings.append(note)
    return asn_type == _TYPE and not str(content.get("code_version")).startswith("tso3flow")
