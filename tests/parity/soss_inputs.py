"""Inputs of NIRISS SOSS that the simulator does not make."""

import numpy as np
from astropy.io import fits

ESTIMATE, GRID = "references/estimate.fits", "references/wave_grid.fits"
_SUPERSTRIPE = "SUB204STRIPE_SOSS"
_STRIPES = 3


def add_estimate(folder):
    """
    Write an estimate of the spectrum.

    Parameters
    ----------
    folder : Path
        Folder of the visit. The spectrum is smooth, so that the search of the
        regularisation factor takes place where the equations are well-posed.
    """
    from stdatamodels.jwst import datamodels

    wavelength = np.linspace(0.55, 3.0, 400)
    model = datamodels.SpecModel()
    table = np.zeros(len(wavelength), model.get_dtype("spec_table"))
    names = {name.lower(): name for name in table.dtype.names}
    line = np.exp(-0.5 * ((wavelength - 1.2) / 0.02) ** 2)
    table[names["wavelength"]] = wavelength
    table[names["flux"]] = 3e6 * (3.2 - wavelength) * (1 - 0.3 * line)
    table[names["flux"]][7] = np.nan
    model.spec_table = table
    model.save(str(folder / ESTIMATE))


def add_wave_grid(folder):
    """Write a wavelength grid to the folder of a visit."""
    primary = fits.PrimaryHDU()
    primary.header["DATAMODL"] = "SossWaveGridModel"
    grid = fits.ImageHDU(np.linspace(0.77, 2.8, 4000), name="WAVEGRID")
    fits.HDUList([primary, grid]).writeto(folder / GRID)


def make_superstripe(folder):
    """Turn the segments of a visit into those of a superstripe subarray, with times of stripes."""
    for path in folder.glob("*_calints.fits"):
        with fits.open(path) as hdus:
            hdus[0].header["SUBARRAY"] = _SUPERSTRIPE
            times = hdus["INT_TIMES"].data
            number, *moments = times.names
            dtype = [(number, ">i4"), ("stripe_number", ">i4"), *((n, ">f8") for n in moments)]
            rows = np.zeros(_STRIPES * len(times), dtype)
            for name in times.names:
                rows[name] = np.repeat(times[name], _STRIPES)
            rows["stripe_number"] = np.tile(np.arange(1, _STRIPES + 1), len(times))
            rows[moments[0]] += rows["stripe_number"] * 1e-5
            # The ASDF extension stays the last.
            hdus.insert(len(hdus) - 1, fits.BinTableHDU(rows, name="INT_TIMES_STRIPE"))
            hdus.writeto(path, overwrite=True)
