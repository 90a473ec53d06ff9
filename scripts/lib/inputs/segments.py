"""One segment of an exposure as its headers describe it."""

import math
import os
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from scripts.lib.checks.flux_keywords import flux_keywords
from scripts.lib.checks.headers import header_errors, header_warnings
from scripts.lib.checks.segments import HeaderFacts, check_segment
from scripts.lib.errors import CONTROLS, InputError
from scripts.lib.findings import Finding
from scripts.lib.fits.headers import read_hdus
from scripts.lib.inputs.other_stages import describe_file
from scripts.lib.inputs.product_names import CRFINTS, optical_path, visit_numbers
from scripts.lib.inputs.search import SUFFIXES
from scripts.lib.instruments.modes import mode_of

__all__ = ["UNUSABLE", "Segment", "describe_segment", "open_segment", "read_segment"]

# Snakemake takes braces for wildcards.
UNUSABLE = re.compile(f"[{{}}]|{CONTROLS.pattern}")
# SCI, ERR, DQ and three variances.
_PLANES = 6
_SEGMENT_IN_NAME = re.compile(r"-seg(\d+)")


@dataclass(frozen=True, slots=True)
class Segment:
    """
    A calibrated segment: what the workflow needs to know before it reads data.

    Attributes
    ----------
    path : str
        The file, as the association and the configuration name it.
    stem : str
        File name without ``_calints.fits`` and without association id.
    name : str
        Stem and association id; the names of the segment's products start with it.
    exposure_id : str
        Stem without segment and detector.
    number : int
        Number of the segment in its exposure, from 1.
    detector : str
        ``DETECTOR``, empty if the header has none.
    exp_type : str
        ``EXP_TYPE``.
    first_integration : int
        ``INTSTART``, 1 if the header has none.
    exposure_integrations : int
        ``NINTS``, the integrations of the whole exposure.
    shape : tuple of int
        Shape of the SCI cube (integrations, y, x).
    data_bytes : int
        Length of all data of the file, estimated if it is compressed.
    findings : tuple of Finding
        Warnings and notes about the file, which do not stop its processing.
    facts : HeaderFacts, optional
        What the checks of the input found in its headers and times.
    asn_id : str
        Association id.
    program, observation, visit : str
        Their numbers as text, empty where neither header nor name gives them.
    instrument, target : str
        ``INSTRUME`` and ``TARGNAME``, empty if the header has none.
    optical_path : str
        Optical elements, slit and subarray in the form of products' names.
    flux_keywords : tuple
        Values that must be the same in all segments of a product.
    """

    path: str
    stem: str
    name: str
    exposure_id: str
    number: int
    detector: str
    exp_type: str
    first_integration: int
    exposure_integrations: int
    shape: tuple
    data_bytes: int
    findings: tuple
    facts: HeaderFacts | None = None
    asn_id: str = ""
    program: str = ""
    observation: str = ""
    visit: str = ""
    instrument: str = ""
    target: str = ""
    optical_path: str = ""
    flux_keywords: tuple = ()

    @property
    def is_compressed(self):
        """Whether the file has to be unpacked before its data can be read."""
        return self.path.endswith(".gz")

    @property
    def nints(self):
        """Number of integrations in the file."""
        return self.shape[0]

    @property
    def last_integration(self):
        """Number of the last integration, counted from ``INTSTART`` because ``INTEND`` may be wrong."""
        return self.first_integration + self.nints - 1

    @property
    def branch(self):
        """Branch of the pipeline, ``imaging`` or ``spectroscopy``."""
        return mode_of(self.exp_type).branch

    @property
    def crfints(self):
        """File name of the product with outliers flagged."""
        return CRFINTS.format(segment=self.name)

    @property
    def sort_key(self):
        """Exposure, segment and detector, by which the segments of a product are sorted."""
        return (self.exposure_id, self.number, self.detector)


def read_segment(path, base_dir, asn_id=None, extra_check=None, listed_in=None):
    """
    Describe a segment from its headers.

    Parameters
    ----------
    path : str
        The file, absolute or relative to ``base_dir``.
    base_dir : Path
        Folder that relative paths start from.
    asn_id : str, optional
        Association id; that of the segment's observation if not given.
    extra_check : callable, optional
        Called with the path and the header-data units of a file that has no
        other errors; returns the errors it finds.
    listed_in : str, optional
        As for :func:`open_segment`.

    Returns
    -------
    segment : Segment or None
        None if there are errors.
    errors : list of Finding
        Everything about the file that prevents processing.
    """
    hdus, errors = open_segment(path, base_dir, listed_in)
    return (None, errors) if errors else describe_segment(path, base_dir, hdus, asn_id, extra_check)


