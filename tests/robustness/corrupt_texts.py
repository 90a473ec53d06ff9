"""Corruptions of associations, reference files and the configuration."""

from functools import partial

import yaml

from tests.robustness.files import Case, edit_json, flip_bits, replace_at, value_paths


def text_cases():
    """
    List the corruptions of files other than segments.

    Returns
    -------
    cases : list of Case
        In the order of their classes.
    """
    return [*_associations(), *_references(), *_configurations()]


JSON_VALUES = (
    None,
    "",
    "nonsense",
    -1,
    0,
    1e30,
    True,
    [],
    {},
    [None],
    ...,
    "../../etc/passwd",
    "é\n",
)
# Whole configuration files by name, and sections with values that a user may write by mistake.
CONFIGURATIONS = {
    "empty": "",
    "a list": "- a\n- b\n",
    "a text": "nonsense",
    "broken": "associations: [a\nreferences: }",
    "tabs": "associations:\n\t- a\n",
    "binary": "\x01\x02\x03",
    "twice": "output_dir: a\noutput_dir: b\n",
}
WRONG_SECTIONS = (
    ("associations", "x.json"),
    ("associations", ["none.json"]),
    ("associations", [7]),
    ("associations", None),
    ("references", {"extract1d": "none.json"}),
    ("references", {"extract1d": 7}),
    ("references", {"extract2d": "a.json"}),
    ("references", {"apcorr": "config.yaml"}),
    ("references", "a"),
    ("output_dir", ""),
    ("output_dir", 7),
    ("output_dir", "config.yaml"),
    ("max_memory_mb", -1),
    ("max_memory_mb", "much"),
    ("max_memory_mb", float("nan")),
    ("outlier_detection", {"snr": -1}),
    ("outlier_detection", {"snr": "five"}),
    ("outlier_detection", {"snr": float("nan")}),
    ("outlier_detection", {"rolling_window_width": 2.5}),
    ("outlier_detection", {"maskpt": 7}),
    ("outlier_detection", {"nonsense": 1}),
    ("outlier_detection", 7),
    ("extract_1d", {"bkg_fit": "nonsense"}),
    ("extract_1d", {"bkg_order": -3}),
    ("extract_1d", {"smoothing_length": "long"}),
    ("extract_1d", []),
    ("white_light", {"min_wavelength": 3, "max_wavelength": 2}),
    ("pixel_replace", {"algorithm": "nonsense"}),
    ("nonsense", 1),
)


def _json_case(kind, visit, pattern):
    """Case that revalue_paths a random value of a JSON file."""

    def corrupt(folder, rng):
        def change(content):
            found = value_paths(content)
            value = JSON_VALUES[rng.integers(len(JSON_VALUES))]
            replace_at(content, found[rng.integers(len(found))], value)

        (path,) = folder.glob(pattern)
        edit_json(path, change)

    return lambda number: Case(kind, f"random value {number}", visit, "any", corrupt)


def _raw_file(kind, visit, pattern):
    """Cases of a file that is not of its format at all."""

    def overwrite(folder, _rng, content):
        (path,) = folder.glob(pattern)
        path.write_bytes(content)

    def cut(folder, rng):
        (path,) = folder.glob(pattern)
        content = path.read_bytes().rstrip()
        path.write_bytes(content[: rng.integers(1, len(content) - 1)])

    def delete(folder, _rng):
        (path,) = folder.glob(pattern)
        path.unlink()

    def directory(folder, rng):
        (path,) = folder.glob(pattern)
        delete(folder, rng)
        path.mkdir()

    contents = {
        "empty": b"",
        "binary": bytes(range(256)),
        "a list": b"[]",
        "a number": b"7",
        "null": b"null",
        "deep": b"[" * 100_000,
        "another encoding": '{"é": 1}'.encode("utf-16"),
    }
    for name, content in contents.items():
        yield Case(kind, name, visit, "error", partial(overwrite, content=content))
    # The part that is missing in a FITS file may be padding alone.
    yield Case(kind, "cut", visit, "error" if pattern.endswith(".json") else "any", cut)
    yield Case(kind, "deleted", visit, "error", delete)
    yield Case(kind, "a folder", visit, "error", directory)


def _associations():
    """Files that are no associations, or name members that do not exist."""
    pattern = "*_asn.json"
    yield from _raw_file("association", "spectra", pattern)
    make = _json_case("association", "spectra", pattern)
    yield from (make(number) for number in range(30))


def _references():
    """Files that are no references, or references with values that make no sense."""
    yield from _raw_file("EXTRACT1D", "spectra", "references/*extract1d*.json")
    make = _json_case("EXTRACT1D", "spectra", "references/*extract1d*.json")
    yield from (make(number) for number in range(30))
    for visit, pattern in (("spectra", "references/*apcorr*"), ("counts", "references/*gain*")):
        yield from _raw_file(pattern[12:-1].upper(), visit, pattern)
        for number in range(15):
            corrupt = partial(_flip_reference, pattern=pattern)
            name = f"random bits {number}"
            yield Case(pattern[12:-1].upper(), name, visit, "any", corrupt)


def _flip_reference(folder, rng, pattern):
    """Flip bits of a reference file."""
    (path,) = folder.glob(pattern)
    flip_bits(path, 0, path.stat().st_size, rng, 40)


def _configurations():
    """Configurations that a user may write by mistake."""
    for name, text in CONFIGURATIONS.items():
        yield Case(
            "configuration",
            name,
            "spectra",
            "any" if name in ("empty", "twice") else "error",
            lambda folder, _rng, text=text: (folder / "config.yaml").write_text(text),
        )
    for section, value in WRONG_SECTIONS:
        yield Case(
            "configuration",
            f"{section}: {value}",
            "spectra",
            "error",
            partial(_set_section, section=section, value=value),
        )


def _set_section(folder, _rng, section, value):
    """Replace a section of the configuration."""
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(config | {section: value}))
