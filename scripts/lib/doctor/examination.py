"""Examination of segments and products before a run."""

import logging
import os
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from scripts.lib.checks.world_coordinates import content_findings, needs_wcs, unreadable_coordinates
from scripts.lib.doctor.data import checksum_findings, data_findings, repeated_findings, survey_data
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.fits.reader import open_fits
from scripts.lib.inputs.compressed import check_headers, unpack

__all__ = ["Examination", "build_wcs", "examine_products"]

log = logging.getLogger(__name__)


class Examination:
    """
    Examine segments one after the other, all of their data included.

    Parameters
    ----------
    builds_wcs : bool
        Whether to build the world coordinates of the first segment of each
        exposure and detector, besides looking at the bytes of all.

    Attributes
    ----------
    findings : list of Finding
        All findings so far.
    """

    def __init__(self, builds_wcs=True):
        self.findings = []
        self._builds_wcs = builds_wcs
        self._surveys, self._built = {}, set()

    def examine(self, segment, needs):
        """
        Examine one segment.

        Parameters
        ----------
        segment : Segment
            Segment with its headers.
        needs : bool
            Whether a step needs its world coordinates.

        Returns
        -------
        segment : Segment
            The same; a compressed one with its ``facts``.
        """
        try:
            with _plain_file(segment.path) as plain:
                return self._examine_plain(segment, plain, needs)
        except InputError as error:
            self.findings.append(Finding.from_error(segment.path, error))
        except OSError as error:
            if not segment.is_compressed:
                raise
            self.findings.append(_unpacking_finding(segment, error))
        return segment

    def _examine_plain(self, segment, plain, needs):
        """Examine a segment in its plain, if need be decompressed, file."""
        try:
            known = self._check_unpacked(segment, plain) if segment.is_compressed else segment
            if known is None:
                return segment
            with open_fits(plain) as file:
                self._examine_data(known, file, needs)
        except InputError as error:
            self.findings.append(Finding.from_error(segment.path, error, plain))
            return segment
        return known

    def _check_unpacked(self, segment, plain):
        """Check the headers of a decompressed segment; None if its data cannot be examined."""
        facts, findings = check_headers(segment.path, plain)
        self.findings += findings
        if any(finding.severity == "error" for finding in findings):
            return None
        return replace(segment, facts=replace(facts, file_bytes=os.path.getsize(segment.path)))

    def _examine_data(self, segment, file, needs):
        """Read all planes and the world coordinates."""
        path = segment.path
        survey = survey_data(file)
        self._surveys[path] = (segment.first_integration, survey)
        self.findings += data_findings(path, survey, segment.first_integration)
        self.findings += checksum_findings(path, file)
        if "ASDF" not in file:
            return
        damage = content_findings(path, file.read_bytes("ASDF"), needs)
        exposure = (segment.exposure_id, segment.detector)
        if not damage and self._builds_wcs and exposure not in self._built:
            self._built.add(exposure)
            damage = build_wcs(path, file, needs)
        self.findings += damage

    def finish(self):
        """Add the findings that need all segments."""
        self.findings += repeated_findings(self._surveys)


def _unpacking_finding(segment, error):
    """Warning about a segment that cannot be unpacked here; a run unpacks it in the output folder."""
    found = f"that it cannot be unpacked in {tempfile.gettempdir()} ({error.strerror or error})"
    effect = "its data are not examined; set TMPDIR to a folder with space"
    return Finding("warning", segment.path, key="file", found=found, effect=effect)


def build_wcs(path, file, needs):
    """
    Build the world coordinates of a segment as the steps do.

    Parameters
    ----------
    path : str
        The file, for the messages.
    file : FitsFile
        The file.
    needs : bool
        Whether a step needs them.

    Returns
    -------
    findings : list of Finding
        At most one.
    """
    from scripts.lib.segment_data.world_coordinates import read_wcs

    try:
        read_wcs(file)
    except InputError as error:
        return [unreadable_coordinates(path, str(error).removeprefix(f"{file.path}"), needs)]
    # asdf and gwcs may raise any error for a tree that other software wrote.
    except Exception as error:
        log.info("%s: the world coordinates cannot be built", path, exc_info=error)
        found = f"{type(error).__name__} ({(str(error).splitlines() or [''])[0]})"
        return [unreadable_coordinates(path, found, needs)]
    return []


@contextmanager
def _plain_file(path):
    """
    Provide a segment as a plain file, decompressed to the folder for temporary files if need be.

    Parameters
    ----------
    path : str
        The segment.

    Yields
    ------
    plain : Path
        File to read.
    """
    if not path.endswith(".gz"):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "segment.fits"
        with plain.open("w+b") as file:
            unpack(path, file)
        yield plain


def examine_products(products, configs, loose_segments):
    """
    Examine all segments.

    Parameters
    ----------
    products : list of Product
        Products that the workflow will make.
    configs : list of dict
        The configuration of each, with the settings of its steps.
    loose_segments : list of Segment
        Segments of no product.

    Returns
    -------
    products : list of Product
        The same; compressed segments with their ``facts``.
    findings : list of Finding
        Findings about the data.
    """
    examination, known = Examination(), []
    for product, config in zip(products, configs, strict=True):
        needs = needs_wcs(product.exp_type, lambda step, config=config: config[step]["skip"])
        segments = [examination.examine(segment, needs) for segment in product.segments]
        known.append(replace(product, segments=tuple(segments)))
    for segment in loose_segments:
        examination.examine(segment, needs_wcs(segment.exp_type, lambda step: False))
    examination.finish()
    return known, examination.findings