def open_segment(path, base_dir, listed_in=None):
    """
    Read the headers of a segment.

    Parameters
    ----------
    path : str
        The file, absolute or relative to ``base_dir``.
    base_dir : Path
        Folder that relative paths start from.
    listed_in : str, optional
        Association that names it, for the message if it is missing.

    Returns
    -------
    hdus : list of Hdu
        All header-data units; of a compressed file those up to SCI, because the
        data before the others would have to be decompressed.
    errors : list of Finding
        Reasons why they cannot be read.
    """
    if not path.endswith(SUFFIXES):
        name, expected = Path(path).name, " or ".join(f"*{suffix}" for suffix in SUFFIXES)
        effect = describe_file(name)
        error = partial(Finding, "error", path, key="file name", found=name)
        return [], [error(expected=expected, effect=effect)]
    if UNUSABLE.search(path):
        expected = "no braces and control characters"
        return [], [Finding("error", path, key="file name", found=repr(path), expected=expected)]
    if not os.path.isfile(os.path.join(base_dir, path)):
        expected = f"a member of {listed_in}" if listed_in else "one where the link leads"
        return [], [Finding("error", path, key="file", found="none", expected=expected)]
    try:
        return read_hdus(Path(base_dir, path), "SCI" if path.endswith(".gz") else None), []
    except InputError as error:
        return [], [Finding.from_error(path, error, Path(base_dir, path))]


def describe_segment(path, base_dir, hdus, asn_id=None, extra_check=None):
    """
    Describe a segment whose headers have been read.

    Parameters
    ----------
    path : str
        The file, absolute or relative to ``base_dir``.
    base_dir : Path
        Folder that relative paths start from.
    hdus : list of Hdu
        Its header-data units from :func:`open_segment`.
    asn_id, extra_check
        As for :func:`read_segment`.

    Returns
    -------
    segment : Segment or None
        None if there are errors.
    errors : list of Finding
        Everything about the file that prevents processing.
    """
    errors = header_errors(path, hdus, complete=not path.endswith(".gz"))
    if extra_check is not None and not errors:
        errors = extra_check(path, hdus)
    if errors:
        return None, errors
    segment = _segment(path, hdus, asn_id)
    if segment.is_compressed:
        return segment, []
    return _check_contents(segment, Path(base_dir, path), hdus)


def _check_contents(segment, location, hdus):
    """Check planes and times of a segment and add its facts; returns as describe_segment."""
    try:
        facts, findings = check_segment(segment.path, location, hdus)
    except InputError as error:
        return None, [Finding.from_error(segment.path, error, location)]
    if errors := [finding for finding in findings if finding.severity == "error"]:
        return None, errors
    return replace(segment, findings=(*segment.findings, *findings), facts=facts), []


def _segment(path, hdus, asn_id):
    """Describe a file whose headers have no errors."""
    primary, compressed = hdus[0].header, path.endswith(".gz")
    sci = next(hdu for hdu in hdus if hdu.name == "SCI")
    stem = Path(path).name.removesuffix(".gz").removesuffix(SUFFIXES[0])
    program, observation, visit = visit_numbers(stem, primary)
    asn_id = asn_id or f"o{observation}"
    stem = stem.replace(f"_{asn_id}", "")
    detector = str(primary.get("DETECTOR") or "")
    in_name = _SEGMENT_IN_NAME.search(stem)
    return Segment(
        path=path,
        stem=stem,
        name=f"{stem}_{asn_id}",
        exposure_id=_SEGMENT_IN_NAME.sub("", stem).removesuffix(f"_{detector.lower()}"),
        number=primary.get("EXSEGNUM") or (int(in_name[1]) if in_name else 1),
        detector=detector,
        exp_type=primary["EXP_TYPE"],
        first_integration=primary.get("INTSTART") or 1,
        exposure_integrations=primary["NINTS"],
        shape=sci.shape,
        data_bytes=(
            _PLANES * 4 * math.prod(sci.shape)
            if compressed
            else sum(hdu.data_bytes for hdu in hdus)
        ),
        findings=tuple(header_warnings(path, hdus, complete=not compressed)),
        asn_id=asn_id,
        program=program,
        observation=observation,
        visit=visit,
        instrument=str(primary.get("INSTRUME") or ""),
        target=str(primary.get("TARGNAME") or ""),
        optical_path=optical_path(primary),
        flux_keywords=flux_keywords(primary, sci.header),
    )
