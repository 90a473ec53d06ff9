"""What is measured of a segment next to the reference of its visit, as a file of images and tables."""

from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards, table_cards, table_rows
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.extraction_regions import SINGLE

__all__ = ["CURVE_COLUMNS", "MaskWriter", "ModelFile", "write_image_model", "write_spectral_models"]

# Images of each region of spectra, (integrations, x), and their BITPIX.
_SPECTRAL_PLANES = {
    "FLUX": -64,
    "FILLED": -64,
    "ERROR": -32,
    "PHOTON_ERROR": -32,
    "VALID": -32,
    "BACKGROUND": -32,
}
# Columns of each integration that spectra and images have in common.
CURVE_COLUMNS = ("level", "x", "y", "width", "chi2", "n_outliers", "n_bad")
_IMAGE_COLUMNS = ("flux", "error", "photon_error", "valid", "background", *CURVE_COLUMNS)
_SUMS = ("sums", "sum_errors", "sum_photon_errors")


class MaskWriter:
    """
    Count the outliers of each pixel and, if asked for, write the mask of each integration.

    Parameters
    ----------
    shape : tuple of int
        Integrations, rows and columns as the models have them.
    frame : tuple of int
        Shape (y, x) of the images in the segment's file.
    crop : tuple of slice
        Rows and columns of the file that the models have.
    turned : bool
        Whether the models have rows and columns exchanged.
    path : str or Path, optional
        File of the masks; none is written without it.

    Attributes
    ----------
    counts : ndarray of int32, shape (y, x)
        How often each pixel of the file's images was an outlier.

    Notes
    -----
    Memory is that of the masks of a part, a byte for each sample.
    """

    def __init__(self, shape, frame, crop, turned, path=None):
        self._shape, self._crop, self._turned = shape, crop, turned
        self.counts = np.zeros(frame, np.int32)
        self._path, self._product, self._offset = path, None, 0

    def __enter__(self):
        if self._path:
            self._product = ProductWriter(Path(self._path))
            self._product.__enter__()
            self._product.append_hdu(_primary_cards({}))
            shape = (self._shape[0], *self.counts.shape)
            cards = image_cards("OUTLIERS", shape, 8)
            self._offset = self._product.append_hdu(cards, int(np.prod(shape)))
        return self

    def __exit__(self, *exception):
        if self._product is not None:
            self._product.__exit__(*exception)

    def add(self, first, frames, outliers):
        """
        Add the outliers of some integrations.

        Parameters
        ----------
        first, frames : int
            First integration and their number.
        outliers : ndarray of int
            Flat indices in the segment (integrations, rows, columns).
        """
        height, width = self._shape[1:]
        mask = np.zeros((frames, height, width), np.uint8)
        mask.reshape(-1)[outliers - first * height * width] = 1
        mask = mask.transpose(0, 2, 1) if self._turned else mask
        self.counts[self._crop] += mask.sum(axis=0, dtype=np.int32)
        if self._product is not None:
            whole = np.zeros((frames, *self.counts.shape), np.uint8)
            whole[(slice(None), *self._crop)] = mask
            self._product.write(whole, self._offset + first * self.counts.size)


def _primary_cards(keywords):
    """Primary header of keywords."""
    return [
        format_card("SIMPLE", True, "conforms to FITS"),
        format_card("BITPIX", 8),
        format_card("NAXIS", 0),
        format_card("EXTEND", True),
        *(format_card(name, value) for name, value in keywords.items()),
    ]


def write_spectral_models(path, shape, factors, parts, masks):
    """
    Write the models of a segment's spectral orders.

    Parameters
    ----------
    path : str or Path
        The file.
    shape : tuple of int
        Integrations, rows and columns of the segment, dispersion along the columns.
    factors : dict of str to ndarray of float, shape (columns,)
        Of each region: factors to the unit of the archive's spectra.
    parts : iterable of dict of str to SpectralModel
        Parts of the models in the order of time, by region. A region that is not in
        them could not be measured and becomes NaN.
    masks : MaskWriter
        Takes the outliers, which all regions have in common.

    Notes
    -----
    Memory is that of a part, and 60 bytes for each integration and region.
    """
    count, _, width = shape
    with ProductWriter(Path(path)) as product:
        product.append_hdu(_primary_cards({}))
        regions = {
            name: _Region(product, name, version, (count, width))
            for version, name in enumerate(factors, start=1)
        }
        for name, region in regions.items():
            region.reserve(factors[name])
        done = 0
        for part in parts:
            for name, model in part.items():
                regions[name].write(model, done)
            model = next(iter(part.values()))
            masks.add(done, len(model.flux), model.outliers)
            done += len(model.flux)
        for region in regions.values():
            region.finish()
        _write_counts(product, masks)


