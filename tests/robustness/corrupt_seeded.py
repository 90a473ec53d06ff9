"""Corruptions that are drawn at random, by meaning: the seed and the number of a case decide what is done."""

import shutil
from itertools import pairwise

from astropy.io import fits

from tests.robustness.corrupt_values import (
    association,
    configuration,
    coordinates,
    pick,
    pixels,
    reference,
    times,
)
from tests.robustness.files import CARD, Case, flip_bits, hdu_of, last_segment, patch

BLOCK = 2880
IMAGES = ("images", "counts", "tsimage")
# Cases of each class and visit; those of models of orders take seconds each.
COUNTS = {
    "any keyword": 200,
    "any card": 120,
    "any structure": 100,
    "any files": 60,
    "any times": 70,
    "any coordinates": 60,
    "any reference": 60,
    "any association": 60,
    "any configuration": 60,
    "any pixels": 40,
}
FEW = {"orders": 10}
_NUMBERS = (-1, 0, 1, 2, 7, -7.5, 1e-30, 1e30, 1e9, 2147483648, 0.5)
_TEXTS = (
    "''",
    "'nonsense'",
    "T",
    "F",
    "",
    "NaN",
    "1E999",
    "'POINT'",
    "'MJy/sr'",
    "'DN/s'",
    "(1,2)",
)
_OTHERS = {
    "spectra": "lrs",
    "lrs": "grism",
    "grism": "tsimage",
    "tsimage": "images",
    "images": "counts",
    "counts": "images",
    "soss": "spectra",
    "orders": "soss",
}


