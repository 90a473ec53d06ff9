"""What is true of the light curves and outliers of a simulated visit, and what its products say."""

from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.table import Table

from benchmarks.project_visits import members

JWST_OUTLIER = 16
_PRODUCT_FLUXES = {"raw": "flux_raw", "flux": "flux", "corrected": "flux_corrected"}
_SHAPES = ("x", "y", "width")


@dataclass(frozen=True)
class CurveTruth:
    """
    Truth of one detector and order.

    Attributes
    ----------
    star, ideal : ndarray, shape (integrations, elements)
        True level of the star in each element of wavelength, and that of the ideal extraction.
    light : ndarray, shape (elements,)
        Light of the star out of transit.
    wavelength : ndarray, shape (elements,)
        Wavelength, micron.
    motion : ndarray, shape (integrations, 2)
        Displacement in x and y, pixels.
    """

    star: np.ndarray
    ideal: np.ndarray
    light: np.ndarray
    wavelength: np.ndarray
    motion: np.ndarray

    def summed(self, lower=-np.inf, upper=np.inf):
        """
        Level in a range of wavelengths.

        Parameters
        ----------
        lower, upper : float, optional
            Range, micron.

        Returns
        -------
        star, ideal : ndarray, shape (integrations,)
            Levels; NaN of a range without light.
        light : float
            Mean light of an element.
        """
        used = (self.wavelength >= lower) & (self.wavelength <= upper) & (self.light > 0.0)
        used &= np.isfinite(self.ideal).all(axis=0)
        if not used.any():
            return np.full((2, len(self.star)), np.nan), 0.0
        share = self.light[used] / self.light[used].sum()
        return np.stack([self.star[:, used] @ share, self.ideal[:, used] @ share]), float(
            self.light[used].mean()
        )


@dataclass(frozen=True)
class Bins:
    """Light curves in bins: limits (bins,) in micron, flux and error (integrations, bins)."""

    lower: np.ndarray
    upper: np.ndarray
    flux: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class CurveProducts:
    """
    Light curves of one detector and order, as the products have them.

    Attributes
    ----------
    fluxes : dict of str to ndarray, shape (integrations,)
        ``archive``: the product under the archive's name; ``raw``, ``flux``, ``corrected``: of the table
        of our own, ``corrected`` only where it has it.
    errors : ndarray, shape (integrations,)
        Quoted errors of the last of them.
    shapes : dict of str to ndarray, shape (integrations,)
        ``x``, ``y`` and ``width``, pixels.
    segment : ndarray of int, shape (integrations,)
        Number of the segment.
    bins : Bins or None
        Light curves in bins; None of images.
    """

    fluxes: dict
    errors: np.ndarray
    shapes: dict
    segment: np.ndarray
    bins: Bins | None


def read_truth(folder, detector, order):
    """
    Read the truth of one detector and order.

    Parameters
    ----------
    folder : Path
        Folder of the simulated visit.
    detector : str
        Name in lower case.
    order : int
        Spectral order; it matters where the truth has several.

    Returns
    -------
    CurveTruth
        The truth.
    """
    with np.load(folder / "truth.npz") as file:
        found = {
            name: file[f"{detector}_{name}"]
            for name in ("star_level", "ideal", "flux", "wavelength")
        }
        used = slice(None)
        if f"{detector}_order" in file:
            used = file[f"{detector}_order"] == order
        motion = file["offsets"][:, :2]
    levels = found["star_level"][:, used], found["ideal"][:, used]
    return CurveTruth(*levels, found["flux"][used], found["wavelength"][used], motion)


def read_products(folder):
    """
    Read the light curves of a processed visit.

    Parameters
    ----------
    folder : Path
        Folder of the visit.

    Returns
    -------
    dict of tuple to CurveProducts
        By detector in lower case and spectral order.
    """
    (path,) = (folder / "results").glob("*_lc.ecsv")
    table = Table.read(path)
    found = {}
    for detector, order in sorted({(row["detector"], int(row["order"])) for row in table}):
        rows = table[(table["detector"] == detector) & (table["order"] == order)]
        columns = {name: _plain(rows[name]) for name in rows.colnames if name != "detector"}
        fluxes = {"archive": _archive_flux(folder, detector, order)}
        fluxes |= {
            name: columns[column] for name, column in _PRODUCT_FLUXES.items() if column in columns
        }
        corrected = "flux_corrected_error" in columns
        found[detector.lower(), order] = CurveProducts(
            fluxes,
            columns["flux_corrected_error" if corrected else "flux_error"],
            {name: columns[name] for name in _SHAPES},
            columns["segment"].astype(int),
            _read_bins(folder, detector, order),
        )
    return found


