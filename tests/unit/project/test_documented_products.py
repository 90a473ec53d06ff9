"""Every extension, column and keyword of the products is documented, and nothing that they do not have."""

import re
from pathlib import Path

import pytest
import yaml
from astropy.io import fits
from astropy.table import QTable

from docs.tools.keywords import is_structural
from docs.tools.product_tables import documented_products
from scripts.lib.diagnostics.depths import DESCRIPTIONS
from scripts.lib.light_curves.sample_quality import SPECTRA_FLAGS
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit, report_inputs

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "products.md").read_text(encoding="utf-8")
VISITS = {
    "nrs_brightobj": {"frame_size": (16, 64), "aperture_correction": True},
    "mir_lrs_slitless": {"frame_size": (64, 72)},
    "nrc_tsimage": {"frame_size": (32, 32)},
    "nis_soss": {"segment_lengths": (3, 3)},
}
LENGTHS = {"segment_lengths": (12, 12)}
SETTINGS = {
    "improved": {"save_masks": True},
    "extract_1d": {"soss_rtol": 0.1},
    "pixel_replace": {"skip": False},
}
# Rows of which no simulated visit has the case.
RARE = {
    ("_whtlt.ecsv", "column", "", "integration_number"),
    ("_whtlt.ecsv", "meta", "time_base"),
    ("_whtlt.ecsv", "meta", "input_warnings"),
    ("_phot.ecsv", "column", "", "detector"),
    ("_phot.ecsv", "meta", "input_warnings"),
    ("_lc.ecsv", "meta", "input_warnings"),
    ("_depths.ecsv", "meta", "input_warnings"),
    ("_phot.ecsv", "meta", "reference_files"),
    ("_spectra.fits", "keyword", "PRIMARY", "PI_NAME"),
    ("_speclc.fits", "keyword", "PRIMARY", "PI_NAME"),
    ("_x1dints.fits", "keyword", "PRIMARY", "R_APCORR"),
}
# Products whose primary header is that of the segment, with more in it.
COPIES = ("_crfints.fits", "_x1dints.fits")


@pytest.fixture(scope="module", name="documented")
def rows_of_the_page():
    return {
        (ending, *row): text
        for ending, rows in documented_products(PAGE).items()
        for row, text in rows.items()
    }


def rows_of_real_files(place):
    """Make a visit of each kind, and list what its products have."""
    found = set()
    for mode, options in VISITS.items():
        folder = place / mode
        folder.mkdir()
        simulate_visit(folder, VisitOptions(mode=mode, seed=1, **LENGTHS | options))
        with (folder / "config.yaml").open("a") as config:
            config.write(yaml.safe_dump(SETTINGS))
        report_inputs(folder, process_visit(folder))
        copied = set(fits.getheader(next(folder.glob("*_calints.fits"))))
        for path in (folder / "results").iterdir():
            found |= {(f"_{path.name.rpartition('_')[2]}", *row) for row in rows_of(path, copied)}
    return found


def rows_of(path, copied):
    """Rows that the page must have about a file."""
    if path.suffix == ".ecsv":
        table = QTable.read(path)
        yield from (("column", "", name) for name in table.colnames)
        yield from (("meta", name) for name in table.meta)
    elif path.suffix == ".fits":
        ending = f"_{path.name.rpartition('_')[2]}"
        with fits.open(path) as hdus:
            for hdu in hdus:
                yield from rows_of_extension(hdu, ending, copied)


def rows_of_extension(hdu, ending, copied):
    """Rows about an extension, its added keywords and its columns."""
    segment_like = ending in COPIES
    if ending != "_crfints.fits":
        yield "extension", hdu.name
    if ending == "_crfints.fits" and hdu.name != "PRIMARY":
        return
    known = copied if segment_like and hdu.name == "PRIMARY" else ()
    for name in set(hdu.header):
        if not is_structural(name) and name not in known:
            yield "keyword", hdu.name, name
    if hdu.name not in ("HDRTAB", "ASDF") and getattr(hdu, "columns", None):
        yield from (("column", hdu.name, name) for name in hdu.columns.names)


def test_the_page_says_what_real_files_have_and_nothing_else(tmp_path, documented):
    real = rows_of_real_files(tmp_path)
    assert sorted(real - documented.keys()) == []
    assert sorted(documented.keys() - real - RARE) == []
    assert real & RARE == set()


def test_what_some_files_do_not_have_says_so(documented):
    for row in RARE:
        assert documented[row].startswith("only"), row


def test_the_bits_of_quality_of_spectra_are_those_of_the_code():
    table = PAGE.partition("| bit of `QUALITY` |")[2].partition("\n\n")[0]
    assert [int(bit) for bit in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [
        *SPECTRA_FLAGS
    ]


def test_the_reasons_for_no_depth_are_those_of_the_code():
    section = PAGE.partition("## `_depths.ecsv`")[2].partition("\n## ")[0]
    named = re.findall(r"^- `(\w+)`: ", section, re.MULTILINE)
    assert named == re.findall(r"(\w+_\w+): ", DESCRIPTIONS["reason"])
