"""The corruptions of the campaign, seeded: equal numbers give equal cases."""

from functools import partial

import numpy as np

from tests.robustness.corrupt_hostile import hostile_cases
from tests.robustness.corrupt_meaning import meaning_cases
from tests.robustness.corrupt_seeded import seeded_cases
from tests.robustness.corrupt_texts import text_cases
from tests.robustness.files import (
    CARD,
    Case,
    edit_image,
    edit_times,
    flip_bits,
    hdu_of,
    last_segment,
    remove_hdu,
    repeat_hdu,
    set_card,
)

RAW_VALUES = {
    "missing": None,
    "blank": "",
    "empty": "''",
    "text": "'nonsense'",
    "nan": "NaN",
    "inf": "1E999",
    "huge": "1.0E30",
    "large": "2147483648",
    "negative": "-7",
    "zero": "0",
    "logical": "T",
}
PRIMARY = (
    "EXP_TYPE",
    "NINTS",
    "INTSTART",
    "INTEND",
    "EXSEGNUM",
    "TSOVISIT",
    "DETECTOR",
    "FILTER",
    "TARGNAME",
    "TARG_RA",
    "TARG_DEC",
    "INSTRUME",
    "SUBARRAY",
    "EFFINTTM",
    "EXPSTART",
    "DATE",
)
SCIENCE = {
    "spectra": ("SRCTYPE", "BUNIT", "DISPAXIS", "SPORDER", "SLTNAME", "PIXAR_SR", "SRCXPOS"),
    "images": ("BUNIT", "PHOTMJSR", "PIXAR_SR", "XREF_SCI", "YREF_SCI", "RA_REF", "PA_APER"),
}
STRUCTURE = {
    "PRIMARY": ("SIMPLE", "BITPIX", "NAXIS"),
    "SCI": ("XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS3", "PCOUNT", "GCOUNT", "EXTNAME"),
    "DQ": ("BITPIX", "NAXIS2", "BZERO", "BSCALE", "EXTNAME"),
    "ERR": ("BITPIX", "NAXIS1", "EXTNAME", "BSCALE"),
    "VAR_POISSON": ("NAXIS3", "BITPIX", "EXTNAME"),
    "INT_TIMES": ("NAXIS1", "NAXIS2", "TFIELDS", "TFORM1", "TTYPE3", "TFORM3", "BITPIX", "EXTNAME"),
    "ASDF": ("NAXIS1", "EXTNAME", "TFORM1", "TTYPE1"),
}
# Values of BITPIX that contradict the data.
_WRONG_TYPES = ("-64", "64", "32", "16", "8", "-32", "7")


def all_cases():
    """
    List the cases of the campaign.

    Returns
    -------
    cases : list of Case
        In the order of their classes.
    """
    cases = []
    for visit in ("spectra", "images"):
        cases += [*_headers(visit), *_structure(visit), *_times(visit), *_truncations(visit)]
        cases += [*_bits(visit), *_types(visit), *_nan(visit), *_planes(visit)]
    return [*cases, *meaning_cases(), *text_cases(), *hostile_cases(), *seeded_cases()]


def _card_case(kind, visit, extension, keyword, label, expect="any"):
    """Case of one raw value of a keyword."""

    def corrupt(folder, _rng):
        set_card(last_segment(folder), extension, keyword, RAW_VALUES.get(label, label))

    return Case(kind, f"{extension}.{keyword} {label}", visit, expect, corrupt)


def _headers(visit):
    """Keywords of the primary and the science header with values that make no sense."""
    labels = list(RAW_VALUES)
    keywords = [("PRIMARY", keyword) for keyword in PRIMARY]
    keywords += [("SCI", keyword) for keyword in SCIENCE[visit]]
    for number, (extension, keyword) in enumerate(keywords):
        for step in (0, 3, 4, 8):
            label = labels[(number + step) % len(labels)]
            yield _card_case("header keyword", visit, extension, keyword, label)


def _structure(visit):
    """Keywords that say where the data are and of what form."""
    labels = list(RAW_VALUES)
    for extension, keywords in STRUCTURE.items():
        for number, keyword in enumerate(keywords):
            for step in (0, 5, 8):
                label = labels[(number + step) % len(labels)]
                yield _card_case("structural keyword", visit, extension, keyword, label)


def _times(visit):
    """INT_TIMES that are missing, or hold wrong times and numbers."""
    changes = {
        "NaN": lambda rows: rows["times"].fill(np.nan),
        "NaN in one row": lambda rows: rows["times"][1].fill(np.nan),
        "zero": lambda rows: rows["times"].fill(0),
        "zero BJD": lambda rows: rows["times"][:, 3:].fill(0),
        "infinite": lambda rows: rows["times"].fill(np.inf),
        "not monotonic": lambda rows: rows["times"].__setitem__(slice(None), rows["times"][::-1]),
        "a jump of a year": lambda rows: rows["times"][2:].__iadd__(365.25),
        "all equal": lambda rows: rows["times"].__setitem__(slice(None), rows["times"][0]),
        "before 1900": lambda rows: rows["times"].__isub__(1e6),
        "numbers rolled over": lambda rows: rows["number"].__isub__(32768),
        "numbers negative": lambda rows: rows["number"].fill(-1),
        "numbers of another segment": lambda rows: rows["number"].__isub__(5),
        "numbers equal": lambda rows: rows["number"].fill(rows["number"][0]),
        "numbers huge": lambda rows: rows["number"].fill(2**31 - 1),
        "times of the first segment": lambda rows: rows["times"].__isub__(
            7 * np.diff(rows["times"][:2], axis=0)
        ),
    }
    for name, change in changes.items():
        yield Case(
            "INT_TIMES",
            name,
            visit,
            "any",
            lambda folder, _rng, change=change: edit_times(last_segment(folder), change),
        )
    yield Case("INT_TIMES", "missing", visit, "any", _on_segment(remove_hdu, "INT_TIMES"))
    yield Case("INT_TIMES", "repeated", visit, "any", _on_segment(repeat_hdu, "INT_TIMES"))
    yield _card_case("INT_TIMES", visit, "INT_TIMES", "NAXIS2", "0")
    for column in (1, 3, 6):
        yield _card_case("INT_TIMES", visit, "INT_TIMES", f"TTYPE{column}", "'other'")
        yield _card_case("INT_TIMES", visit, "INT_TIMES", f"TFORM{column}", "'8A'")


