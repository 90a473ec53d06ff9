"""What the configuration's paths and patterns stand for: associations, segments and folders."""

import glob
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.findings import Finding

__all__ = ["SUFFIXES", "Sources", "find_sources"]

SUFFIXES = ("_calints.fits", "_calints.fits.gz")


@dataclass(slots=True)
class Sources:
    """
    Files that the configuration asks for.

    Attributes
    ----------
    associations : dict of str to str
        Association files by their real path.
    segments : dict of str to str
        Calibrated files by their real path.
    patterns : dict of str to str
        Pattern by the real path of the file that it was the first to find.
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


def find_sources(patterns, base_dir, output_dir=None):
    """
    Find the files that paths, folders and glob patterns stand for.

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
    sources : Sources
        Each file once, in the order of the patterns; folders are searched to
        any depth, without those whose name starts with a dot, for segments and
        for associations of type ``tso3``.
    """
    sources = Sources()
    skipped = ()
    if output_dir:
        skipped = [os.path.realpath(Path(base_dir, output_dir, part)) for part in ("", "segments")]
    for pattern in patterns:
        matches = _matches(pattern, base_dir)
        usable = [_add(sources, pattern, os.path.normpath(m), base_dir, skipped) for m in matches]
        if not matches:
            finding = Finding(
                "error", pattern, key="association", found="no such file", expected="one or more"
            )
            sources.findings.append(finding)
        elif not any(usable):
            found = (
                "neither an association (*.json) nor a segment (*_calints.fits, *_calints.fits.gz)"
            )
            sources.findings.append(
                Finding("error", pattern, key="association", found=found, expected="one or more")
            )
    return sources


def _matches(pattern, base_dir):
    """Paths that a pattern stands for; a file or folder of this very name comes first."""
    if os.path.exists(os.path.join(base_dir, pattern)):
        return [pattern]
    return sorted(glob.glob(pattern, root_dir=base_dir, recursive=True))


def _add(sources, pattern, path, base_dir, skipped):
    """Add a file, or what a folder holds, and tell whether there was anything of use."""
    place = Path(base_dir, path)
    if not place.is_dir():
        return _add_file(sources, pattern, path, base_dir)
    if glob.has_magic(pattern) and os.path.realpath(place) in skipped:
        return False
    usable = False
    for folder, files in _folders(sources, place, skipped):
        inside = os.path.normpath(Path(path, os.path.relpath(folder, place)))
        for name in files:
            file = os.path.normpath(Path(inside, name))
            if name.endswith(SUFFIXES):
                sources.members.setdefault(name, []).append(file)
            elif not (name.endswith(".json") and _is_tso3(Path(base_dir, file))):
                sources.findings += _odd_name(file, name)
                continue
            usable |= _add_file(sources, pattern, file, base_dir)
    return usable


def _folders(sources, place, skipped):
    """Yield a folder and those in it, links included, each once and with its files in order."""

    def tell(error):
        found = error.strerror or str(error)
        sources.findings.append(
            Finding("error", error.filename, key="folder", found=found, expected="a readable one")
        )

    seen = {*skipped, os.path.realpath(place)}
    for folder, names, files in os.walk(place, onerror=tell, followlinks=True):
        below = {name: os.path.realpath(Path(folder, name)) for name in sorted(names)}
        names[:] = []
        for name, real in below.items():
            if not name.startswith(".") and real not in seen:
                seen.add(real)
                names.append(name)
        yield folder, sorted(files)


def _add_file(sources, pattern, path, base_dir):
    """Add a file if its name is that of an association or a segment, and tell whether it is."""
    if path.endswith(SUFFIXES):
        known = sources.segments
    elif path.endswith(".json"):
        known = sources.associations
    else:
        return False
    real = os.path.realpath(Path(base_dir, path))
    known.setdefault(real, path)
    sources.patterns.setdefault(real, pattern)
    return True


def _odd_name(path, name):
    """Note on a calibrated file whose name has another ending."""
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


def _is_tso3(path):
    """Whether a file in a folder is a level-3 association of a time series, and not our own."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(content, dict) or content.get("asn_type") != "tso3":
        return False
    return not str(content.get("code_version")).startswith("tso3flow")
