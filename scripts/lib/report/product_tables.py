"""Table of the files of a visit: what they hold, how large they are, and what opens them."""

from pathlib import Path

from scripts.lib.planning.machine_needs import size_text
from scripts.lib.report.html import Table

__all__ = ["products_table"]

_FITS, _TABLE = "astropy.io.fits", "astropy.table.Table.read"
# By the end of the name: what a file holds, and what opens it.
_KINDS = {
    "lc.ecsv": ("Our white-light curves with errors, positions and quality", _TABLE),
    "speclc.fits": ("Our light curves in bins of wavelength", _FITS),
    "spectra.fits": ("Our spectra of all integrations", _FITS),
    "depths.ecsv": ("Depths of transit or eclipse, a quick look", _TABLE),
    "whtlt.ecsv": ("The archive's white-light curve", _TABLE),
    "phot.ecsv": ("The archive's photometry", _TABLE),
    "x1dints.fits": ("The archive's spectra of all integrations", f"{_FITS}, jwst.datamodels"),
    "crfints.fits": ("Segments with outliers flagged", f"{_FITS}, jwst.datamodels"),
    "outliers.fits": ("Our outliers of each integration", _FITS),
    "asn.json": ("Association of the segments", "json"),
}
_OTHER = ("File of the visit", "")


def products_table(paths):
    """
    Table of the files of a visit.

    Parameters
    ----------
    paths : iterable of (str or Path)
        The files; what is not there is left out.

    Returns
    -------
    table : Table
        A row for each kind, with the name, or the number of files, their size and what opens them;
        first those that most readers want.
    """
    groups = {}
    for path in map(Path, paths):
        if path.is_file():
            groups.setdefault(path.name.rpartition("_")[2], []).append(path)
    known = [ending for ending in _KINDS if ending in groups]
    rows = []
    for ending in [*known, *(other for other in groups if other not in _KINDS)]:
        files = groups[ending]
        name = files[0].name if len(files) == 1 else f"{len(files)} files *_{ending}"
        size = size_text(sum(path.stat().st_size for path in files))
        what, opener = _KINDS.get(ending, _OTHER)
        rows.append([name, what, size, opener])
    head = ["File", "What it holds", "Size", "Opens with"]
    return Table("Files next to this page", head, rows, (2,), "No file is next to this page.")
