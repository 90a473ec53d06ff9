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
        What was found so far.
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
            What is known from its headers.
        needs : bool
            Whether a step needs its world coordinates.

        Returns
        -------
        segment : Segment
            The same; with ``facts`` also if it is compressed.
        """
        try:
            with _plain_file(segment.path) as place:
                return self._examine_plain(segment, place, needs)
        except InputError as error:
            self.findings.append(Finding.from_error(segment.path, error))
        except OSError as error:
            if not segment.is_compressed:
                raise
            self.findings.append(_packed_only(segment, error))
        return segment

    def _examine_plain(self, segment, place, needs):
        """Examine a segment that is, decompressed if need be, in a file."""
        try:
            known = self._unpacked(segment, place) if segment.is_compressed else segment
            if known is None:
                return segment
            with open_fits(place) as file:
                self._examine_data(known, file, needs)
        except InputError as error:
            self.findings.append(Finding.from_error(segment.path, error, place))
            return segment
        return known

    def _unpacked(self, segment, place):
        """Make the checks of headers that were put off; None if the data cannot be examined."""
        facts, findings = check_headers(segment.path, place)
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
        """Add what can be found when all segments are known."""
        self.findings += repeated_findings(self._surveys)


def _packed_only(segment, error):
    """Warning about a segment that cannot be unpacked here; a run does it in the output folder."""
    found = f"that it cannot be unpacked in {tempfile.gettempdir()} ({error.strerror or error})"
    effect = "its data are not examined; set TMPDIR to a folder with room"
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
    # Other packages read a tree that other software wrote: any error may come out of them.
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
    place : Path
        Where to read it.
    """
    if not path.endswith(".gz"):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "segment.fits"
        unpack(path, place)
        yield place


def examine_products(products, configs, others):
    """
    Examine all segments.

    Parameters
    ----------
    products : list of Product
        What the workflow is to make.
    configs : list of dict
        The configuration of each, with the settings of its steps.
    others : list of Segment
        Segments of no product.

    Returns
    -------
    products : list of Product
        The same, with more known of compressed segments.
    findings : list of Finding
        What was found in the data.
    """
    examination, known = Examination(), []
    for product, config in zip(products, configs, strict=True):
        needs = needs_wcs(product.exp_type, lambda step, config=config: config[step]["skip"])
        segments = [examination.examine(segment, needs) for segment in product.segments]
        known.append(replace(product, segments=tuple(segments)))
    for segment in others:
        examination.examine(segment, needs_wcs(segment.exp_type, lambda step: False))
    examination.finish()
    return known, examination.findings
