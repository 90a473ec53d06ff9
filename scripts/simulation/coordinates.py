"""Coordinate frames and the sky end of the WCS, common to all modes."""

import numpy as np

from scripts.simulation.timing import TARGET_DEC, TARGET_RA

__all__ = [
    "composite",
    "footprint",
    "frame_2d",
    "inverse_quadratic",
    "order_frame",
    "polygon",
    "sky_frame",
    "spectral_frame",
    "subarray_keywords",
    "v2v3_to_sky",
    "wavelength_image",
]


def frame_2d(name, names=("x", "y"), unit="pix"):
    """
    Plane coordinate frame.

    Parameters
    ----------
    name : str
        Name of the frame.
    names : tuple of str, optional
        Names of its axes.
    unit : str, optional
        Unit of both axes.

    Returns
    -------
    gwcs.coordinate_frames.Frame2D
        Frame.
    """
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.Frame2D(name=name, axes_order=(0, 1), unit=(u.Unit(unit),) * 2, axes_names=names)


def spectral_frame(unit="um"):
    """
    Wavelength as the third axis.

    Parameters
    ----------
    unit : str, optional
        Unit of the wavelength.

    Returns
    -------
    gwcs.coordinate_frames.SpectralFrame
        Frame.
    """
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.SpectralFrame(
        name="spectral", axes_order=(2,), unit=(u.Unit(unit),), axes_names=("wavelength",)
    )


def order_frame():
    """
    Spectral order as the fourth axis.

    Returns
    -------
    gwcs.coordinate_frames.CoordinateFrame
        Frame.
    """
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.CoordinateFrame(1, "OTHER", (3,), unit=(u.one,), axes_names=("order",), name="order")


def sky_frame(name="sky"):
    """
    Right ascension and declination as the first two axes.

    Parameters
    ----------
    name : str, optional
        Name of the frame.

    Returns
    -------
    gwcs.coordinate_frames.CelestialFrame
        ICRS, degrees.
    """
    import astropy.coordinates as coord
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.CelestialFrame(
        name=name,
        axes_order=(0, 1),
        reference_frame=coord.ICRS(),
        unit=(u.deg, u.deg),
        axes_names=("RA", "DEC"),
    )


def composite(frames, name):
    """
    Several frames side by side.

    Parameters
    ----------
    frames : list of CoordinateFrame
        Frames of the axes, in order.
    name : str
        Name of the whole.

    Returns
    -------
    gwcs.coordinate_frames.CompositeFrame
        Frame.
    """
    from gwcs import coordinate_frames as cf

    return cf.CompositeFrame(frames, name=name)


def v2v3_to_sky(reference):
    """
    Tangent-plane projection of the telescope's (V2, V3) in arcsec onto the sky in degrees.

    Parameters
    ----------
    reference : tuple of float
        (V2, V3) of the target, arcsec.

    Returns
    -------
    Model
        Two inputs, two outputs, with an inverse.
    """
    from astropy.modeling import models as m

    v2, v3 = reference
    return (
        m.Shift(-v2) & m.Shift(-v3)
        | m.Scale(-1.0 / 3600.0) & m.Scale(1.0 / 3600.0)
        | m.Pix2Sky_TAN()
        | m.RotateNative2Celestial(TARGET_RA, TARGET_DEC, 180.0)
    )


def inverse_quadratic(coefficients):
    """
    Inverse of a quadratic polynomial on the branch of non-negative arguments.

    Parameters
    ----------
    coefficients : tuple of float
        Constant, linear and quadratic term, none of the last two zero; monotonic for arguments
        from 0 to the ones used.

    Returns
    -------
    Model
        The argument for a value of the polynomial; NaN for values that it never has.
    """
    from astropy.modeling import models as m

    constant, linear, square = coefficients
    turning_point = -linear / (2.0 * square)
    turning_value = constant + linear * turning_point / 2.0
    root = m.PowerLaw1D(np.copysign(1.0, -turning_point), 1.0, -0.5)
    return m.Shift(-turning_value) | m.Scale(1.0 / square) | root | m.Shift(turning_point)


def polygon(ra, dec):
    """
    S_REGION of a polygon with corners in degrees.

    Parameters
    ----------
    ra, dec : ndarray, shape (corners,)
        Corners, degrees.

    Returns
    -------
    str
        Value of the keyword.
    """
    corners = "  ".join(f"{x:.9f} {y:.9f}" for x, y in zip(ra, dec, strict=True))
    return f"POLYGON ICRS  {corners}"


def footprint(wcs):
    """
    S_REGION of the corners of a WCS's bounding box.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates of two pixel axes; its first two results are on the sky.

    Returns
    -------
    str
        Value of the keyword.
    """
    (left, right), (bottom, top) = wcs.bounding_box
    columns, rows = np.array([left, right, right, left]), np.array([bottom, bottom, top, top])
    ra, dec = wcs(columns, rows, with_bounding_box=False)[:2]
    return polygon(ra, dec)


def wavelength_image(wcs, shape):
    """
    Wavelengths of all pixels, shape (rows, columns), NaN outside the bounding box.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates; its third result is the wavelength.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    ndarray, shape (rows, columns)
        Wavelengths, micron.
    """
    rows, columns = np.indices(shape, dtype=float)
    return wcs(columns, rows)[2]


def subarray_keywords(name, shape, first_pixel):
    """
    Attributes of a subarray that begins at a 1-based (column, row) of the detector.

    Parameters
    ----------
    name : str
        Name of the subarray.
    shape : tuple of int
        Its rows and columns.
    first_pixel : tuple of int
        Column and row of the detector.

    Returns
    -------
    dict
        Data model attributes by dotted name.
    """
    return {
        "meta.subarray.name": name,
        "meta.subarray.xstart": first_pixel[0],
        "meta.subarray.ystart": first_pixel[1],
        "meta.subarray.xsize": shape[1],
        "meta.subarray.ysize": shape[0],
        "meta.subarray.fastaxis": 1,
        "meta.subarray.slowaxis": 2,
    }
