"""Corruptions that are drawn at random, by meaning: the seed and the number of a case decide what is done."""

import json
import math
import shutil
from itertools import pairwise

import numpy as np
from astropy.io import fits

from tests.robustness.files import (
    CARD,
    Case,
    edit_image,
    edit_json,
    edit_times,
    flip_bits,
    hdu_of,
    last_segment,
    patch,
    replace_at,
    value_paths,
)

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
_VALUES = (
    None,
    "",
    "nonsense",
    -1,
    0,
    0.5,
    1e30,
    True,
    [],
    {},
    [None],
    ...,
    10**400,
    "é\n",
    [1, 2],
)
_FLOATS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e30, 1e-30)
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


def _pick(rng, items):
    """One of some items, as it is."""
    return items[int(rng.integers(len(items)))]


def _random_hdu(path, rng):
    """Header-data unit of a segment; the primary and SCI are likely."""
    name = _pick(rng, ("PRIMARY", "PRIMARY", "PRIMARY", "SCI", "SCI", "ERR", "DQ", "INT_TIMES"))
    return hdu_of(path, name)


def _keyword(folder, rng):
    """Give a keyword of the last segment another value, type or none, or repeat its card."""
    path = last_segment(folder)
    hdu = _random_hdu(path, rng)
    number = int(rng.integers(len(hdu.cards)))
    card = hdu.cards[number]
    keyword, edit = card[:8], _pick(rng, ("remove", "number", "text", "scale", "shift", "repeat"))
    value = hdu.header.get(keyword.rstrip())
    text = {
        "number": f"{_pick(rng, _NUMBERS)}",
        "text": _pick(rng, _TEXTS),
        "repeat": _pick(rng, _TEXTS),
        "scale": f"{value * float(_pick(rng, (-1, 0.5, 1.01, 2, 1000)))}".upper()
        if type(value) in (int, float)
        else "'other'",
        "shift": f"{value + float(_pick(rng, (-3, -1, 1, 3, 100)))}"
        if type(value) is float
        else f"{value + int(_pick(rng, (-3, -1, 1, 3, 100)))}"
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
    cards, edit = list(hdu.cards), _pick(rng, ("swap", "drop", "lower", "bits", "equals", "quote"))
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
    edit = _pick(rng, ("cut", "block", "card", "zeros", "insert", "order", "name", "tail", "bits"))
    size, blocks = len(content), len(content) // BLOCK
    at = BLOCK * int(rng.integers(1, blocks))
    if edit == "cut":
        content = content[: int(rng.integers(0, size))]
    elif edit == "block":
        content = content[:at] + content[at + BLOCK :]
    elif edit == "card":
        content = content[:CARD] + content[2 * CARD :]
    elif edit == "insert":
        content = content[:at] + bytes(_pick(rng, (1, CARD, BLOCK))) + content[at:]
    elif edit == "tail":
        content += _pick(
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
    first, second = _pick(rng, paths), _pick(rng, paths)
    edit = _pick(rng, ("swap", "copy", "rename", "empty", "folder", "link", "append"))
    if edit == "swap":
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)
    elif edit == "copy":
        first.write_bytes(second.read_bytes())
    elif edit == "rename":
        first.rename(
            first.with_name(_pick(rng, (f"x{first.name}", f"{first.name}.gz", "a b.fits")))
        )
    elif edit == "append":
        first.write_bytes(first.read_bytes() + second.read_bytes())
    else:
        first.unlink()
        if edit == "folder":
            first.mkdir()
        elif edit == "link":
            first.symlink_to(_pick(rng, (first.name, "nowhere", second)))
        else:
            first.touch()
    return f"{edit} {first.name} {second.name}"


def _foreign(other):
    """Corruption that puts a file of another visit into the place of one of this."""

    def corrupt(folder, rng):
        paths = sorted(path for path in (folder.parent / other).glob("**/*") if path.is_file())
        mine = sorted(path for path in folder.glob("**/*") if path.is_file())
        source, target = _pick(rng, paths), _pick(rng, mine)
        if rng.random() < 0.5:
            source, target = last_segment(folder.parent / other), last_segment(folder)
        shutil.copyfile(source, target)
        return f"{source.name} of {other} as {target.name}"

    return corrupt


def _times(folder, rng):
    """Change cells, rows or columns of INT_TIMES."""
    column, row = int(rng.integers(6)), int(rng.integers(20))
    value = float(_pick(rng, (*_FLOATS, 1e9, 59000.0, 2459000.5)))
    # Less than an integration only another clock could tell.
    step = float(_pick(rng, (0.5, -0.5, 1, 365.25, -3000)))
    edit = _pick(rng, ("cell", "column", "row", "shift", "shift column", "numbers", "order"))

    def change(rows):
        times, at = rows["times"], row % len(rows)
        if edit == "cell":
            times[at, column] = value
        elif edit == "column":
            times[:, column] = value
        elif edit == "row":
            times[at] = value
        elif edit == "shift":
            times += step
        elif edit == "shift column":
            times[:, column] += step
        elif edit == "numbers":
            rows["number"][at:] += int(_pick(rng, (-40000, -1, 1, 2, 100000)))
        else:
            rows[:] = rows[rng.permutation(len(rows))]

    edit_times(last_segment(folder), change)
    return f"{edit}: column {column}, row {row}, {value}, {step}"


def _coordinates(folder, rng):
    """Change a number of the world coordinates, or flip bits of them."""
    path = last_segment(folder)
    hdu = hdu_of(path, "ASDF")
    if rng.random() < 0.2:
        flip_bits(path, hdu.data_offset, hdu.data_bytes, rng, int(rng.integers(1, 20)))
        return "bits"
    tree = path.read_bytes()[hdu.data_offset : hdu.data_offset + hdu.data_bytes]
    text = tree.split(b"\n...")[0]
    numbers = [
        (start, start + len(word))
        for start, word in _words(text)
        if _is_number(word) and b"." in word
    ]
    start, end = _pick(rng, numbers)
    old = float(text[start:end])
    new = _pick(rng, ("null", "0.0", f"{-old}", f"{old * 1.5}", f"{old + 1}", "1e9", "nan", "x"))
    patch(path, hdu.data_offset + start, new.encode()[: end - start].rjust(end - start))
    return f"{text[max(0, start - 60) : start].decode()}{text[start:end].decode()} -> {new}"


def _words(text):
    """Positions and words of a text that blanks, commas, brackets and line ends part."""
    start = 0
    plain = text
    for sign in b",[]{}\n":
        plain = plain.replace(bytes([sign]), b" ")
    for word in plain.split(b" "):
        if word:
            yield start, word
        start += len(word) + 1


def _is_number(word):
    """Whether a word is that of a number."""
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _reference(folder, rng):
    """Change a value of a reference file, or flip bits of it; do nothing without one."""
    paths = sorted(path for path in folder.glob("references/*") if path.is_file())
    paths += sorted(path for path in folder.glob("*") if path.suffix in (".asdf", ".json"))
    paths += sorted(folder.glob("ni*.fits")) + sorted(folder.glob("mi*.fits"))
    paths = [path for path in paths if "asn" not in path.name and "truth" not in path.name]
    paths = [path for path in paths if path.name != "steps.json"]
    if not paths:
        return "none"
    path = _pick(rng, paths)
    if rng.random() < 0.2:
        flip_bits(path, 0, path.stat().st_size, rng, int(rng.integers(1, 40)))
        return f"{path.name}: bits"
    if path.suffix == ".json":
        return f"{path.name}: {_json_value(path, rng)}"
    if path.suffix == ".asdf":
        text = path.read_bytes()
        numbers = [(a, a + len(w)) for a, w in _words(text.split(b"\n...")[0]) if _is_number(w)]
        start, end = _pick(rng, numbers)
        new = _pick(rng, (b"-1", b"0", b".nan", b"null", b"1e9"))
        path.write_bytes(text[:start] + new + text[end:])
        return f"{path.name}: {text[max(0, start - 40) : end]!r} -> {new!r}"
    return f"{path.name}: {_fits_value(path, rng)}"


def _json_value(path, rng):
    """Replace a random value of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    place, value = _pick(rng, value_paths(content)), _pick(rng, _VALUES)
    edit_json(path, lambda content: replace_at(content, place, value))
    return f"{place} {str(value)[:30]}"


def _fits_value(path, rng):
    """Fill a column or an image of a FITS file, wholly or in one element."""
    value = _pick(rng, _FLOATS)
    with fits.open(path) as hdus:
        numbers = [k for k, hdu in enumerate(hdus) if k and hdu.data is not None]
        hdu = hdus[_pick(rng, numbers)]
        data, name = hdu.data, ""
        if isinstance(hdu, fits.BinTableHDU):
            floats = [n for n in data.names if data[n].dtype.kind == "f"]
            name = _pick(rng, floats) if floats else data.names[0]
            if not floats:
                value = -1 if data[name].dtype.kind == "i" else "x"
            data = data[name]
        if rng.random() < 0.5:
            data[...] = value
        else:
            data[tuple(int(rng.integers(n)) for n in data.shape)] = value
        hdus.writeto(f"{path}.new")
    shutil.move(f"{path}.new", path)
    return f"{hdu.name} {name} {value}"


def _association(folder, rng):
    """Replace a random value of the association."""
    (path,) = folder.glob("*_asn.json")
    return _json_value(path, rng)


def _configuration(folder, rng):
    """Set a random setting, or a random section, to a value without sense."""
    import yaml

    from tests.support.steps import ROOT

    path = folder / "config.yaml"
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    config, sections = yaml.safe_load(path.read_text()), schema["properties"]
    section = _pick(rng, sorted(sections))
    names, value = sorted(sections[section].get("properties", ())), _pick(rng, _SETTINGS)
    if names and rng.random() < 0.9:
        part = config.setdefault(section, {})
        part[_pick(rng, names)] = value
    else:
        config[section] = value
    path.write_text(yaml.safe_dump(config))
    return f"{section}: {config[section]}"


_SETTINGS = (
    *(-1, 0, 1, 2.5, 1e30, float("nan"), float("inf"), True, False, "", "nonsense", "5 4", [], {}),
    *([1, 2], ["x"], {"a": 1}, 10**30, "config.yaml", "../x", "a{b}", "é", [3, 2, 1], [0.6, 2.8]),
)


def _pixels(folder, rng):
    """Change values of a plane of the last segment, of all its integrations, one, or one pixel."""
    name = _pick(rng, ("SCI", "SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"))
    edit = _pick(rng, ("negate", "scale", "zero", "value", "swap", "shift", "noise"))
    value, factor = _pick(rng, _FLOATS), _pick(rng, (0.5, 2.0, 1e3))
    value = int(_pick(rng, (1, 2, -1, 1 << 30))) if name == "DQ" else value

    def change(data):
        where = _pick(rng, (slice(None), 0, len(data) - 1))
        part = data[where]
        changed = {
            "negate": lambda: -part,
            "scale": lambda: part * factor,
            "zero": lambda: part * 0,
            "value": lambda: np.full_like(part, value),
            "swap": part.byteswap,
            "shift": lambda: np.roll(part, 3, -1),
            "noise": lambda: part + rng.normal(0, 1, part.shape) * np.nanstd(part),
        }[edit]()
        data[where] = changed
        return data

    with np.errstate(all="ignore"):
        edit_image(last_segment(folder), name, change)
    return f"{name} {edit} {value} {factor}"


_CORRUPT = {
    "any keyword": _keyword,
    "any card": _card,
    "any structure": _structure,
    "any files": _files,
    "any times": _times,
    "any coordinates": _coordinates,
    "any reference": _reference,
    "any association": _association,
    "any configuration": _configuration,
    "any pixels": _pixels,
}
