"""Boxes around the traces of NIRISS SOSS: weights of their pixels, errors of replaced ones."""

import numpy as np

__all__ = ["blank_empty", "box_weights", "nearest_errors"]


def box_weights(centre, width, shape):
    """
    Weights of the pixels in a box around the trace.

    Parameters
    ----------
    centre : ndarray
        Row of the trace in columns 0 .. len(centre) - 1.
    width : float
        Width of the box in pixels.
    shape : tuple of int
        Shape (rows, columns) of the image.

    Returns
    -------
    weights : ndarray
        Fraction 0 to 1 of each pixel that the box covers in its column; 0 in
        columns beyond those given.
    """
    rows = np.arange(shape[0])[:, None]
    half = width / 2
    inside = (rows <= centre - 0.5 + half) & (centre + 0.5 - half <= rows)
    above = (centre - 0.5 + half < rows) & (rows < centre + 0.5 + half)
    below = (rows < centre + 0.5 - half) & (centre - 0.5 - half < rows)
    fractions = np.select(
        [below, above, inside],
        [rows + 0.5 - (centre - half), centre + half - (rows - 0.5), 1.0],
        default=0.0,
    )
    weights = np.zeros(shape)
    weights[:, : len(centre)] = fractions[:, : shape[1]]
    return weights


def blank_empty(flux, error, npixels):
    """
    Set flux and error to NaN where no pixel is left.

    Parameters
    ----------
    flux, error, npixels : ndarray
        Sums (columns,).

    Returns
    -------
    flux, error, npixels : ndarray
        The same with NaN where ``npixels`` is not positive.
    """
    empty = ~(npixels > 0)
    return np.where(empty, np.nan, flux), np.where(empty, np.nan, error), npixels


def nearest_errors(values, data, errors):
    """
    Errors of the pixels whose data are nearest to given values.

    Parameters
    ----------
    values : ndarray
        Values (n,) that need an error.
    data, errors : ndarray
        Data and errors (m,) of valid pixels.

    Returns
    -------
    nearest : ndarray
        Error (n,) of the nearer of the two neighbours in the sorted data; of
        the lower where both are equally near. NaN if there is no valid pixel.
    """
    if len(data) == 0:
        return np.full(len(values), np.nan)
    # Stable, or the error among equal data would depend on the processor.
    order = np.argsort(data, kind="stable")
    data, errors = data[order], errors[order]
    higher = np.clip(np.searchsorted(data, values), 0, len(data) - 1)
    lower = np.clip(higher - 1, 0, len(data) - 1)
    nearer = np.abs(data[higher] - values) < np.abs(data[lower] - values)
    return errors[np.where(nearer, higher, lower)]
