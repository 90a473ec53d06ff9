"""Corruptions of what data mean: keywords that differ, structure, references, times and shapes."""

import io
import re
from functools import partial

import numpy as np
from astropy.io import fits

from tests.robustness.files import (
    CARD,
    Case,
    edit_image,
    edit_times,
    hdu_of,
    last_segment,
    patch,
    repeat_hdu,
    set_card,
)

_STRUCTURE = {
    "PRIMARY": ("SIMPLE", "BITPIX", "NAXIS"),
    "SCI": ("XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS3", "PCOUNT", "GCOUNT", "EXTNAME"),
    "DQ": ("BITPIX", "NAXIS2", "GCOUNT", "BZERO"),
    "INT_TIMES": ("NAXIS1", "NAXIS2", "TFIELDS", "TFORM2", "TTYPE3"),
}
_FLUX_KEYWORDS = {
    "spectra": {
        "DISPAXIS": (None, "2"),
        "SPORDER": (None, "2", "1000000000"),
        "SLTNAME": (None, "'S200A1'"),
        "SRCTYPE": (None, "'EXTENDED'"),
        "SRCYPOS": (None,),
        "PIXAR_SR": (None, "1.0", "1.0E-20"),
        "BUNIT": (None, "'DN/s'"),
    },
    "images": {
        "PIXAR_SR": (None, "1.0", "1.0E-20"),
        "BUNIT": (None, "'DN/s'"),
        "XREF_SCI": (None,),
    },
}
_NUMBER = re.compile(rb"(?<=factor:|offset:) *-?\d+\.\d+(?:e[-+]?\d+)?|(?<=phi:|psi:) *-?\d+\.\d+")
_REFERENCE_VALUES = (-1.0, 0.0, np.nan, np.inf)


def meaning_cases():
    """
    List the corruptions of meaning.

    Returns
    -------
    cases : list of Case
        In the order of their classes.
    """
    cases = []
    for visit in ("spectra", "images"):
        cases += [*_repeated(visit), *_different(visit), *_times(visit), *_flags(visit)]
        cases += [*_shapes(visit), *_variances(visit), *_coordinates(visit)]
    return [*cases, *_references()]


def add_card(path, extension, card):
    """Add a card at the end of a header, in the block that it has."""
    hdu = hdu_of(path, extension)
    text = card.ljust(CARD) + "END".ljust(CARD)
    patch(path, hdu.header_offset + CARD * len(hdu.cards), text.encode())


def _repeated(visit):
    """Structural cards that are there twice, in other words; extensions that are there twice."""

    def repeat(folder, _rng, extension, card):
        add_card(last_segment(folder), extension, card)

    for extension, keywords in _STRUCTURE.items():
        for keyword in keywords:
            for text in ("7", "'other'"):
                corrupt = partial(repeat, extension=extension, card=f"{keyword:8}= {text:>20}")
                name = f"{extension}.{keyword} {text}"
                yield Case("repeated card", name, visit, "error", corrupt)
    for extension in ("ERR", "DQ", "VAR_POISSON", "VAR_FLAT", "INT_TIMES"):

        def twice(folder, _rng, extension=extension):
            repeat_hdu(last_segment(folder), extension)

        yield Case("repeated extension", extension, visit, "error", twice)


def _different(visit):
    """Keywords that fluxes depend on, missing or of another value in one segment."""
    for keyword, texts in _FLUX_KEYWORDS[visit].items():
        for text in texts:

            def change(folder, _rng, keyword=keyword, text=text):
                set_card(last_segment(folder), "SCI", keyword, text)

            yield Case("flux keyword", f"{keyword} {text}", visit, "error", change)


def _rewrite_times(path, change):
    """Replace the table INT_TIMES by what a function makes of it."""
    with fits.open(path) as hdus:
        hdus["INT_TIMES"] = fits.BinTableHDU(change(hdus["INT_TIMES"].data), name="INT_TIMES")
        content = io.BytesIO()
        hdus.writeto(content)
    path.write_bytes(content.getvalue())


def _with_column(rows):
    """Rows with a further column in front."""
    wider = np.zeros(len(rows), [("extra", "f4"), *rows.dtype.descr])
    for name in rows.dtype.names:
        wider[name] = rows[name]
    return wider


def _reordered(rows):
    """Rows with their columns in the reverse order."""
    names = rows.dtype.names[::-1]
    other = np.zeros(len(rows), [(name, rows.dtype[name]) for name in names])
    for name in names:
        other[name] = rows[name]
    return other


