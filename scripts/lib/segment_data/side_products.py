"""Copies of a segment as it is between two steps, and images of its trace model."""

import math

import numpy as np

from scripts.lib.fits.cards import set_card
from scripts.lib.fits.extensions import image_cards
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.provenance.software import JWST_KEYWORDS, file_date
from scripts.lib.segment_data.dq import PLANES

__all__ = ["write_image", "write_segment"]

# Besides the planes: what replacement needs.
_COPIES = 6


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


def write_image(member, path, image, statuses):
    """
    Write an image with the headers of a segment.

    Parameters
    ----------
    member : FitsFile
        The segment, whose primary header is copied.
    path : Path
        The file to write.
    image : ndarray of float32 or None
        Image (y, x), written as SCI; None writes none.
    statuses : dict of str to str
        As for :func:`write_segment`.
    """
    cards = list(member.hdus[0].cards)
    for keyword, value in _updates(path, statuses):
        set_card(cards, keyword, value, after="S_" if keyword.startswith("S_") else "")
    with ProductWriter(path) as product:
        product.append_hdu(cards)
        if image is not None:
            _append_image(product, "SCI", image)


def _updates(path, statuses):
    """Keywords of the primary header with their values."""
    names = {"DATE": file_date(), "FILENAME": path.name, **JWST_KEYWORDS}
    return list((names | statuses).items())


def _append_image(product, name, image):
    """Append an image of float32."""
    offset = product.append_hdu(image_cards(name, image.shape, -32), 4 * image.size)
    product.write_block(np.asarray(image, np.float32)[None], offset, (1, *image.shape))
