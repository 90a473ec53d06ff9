"""Damage files byte by byte, as no library that writes valid files would."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.fits.headers import read_hdus
from scripts.simulation.options import VisitOptions

CARD = 80
VISITS = {
    "spectra": VisitOptions(
        mode="nrs_brightobj",
        segment_lengths=(6, 5),
        frame_size=(16, 64),
        detectors=("nrs1",),
        background_regions=True,
        aperture_correction=True,
    ),
    "images": VisitOptions(mode="mir_image", segment_lengths=(6, 5), frame_size=(32, 32)),
    "counts": VisitOptions(
        mode="mir_image", segment_lengths=(6, 5), frame_size=(32, 32), photom=False
    ),
    "lrs": VisitOptions(mode="mir_lrs_slitless", segment_lengths=(4, 3), frame_size=(64, 32)),
    "grism": VisitOptions(mode="nrc_tsgrism", segment_lengths=(4, 3), frame_size=(32, 64)),
    "tsimage": VisitOptions(
        mode="nrc_tsimage", segment_lengths=(6, 5), frame_size=(32, 32), gain_reference=True
    ),
    "soss": VisitOptions(mode="nis_soss", segment_lengths=(2, 2), frame_size=(96, 2048)),
    "orders": VisitOptions(mode="nis_soss", segment_lengths=(2, 2), frame_size=(96, 2048)),
}
# Models of overlapping orders on a grid that is coarse, and without them.
SETTINGS = {
    "soss": {"extract_1d": {"soss_atoca": False}},
    "orders": {"extract_1d": {"soss_rtol": 0.01, "soss_max_grid_size": 3000, "soss_tikfac": 1e-6}},
}


@dataclass(frozen=True)
class Case:
    """
    One corruption.

    Attributes
    ----------
    kind : str
        Class of corruption.
    name : str
        Item and kind of its corruption.
    visit : str
        Key of `VISITS`.
    expect : str
        ``error``: no product; ``same``: equal products; ``any``: an error or a product that
        passes all checks.
    corrupt : callable
        Takes the folder of a copy of the visit and a random generator; may return what it did.
    """

    kind: str
    name: str
    visit: str
    expect: str
    corrupt: object


def last_segment(folder):
    """Return the file that is corrupted: the second of two segments."""
    return max(Path(folder).glob("*_calints.fits"))


def hdu_of(path, extension):
    """First header-data unit of a name."""
    return next(hdu for hdu in read_hdus(path) if hdu.name == extension)


def patch(path, offset, data):
    """Overwrite bytes of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def set_card(path, extension, keyword, text):
    """Give a keyword a raw value, or remove it where the text is None; add it if it is missing."""
    hdu = hdu_of(path, extension)
    found = [k for k, card in enumerate(hdu.cards) if card[:8].rstrip() == keyword]
    card = "" if text is None else f"{keyword:8}= {text:>20}"
    if found:
        patch(path, hdu.header_offset + CARD * found[0], card.ljust(CARD).encode())
        return
    position = hdu.header_offset + CARD * len(hdu.cards)
    patch(path, position, (card.ljust(CARD) + "END".ljust(CARD)).encode())


def remove_hdu(path, extension):
    """Cut a header-data unit out of a file."""
    hdus = read_hdus(path)
    number = next(k for k, hdu in enumerate(hdus) if hdu.name == extension)
    content = path.read_bytes()
    start = hdus[number].header_offset
    end = hdus[number + 1].header_offset if number + 1 < len(hdus) else len(content)
    path.write_bytes(content[:start] + content[end:])


def repeat_hdu(path, extension):
    """Append a copy of a header-data unit."""
    hdus = read_hdus(path)
    number = next(k for k, hdu in enumerate(hdus) if hdu.name == extension)
    content = path.read_bytes()
    path.write_bytes(content + content[hdus[number].header_offset : hdus[number + 1].header_offset])


def edit_image(path, extension, change):
    """Replace the data of an image by the result of a function."""
    hdu = hdu_of(path, extension)
    dtype = {-32: ">f4", -64: ">f8", 32: ">i4"}[hdu.header["BITPIX"]]
    with path.open("rb") as file:
        file.seek(hdu.data_offset)
        data = np.frombuffer(file.read(hdu.data_bytes), dtype).reshape(hdu.shape)
    patch(path, hdu.data_offset, change(data.copy()).astype(dtype).tobytes())


def edit_times(path, change):
    """Let a function change the rows of INT_TIMES in place."""
    hdu = hdu_of(path, "INT_TIMES")
    dtype = [("number", ">i4"), ("times", ">f8", 6)]
    with path.open("rb") as file:
        file.seek(hdu.data_offset)
        rows = np.frombuffer(file.read(hdu.data_bytes), dtype).copy()
    change(rows)
    patch(path, hdu.data_offset, rows.tobytes())


def flip_bits(path, start, length, rng, count=1):
    """Flip random bits of a range of a file."""
    content = bytearray(path.read_bytes())
    for position in rng.integers(start, start + length, count):
        content[position] ^= 1 << rng.integers(8)
    path.write_bytes(content)


def edit_json(path, change):
    """Let a function change the content of a JSON file in place."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def value_paths(content, prefix=()):
    """Paths of all values in nested dictionaries and lists."""
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    found = []
    for key, value in items:
        found += [(*prefix, key), *value_paths(value, (*prefix, key))]
    return found


def replace_at(content, path, value):
    """Replace the value at a path, or remove it where the new one is ``...``."""
    for key in path[:-1]:
        content = content[key]
    if value is ...:
        del content[path[-1]]
    else:
        content[path[-1]] = value