def _plain(column):
    """Values of a column as float64, NaN where masked."""
    return np.ma.filled(np.ma.asarray(column.data, dtype=np.float64), np.nan)


def _archive_flux(folder, detector, order):
    """Light curve of the product under the archive's name, (integrations,)."""
    images = list((folder / "results").glob("*_phot.ecsv"))
    if images:
        return _plain(Table.read(images[0])["net_aperture_sum"])
    (path,) = (folder / "results").glob("*_whtlt.ecsv")
    table = Table.read(path)
    names = [name for name in table.colnames if name.startswith("whitelight_flux")]
    own = [name for name in names if f"_order_{order}" in name] or names
    (name,) = [name for name in own if name.endswith(f"_{detector}")] or own
    return _plain(table[name])


def _read_bins(folder, detector, order):
    """Light curves in bins of one detector and order, or None."""
    for path in (folder / "results").glob("*_speclc.fits"):
        with fits.open(path) as file:
            for hdu in file:
                header = hdu.header
                this = (hdu.name, header.get("DETECTOR"), header.get("SPORDER"))
                if this == ("FLUX", detector, order):
                    bins, error = (file[name, hdu.ver].data for name in ("BINS", "ERROR"))
                    limits = (np.array(bins[name], float) for name in ("LOWER", "UPPER"))
                    flux, error = (np.array(values, float) for values in (hdu.data, error))
                    return Bins(*limits, flux, error)
    return None


@dataclass(frozen=True)
class OutlierTruth:
    """
    Where a detector was hit, and where nothing can be said.

    Attributes
    ----------
    shape : tuple of int
        Integrations, rows and columns.
    hits : ndarray of int, shape (hits, 3)
        Integration from 0, row and column.
    sigmas : ndarray, shape (hits,)
        Size of each in errors, with its sign.
    rtn : ndarray of bool, shape (rows, columns)
        Pixels that jump.
    star : ndarray of bool, shape (rows, columns)
        Pixels of the star.
    lost : ndarray of int, shape (samples, 3)
        Samples that were lost: integration from 0, row and column.
    unusable : ndarray of bool, shape (rows, columns)
        Pixels that are bad throughout.
    """

    shape: tuple
    hits: np.ndarray
    sigmas: np.ndarray
    rtn: np.ndarray
    star: np.ndarray
    lost: np.ndarray
    unusable: np.ndarray


def read_outlier_truth(folder, detector):
    """
    Read where a detector was hit.

    Parameters
    ----------
    folder : Path
        Folder of the simulated visit.
    detector : str
        Name in lower case.

    Returns
    -------
    OutlierTruth
        The truth.
    """
    with np.load(folder / "truth.npz") as file:

        def of(name):
            return file[f"{detector}_{name}"]

        first = np.array([1, 0, 0])
        hits = of("cosmic_rays")[:, :3].astype(int) - first
        lost = of("lost_pixels") - first
        shape = (len(of("star_level")), *of("rtn").shape)
        unusable = (of("dq") & 1) > 0
        jumping, star = of("rtn") > 0.0, of("star_pixels")
        return OutlierTruth(shape, hits, of("hit_sigmas"), jumping, star, lost, unusable)


def read_masks(folder, detector):
    """
    Read the outliers that the two methods found.

    Parameters
    ----------
    folder : Path
        Folder of the processed visit.
    detector : str
        Name in lower case.

    Returns
    -------
    dict of str to ndarray of bool, shape (integrations, rows, columns)
        ``archive``: samples flagged OUTLIER in the products under the archive's names; ``ours``: those of
        the files of masks, if there are any.
    """
    found = {"archive": [], "ours": []}
    for name in members(folder)[detector]:
        stem = name.removesuffix("_calints.fits")
        for path in (folder / "results").glob(f"{stem}*_crfints.fits"):
            found["archive"].append((fits.getdata(path, "DQ") & JWST_OUTLIER) > 0)
        for path in (folder / "results").rglob(f"{stem}*_outliers.fits"):
            found["ours"].append(fits.getdata(path, "OUTLIERS") > 0)
    return {name: np.concatenate(parts) for name, parts in found.items() if parts}
