"""Segments of images of a star with a simple world coordinate system, for tests of photometry."""

import io
from functools import cache
from math import erf, sqrt

import numpy as np
from astropy.io import fits

FWHM_TO_SIGMA = 1 / 2.3548200450309493
PRIMARY = {
    "EXP_TYPE": "NRC_TSIMAGE",
    "TSOVISIT": True,
    "INSTRUME": "NIRCAM",
    "DETECTOR": "NRCB1",
    "CHANNEL": "SHORT",
    "SUBARRAY": "SUB64P",
    "FILTER": "F182M",
    "PUPIL": "CLEAR",
    "TARGNAME": "WASP-0",
    "NINTS": 6,
    "INTSTART": 1,
    "EXSEGNUM": 1,
    "EFFINTTM": 2.0,
    "SUBSTRT1": 101,
    "SUBSTRT2": 201,
}
SCI = {"BUNIT": "MJy/sr", "PIXAR_SR": 1e-6, "XREF_SCI": 15.0, "YREF_SCI": 14.0}
OPTIONS = {
    "skip": False,
    "radius": 3.0,
    "radius_inner": 6.0,
    "radius_outer": 9.0,
    "centroid_source": True,
    "search_box_width": 21,
    "fit_box_width": 11,
    "moving_centroid": False,
}
TIMES = ("integration_number", "int_mid_MJD_UTC", "int_mid_BJD_TDB")


def star(shape, x, y, flux=1.0, fwhm=(2.4, 2.0)):
    """
    Image of a Gaussian star, integrated over pixels.

    Parameters
    ----------
    shape : tuple of int
        Shape (y, x).
    x, y : float
        Position [pixels].
    flux : float
        Sum over an infinite image.
    fwhm : tuple of float
        FWHM along x and y [pixels].

    Returns
    -------
    image : ndarray of float64, shape (y, x)
        The image.
    """
    profiles = []
    for length, centre, width in zip(shape[::-1], (x, y), fwhm, strict=True):
        scale = sqrt(2) * width * FWHM_TO_SIGMA
        edges = [erf((k - 0.5 - centre) / scale) for k in range(length + 1)]
        profiles.append(np.diff(edges) / 2)
    return flux * profiles[1][:, None] * profiles[0]


def star_planes(positions, shape=(32, 30), flux=1000.0, background=5.0, noise=1.0, seed=0):
    """
    Planes of images of a star at given positions.

    Parameters
    ----------
    positions : list of tuple of float
        Position (x, y) in each integration [pixels].
    shape : tuple of int
        Shape (y, x).
    flux, background, noise : float
        Of the star, of each pixel, and its standard deviation.
    seed : int
        Of the noise.

    Returns
    -------
    planes : dict of str to ndarray
        SCI, ERR (float32) and DQ (uint32), (integrations, y, x).
    """
    rng = np.random.default_rng(seed)
    images = np.array([star(shape, x, y, flux) for x, y in positions]) + background
    images += noise * rng.standard_normal(images.shape)
    errors = np.full(images.shape, max(noise, 1e-3))
    return {
        "SCI": images.astype(np.float32),
        "ERR": errors.astype(np.float32),
        "DQ": np.zeros(images.shape, np.uint32),
    }


def mid_times(numbers):
    """Rows of INT_TIMES: integration n is at 60000 + n in UTC, and 0.25 later in TDB."""
    table = np.zeros(len(numbers), [(TIMES[0], "i4"), *((name, "f8") for name in TIMES[1:])])
    table[TIMES[0]] = numbers
    table[TIMES[1]] = 60000.0 + np.asarray(numbers)
    table[TIMES[2]] = 60000.25 + np.asarray(numbers)
    return table


@cache
def asdf_bytes():
    """Bytes of an ASDF file with world coordinates: (x, y) to (30 + x / 1000, -5 + y / 1000) deg."""
    import asdf
    import gwcs
    from astropy import coordinates, units
    from astropy.modeling.models import Scale, Shift
    from gwcs import coordinate_frames as frames

    forward = (Scale(1e-3) | Shift(30)) & (Scale(1e-3) | Shift(-5))
    detector = frames.Frame2D(name="detector", axes_order=(0, 1), unit=(units.pix, units.pix))
    sky = frames.CelestialFrame(name="sky", axes_order=(0, 1), reference_frame=coordinates.ICRS())
    wcs = gwcs.WCS([(detector, forward), (sky, None)])
    wcs.bounding_box = ((-0.5, 29.5), (-0.5, 31.5))
    buffer = io.BytesIO()
    asdf.AsdfFile({"meta": {"wcs": wcs}}).write_to(buffer)
    return buffer.getvalue()


def write_segment(path, planes, times=None, primary=None, err_unit="MJy/sr", **sci):
    """
    Write a segment of images.

    Parameters
    ----------
    path : Path
        The file.
    planes : dict of str to ndarray
        SCI, ERR and DQ.
    times : ndarray or None
        Table INT_TIMES; None leaves it out.
    primary : dict, optional
        Primary keywords that differ from ``PRIMARY``; None leaves one out.
    err_unit : str or None
        Unit of ERR.
    **sci
        Keywords of SCI that differ from ``SCI``; None leaves one out.

    Returns
    -------
    path : str
        The file.
    """
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(data, name=name) for name, data in planes.items())]
    keywords = [PRIMARY | (primary or {}), SCI | sci, {"BUNIT": err_unit}]
    for hdu, values in zip(hdus, keywords, strict=False):
        hdu.header.update({k: v for k, v in values.items() if v is not None})
    if times is not None:
        hdus.append(fits.BinTableHDU(times, name="INT_TIMES"))
    content = np.frombuffer(asdf_bytes(), np.uint8)[None]
    column = fits.Column("ASDF_METADATA", f"{content.shape[1]}B", array=content)
    hdus.append(fits.BinTableHDU.from_columns([column], name="ASDF"))
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return str(path)


def write_gain(path, shape=(512, 512), corner=(1, 1), value=None):
    """
    Write a gain reference.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Shape (y, x).
    corner : tuple of int or None
        SUBSTRT1 and SUBSTRT2; None leaves them out.
    value : float, optional
        The gain; if not given, 1 + row + column / 1000.

    Returns
    -------
    path : str
        The file.
    """
    rows, columns = np.indices(shape)
    gain = 1 + rows + columns / 1000 if value is None else np.full(shape, value)
    primary = fits.PrimaryHDU()
    primary.header["INSTRUME"] = "NIRCAM"
    if corner is not None:
        primary.header.update(SUBSTRT1=corner[0], SUBSTRT2=corner[1])
    image = fits.ImageHDU(gain.astype("f4"), name="SCI")
    fits.HDUList([primary, image]).writeto(path, overwrite=True)
    return str(path)
