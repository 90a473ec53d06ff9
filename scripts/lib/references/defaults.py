"""
Defaults where neither the configuration nor CRDS gives a reference file.

Each entry names its source. Other references have no default: `EFFECTS` says
what happens without them.
"""

__all__ = ["EFFECTS", "EXTRACT1D", "default_apertures", "describe_aperture"]

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
# Number of columns of the subarray for which the aperture is meant.
_COLUMNS = {"MIR_LRS-SLITLESS": 72}

# Effect of a missing reference file that a step would use.
EFFECTS = {
    "extract1d": "the aperture is the whole array",
    "apcorr": "the spectra leave out the light outside the aperture; relative light curves do not change",
    "psf": "the spectra are sums over the box of the aperture",
    "photom": "the spectra stay count rates",
    "wavelengthrange": "light curves sum all wavelengths",
}


def default_apertures(exp_type, shape):
    """
    Find the default apertures of a mode, in the form of an EXTRACT1D reference.

    Parameters
    ----------
    exp_type : str
        ``EXP_TYPE``.
    shape : tuple of int
        Shape of the data (..., y, x).

    Returns
    -------
    apertures : list of dict or None
        None if this mode or subarray has no default.
    """
    if _COLUMNS.get(exp_type) != shape[-1]:
        return None
    return [EXTRACT1D[exp_type]]


def describe_aperture(aperture):
    """
    Describe an aperture in words.

    Parameters
    ----------
    aperture : dict
        One of :data:`EXTRACT1D`.

    Returns
    -------
    text : str
        The mode and its limits.
    """
    return (
        f"the aperture is that of the stock reference of {aperture['id']}: "
        f"columns {aperture['xstart']} to {aperture['xstop']}, no background"
    )
