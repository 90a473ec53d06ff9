"""
What is assumed where neither the configuration nor CRDS gives a reference file.

Each entry names its source. All else has no default: `EFFECTS` tells what
happens without it.
"""

__all__ = ["EFFECTS", "EXTRACT1D", "default_apertures", "describe"]

EXTRACT1D = {
    # Stock EXTRACT1D reference of CRDS for MIRI LRS (jwst_miri_extract1d): columns 30 to 41 of
    # the subarray SLITLESSPRISM, counted from 0, around the spectrum at column 35.5; no background.
    "MIR_LRS-SLITLESS": {
        "id": "MIR_LRS-SLITLESS",
        "region_type": "target",
        "bkg_order": 0,
        "dispaxis": 2,
        "xstart": 30,
        "xstop": 41,
        "use_source_posn": False,
    },
}
# Columns of the array that the numbers of an aperture are those of.
_COLUMNS = {"MIR_LRS-SLITLESS": 72}

# What happens without a reference file that a step would use.
EFFECTS = {
    "extract1d": "the aperture is the whole array",
    "apcorr": "spectra lack the light outside the aperture; relative light curves do not change",
    "photom": "the spectra stay count rates",
    "wavelengthrange": "light curves sum all wavelengths",
}


def default_apertures(exp_type, shape):
    """
    Apertures of a mode, as an EXTRACT1D reference has them.

    Parameters
    ----------
    exp_type : str
        ``EXP_TYPE``.
    shape : tuple of int
        Shape of the data (..., y, x).

    Returns
    -------
    apertures : list of dict or None
        None if there is no default for this mode or subarray.
    """
    if _COLUMNS.get(exp_type) != shape[-1]:
        return None
    return [EXTRACT1D[exp_type]]


def describe(aperture):
    """
    Say in words what an aperture is.

    Parameters
    ----------
    aperture : dict
        One of :data:`EXTRACT1D`.

    Returns
    -------
    text : str
        Its limits.
    """
    return (
        f"the aperture is that of the stock reference of {aperture['id']}: "
        f"columns {aperture['xstart']} to {aperture['xstop']}, no background"
    )