class _Region:
    """Images and table of one region of spectra."""

    def __init__(self, product, name, version, shape):
        self._product, self._version, self._shape = product, version, shape
        self._label = [format_card("REGION", name, "spectral order, or all")]
        self._columns = {column: np.full(shape[0], np.nan) for column in CURVE_COLUMNS}
        self._offsets, self._done = {}, 0

    def reserve(self, factors):
        """Write the factors, and the headers of the images."""
        count, width = self._shape
        stored = np.ascontiguousarray(factors, ">f8")
        cards = [*image_cards("FACTOR", (1, width), -64, self._version), *self._label]
        self._product.write(stored.view(np.uint8), self._product.append_hdu(cards, stored.nbytes))
        for name, bitpix in _SPECTRAL_PLANES.items():
            cards = [*image_cards(name, (count, width), bitpix, self._version), *self._label]
            self._offsets[name] = self._product.append_hdu(cards, count * width * -bitpix // 8)

    def write(self, model, first):
        """Write the images of some integrations."""
        frames = len(model.flux)
        for name, bitpix in _SPECTRAL_PLANES.items():
            values = np.ascontiguousarray(getattr(model, name.lower()), f">f{-bitpix // 8}")
            offset = self._offsets[name] + first * values[:1].nbytes
            self._product.write(values.view(np.uint8), offset)
        for name, values in self._columns.items():
            values[first : first + frames] = getattr(model, name)
        self._done = first + frames

    def finish(self):
        """Write what is missing, and the table of the integrations."""
        for part in _missing_parts(self._shape[0] - self._done, self._shape[1]):
            self.write(part, self._done)
        named = {name.upper(): values for name, values in self._columns.items()}
        rows = table_rows(named)
        cards = [*table_cards("INTEGRATIONS", rows, {}, self._version), *self._label]
        self._product.write(rows.view(np.uint8), self._product.append_hdu(cards, rows.nbytes))


class _Missing:
    """Part of a model of which nothing is known."""

    def __init__(self, frames, width):
        self._frames, self._width = frames, width

    def __getattr__(self, name):
        shape = (self._frames, self._width)
        if name == "valid":
            return np.zeros(shape)
        return np.full(shape[:1] if name in CURVE_COLUMNS else shape, np.nan)


def _missing_parts(count, width):
    """Parts without any value, of at most 2^18 samples."""
    step = max((1 << 18) // width, 1)
    return (_Missing(min(step, count - first), width) for first in range(0, count, step))


def write_image_model(path, keywords, count, circles, parts, masks):
    """
    Write the model of a segment of images.

    Parameters
    ----------
    path, masks
        As for :func:`write_spectral_models`.
    keywords : dict
        Keywords of the primary header: X0 and Y0, the first column and row that
        positions count from, and FACTOR to the unit of the archive's photometry.
    count : int
        Number of integrations.
    circles : list of str
        Names of the sums over circles.
    parts : iterable of ImageModel or None
        Parts of the model in the order of time; None where nothing could be
        measured, which becomes NaN.
    """
    columns = {name: np.full(count, np.nan) for name in _IMAGE_COLUMNS}
    sums = {name: np.full((count, len(circles)), np.nan) for name in _SUMS}
    done = 0
    for part in parts or ():
        rows = slice(done, done + len(part.flux))
        for name, values in (columns | sums).items():
            values[rows] = getattr(part, name)
        masks.add(done, len(part.flux), part.outliers)
        done = rows.stop
    named = {name.upper(): values for name, values in columns.items()}
    for name, values in sums.items():
        named |= {f"{name.upper()}_{k}": column for k, column in enumerate(values.T)}
    rows = table_rows(named)
    labels = [format_card(f"CIRCLE{k}", name) for k, name in enumerate(circles)]
    with ProductWriter(Path(path)) as product:
        product.append_hdu(_primary_cards(keywords))
        cards = [*table_cards("INTEGRATIONS", rows, {}, 1), format_card("REGION", SINGLE), *labels]
        product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))
        _write_counts(product, masks)


def _write_counts(product, masks):
    """Write how often each pixel was an outlier."""
    counts = np.ascontiguousarray(masks.counts, ">i4")
    cards = image_cards("OUTLIERS", counts.shape, 32)
    product.write(counts.view(np.uint8), product.append_hdu(cards, counts.nbytes))


class ModelFile:
    """
    Read the model of a segment.

    Parameters
    ----------
    path : str or Path
        File of :func:`write_spectral_models` or :func:`write_image_model`.
    order : int, optional
        Spectral order; ignored if the segment has only one region.

    Raises
    ------
    InputError
        If the file has no such order.
    """

    def __init__(self, path, order=0):
        self._file = open_fits(path)
        tables = [hdu for hdu in self._file.hdus if hdu.name == "INTEGRATIONS"]
        names = [hdu.header.get("REGION") for hdu in tables]
        found = [k for k, name in enumerate(names, start=1) if name in (SINGLE, str(order))]
        if not found:
            self._file.__exit__()
            msg = f"{path}[INTEGRATIONS]: REGION: found {names}, expected {order}"
            raise InputError(msg)
        self._version = found[0]
        self.keywords = self._file.primary
        self.header = self._file.header("INTEGRATIONS", self._version)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.__exit__(*exception)

    def columns(self):
        """Return all columns of the table of integrations by their names in lower case."""
        table = self._file.read_table("INTEGRATIONS", self._version)
        return {name.lower(): table[name] for name in table.dtype.names}

    def read(self, name, rows):
        """Return some integrations of an image, (integrations, x) float64."""
        return self._file.read(name, rows=rows, version=self._version).astype(np.float64)

    def circles(self):
        """Return the names of the circles of images."""
        names = (self.header.get(f"CIRCLE{k}") for k in range(100))
        return [name for name in names if name is not None]

    def counts(self):
        """Return how often each pixel was an outlier, (y, x)."""
        return self._file.read("OUTLIERS")

    def factors(self):
        """Return the factors of a region of spectra to the archive's unit, (columns,)."""
        return self._file.read("FACTOR", version=self._version)[0]
