"""Copies of a segment as it is between two steps, and images of its trace model."""

import math
import re
from pathlib import Path

import numpy as np

from scripts.lib.fits.cards import set_card
from scripts.lib.fits.extensions import image_cards
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.provenance.software import JWST_KEYWORDS, file_date
from scripts.lib.segment_data.dq import PLANES

__all__ = ["CubeWriter", "write_empty", "write_image", "write_segment"]

# Besides the planes: what replacement needs.
_COPIES = 6
# Cards that say how an extension is stored.
_STRUCTURE = re.compile(
    r"(XTENSION|BITPIX|NAXIS\d* |PCOUNT|GCOUNT|EXTNAME|EXTVER|BSCALE|BZERO|END )"
)


def write_segment(member, path, statuses, memory_mb, replacer=None, trace=None):
    """
    Write a segment with its pixels replaced, or with its trace model.

    Parameters
    ----------
    member : FitsFile
        The segment.
    path : Path
        The file to write.
    statuses : dict of str to str
        Keywords of the primary header that say which steps were done.
    memory_mb : float
        Memory for the planes that are read at a time.
    replacer : Replacer, optional
        How pixels are replaced; without one planes are copied.
    trace : ndarray of float32, optional
        Trace model (y, x), written as TRACEMODEL after the wavelengths.
    """
    shape, updates = member.shape("SCI"), _updates(path, statuses)
    names = [name for name in PLANES if name in member and member.shape(name) == shape]
    offsets = {}
    with ProductWriter(path) as product:
        for hdu in member.hdus:
            cards = list(hdu.cards)
            for keyword, value in updates if hdu.name == "PRIMARY" else ():
                set_card(cards, keyword, value, after="S_" if keyword.startswith("S_") else "")
            offset = product.append_hdu(cards, hdu.data_bytes)
            if replacer is not None and hdu.name in names:
                offsets[hdu.name] = offset
            else:
                product.copy_data(member, hdu, offset)
            if trace is not None and hdu.name == "WAVELENGTH":
                _append_image(product, "TRACEMODEL", trace)
        if replacer is None:
            return
        step = max(1, int(memory_mb * 1e6 / (_COPIES * 4 * len(names) * math.prod(shape[1:]))))
        for first in range(0, shape[0], step):
            planes = {name: member.read(name, slice(first, first + step)) for name in names}
            replacer(planes)
            for name, plane in planes.items():
                product.write_block(plane, offsets[name], shape, first)


def write_image(member, path, image):
    """
    Write an image with the headers of a segment.

    Parameters
    ----------
    member : FitsFile
        The segment, whose headers are copied.
    path : Path
        The file to write.
    image : ndarray of float32 or None
        Image (y, x), written as SCI; None writes none.
    """
    cards = list(member.hdus[0].cards)
    for keyword, value in _updates(path, {}):
        set_card(cards, keyword, value)
    kept = [card for card in member.hdu("SCI").cards if not _STRUCTURE.match(card)]
    with ProductWriter(path) as product:
        product.append_hdu(cards)
        if image is not None:
            _append_image(product, "SCI", image, kept)


def write_empty(member, paths):
    """
    Write the primary header of a segment alone, for files that have nothing to hold.

    Parameters
    ----------
    member : FitsFile
        The segment.
    paths : iterable of (str or Path)
        The files to write; empty ones are left out.
    """
    for path in filter(None, paths):
        write_image(member, Path(path), None)


class CubeWriter:
    """
    Write a cube with the primary header of a segment, block by block.

    Parameters
    ----------
    product : ProductWriter
        Open file.
    member : FitsFile
        The segment.
    is_turned : bool, optional
        Whether images have x before y.
    """

    def __init__(self, product, member, is_turned=False):
        self._product, self._shape = product, member.shape("SCI")
        self._is_turned = is_turned
        cards = list(member.hdus[0].cards)
        for keyword, value in _updates(product.path, {"DATAMODL": "CubeModel"}):
            set_card(cards, keyword, value)
        product.append_hdu(cards)
        header = image_cards("SCI", self._shape, -32, version=1)
        self._offset = product.append_hdu(header, 4 * math.prod(self._shape))

    @classmethod
    def opened(cls, stack, path, member, is_turned=False):
        """Writer of a file that an exit stack closes; None without a path."""
        return cls(stack.enter_context(ProductWriter(path)), member, is_turned) if path else None

    def write(self, images, first, row=0):
        """Write images (integrations, y, x), or turned, from an integration and row on."""
        images = np.asarray(images, np.float32)
        images = np.ascontiguousarray(images.swapaxes(1, 2)) if self._is_turned else images
        self._product.write_block(images, self._offset, self._shape, first, row)


def _updates(path, statuses):
    """Keywords of the primary header with their values."""
    names = {"DATE": file_date(), "FILENAME": path.name, **JWST_KEYWORDS}
    return list((names | statuses).items())


def _append_image(product, name, image, cards=()):
    """Append an image of float32 with some more cards."""
    header = [*image_cards(name, image.shape, -32, version=1), *cards]
    offset = product.append_hdu(header, 4 * image.size)
    product.write_block(np.asarray(image, np.float32)[None], offset, (1, *image.shape))
