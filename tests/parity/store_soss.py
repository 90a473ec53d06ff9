"""
Store what jwst makes of NIRISS SOSS visits that the tests simulate again.

The frames are too large for the repository, so only the columns of the x1dints
product are kept, compressed. ``python -m tests.parity.store_soss`` runs jwst; it
is run again when a case or the simulation of this mode changes.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from tests.parity.cases import Case
from tests.parity.run import prepare, run_jwst

FOLDER = Path(__file__).with_name("products")
COLUMNS = ("WAVELENGTH", "FLUX", "FLUX_ERROR", "NPIXELS", "MJD-AVG")
_VISIT = {"mode": "nis_soss", "segment_lengths": (2,), "seed": 5, "nan_rate": 1e-3}

STORED_SOSS = (
    Case(
        "soss-atoca",
        _VISIT,
        {"extract_1d": {"soss_tikfac": 1e-9, "soss_rtol": 0.1}},
        allowed=1e-9,
        modelled=True,
    ),
    Case(
        "soss-substrip96-box-background",
        _VISIT | {"frame_size": (96, 2048), "zodiacal_light": 1.5},
        {"extract_1d": {"soss_atoca": False, "subtract_background": True}},
        allowed=1e-12,
    ),
)


def read_columns(path):
    """
    Read the columns of an x1dints product.

    Parameters
    ----------
    path : Path
        The product.

    Returns
    -------
    columns : dict of str to ndarray
        By spectral order and name; wavelengths of the first integration only.
    """
    columns = {}
    with fits.open(path) as hdus:
        for hdu in hdus:
            if hdu.name == "EXTRACT1D":
                for name in COLUMNS:
                    values = hdu.data[name][:1] if name == "WAVELENGTH" else hdu.data[name]
                    columns[f"{hdu.header['SPORDER']} {name}"] = np.array(values, float)
    return columns


def main():
    """Make all stored columns again."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / case.name for case in STORED_SOSS]
        jobs = [prepare(case, folder) for case, folder in zip(STORED_SOSS, folders, strict=True)]
        run_jwst(jobs, Path(scratch))
        for folder in folders:
            (product,) = (folder / "jwst").glob("*_x1dints.fits")
            np.savez_compressed(FOLDER / f"{folder.name}.npz", **read_columns(product))
    return 0


if __name__ == "__main__":
    sys.exit(main())
