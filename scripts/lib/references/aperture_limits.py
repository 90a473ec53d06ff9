"""Whether apertures and background regions of an EXTRACT1D reference lie on an array; standard library only."""

from functools import partial
from math import ceil, floor

from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.extract1d import (
    background_fit,
    number,
    polynomials,
    subtracts_background,
)

__all__ = ["follows_source", "regions_beyond"]

_HORIZONTAL = 1


def follows_source(entry, options, exp_type, source_type):
    """
    Find whether an aperture is moved to the position of the source.

    Parameters
    ----------
    entry : dict
        Aperture of the reference.
    options : dict
        Options of the step extract_1d.
    exp_type, source_type : str or None
        Keywords EXP_TYPE and SRCTYPE.

    Returns
    -------
    follows : bool
        By the option, then the type of the source, the reference, and the exposure type.
    """
    chosen = options.get("use_source_posn")
    if chosen is not None:
        return bool(chosen)
    if source_type != "POINT":
        return False
    given = entry.get("use_source_posn")
    return bool(mode_of(exp_type).source_from is not None if given is None else given)


def regions_beyond(entry, axis, shape, options, follows=False):
    """
    Find the regions of an aperture that hold no pixel of an array.

    Parameters
    ----------
    entry : dict
        Aperture of the reference, whose values have been checked.
    axis : int
        1 if dispersion runs along x, 2 if along y.
    shape : tuple of int
        Shape (y, x) of the images.
    options : dict
        Options of the step extract_1d; ``position_offset`` moves all regions.
    follows : bool, optional
        Whether all regions move with the aperture to the position of the source, which may be
        anywhere on the array.

    Returns
    -------
    beyond : list of (str, float, float, int)
        For each such region: its key in the reference, lower and upper limit [pixels from 0]
        and the length of the array in this direction. Limits that depend on wavelength are
        not examined.
    """
    ny, nx = shape
    across, along = (ny, nx) if axis == _HORIZONTAL else (nx, ny)
    names = ("ystart", "ystop"), ("xstart", "xstop")
    across_keys, along_keys = names if axis == _HORIZONTAL else names[::-1]
    low, high = number(entry, along_keys[0], 0), number(entry, along_keys[1], along - 1)
    columns = range(max(ceil(low), 0), min(floor(high), along - 1) + 1)
    if not columns:
        return [("/".join(along_keys), low, high, along)]
    offset, beyond = float(options.get("position_offset") or 0.0), []
    source, background = polynomials(entry, "src_coeff"), polynomials(entry, "bkg_coeff")
    by_wavelength = str(entry.get("independent_var", "pixel")).lower().startswith("wavelength")
    key, low, high = _plain_limits(entry, across_keys, across)
    apertures = [(low, high)] if source is None else _limits(source, columns, 0.0)
    reach = _reach(apertures, across) if follows else (0.0, 0.0)
    across_of = partial(_polynomials_beyond, columns, across, offset, by_wavelength, reach)
    if source is not None:
        beyond += across_of("src_coeff", source)
    else:
        if not _holds_pixel(low + offset, high + offset, across, reach=reach):
            beyond.append((key, low + offset, high + offset, across))
    if subtracts_background(background, options):
        is_median = background_fit(entry, options)[0] == "median"
        beyond += across_of("bkg_coeff", background, not is_median)
    return beyond


def _plain_limits(entry, keys, length):
    """Key and limits across the dispersion of an aperture without polynomials."""
    low, high = number(entry, keys[0], 0), number(entry, keys[1], length - 1)
    width = number(entry, "extract_width", None)
    if width is None:
        return "/".join(keys), low, high
    low = (low + high) / 2.0 - (width - 1.0) / 2.0
    return f"{'/'.join(keys)}/extract_width", low, low + width - 1.0


def _reach(apertures, length):
    """How far the source may move an aperture down and up: its middle is found on the array."""
    middles = []
    for low, high in apertures:
        first, last = max(low, 0.0), min(high, length - 1.0)
        # Nothing but parts of pixels may be anywhere.
        middles += [(first + last) / 2.0] if first < last else [0.0, length - 1.0]
    # Pixels more for those that limits cut, which count in part.
    return -max(middles) - 2.0, length + 1.0 - min(middles)


def _limits(terms, columns, offset):
    """Lower and upper limits of polynomial regions at columns."""
    return [
        (_value(low, x) + 0.5 + offset, _value(high, x) - 0.5 + offset)
        for low, high in zip(terms[::2], terms[1::2], strict=True)
        for x in columns
    ]


def _polynomials_beyond(columns, length, offset, by_wavelength, reach, key, terms, partly=True):
    """The key and outermost limits of polynomial regions, if none of them holds a pixel."""
    if by_wavelength and any(any(rest) for _, *rest in terms):
        return []
    regions = _limits(terms, columns, offset)
    if any(_holds_pixel(*region, length, partly, reach) for region in regions):
        return []
    return [(key, min(low for low, _ in regions), max(high for _, high in regions), length)]


def _value(terms, x):
    """Value of a polynomial, constant term first."""
    return sum(term * x**power for power, term in enumerate(terms))


def _holds_pixel(low, high, length, partly=True, reach=(0.0, 0.0)):
    """Whether a pixel 0 to length - 1 is within limits, or partly within one of them."""
    if any(reach):
        return min(low, high) + reach[0] <= length - 1 and max(low, high) + reach[1] >= 0
    if max(ceil(low), 0) <= min(floor(high), length - 1):
        return True
    # The pixels that a limit cuts, as the step weights them.
    cut = [floor(low)] if low % 1 else []
    cut += [ceil(high)] if high % 1 else []
    return partly and any(0 <= pixel < length for pixel in cut)
