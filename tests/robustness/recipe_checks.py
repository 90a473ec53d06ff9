"""What is right in the products of the visits that users reported."""

import json

import numpy as np
from astropy.io import fits
from astropy.table import Table

__all__ = [
    "all_integrations_in_white_light",
    "detectors_in_turn",
    "dip_is_found",
    "flags_are_named",
    "header_of_light_curves",
    "no_bjd",
    "other_detector_is_whole",
    "positions",
    "product",
    "spectra_of_nan",
    "thirty_times",
]

# Correlation of 60 integrations by chance, three of its errors.
_CHANCE = 0.39


def product(folder, ending):
    """
    Find the product of an ending.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    ending : str
        As in ``_lc.ecsv``.

    Returns
    -------
    path : Path
        The only one.
    """
    (path,) = (folder / "results").glob(f"*{ending}")
    return path


def detectors_in_turn(folder):
    """
    Assert that the rows of each detector follow each other, each time once.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    table = Table.read(product(folder, "_phot.ecsv"))
    assert len(table) == 48
    assert list(dict.fromkeys(table["detector"])) == ["NRCA1", "NRCA3"]
    for rows in (table[:24], table[24:]):
        assert len(set(rows["detector"])) == 1
        assert (np.diff(np.asarray(rows["MJD"], float)) > 0).all()


def thirty_times(folder):
    """
    Assert that spectra of two exposures have a time each, and numbers of their own.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    with fits.open(product(folder, "_x1dints.fits")) as file:
        times = file["INT_TIMES"].data
        tables = [extension.data for extension in file if extension.name == "EXTRACT1D"]
        numbers = np.concatenate([table["INT_NUM"] for table in tables]).tolist()
        assert numbers == [*range(1, 11), *range(1, 21)]
        assert times["integration_number"].tolist() == numbers
        assert (np.diff(times["int_mid_MJD_UTC"]) > 0).all()


def positions(folder):
    """
    Assert that positions of MIRI LRS are those of the star and no more.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    table = Table.read(product(folder, "_lc.ecsv"))
    flux = np.asarray(table["flux_norm"], float)
    across = np.asarray(table["x"], float)
    with np.load(folder / "truth.npz") as truth:
        moved = truth["offsets"].reshape(len(flux), -1)[:, 0]
    off = across - moved
    assert np.std(off) < 0.003
    assert abs(np.corrcoef(off, flux)[0, 1]) < _CHANCE
    assert abs(np.corrcoef(table["width"], flux)[0, 1]) < _CHANCE
    assert np.isnan(np.asarray(table["y"], float)).all()


def flags_are_named(folder):
    """
    Assert that the table says which flags are no cosmic rays, and that no tilt event is made of them.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    warnings = Table.read(product(folder, "_lc.ecsv")).meta["input_warnings"]
    assert any("outlier_detection/snr" in warning for warning in warnings)
    content = json.loads(product(folder, "_diagnostics.json").read_text())
    assert not any(curve.get("tilt_events") for curve in content["light_curves"])


def dip_is_found(folder):
    """
    Assert that the transit of the simulator is in the diagnostics.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    content = json.loads(product(folder, "_diagnostics.json").read_text())
    (curve,) = content["light_curves"]
    assert 8_000 < curve["dip"]["depth_ppm"] < 14_000


def other_detector_is_whole(folder):
    """
    Assert that NRS1 has all products where NRS2 has nothing.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    table = Table.read(product(folder, "_lc.ecsv"))
    for detector, good in (("NRS1", True), ("NRS2", False)):
        flux = np.asarray(table["flux"][table["detector"] == detector], float)
        assert len(flux) == 24
        assert (np.isfinite(flux) == good).all()
    for ending in ("_x1dints.fits", "_whtlt.ecsv", "_speclc.fits", "_report.html"):
        assert product(folder, ending).stat().st_size > 0


def spectra_of_nan(folder):
    """
    Assert that the good segment of NIRISS SOSS has its products, and the other one rows of NaN.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    table = Table.read(product(folder, "_lc.ecsv"))
    flux = np.asarray(table["flux"][table["order"] == 1], float)
    assert np.isfinite(flux).tolist() == [True] * 12 + [False] * 12
    assert product(folder, "_x1dints.fits").stat().st_size > 0


def all_integrations_in_white_light(folder):
    """
    Assert that the products say what has no time: rows, or a warning with the number that is not there.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    table = Table.read(product(folder, "_whtlt.ecsv"))
    said = " ".join(map(str, table.meta.get("input_warnings", [])))
    assert len(table) == 48 or "12 of 48" in said
    assert len(Table.read(product(folder, "_lc.ecsv"))) == 48


def no_bjd(folder):
    """
    Assert that times of 0 are NaN, and that MJD is as it was.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    table = Table.read(product(folder, "_lc.ecsv"))
    assert np.isnan(np.asarray(table["bjd_tdb"], float)).all()
    assert np.isfinite(np.asarray(table["mjd_utc"], float)).all()


def header_of_light_curves(folder):
    """
    Assert that light curves in bins say what they are of.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    with fits.open(product(folder, "_speclc.fits"), checksum=True) as file:
        header = file[0].header
        for name in ("TELESCOP", "INSTRUME", "EXP_TYPE", "TARGNAME", "PROGRAM", "CHECKSUM"):
            assert header[name], name
        assert len(header) > 20
        for extension in file[1:]:
            for number in range(1, extension.header.get("TFIELDS", 0) + 1):
                assert extension.header.comments[f"TTYPE{number}"], number
