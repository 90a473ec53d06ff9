"""Product of our spectra at the detector's resolution."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.product_header import (
    append_image,
    append_table,
    append_times,
    label_cards,
    labels_of,
    primary_cards,
)
from scripts.lib.light_curves.sample_quality import sample_quality
from scripts.lib.light_curves.spectral_series import series_times

__all__ = ["OwnSpectra", "open_spectra", "write_spectra"]

log = logging.getLogger(__name__)

# Images of the product by the names of the blocks' values, and their BITPIX.
_IMAGES = {"FLUX": -64, "ERROR": -64, "PHOTON_ERROR": -32, "BACKGROUND": -32, "QUALITY": 8}
_SPECTRUM_COMMENTS = {
    "WAVELENGTH": "wavelength of each element",
    "COLUMN": "pixel along the dispersion, from 0",
    "FLUX": "median spectrum",
}
_BLOCK_BYTES = 1 << 24
_READ = ("FLUX", "ERROR", "PHOTON_ERROR")


def write_spectra(path, series, primary, warnings=(), records=()):
    """
    Write our spectra of one product, at the detector's resolution.

    Parameters
    ----------
    path : str or Path
        The file.
    series : list of ModelSeries
        The spectra of each detector and order.
    primary : dict
        Keywords of a segment's primary header.
    warnings : iterable of str, optional
        Warnings about the input, for the HISTORY.
    records : iterable of str, optional
        Records of the reference files, for the HISTORY.

    Notes
    -----
    Of each detector and order (EXTVER): tables TIME and SPECTRUM (wavelength, column, median flux), and
    images FLUX, ERROR, PHOTON_ERROR, BACKGROUND (of a pixel, relative to that of the median
    integration) and QUALITY (integrations, elements), the sum of bits of `sample_quality.SPECTRA_FLAGS`.
    One block of spectra is in memory at a time.
    """
    cards = primary_cards("spectra from the moving profile", primary, {}, warnings, records)
    with ProductWriter(Path(path), checksums=True) as product:
        product.append_hdu(cards)
        for version, spectra in enumerate(series, start=1):
            _write_series(product, spectra, version)


def _write_series(product, series, version):
    """Add the spectra of one detector and order."""
    archive = series.archive
    label = label_cards(archive.detector, archive.order)
    append_times(product, series_times(archive), version, label)
    spectrum = {
        "WAVELENGTH": archive.wavelength.astype(float),
        "COLUMN": series.columns.astype(np.int64),
        "FLUX": series.template,
    }
    units = {"WAVELENGTH": "um", "FLUX": archive.unit}
    append_table(product, spectrum, units, "SPECTRUM", version, _SPECTRUM_COMMENTS, label)
    shape = (archive.n_integrations, archive.n_elements)
    offsets = {}
    for name, bitpix in _IMAGES.items():
        unit = None if name == "QUALITY" else archive.unit
        offsets[name] = append_image(product, name, shape, bitpix, version, unit, label)
    for rows, values in series.blocks():
        values["quality"] = sample_quality(values, series.template, series.limits)
        for name, offset in offsets.items():
            dtype = np.uint8 if name == "QUALITY" else f">f{-_IMAGES[name] // 8}"
            stored = np.ascontiguousarray(values[name.lower()], dtype)
            product.write(stored.view(np.uint8), offset + rows.start * stored[:1].nbytes)
    log.info("%s order %s: %d spectra of %d elements", archive.detector, archive.order, *shape)


@dataclass(frozen=True)
class OwnSpectra:
    """
    Our spectra of one detector and order in a product, read by block.

    Attributes
    ----------
    path : str or Path
        The product.
    version : int
        EXTVER of the detector and order.
    detector : str
        Detector.
    order : int
        Spectral order.
    wavelength : ndarray, shape (elements,)
        Wavelength [um].
    columns : ndarray of int, shape (elements,)
        Pixel along the dispersion.
    template : ndarray, shape (elements,)
        Median spectrum; NaN where it is unknown.
    n_integrations : int
        Number of integrations.
    """

    path: str
    version: int
    detector: str
    order: int
    wavelength: np.ndarray
    columns: np.ndarray
    template: np.ndarray
    n_integrations: int

    @property
    def n_elements(self):
        """Number of spectral elements."""
        return len(self.wavelength)

    def blocks(self, chosen=None):
        """
        Go through the spectra.

        Parameters
        ----------
        chosen : list of slice, optional
            Rows to read; all by default.

        Yields
        ------
        rows : slice
            The rows of a block, of at most 16 MB.
        values : dict of str to ndarray
            ``FLUX``, ``ERROR`` and ``PHOTON_ERROR``, float64 (integrations, elements).
        """
        step = max(1, _BLOCK_BYTES // (8 * len(_READ) * max(self.n_elements, 1)))
        with open_fits(self.path) as file:
            for wanted in chosen or [slice(0, self.n_integrations)]:
                for start in range(wanted.start, wanted.stop, step):
                    rows = slice(start, min(start + step, wanted.stop))
                    yield (
                        rows,
                        {
                            name: file.read(name, rows=rows, version=self.version).astype(
                                np.float64
                            )
                            for name in _READ
                        },
                    )


def open_spectra(path):
    """
    Find the spectra of a product.

    Parameters
    ----------
    path : str or Path
        File of :func:`write_spectra`.

    Returns
    -------
    spectra : list of OwnSpectra
        One for each detector and order.
    """
    found = []
    with open_fits(path) as file:
        for version, labels in enumerate(labels_of(file, "SPECTRUM", unnamed=""), start=1):
            length, table = (
                file.header("FLUX", version)["NAXIS2"],
                file.read_table("SPECTRUM", version),
            )
            columns = (table[name] for name in ("WAVELENGTH", "COLUMN", "FLUX"))
            found.append(OwnSpectra(path, version, *labels, *columns, length))
    return found
