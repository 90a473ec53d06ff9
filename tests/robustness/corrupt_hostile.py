"""Files that somebody hostile would send: bombs, planted links, texts that a terminal obeys."""

import gzip
import json
import os
from functools import partial

import yaml

from tests.robustness.corrupt_seeded import IMAGES
from tests.robustness.files import CARD, Case, edit_json, hdu_of, last_segment, patch, set_card

# Clears a screen, starts a line, turns text round, ends a string of a terminal, opens a link.
CONTROLS = {
    "escape": "\x1b[2J",
    "line": "a\nERROR b",
    "return": "a\rb",
    "right to left": "\u202ecba",
    "C1": "\x9b2J",
    "zero": "a\x00b",
    "link": "\x1b]8;;http://x\x07y\x1b]8;;\x07",
    "surrogate": "\udcff",
}
_VISITS = ("spectra", "images", "lrs", "grism", "tsimage", "soss")
_KEYWORDS = (
    *(("PRIMARY", name) for name in ("EXP_TYPE", "TARGNAME", "DETECTOR", "FILTER", "CAL_VER")),
    *(("SCI", name) for name in ("BUNIT", "SRCTYPE", "EXTNAME")),
)
_ZEROS = 1 << 30


def hostile_cases():
    """
    List the corruptions that somebody hostile would choose.

    Returns
    -------
    cases : list of Case
        In the order of their classes.
    """
    cases = []
    for visit in _VISITS:
        cases += [*_control_characters(visit), *_planted(visit), *_bombs(visit)]
    return cases


def _control_characters(visit):
    """Characters that a terminal obeys, in headers, associations, settings and file names."""

    def in_header(folder, _rng, extension, keyword, text):
        path = last_segment(folder)
        if not any(card[:8].rstrip() == keyword for card in hdu_of(path, extension).cards):
            set_card(path, extension, keyword, "'other'")
        hdu = hdu_of(path, extension)
        number = next(k for k, card in enumerate(hdu.cards) if card[:8].rstrip() == keyword)
        content = f"{keyword:8}= '".encode() + text.encode("utf-8", "surrogateescape") + b"'"
        patch(path, hdu.header_offset + CARD * number, content.ljust(CARD)[:CARD])

    def in_association(folder, _rng, key, text):
        def change(content):
            content["products"][0]["members"][-1][key] = text

        edit_json(next(folder.glob("*_asn.json")), change)

    def at_top(folder, _rng, key, text):
        edit_json(next(folder.glob("*_asn.json")), lambda content: content.update({key: text}))

    def in_settings(folder, _rng, place, text):
        path = folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        values = {
            "section": {text: 1},
            "key": {"outlier_detection": {text: 1}},
            "value": {"output_dir": f"results/{text}"},
            "member": {"associations": [f"{text}.json"]},
            "reference": {"references": {"gain": text, "extract1d": text}},
        }
        path.write_text(json.dumps(config | values[place]))

    def in_file_name(folder, _rng, text):
        path = last_segment(folder)
        name = os.fsencode(f"{text}{path.name}".replace("\0", "").replace("/", "_"))
        os.rename(path, os.path.join(os.fsencode(folder), name))
        (folder / "config.yaml").write_text("associations: ['*_calints.fits']\n")

    for name, text in CONTROLS.items():
        for extension, keyword in _KEYWORDS:
            corrupt = partial(in_header, extension=extension, keyword=keyword, text=text)
            yield Case("control characters", f"{keyword} {name}", visit, "error", corrupt)
        for key in ("expname", "exptype"):
            corrupt = partial(in_association, key=key, text=text)
            yield Case("control characters", f"{key} {name}", visit, "any", corrupt)
        for key in ("asn_id", "asn_type", "asn_pool", "program", "target"):
            corrupt = partial(at_top, key=key, text=text)
            yield Case("control characters", f"{key} {name}", visit, "any", corrupt)
        for place in ("section", "key", "value", "member", "reference"):
            corrupt = partial(in_settings, place=place, text=text)
            yield Case("control characters", f"{place} {name}", visit, "error", corrupt)
        corrupt = partial(in_file_name, text=text)
        expect = "any" if name == "zero" else "error"
        yield Case("control characters", f"file name {name}", visit, expect, corrupt)


