"""Read a PSF reference: the image of a point source across the spectrum, by wavelength."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits

__all__ = ["PointSpread", "read_psf"]

_ANY = ("NONE", "ANY")


@dataclass(frozen=True)
class PointSpread:
    """
    Image of a point source.

    Attributes
    ----------
    image : ndarray
        Values (position, wavelength) if dispersion runs along x, (wavelength, position) if along y.
    wavelength : ndarray
        Wavelength (wavelength,) [um] in any order.
    steps : float
        Positions of the image in a pixel.
    centre_row, centre_column : float
        Position of the source if dispersion runs along x, or along y.
    """

    image: np.ndarray
    wavelength: np.ndarray
    steps: float
    centre_row: float
    centre_column: float


def read_psf(path, slit):
    """
    Read the image of a point source in a slit.

    Parameters
    ----------
    path : str or Path
        PSF reference (SpecPsfModel).
    slit : str or None
        Name of the slit; None where there is none.

    Returns
    -------
    psf : PointSpread
        The first one of this slit, or of any.

    Raises
    ------
    InputError
        If there is none, or the file is no such reference.
    """
    with open_fits(path) as file:
        images = [hdu for hdu in file.hdus if hdu.name == "PSF"]
        for version, hdu in enumerate(images, start=1):
            name = str(hdu.header.get("APERTURE")).upper()
            if name in _ANY or name == str(slit).upper():
                return _read(file, hdu, version)
    found = ", ".join(str(hdu.header.get("APERTURE")) for hdu in images) or "no extension PSF"
    msg = f"{path}[PSF]: APERTURE: found {found}, expected {slit or 'ANY'}"
    raise InputError(msg)


def _read(file, hdu, version):
    """Read one of the images with its wavelengths."""
    keywords = [hdu.header.get(name) for name in ("SUBPIX", "CENTROW", "CENTCOL")]
    needed = (
        keywords[:2] if keywords[2] is None else keywords[::2] if None in keywords else keywords
    )
    if None in needed:
        msg = f"{file.path}[PSF]: SUBPIX, CENTROW or CENTCOL is missing; expected the scale and centre"
        raise InputError(msg)
    waves = [other for other in file.hdus if other.name == "WAVE"]
    image = file.read("PSF", version=version).astype(np.float64)
    length = waves[version - 1].shape if len(waves) >= version else None
    if length not in {(image.shape[0],), (image.shape[1],)}:
        msg = f"{file.path}[WAVE]: found shape {length}, expected a wavelength for each of PSF"
        raise InputError(msg)
    stored = np.empty(length, f">f{abs(waves[version - 1].header['BITPIX']) // 8}")
    file.read_into(stored.view(np.uint8), waves[version - 1].data_offset)
    return PointSpread(image, stored.astype(np.float64), *keywords)
