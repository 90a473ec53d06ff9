"""Check before any work what the photometry of imaging segments needs."""

from functools import cache
from pathlib import Path

from scripts.lib.checks.headers import IMAGING
from scripts.lib.checks.photometry import segment_problems
from scripts.lib.checks.references import missing_file
from scripts.lib.errors import InputError
from scripts.lib.findings import of_error
from scripts.lib.fits.headers import read_hdus


def imaging_check(base_dir, references):
    """
    Make the check of imaging segments.

    Parameters
    ----------
    base_dir : str or Path
        Folder that relative paths start from.
    references : ReferenceFiles
        Reference files and settings of each segment; it observes all segments.

    Returns
    -------
    check : callable
        Takes the path and the header-data units of a segment and returns its
        problems, a list of Finding; none if it is no image or photometry is
        skipped.
    """
    gain_hdus = cache(read_hdus)

    def check(path, hdus):
        references.observe(path, hdus)
        if hdus[0].header.get("EXP_TYPE") not in IMAGING:
            return []
        options, gain = references.settings("tso_photometry", path), None
        if options["skip"]:
            return []
        try:
            gain = references.find("gain", path)
            if gain.source == "crds" and gain.path and not Path(gain.path).is_file():
                return [missing_file(gain)]
            headers = gain_hdus(Path(base_dir, gain.path)) if gain.path else None
            return segment_problems(path, hdus, options, gain.path, headers)
        except InputError as error:
            known_as = Path(base_dir, gain.path) if gain else None
            return [of_error(str(gain.path if gain else path), error, known_as)]

    return check
