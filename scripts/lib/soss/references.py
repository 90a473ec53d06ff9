"""Reference files of NIRISS SOSS that are images: spatial profiles and convolution kernels."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.soss import TOO_MANY_ROWS

__all__ = ["KernelReference", "read_kernels", "read_profiles"]


@dataclass(frozen=True)
class KernelReference:
    """
    Content of a speckernel reference file.

    Attributes
    ----------
    wavelengths, kernels : ndarray
        Central wavelengths [µm] and values (oversampled pixels, kernels),
        float32.
    halfwidth : int
        Half width of the kernels in pixels.
    """

    wavelengths: np.ndarray
    kernels: np.ndarray
    halfwidth: int


def read_profiles(path, shape, orders):
    """
    Read the spatial profiles of the traces.

    Parameters
    ----------
    path : str or Path
        FITS file of a specprofile reference.
    shape : tuple of int
        Shape (rows, columns) of the science images.
    orders : list of int
        Spectral orders wanted.

    Returns
    -------
    profiles : dict of int to ndarray
        Profile (rows, columns), float32, of each order, without the padding
        around the image, which is trimmed evenly from both sides.

    Raises
    ------
    InputError
        If an order is missing, or a profile does not fit the image.
    """
    profiles = {}
    with open_fits(path) as file:
        hdus = [hdu for hdu in file.hdus if hdu.name == "ORDER" and len(hdu.shape) == 2]
        # The order is a keyword, or else the position in the file.
        found = {
            hdu.header.get("ORDER") or position: hdu for position, hdu in enumerate(hdus, start=1)
        }
        for order in orders:
            if order not in found:
                msg = f"{path}: ORDER: found spectral orders {sorted(found)}, expected also {order}"
                raise InputError(msg)
            profiles[order] = _trimmed(_read_image(file, found[order]), shape, path, order)
    return profiles


def _read_image(file, hdu):
    """Image of one extension in native order and double or single precision as stored."""
    image = np.empty(hdu.shape, f">f{abs(hdu.header['BITPIX']) // 8}")
    file.read_into(image, hdu.data_offset)
    return image.astype(np.float32)


def _trimmed(image, shape, path, order):
    """Middle of an image, of the shape wanted."""
    excess = [have - want for have, want in zip(image.shape, shape, strict=True)]
    if any(extra < 0 or extra % 2 for extra in excess) or excess[0] >= TOO_MANY_ROWS:
        msg = (
            f"{path}: profile of spectral order {order}: found shape {image.shape}, "
            f"expected {tuple(shape)} with equal padding on opposite sides: "
            "is it a reference of this subarray?"
        )
        raise InputError(msg)
    rows, columns = (
        slice(extra // 2, extra // 2 + want) for extra, want in zip(excess, shape, strict=True)
    )
    return np.ascontiguousarray(image[rows, columns])


def read_kernels(path):
    """
    Read the convolution kernels.

    Parameters
    ----------
    path : str or Path
        FITS file of a speckernel reference.

    Returns
    -------
    reference : KernelReference
        Its content.

    Raises
    ------
    InputError
        If the arrays are empty or differ in shape, the half width is missing, or the wavelengths
        are not finite, positive and in ascending order.
    """
    with open_fits(path) as file:
        wavelengths = _read_image(file, file.hdu("WAVELENGTHS"))
        kernels = _read_image(file, file.hdu("KERNELS"))
        halfwidth = file.header("KERNELS").get("HALFWIDT")
    if not kernels.size:
        msg = f"{path}: KERNELS: found shape {kernels.shape}, expected at least one kernel"
        raise InputError(msg)
    if wavelengths.shape != kernels.shape or wavelengths.ndim != 2:
        msg = (
            f"{path}: KERNELS: found shape {kernels.shape}, "
            f"expected that of WAVELENGTHS, {wavelengths.shape}"
        )
        raise InputError(msg)
    # A NaN is not in order.
    if not ((wavelengths > 0) & (wavelengths < np.inf)).all() or (np.diff(wavelengths) < 0).any():
        found = f"{wavelengths.min()} to {wavelengths.max()}, or out of order"
        msg = f"{path}: WAVELENGTHS: found {found}, expected ascending numbers above 0 [um]"
        raise InputError(msg)
    if not isinstance(halfwidth, int) or halfwidth < 1:
        msg = f"{path}[KERNELS]: HALFWIDT: found {halfwidth!r}, expected a number of pixels"
        raise InputError(msg)
    return KernelReference(wavelengths, kernels, halfwidth)
