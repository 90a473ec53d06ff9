"""Coordinate across the spectrum of every pixel, from the world coordinates of a segment."""

import numpy as np

__all__ = ["spatial_coordinate"]


def spatial_coordinate(wcs, shape, is_miri):
    """
    Coordinate across the spectrum of every pixel.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates with a frame of the slit.
    shape : tuple of int
        Shape (y, x) of the image.
    is_miri : bool
        Whether the frame is ``alpha_beta`` of MIRI, else ``slit_frame`` of NIRSpec.

    Returns
    -------
    coordinate : ndarray
        Coordinate (y, x), increasing with y for NIRSpec; NaN outside the bounding box.

    Raises
    ------
    ValueError
        If the world coordinates have no such frame.
    """
    from gwcs.wcstools import grid_from_bounding_box

    frame, output = ("alpha_beta", 0) if is_miri else ("slit_frame", 1)
    if frame not in wcs.available_frames:
        found = ", ".join(wcs.available_frames)
        msg = f"a trace model: found frames {found}, expected {frame}"
        raise ValueError(msg)
    box = wcs.bounding_box
    x, y = np.indices(shape, float)[::-1] if box is None else grid_from_bounding_box(box)
    values = wcs.transform("detector", frame, x, y)[output]
    coordinate = np.full(shape, np.nan)
    coordinate[y.astype(int), x.astype(int)] = values if is_miri else -values
    return coordinate
