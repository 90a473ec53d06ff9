"""Coordinate frames and the sky end of the WCS, common to the spectroscopic modes."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.simulation.timing import TARGET_DEC, TARGET_RA

_INVERSE_DEGREE = 6


def frame_2d(name: str, names: tuple[str, str] = ("x", "y"), unit: str = "pix") -> Any:
    """Plane coordinate frame."""
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.Frame2D(name=name, axes_order=(0, 1), unit=(u.Unit(unit),) * 2, axes_names=names)


def spectral_frame(unit: str = "um") -> Any:
    """Wavelength as the third axis."""
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.SpectralFrame(
        name="spectral", axes_order=(2,), unit=(u.Unit(unit),), axes_names=("wavelength",)
    )


def order_frame() -> Any:
    """Spectral order as the fourth axis."""
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.CoordinateFrame(
        1, "OTHER", (3,), unit=(u.one,), axes_names=("order",), name="order"
    )


def sky_frame() -> Any:
    """Right ascension and declination as the first two axes."""
    import astropy.coordinates as coord
    import astropy.units as u
    from gwcs import coordinate_frames as cf

    return cf.CelestialFrame(
        name="sky",
        axes_order=(0, 1),
        reference_frame=coord.ICRS(),
        unit=(u.deg, u.deg),
        axes_names=("RA", "DEC"),
    )


def composite(frames: list[Any], name: str) -> Any:
    """Several frames side by side."""
    from gwcs import coordinate_frames as cf

    return cf.CompositeFrame(frames, name=name)


def v2v3_to_sky(reference: tuple[float, float]) -> Any:
    """Tangent-plane projection of the telescope's (V2, V3) in arcsec onto the sky in degrees.

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


def inverse_polynomial(coefficients: tuple[float, ...], span: tuple[float, float]) -> Any:
    """Polynomial that inverts a monotonic one over a span, with its argument scaled to [-1, 1].

    Parameters
    ----------
    coefficients : tuple of float
        Coefficients, constant first, of the polynomial to invert.
    span : tuple of float
        Range of the argument of the polynomial to invert.

    Returns
    -------
    shift, scale : float
        The argument of the inverse is ``(value - shift) / scale``.
    inverse : Polynomial1D
        The inverse of degree 6.
    """
    from astropy.modeling.models import Polynomial1D

    argument = np.linspace(*span, 400)
    value = np.polynomial.polynomial.polyval(argument, coefficients)
    shift, scale = (value.max() + value.min()) / 2.0, np.ptp(value) / 2.0
    fitted = np.polynomial.polynomial.polyfit((value - shift) / scale, argument, _INVERSE_DEGREE)
    terms = {f"c{power}": float(term) for power, term in enumerate(fitted)}
    return float(shift), float(scale), Polynomial1D(_INVERSE_DEGREE, **terms)


def footprint(wcs: Any) -> str:
    """S_REGION of the corners of a WCS's bounding box; of the field's centre if degenerate."""
    (left, right), (bottom, top) = wcs.bounding_box
    columns, rows = np.array([left, right, right, left]), np.array([bottom, bottom, top, top])
    ra, dec = wcs(columns, rows, with_bounding_box=False)[:2]
    corners = " ".join(f"{x:.9f} {y:.9f}" for x, y in zip(ra, dec, strict=True))
    return f"POLYGON ICRS  {corners}"
