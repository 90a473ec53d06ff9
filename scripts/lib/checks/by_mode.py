"""Checks of segments that depend on their mode and its settings; standard library only."""

from scripts.lib.checks.photometry import imaging_check
from scripts.lib.checks.soss import soss_check
from scripts.lib.checks.world_coordinates import extension_findings, needs_wcs

__all__ = ["mode_check"]


def mode_check(base_dir, references):
    """
    Make the check of segments that depends on their mode and its settings.

    Parameters
    ----------
    base_dir : str or Path
        Folder that relative paths start from.
    references : ReferenceFiles
        Reference files and settings of each segment; all segments that are checked
        get registered there.

    Returns
    -------
    check : callable
        Takes the path and the header-data units of a segment and returns its
        errors, a list of Finding.
    """
    find_imaging_errors = imaging_check(base_dir, references)
    find_soss_errors = soss_check(base_dir, references)

    def check(path, hdus):
        errors = find_imaging_errors(path, hdus) + find_soss_errors(path, hdus)
        if path.endswith(".gz"):
            # In a compressed file only the headers up to SCI have been read.
            return errors
        exp_type = hdus[0].header.get("EXP_TYPE")
        needed = needs_wcs(exp_type, lambda step: references.settings(step, path)["skip"])
        return errors + extension_findings(path, hdus, needed)

    return check