def _times(visit):
    """INT_TIMES with other columns in one segment; starts and ends without a meaning."""
    for name, change in {"one more column": _with_column, "reordered": _reordered}.items():

        def rewrite(folder, _rng, change=change):
            _rewrite_times(last_segment(folder), change)

        yield Case("columns of INT_TIMES", name, visit, "same", rewrite)
    for column in (0, 2, 3, 5):
        for value in (np.nan, np.inf, 0.0, 1e9):

            def fill(folder, _rng, column=column, value=value):
                def change(rows):
                    rows["times"][:, column] = value

                edit_times(last_segment(folder), change)

            yield Case("starts and ends", f"column {column} {value}", visit, "any", fill)
    # Half an hour, and without the difference between TDB and UTC.
    for columns, days in (("all", 0.02), ("all", -0.02), ("UTC", 0.02), ("TDB", -69.184 / 86400)):
        where = {"all": slice(None), "UTC": slice(3), "TDB": slice(3, None)}[columns]

        def shift(folder, _rng, where=where, days=days):
            edit_times(last_segment(folder), lambda rows: rows["times"][:, where].__iadd__(days))

        yield Case("shifted times", f"{columns} {days:.4f}", visit, "any", shift)


def _flags(visit):
    """Flags in another byte order."""

    def swap(folder, _rng):
        edit_image(last_segment(folder), "DQ", lambda data: data.byteswap())

    yield Case("flags", "byte order", visit, "error", swap)


def _cut(path, width=None, extension=None):
    """Cut the images of a segment, or one of them, to their first columns or integrations."""
    with fits.open(path) as hdus:
        for hdu in hdus:
            if isinstance(hdu, fits.ImageHDU) and hdu.data is not None and hdu.data.ndim > 1:
                if width and extension is None:
                    hdu.data = hdu.data[..., :width].copy()
                if hdu.name == extension:
                    hdu.data = hdu.data[:, :-3].copy()
        content = io.BytesIO()
        hdus.writeto(content)
    path.write_bytes(content.getvalue())


def _shapes(visit):
    """Frames one or two columns wide; planes of another shape than the data."""
    for width in (1, 2):

        def narrow(folder, _rng, width=width):
            for path in folder.glob("*_calints.fits"):
                _cut(path, width)

        yield Case("shape", f"{width} columns", visit, "any", narrow)
    for extension in ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"):

        def shorten(folder, _rng, extension=extension):
            _cut(last_segment(folder), extension=extension)

        yield Case("shape", extension, visit, "any", shorten)


def _variances(visit):
    """Variances that are none."""
    changes = {"negative": lambda data: -data - 1, "infinite": lambda data: data + np.inf}
    for extension in ("VAR_POISSON", "VAR_RNOISE"):
        for name, change in changes.items():

            def corrupt(folder, _rng, extension=extension, change=change):
                edit_image(last_segment(folder), extension, change)

            yield Case("variances", f"{extension} {name}", visit, "any", corrupt)

        def spoil(data):
            """One pixel far from the middle of the first image."""
            data[-1, 1, 1] = -1
            return data

        def corrupt_one(folder, _rng, extension=extension, spoil=spoil):
            edit_image(last_segment(folder), extension, spoil)

        yield Case("variances", f"{extension} negative in a pixel", visit, "any", corrupt_one)


def _coordinates(visit):
    """World coordinates whose numbers are null, zero or huge."""
    for text in ("null", "0.0", "1e300", "nan", "[1, 2]"):
        for number in range(6):

            def corrupt(folder, rng, text=text):
                path = last_segment(folder)
                hdu = hdu_of(path, "ASDF")
                content = path.read_bytes()
                start, end = hdu.data_offset, hdu.data_offset + hdu.data_bytes
                tree = content[start:end]
                found = list(_NUMBER.finditer(tree))
                chosen = found[rng.integers(len(found))]
                # A text as long as the number keeps the length of the file.
                changed = text.encode().rjust(len(chosen[0]))[: max(len(chosen[0]), len(text))]
                grown = len(changed) - len(chosen[0])
                tree = tree[: chosen.start()] + changed + tree[chosen.end() :]
                path.write_bytes(content[:start] + tree[: len(tree) - grown] + content[end:])

            yield Case("world coordinates", f"{text} {number}", visit, "any", corrupt)


def _references():
    """Values of references that are not finite and positive; tables without rows."""

    def fill(folder, rng, pattern, extension, column, value):
        (path,) = folder.glob(pattern)
        with fits.open(path) as hdus:
            data = hdus[extension].data
            if column is None:
                data[...] = value
            elif value is ...:
                hdus[extension].data = data[:0]
            else:
                data[column] = value
            content = io.BytesIO()
            hdus.writeto(content)
        path.write_bytes(content.getvalue())

    for value in _REFERENCE_VALUES:
        parts = {"pattern": "references/*gain*", "extension": "SCI", "column": None}
        corrupt = partial(fill, **parts, value=value)
        yield Case("GAIN values", str(value), "counts", "error", corrupt)
    for column in ("apcorr", "size", "wavelength"):
        for value in _REFERENCE_VALUES:
            parts = {"pattern": "references/*apcorr*", "extension": "APCORR", "column": column}
            corrupt = partial(fill, **parts, value=value)
            yield Case("APCORR values", f"{column} {value}", "spectra", "error", corrupt)
    parts = {"pattern": "references/*apcorr*", "extension": "APCORR", "column": "apcorr"}
    corrupt = partial(fill, **parts, value=...)
    yield Case("APCORR values", "no rows", "spectra", "error", corrupt)
