"""Traces and wavelengths of the spectral orders of a segment of NIRISS SOSS."""

from scripts.lib.instruments.soss import soss_layout
from scripts.lib.soss.trace_reference import read_traces, select_orders
from scripts.lib.soss.traces import order_geometry

__all__ = ["read_geometry"]


def read_geometry(path, primary, order_3=True):
    """
    Traces and wavelengths of the spectral orders of a segment.

    Parameters
    ----------
    path : str or Path
        PASTASOSS reference.
    primary : dict
        Keywords of the segment: PWCPOS and SUBARRAY.
    order_3 : bool, optional
        Whether order 3 is wanted; SUBSTRIP96 does not have it.

    Returns
    -------
    geometry : dict of int to OrderGeometry
        Of each spectral order that is wanted and in the reference.

    Raises
    ------
    InputError
        If the reference is damaged or has no order 1 or 2.
    """
    traces, layout = read_traces(path), soss_layout(primary.get("SUBARRAY"))
    wanted = [1, 2, 3] if order_3 and layout != "SUBSTRIP96" else [1, 2]
    orders = select_orders(traces, wanted)
    return {order: order_geometry(traces, order, primary.get("PWCPOS"), layout) for order in orders}