def seeded_cases():
    """
    List the random corruptions.

    Returns
    -------
    cases : list of Case
        Of all visits, in the order of their classes.
    """
    cases = []
    for visit in _OTHERS:
        for kind, corrupt in _CORRUPT.items():
            count = max(COUNTS[kind] // FEW.get(visit, 1), 1)
            cases += [Case(kind, str(k), visit, "any", corrupt) for k in range(count)]
        for k in range(max(30 // FEW.get(visit, 1), 1)):
            cases.append(Case("foreign file", str(k), visit, "any", _foreign(_OTHERS[visit])))
    return cases


def _random_hdu(path, rng):
    """Header-data unit of a segment; the primary and SCI are likely."""
    name = pick(rng, ("PRIMARY", "PRIMARY", "PRIMARY", "SCI", "SCI", "ERR", "DQ", "INT_TIMES"))
    return hdu_of(path, name)


def _keyword(folder, rng):
    """Give a keyword of the last segment another value, type or none, or repeat its card."""
    path = last_segment(folder)
    hdu = _random_hdu(path, rng)
    number = int(rng.integers(len(hdu.cards)))
    card = hdu.cards[number]
    keyword, edit = card[:8], pick(rng, ("remove", "number", "text", "scale", "shift", "repeat"))
    value = hdu.header.get(keyword.rstrip())
    text = {
        "number": f"{pick(rng, _NUMBERS)}",
        "text": pick(rng, _TEXTS),
        "repeat": pick(rng, _TEXTS),
        "scale": f"{value * float(pick(rng, (-1, 0.5, 1.01, 2, 1000)))}".upper()
        if type(value) in (int, float)
        else "'other'",
        "shift": f"{value + float(pick(rng, (-3, -1, 1, 3, 100)))}"
        if type(value) is float
        else f"{value + int(pick(rng, (-3, -1, 1, 3, 100)))}"
        if type(value) is int
        else "'SAME'",
    }.get(edit)
    changed = "".ljust(CARD) if text is None else f"{keyword:8}= {text:>20}".ljust(CARD)[:CARD]
    if edit == "repeat":
        position = hdu.header_offset + CARD * len(hdu.cards)
        if len(hdu.cards) % 36 == 35:
            position -= CARD
        patch(path, position, (changed + "END".ljust(CARD)).encode())
    else:
        patch(path, hdu.header_offset + CARD * number, changed.encode())
    return f"{hdu.name}: {card[:40].rstrip()} -> {changed.rstrip()}"


def _card(folder, rng):
    """Move, swap, blank or spoil cards of the last segment."""
    path = last_segment(folder)
    hdu = _random_hdu(path, rng)
    cards, edit = list(hdu.cards), pick(rng, ("swap", "drop", "lower", "bits", "equals", "quote"))
    first, second = (int(k) for k in rng.integers(0, len(cards), 2))
    if edit == "swap":
        cards[first], cards[second] = cards[second], cards[first]
    elif edit == "drop":
        cards.append("".ljust(CARD))
        del cards[first]
    elif edit == "lower":
        cards[first] = cards[first].lower()
    elif edit == "equals":
        cards[first] = cards[first].replace("=", " ", 1)
    elif edit == "quote":
        cards[first] = cards[first].replace("'", " ", 1)
    else:
        raw = bytearray(cards[first].encode("latin-1"))
        raw[int(rng.integers(CARD))] ^= 1 << int(rng.integers(7))
        cards[first] = raw.decode("latin-1")
    patch(path, hdu.header_offset, "".join(cards).encode("latin-1"))
    return f"{hdu.name}: {edit} {hdu.cards[first][:40].rstrip()}"


def _structure(folder, rng):
    """Cut, repeat, reorder or fill parts of the last segment in units of cards, blocks or extensions."""
    path = last_segment(folder)
    content = path.read_bytes()
    edit = pick(rng, ("cut", "block", "card", "zeros", "insert", "order", "name", "tail", "bits"))
    size, blocks = len(content), len(content) // BLOCK
    at = BLOCK * int(rng.integers(1, blocks))
    if edit == "cut":
        content = content[: int(rng.integers(0, size))]
    elif edit == "block":
        content = content[:at] + content[at + BLOCK :]
    elif edit == "card":
        content = content[:CARD] + content[2 * CARD :]
    elif edit == "insert":
        content = content[:at] + bytes(pick(rng, (1, CARD, BLOCK))) + content[at:]
    elif edit == "tail":
        content += pick(
            rng, (bytes(BLOCK), b"x" * 100, content[: 10 * BLOCK], b"XTENSION= 'IMAGE'")
        )
    elif edit == "zeros":
        hdu = _random_hdu(path, rng)
        length = CARD * int(rng.integers(1, len(hdu.cards)))
        content = (
            content[: hdu.header_offset] + bytes(length) + content[hdu.header_offset + length :]
        )
    elif edit in ("order", "name"):
        content = _with_units(path, content, rng, edit)
    path.write_bytes(content)
    if edit == "bits":
        hdu = _random_hdu(path, rng)
        flip_bits(path, hdu.header_offset, CARD * len(hdu.cards), rng, int(rng.integers(1, 9)))
    return edit


def _with_units(path, content, rng, edit):
    """Content of a file with two extensions in each other's place, or with each other's name."""
    with fits.open(path) as hdus:
        starts = [hdu.fileinfo()["hdrLoc"] for hdu in hdus] + [len(content)]
    parts = [content[a:b] for a, b in pairwise(starts)]
    first, second = (int(k) for k in rng.integers(1, len(parts), 2))
    if edit == "order":
        parts[first], parts[second] = parts[second], parts[first]
    else:
        names = [_name_card(part) for part in parts]
        parts[first] = parts[first].replace(names[first], names[second], 1)
    return b"".join(parts)


def _name_card(part):
    """Card with the name of an extension, from its bytes."""
    at = part.find(b"EXTNAME ")
    return part[at : at + 30]


def _files(folder, rng):
    """Swap, copy, rename or replace whole files of the visit."""
    paths = sorted(path for path in folder.glob("**/*") if path.is_file() and path.suffix != ".npz")
    first, second = pick(rng, paths), pick(rng, paths)
    edit = pick(rng, ("swap", "copy", "rename", "empty", "folder", "link", "append"))
    if edit == "swap":
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)
    elif edit == "copy":
        first.write_bytes(second.read_bytes())
    elif edit == "rename":
        first.rename(first.with_name(pick(rng, (f"x{first.name}", f"{first.name}.gz", "a b.fits"))))
    elif edit == "append":
        first.write_bytes(first.read_bytes() + second.read_bytes())
    else:
        first.unlink()
        if edit == "folder":
            first.mkdir()
        elif edit == "link":
            first.symlink_to(pick(rng, (first.name, "nowhere", second)))
        else:
            first.touch()
    return f"{edit} {first.name} {second.name}"


def _foreign(other):
    """Corruption that puts a file of another visit into the place of one of this."""

    def corrupt(folder, rng):
        paths = sorted(path for path in (folder.parent / other).glob("**/*") if path.is_file())
        mine = sorted(path for path in folder.glob("**/*") if path.is_file())
        source, target = pick(rng, paths), pick(rng, mine)
        if rng.random() < 0.5:
            source, target = last_segment(folder.parent / other), last_segment(folder)
        shutil.copyfile(source, target)
        return f"{source.name} of {other} as {target.name}"

    return corrupt


_CORRUPT = {
    "any keyword": _keyword,
    "any card": _card,
    "any structure": _structure,
    "any files": _files,
    "any times": times,
    "any coordinates": coordinates,
    "any reference": reference,
    "any association": association,
    "any configuration": configuration,
    "any pixels": pixels,
}
