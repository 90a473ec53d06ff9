"""Random corruptions of values: times, world coordinates, references, settings and pixels."""

import json
import math
import shutil

import numpy as np
import yaml
from astropy.io import fits

from tests.robustness.files import (
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
from tests.support.steps import ROOT

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


def pick(rng, items):
    """One of some items, as it is."""
    return items[int(rng.integers(len(items)))]


def times(folder, rng):
    """Change cells, rows or columns of INT_TIMES."""
    column, row = int(rng.integers(6)), int(rng.integers(20))
    value = float(pick(rng, (*_FLOATS, 1e9, 59000.0, 2459000.5)))
    # Less than an integration only another clock could tell.
    step = float(pick(rng, (0.5, -0.5, 0.02, -0.02, 1, 365.25, -3000)))
    edit = pick(rng, ("cell", "column", "row", "shift", "shift column", "numbers", "order"))

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
            rows["number"][at:] += int(pick(rng, (-40000, -1, 1, 2, 100000)))
        else:
            rows[:] = rows[rng.permutation(len(rows))]

    edit_times(last_segment(folder), change)
    return f"{edit}: column {column}, row {row}, {value}, {step}"


def coordinates(folder, rng):
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
    start, end = pick(rng, numbers)
    old = float(text[start:end])
    new = pick(rng, ("null", "0.0", f"{-old}", f"{old * 1.5}", f"{old + 1}", "1e9", "nan", "x"))
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


def reference(folder, rng):
    """Change a value of a reference file, or flip bits of it; do nothing without one."""
    paths = sorted(path for path in folder.glob("references/*") if path.is_file())
    paths += sorted(path for path in folder.glob("*") if path.suffix in (".asdf", ".json"))
    paths += sorted(folder.glob("ni*.fits")) + sorted(folder.glob("mi*.fits"))
    paths = [path for path in paths if "asn" not in path.name and "truth" not in path.name]
    paths = [path for path in paths if path.name != "steps.json"]
    if not paths:
        return "none"
    path = pick(rng, paths)
    if rng.random() < 0.2:
        flip_bits(path, 0, path.stat().st_size, rng, int(rng.integers(1, 40)))
        return f"{path.name}: bits"
    if path.suffix == ".json":
        return f"{path.name}: {_json_value(path, rng)}"
    if path.suffix == ".asdf":
        text = path.read_bytes()
        numbers = [(a, a + len(w)) for a, w in _words(text.split(b"\n...")[0]) if _is_number(w)]
        start, end = pick(rng, numbers)
        new = pick(rng, (b"-1", b"0", b".nan", b"null", b"1e9"))
        path.write_bytes(text[:start] + new + text[end:])
        return f"{path.name}: {text[max(0, start - 40) : end]!r} -> {new!r}"
    return f"{path.name}: {_fits_value(path, rng)}"


def _json_value(path, rng):
    """Replace a random value of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    place, value = pick(rng, value_paths(content)), pick(rng, _VALUES)
    edit_json(path, lambda content: replace_at(content, place, value))
    return f"{place} {str(value)[:30]}"


def _fits_value(path, rng):
    """Fill a column or an image of a FITS file, wholly or in one element."""
    value = pick(rng, _FLOATS)
    with fits.open(path) as hdus:
        numbers = [k for k, hdu in enumerate(hdus) if k and hdu.data is not None]
        hdu = hdus[pick(rng, numbers)]
        data, name = hdu.data, ""
        if isinstance(hdu, fits.BinTableHDU):
            floats = [n for n in data.names if data[n].dtype.kind == "f"]
            name = pick(rng, floats) if floats else data.names[0]
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


def association(folder, rng):
    """Replace a random value of the association."""
    (path,) = folder.glob("*_asn.json")
    return _json_value(path, rng)


def configuration(folder, rng):
    """Set a random setting, or a random section, to a value without sense."""
    path = folder / "config.yaml"
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    config, sections = yaml.safe_load(path.read_text()), schema["properties"]
    section = pick(rng, sorted(sections))
    names, value = sorted(sections[section].get("properties", ())), pick(rng, _SETTINGS)
    if names and rng.random() < 0.9:
        part = config.setdefault(section, {})
        part[pick(rng, names)] = value
    else:
        config[section] = value
    path.write_text(yaml.safe_dump(config))
    return f"{section}: {config[section]}"


_SETTINGS = (
    *(-1, 0, 1, 2.5, 1e30, float("nan"), float("inf"), True, False, "", "nonsense", "5 4", [], {}),
    *([1, 2], ["x"], {"a": 1}, 10**30, "config.yaml", "../x", "a{b}", "é", [3, 2, 1], [0.6, 2.8]),
)


def pixels(folder, rng):
    """Change values of a plane of the last segment, of all its integrations, one, or one pixel."""
    name = pick(rng, ("SCI", "SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"))
    edit = pick(rng, ("negate", "scale", "zero", "value", "swap", "shift", "noise"))
    value, factor = pick(rng, _FLOATS), pick(rng, (0.5, 2.0, 1e3))
    value = int(pick(rng, (1, 2, -1, 1 << 30))) if name == "DQ" else value

    def change(data):
        where = pick(rng, (slice(None), 0, len(data) - 1))
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
