"""
Store small visits with the products that jwst makes of them.

``python -m tests.parity.store`` runs jwst on the cases of :data:`STORED` and
writes inputs, references, configuration and products, compressed, below
``tests/parity/products``. It is run again when a case changes; the tests read
these files and do not need jwst.
"""

import gzip
import shutil
import sys
import tempfile
from pathlib import Path

from tests.parity.cases import BUSY, Case
from tests.parity.compare import FITTED, SPLINE
from tests.parity.run import prepare, run_jwst

FOLDER = Path(__file__).with_name("products")
_BOTS = {"mode": "nrs_brightobj", "segment_lengths": (27, 7), "frame_size": (16, 32)} | BUSY
_LRS = {"mode": "mir_lrs_slitless", "segment_lengths": (27, 7), "frame_size": (32, 16)} | BUSY
_GRISM = {"mode": "nrc_tsgrism", "segment_lengths": (27, 7), "frame_size": (16, 32)} | BUSY

_NIRCAM = {"mode": "nrc_tsimage", "segment_lengths": (27, 7), "frame_size": (20, 20)} | BUSY
_MIRI = {"mode": "mir_image", "segment_lengths": (27, 7), "frame_size": (24, 28)} | BUSY
_SMALL = {"search_box_width": 13, "radius": 2.5, "radius_inner": 3.5, "radius_outer": 6.0}

STORED = (
    Case("bots", _BOTS),
    Case(
        "bots-background-apcorr",
        _BOTS | {"detectors": ("nrs1",), "aperture_correction": True},
        {"outlier_detection": {"rolling_window_width": 10}, "extract_1d": {"bkg_order": 1}},
        aperture={"bkg_coeff": [[-0.5], [2.5], [12.5], [15.5]]},
        allowed=SPLINE,
    ),
    Case(
        "lrs-median-apcorr",
        _LRS | {"aperture_correction": True},
        {"extract_1d": {"smoothing_length": 5}},
        aperture={"bkg_coeff": [[-0.5], [2.5]], "bkg_fit": "median"},
        allowed=SPLINE,
    ),
    Case(
        "bots-profile-optimal",
        _BOTS | {"detectors": ("nrs1",), "point_source_image": True},
        {
            "pixel_replace": {"skip": False, "algorithm": "fit_profile"},
            "extract_1d": {"extraction_type": "optimal"},
        },
        aperture={"bkg_coeff": [[-0.5], [2.5], [12.5], [15.5]]},
    ),
    Case("grism-pixel-replace", _GRISM, {"pixel_replace": {"skip": False}}),
    Case(
        "nircam-dn",
        _NIRCAM | {"photom": False, "gain_reference": True},
        {"tso_photometry": _SMALL},
        fitted=FITTED,
    ),
    Case("miri-moving", _MIRI, {"tso_photometry": _SMALL | {"moving_centroid": True}}),
)


def main():
    """Make all stored cases again."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / case.name for case in STORED]
        jobs = [prepare(case, folder) for case, folder in zip(STORED, folders, strict=True)]
        run_jwst(jobs, Path(scratch))
        for folder in folders:
            shutil.rmtree(FOLDER / folder.name, ignore_errors=True)
            _store(folder, FOLDER / folder.name)
    return 0


def _store(source, target):
    """Copy the files of a case, FITS files compressed."""
    for path in sorted(source.rglob("*")):
        target_path = target / path.relative_to(source)
        if path.is_dir() or path.name.startswith("truth"):
            continue
        target_path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".fits":
            # Without a time stamp, equal files stay equal.
            target_path.with_name(f"{path.name}.gz").write_bytes(
                gzip.compress(path.read_bytes(), mtime=0)
            )
        else:
            shutil.copy(path, target_path)


def unpack(name, folder):
    """
    Unpack a stored case.

    Parameters
    ----------
    name : str
        Name of the case.
    folder : Path
        Folder to unpack into; its ``jwst`` then holds the products of jwst.
    """
    for path in sorted((FOLDER / name).rglob("*")):
        target_path = folder / path.relative_to(FOLDER / name)
        if path.is_dir():
            continue
        target_path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".gz":
            target_path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        else:
            shutil.copy(path, target_path)


if __name__ == "__main__":
    sys.exit(main())