def _planted(visit):
    """Links and files in the folder of the products, which lead out of it or are no products."""

    def place(folder, name):
        path = folder / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def link(folder, _rng, name, make):
        stem = last_segment(folder).name.removesuffix("_calints.fits")
        make(folder.parent / "canary", place(folder, name.format(stem=stem)))

    def evaluations(folder, _rng):
        path = place(folder, "segments/.evaluations")
        path.symlink_to(folder.parent, target_is_directory=True)

    def garbage(folder, _rng, content):
        folder = place(folder, "segments/.evaluations/x").parent
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(3):
            (folder / f"{number:064x}.npz").write_bytes(content)

    def loop(folder, _rng):
        path = place(folder, "segments")
        path.symlink_to(path)

    kind = "photometry" if visit in IMAGES else "extract1d"
    names = (
        *(".{stem}_o003_crfints.fits.part", "{stem}_o003_crfints.fits"),
        *(f"segments/.{{stem}}_o003_{kind}.fits.part", f"segments/{{stem}}_o003_{kind}.fits"),
    )
    makers = {
        "symbolic": lambda target, path: path.symlink_to(target),
        "hard": lambda target, path: path.hardlink_to(target),
        "dangling": lambda target, path: path.symlink_to(f"{target}-new"),
    }
    for number, name in enumerate(names):
        for kind, make in makers.items():
            corrupt = partial(link, name=name, make=make)
            yield Case("planted", f"{kind} link {number}", visit, "same", corrupt)
    yield Case("planted", "evaluations, a link", visit, "same", evaluations)
    yield Case("planted", "segments, a loop", visit, "error", loop)
    for content in (b"", b"\x80\x04cos\nsystem\n", b"PK\x03\x04" + bytes(100)):
        corrupt = partial(garbage, content=content)
        yield Case("planted", f"evaluations, {content[:4]!r}", visit, "same", corrupt)


def _bombs(visit):
    """Small files that would take memory or time without bound, and files without an end."""

    def packed(folder, _rng, make):
        path = last_segment(folder)
        packed = path.with_name(f"{path.name}.gz")
        with gzip.open(packed, "wb", 1) as file:
            make(file, path.read_bytes())
        path.unlink()
        edit_json(
            next(folder.glob("*_asn.json")),
            lambda content: content["products"][0]["members"][-1].update(expname=packed.name),
        )

    def header_of_blanks(file, content):
        file.write(content[:CARD])
        for _ in range(64):
            file.write(b" " * (1 << 20))

    def without_end(folder, _rng):
        path = last_segment(folder)
        hdu = hdu_of(path, "SCI")
        patch(path, hdu.header_offset + CARD * len(hdu.cards), b"END x")

    def instead(folder, _rng, name, make):
        path = next(folder.glob(name))
        path.unlink()
        make(path)

    def aliases(folder, _rng, place):
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 10)]
        texts = {
            "aliases": "\n".join(lines),
            "recursive": "associations: &a [*a]",
            "deep": "associations: " + "[" * 100_000,
            "UTF-16": "associations: [a]",
            "keys": "? [[[[[[a]]]]]]\n: 1\n",
        }
        coding = "utf-16" if place == "UTF-16" else "utf-8"
        (folder / "config.yaml").write_text(texts[place], encoding=coding)

    def missing_members(folder, _rng):
        def change(content):
            members = content["products"][0]["members"]
            members += [
                {"expname": f"{k}_calints.fits", "exptype": "science"} for k in range(50_000)
            ]

        edit_json(next(folder.glob("*_asn.json")), change)

    def sparse(path):
        with path.open("wb") as file:
            file.truncate(_ZEROS)

    yield Case("bombs", "header of blanks", visit, "error", partial(packed, make=header_of_blanks))
    yield Case("bombs", "header without end", visit, "error", without_end)
    for name in ("*_asn.json", "*seg002*"):
        makers = {
            "fifo": os.mkfifo,
            "zeros": lambda path: path.symlink_to("/dev/zero"),
            "sparse": sparse,
            "random": lambda path: path.symlink_to("/dev/urandom"),
        }
        for kind, make in makers.items():
            corrupt = partial(instead, name=name, make=make)
            yield Case("bombs", f"{kind} {name}", visit, "error", corrupt)
    for place in ("aliases", "recursive", "deep", "UTF-16", "keys"):
        yield Case("bombs", f"YAML {place}", visit, "error", partial(aliases, place=place))
    yield Case("bombs", "missing members", visit, "error", missing_members)
