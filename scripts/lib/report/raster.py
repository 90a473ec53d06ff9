"""Images for maps: numbers as colours, PNG, written without a library of images."""

import struct
import zlib

import numpy as np

__all__ = ["PALETTES", "map_png", "strip_png"]

# Colours at equal distances, between which others are interpolated. Cividis (Nuñez, Anderton &
# Renslow 2018, doi:10.1371/journal.pone.0199239) looks the same to the colour-blind.
PALETTES = {
    "cividis": "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8c8878 9b9476 aba072"
    " bcae6c cdbb63 dec958 f0d846 fee838",
    "gray": "000000 ffffff",
    "blue-orange": "08306b 4393c3 ffffff e69f00 7f3b08",
}
# Colour of what is unknown, and its number in the palette.
_UNKNOWN, _LAST = (214, 214, 214), 255
# Pixels of an image for each of the drawing that it is shown in.
_SHARP = 2


def _palette(name):
    """The 255 colours of a palette and that of what is unknown, bytes."""
    anchors = np.array([tuple(bytes.fromhex(text)) for text in PALETTES[name].split()], float)
    places = np.linspace(0, len(anchors) - 1, _LAST)
    colours = [np.interp(places, np.arange(len(anchors)), channel) for channel in anchors.T]
    return np.round(np.stack(colours, axis=1)).astype(np.uint8).tobytes() + bytes(_UNKNOWN)


def _encode(numbers, palette):
    """PNG of colour numbers (rows, columns), the first row at the top."""
    height, width = numbers.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    lines = np.zeros((height, width + 1), np.uint8)
    lines[:, 1:] = numbers
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(lines.tobytes(), 6)))
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _fit(numbers, axis, pixels):
    """Repeat rows or columns, or leave out values, so that twice the pixels shown are there."""
    length = numbers.shape[axis]
    if length < _SHARP * pixels:
        return np.repeat(numbers, int(np.ceil(_SHARP * pixels / max(length, 1))), axis=axis)
    return numbers


def _reduce(image, axis, pixels, extreme):
    """Mean, or largest value, of neighbours where there are far more than can be shown."""
    factor = int(image.shape[axis] // (_SHARP * pixels))
    if factor < 2:
        return image
    used = image.shape[axis] // factor * factor
    image = np.moveaxis(np.moveaxis(image, axis, 0)[:used], 0, axis)
    shape = [*image.shape[:axis], used // factor, factor, *image.shape[axis + 1 :]]
    parts, across = image.reshape(shape), axis + 1
    known = np.isfinite(parts)
    counts = known.sum(axis=across)
    if extreme:
        reduced = np.where(known, parts, -np.inf).max(axis=across)
    else:
        reduced = np.where(known, parts, 0.0).sum(axis=across) / np.maximum(counts, 1)
    return np.where(counts > 0, reduced, np.nan)


def map_png(image, scale, palette, size, extreme=False):
    """
    Draw a map.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Values; NaN becomes grey. The first row is at the bottom.
    scale : Scale
        Scale of the colours.
    palette : str
        One of :data:`PALETTES`.
    size : tuple of float
        Width and height in the drawing [px].
    extreme : bool, optional
        Whether the largest of neighbours is shown where there are too many, instead of their mean.

    Returns
    -------
    png : bytes
        The image, of at least twice the size in the drawing.
    """
    image = np.asarray(image, float)
    for axis, pixels in ((1, size[0]), (0, size[1])):
        image = _reduce(image, axis, pixels, extreme)
    places = scale.place(image)
    with np.errstate(invalid="ignore"):
        numbers = np.clip(np.round(places * (_LAST - 1)), 0, _LAST - 1)
    numbers = np.where(np.isfinite(places), numbers, _LAST).astype(np.uint8)[::-1]
    for axis, pixels in ((1, size[0]), (0, size[1])):
        numbers = _fit(numbers, axis, pixels)
    return _encode(numbers, _palette(palette))


def strip_png(palette):
    """
    Draw the colours of a palette, the highest at the top.

    Parameters
    ----------
    palette : str
        One of :data:`PALETTES`.

    Returns
    -------
    png : bytes
        One column of 255 pixels.
    """
    return _encode(np.arange(_LAST - 1, -1, -1, dtype=np.uint8)[:, None], _palette(palette))
