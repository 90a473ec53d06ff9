"""Traces and wavelengths of the spectral orders of NIRISS SOSS."""

from scripts.lib.errors import InputError
from scripts.lib.instruments.soss import soss_layout
from scripts.lib.soss.trace_reference import read_traces, select_orders
from scripts.lib.soss.traces import order_geometry

__all__ = ["order_geometries", "read_geometry"]


def order_geometries(traces, position, layout, width, *, order_3=True):
    """
    Traces and wavelengths of all spectral orders that are wanted.

    Parameters
    ----------
    traces : TraceReference
        Content of the pastasoss reference.
    position : float
        Position of the pupil wheel [deg].
    layout : str
        SUBSTRIP96 or SUBSTRIP256.
    width : int
        Columns of the images.
    order_3 : bool, optional
        Whether order 3 is wanted; SUBSTRIP96 does not have it.

    Returns
    -------
    geometry : dict of int to OrderGeometry
        Of each spectral order that is wanted and in the reference.

    Raises
    ------
    InputError
        If the reference has another width, no order 1 or 2 or entries that make no trace, or
        if the position is missing or outside its bounds.
    """
    wanted = [1, 2, 3] if order_3 and layout != "SUBSTRIP96" else [1, 2]
    orders = select_orders(traces, wanted)
    if traces.size[1] != width:
        msg = f"{traces.path}: meta.soss_xdim: found {traces.size[1]}, expected {width}"
        raise InputError(msg)
    return {order: order_geometry(traces, order, position, layout) for order in orders}


def read_geometry(path, primary, width, *, order_3=True):
    """
    Traces and wavelengths of the spectral orders of a segment.

    Parameters
    ----------
    path : str or Path
        PASTASOSS reference.
    primary : dict
        Keywords of the segment: PWCPOS and SUBARRAY.
    width, order_3
        As for :func:`order_geometries`.

    Returns
    -------
    geometry : dict of int to OrderGeometry
        Of each spectral order that is wanted and in the reference.

    Raises
    ------
    InputError
        If the reference is damaged, and as for :func:`order_geometries`.
    """
    traces, layout = read_traces(path), soss_layout(primary.get("SUBARRAY"))
    return order_geometries(traces, primary.get("PWCPOS"), layout, width, order_3=order_3)
