"""Make what pages include: settings, the library, keywords, pictures and numbers of the demo."""

import json
import shutil
from pathlib import Path

import yaml

from docs.tools.api import api_pages
from docs.tools.examples import run_examples
from docs.tools.keywords import keywords_table
from docs.tools.settings import settings_page
from scripts.lib.files.ecsv import read_ecsv

__all__ = ["generate"]

_ROOT = Path(__file__).resolve().parents[2]
_SCHEMA = _ROOT / "workflow" / "schemas" / "config.schema.yaml"
# Pages whose Python is run, each in a folder of its own where `demo` is the demo's.
_EXAMPLES = (
    "explanation/running_median",
    "tutorials/first_light_curve",
    "tutorials/niriss_soss",
)
_MODES = {"nrs": "nrs_brightobj", "soss": "nis_soss"}


def generate(folder, demo):
    """
    Make all files that pages include or show.

    Parameters
    ----------
    folder : Path
        Folder of what is made. A page whose text is the same is not written again, so that a further
        build reads only what has changed.
    demo : Path
        Folder of the demo's visits, one below it for each mode.

    Returns
    -------
    numbers : dict of str to str
        Numbers and texts of the visits by name, for use in pages.

    Raises
    ------
    FileNotFoundError
        If a visit has not been processed; ``make docs`` does that.
    """
    (folder / "api").mkdir(parents=True, exist_ok=True)
    schema = yaml.safe_load(_SCHEMA.read_text(encoding="utf-8"))
    _write(folder / "settings.txt", settings_page(schema))
    pages = {folder / "api" / f"{name}.rst": text for name, text in api_pages(_ROOT).items()}
    for path in set((folder / "api").iterdir()) - pages.keys():
        path.unlink()
    for path, text in pages.items():
        _write(path, text)
    numbers = {}
    for short, mode in _MODES.items():
        stem = _find_product(demo / mode)
        _copy_pictures(stem, folder / short)
        numbers |= _numbers(short, stem)
    segments = sorted((demo / "nrs_brightobj").glob("*_calints.fits"))
    _write(folder / "keywords.txt", keywords_table(segments[0]))
    for page in _EXAMPLES:
        place = folder / Path(page).name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "demo").symlink_to(demo, target_is_directory=True)
        printed = run_examples(_ROOT / "docs" / f"{page}.md", place)
        _write(place / "printed.txt", printed)
    return numbers


def _write(path, text):
    """Write a text file, if it does not have this text."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _find_product(visit):
    """Start of the paths of the products of a visit."""
    found = sorted(visit.glob("results/*_diagnostics.json"))
    if not found:
        msg = f"{visit}/results: found no diagnostics, expected a processed visit; run make docs"
        raise FileNotFoundError(msg)
    return str(found[0]).removesuffix("_diagnostics.json")


def _copy_pictures(stem, folder):
    """Copy the plots of a product."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f"{stem}_plots", folder)


def _numbers(short, stem):
    """Numbers of a product by name; those of the light curves are numbered from 1."""
    diagnostics = json.loads(Path(f"{stem}_diagnostics.json").read_text(encoding="utf-8"))
    depths, _, _ = read_ecsv(f"{stem}_depths.ecsv")
    numbers = {f"{short}_headline": diagnostics["verdict"]["headline"]}
    numbers[f"{short}_product"] = diagnostics["product"]
    for count, curve in enumerate(diagnostics["light_curves"], 1):
        prefix = f"{short}{count}_"
        numbers[f"{prefix}scatter"] = f"{curve['scatter_ppm']:.0f} ppm"
        numbers[f"{prefix}photon"] = f"{curve['ratio_to_photon']:.2f}"
        numbers[f"{prefix}archive"] = f"{curve['archive']['scatter_ppm']:.0f} ppm"
        row = (depths["detector"] == curve["detector"]) & (depths["order"] == curve["order"])
        row &= depths["kind"] == "white"
        depth, error = (1e6 * depths[name][row][0] for name in ("depth", "depth_error"))
        numbers[f"{prefix}depth"] = f"{depth:.0f} ± {error:.0f} ppm"
    return numbers