def _on_segment(function, *arguments):
    """Make a corruption of a function of the second segment."""
    return lambda folder, _rng: function(last_segment(folder), *arguments)


def _truncations(visit):
    """Files that end early, at random positions."""

    def cut(folder, rng):
        path = last_segment(folder)
        end = hdu_of(path, "ASDF")
        # Within the last extension, the missing part may be padding alone.
        size = end.data_offset + end.data_bytes
        with path.open("r+b") as file:
            file.truncate(int(rng.integers(0, size)))

    def cut_at_edge(folder, rng):
        path = last_segment(folder)
        blocks = path.stat().st_size // 2880
        with path.open("r+b") as file:
            file.truncate(2880 * int(rng.integers(0, blocks - 8)))

    for number in range(20):
        yield Case("truncated", f"at a random byte, {number}", visit, "error", cut)
    # At the end of an extension, only the extensions that follow are missing.
    for number in range(8):
        yield Case("truncated", f"at a random block, {number}", visit, "any", cut_at_edge)


def _bits(visit):
    """Single bits of headers, data and ASDF that flipped."""

    def header(folder, rng):
        path = last_segment(folder)
        extension = str(rng.choice(["PRIMARY", "SCI", "DQ", "ERR", "INT_TIMES", "ASDF"]))
        hdu = hdu_of(path, extension)
        flip_bits(path, hdu.header_offset, CARD * len(hdu.cards), rng, 3)

    def data(folder, rng, extension):
        path = last_segment(folder)
        hdu = hdu_of(path, extension)
        flip_bits(path, hdu.data_offset, hdu.data_bytes, rng, 3)

    def tree(folder, rng):
        path = last_segment(folder)
        hdu = hdu_of(path, "ASDF")
        flip_bits(path, hdu.data_offset, hdu.data_bytes, rng, 3)

    yield from (Case("bits, header", str(k), visit, "any", header) for k in range(25))
    for extension in ("SCI", "ERR", "DQ", "VAR_FLAT", "INT_TIMES"):
        corrupt = partial(data, extension=extension)
        yield from (Case("bits, data", f"{extension} {k}", visit, "any", corrupt) for k in range(4))
    yield from (Case("bits, ASDF", str(k), visit, "any", tree) for k in range(20))


def _types(visit):
    """Data of another type, or in another byte order, than the header says."""
    for extension in ("SCI", "ERR", "DQ"):
        for text in _WRONG_TYPES:
            current = "32" if extension == "DQ" else "-32"
            if text != current:
                yield _card_case("type of data", visit, extension, "BITPIX", text, "error")

    def swap(folder, _rng, extension):
        edit_image(last_segment(folder), extension, lambda data: data.byteswap())

    for extension in ("SCI", "ERR"):
        corrupt = partial(swap, extension=extension)
        yield Case("byte order", extension, visit, "error", corrupt)
    yield Case("byte order", "DQ", visit, "any", partial(swap, extension="DQ"))


def _nan(visit):
    """NaN in whole integrations, rows or columns."""

    def spread(folder, _rng, extension, where):
        def change(data):
            data[where] = np.nan
            return data

        edit_image(last_segment(folder), extension, change)

    wheres = {
        "everywhere": (),
        "in one integration": 2,
        "in all but one integration": slice(1, None),
        "in a row": (slice(None), 8),
        "in a column": (slice(None), slice(None), 9),
        "in half the columns": (slice(None), slice(None), slice(20)),
    }
    for extension in ("SCI", "ERR", "VAR_POISSON"):
        for name, where in wheres.items():
            corrupt = partial(spread, extension=extension, where=where)
            yield Case("NaN", f"{extension} {name}", visit, "any", corrupt)


def _planes(visit):
    """Extensions that are missing or repeated; flags and errors that make no sense."""
    for extension in ("SCI", "ERR", "DQ"):
        name, twice = f"{extension} missing", f"{extension} repeated"
        yield Case("planes", name, visit, "error", _on_segment(remove_hdu, extension))
        yield Case("planes", twice, visit, "any", _on_segment(repeat_hdu, extension))
    for extension in ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "ASDF"):
        name = f"{extension} missing"
        yield Case("planes", name, visit, "any", _on_segment(remove_hdu, extension))
    fills = {
        "DQ all flagged": ("DQ", lambda data: np.full_like(data, 1 - 2**31)),
        "DQ all bits": ("DQ", lambda data: np.full_like(data, 2**31 - 1)),
        "ERR zero": ("ERR", lambda data: data * 0),
        "ERR negative": ("ERR", lambda data: -data),
        "ERR infinite": ("ERR", lambda data: data + np.inf),
        "SCI zero": ("SCI", lambda data: data * 0),
        "SCI infinite": ("SCI", lambda data: data + np.inf),
        "SCI minus": ("SCI", lambda data: -data),
        "variance negative": ("VAR_POISSON", lambda data: -data),
    }
    for name, (extension, change) in fills.items():
        corrupt = _on_segment(edit_image, extension, change)
        yield Case("planes", name, visit, "any", corrupt)
