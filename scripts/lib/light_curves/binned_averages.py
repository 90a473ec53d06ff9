"""Light curves in bins of wavelength, averaged over time while they are read."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.product_header import labels_of

__all__ = ["BinnedAverages", "read_averages"]

_BLOCK_BYTES = 1 << 24


@dataclass(frozen=True)
class BinnedAverages:
    """
    Averages of the light curves in bins of one detector and order.

    Attributes
    ----------
    wavelength, lower, upper : ndarray, shape (bins,)
        Mean wavelength and edges of each bin [um].
    flux : ndarray, shape (points, bins)
        Weighted mean flux of the good integrations; NaN where there is none.
    weight : ndarray, shape (points, bins)
        Inverse of its error; 0 where there is none.
    integrations : ndarray of int, shape (bins,)
        Number of good integrations.
    """

    wavelength: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    flux: np.ndarray
    weight: np.ndarray
    integrations: np.ndarray


def read_averages(path, steps):
    """
    Read light curves in bins, and average neighbours in time.

    Parameters
    ----------
    path : str or Path
        File of :func:`~scripts.lib.light_curves.binned_light_curves.write_light_curves`.
    steps : dict of (str, int) to int
        Number of integrations of an average, by detector and order.

    Returns
    -------
    averages : dict of (str, int) to BinnedAverages
        Those of which a step is given. Integrations with any bit of QUALITY are left out, and are
        taken in the order of time where it is known.

    Notes
    -----
    Blocks of 16 MB are read at a time.
    """
    averages = {}
    with open_fits(path) as file:
        for version, key in enumerate(labels_of(file, "BINS"), start=1):
            if key in steps:
                averages[key] = _average(file, version, steps[key])
    return averages


def _average(file, version, step):
    """Averages of one detector and order."""
    table, times = file.read_table("BINS", version), file.read_table("TIME", version)["MJD_UTC"]
    count, bins = len(times), len(table["WAVELENGTH"])
    places = np.arange(count)
    if np.isfinite(times).all():
        places[np.argsort(times, kind="stable")] = np.arange(count)
    points = -(-count // step)
    sums, squares = np.zeros((2, points, bins))
    integrations = np.zeros(bins, dtype=np.int64)
    block = max(1, _BLOCK_BYTES // (24 * max(bins, 1)))
    for first in range(0, count, block):
        rows = slice(first, min(first + block, count))
        flux, error, quality = (
            file.read(name, rows=rows, version=version) for name in ("FLUX", "ERROR", "QUALITY")
        )
        good = np.isfinite(flux) & (error > 0) & (quality == 0)
        inverse = np.where(good, error, np.inf) ** -2.0
        np.add.at(sums, places[rows] // step, np.where(good, flux, 0.0) * inverse)
        np.add.at(squares, places[rows] // step, inverse)
        integrations += np.count_nonzero(good, axis=0)
    flux = np.divide(sums, squares, out=np.full_like(sums, np.nan), where=squares > 0)
    edges = (table[name] for name in ("WAVELENGTH", "LOWER", "UPPER"))
    return BinnedAverages(*edges, flux, np.sqrt(squares), integrations)
