"""Check before any work what the photometry of imaging segments needs."""

from functools import cache
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.fits_headers import read_hdus
from scripts.lib.photometry_checks import segment_problems
from scripts.lib.segments import IMAGING


def imaging_check(config, base_dir):
    """
    Make the check of imaging segments for a configuration.

    Parameters
    ----------
    config : dict
        The validated configuration.
    base_dir : str or Path
        Folder that relative paths start from.

    Returns
    -------
    check : callable
        Takes the path and the header-data units of a segment and returns its
        problems, one line each; none if it is no image or photometry is
        skipped.
    """
    options, gain = config["tso_photometry"], config["references"]["gain"]

    @cache
    def gain_hdus():
        return read_hdus(Path(base_dir, gain)) if gain else None

    def check(path, hdus):
        if options["skip"] or hdus[0].header.get("EXP_TYPE") not in IMAGING:
            return []
        try:
            return segment_problems(path, hdus, options, gain, gain_hdus())
        except InputError as error:
            return [str(error)]

    return check
