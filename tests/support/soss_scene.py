"""A small scene of three spectral orders, for tests of the extraction of NIRISS SOSS."""

import numpy as np

from scripts.lib.soss.atoca.detector_model import OrderOptics, build_model, column_amplitudes
from scripts.lib.soss.box import box_weights
from scripts.lib.soss.scene import Scene
from scripts.lib.soss.traces import OrderGeometry

SHAPE = (60, 120)
WIDTH = 12
# Wavelength in the first and last column, and row of the trace there.
_ORDERS = {
    1: ((2.8, 0.85), (14.0, 18.0)),
    2: ((1.45, 0.60), (20.0, 42.0)),
    3: ((0.98, 0.60), (40.0, 52.0)),
}


def spectrum(wavelength):
    """Smooth spectrum with a broad line."""
    return 1e4 * (3.2 - wavelength) * (1 - 0.3 * np.exp(-0.5 * ((wavelength - 1.2) / 0.1) ** 2))


def throughput(wavelength):
    """Throughput that varies slowly."""
    return 0.3 + 0.1 * np.cos(wavelength)


def geometry(order):
    """Trace of an order on a straight line, with linear wavelengths."""
    (first, last), rows = _ORDERS[order]
    wavelength = np.linspace(first, last, SHAPE[1])
    return OrderGeometry(order, wavelength, np.linspace(*rows, SHAPE[1]), wavelength.copy())


def optics(order):
    """Gaussian profile around the trace, without convolution."""
    trace = geometry(order)
    rows = np.arange(SHAPE[0])[:, None]
    profile = np.exp(-0.5 * ((rows - trace.trace_rows) / 2.5) ** 2)
    profile = (profile / profile.sum(axis=0)).astype(np.float32)
    return OrderOptics(trace.wavelength, profile, throughput)


def scene(orders=(1, 2, 3), masked=None, single_orders=True):
    """Scene of some orders, without bad pixels if none are given."""
    return Scene(
        {order: optics(order) for order in orders},
        {order: geometry(order) for order in orders},
        {order: box_weights(geometry(order).trace_rows, WIDTH, SHAPE) for order in orders},
        np.zeros(SHAPE, bool) if masked is None else masked,
        np.zeros(SHAPE, bool),
        (0.77, 0.95),
        single_orders,
    )


def order_image(order, scale=1.0):
    """Noise-free image of one order on a fine grid; 0 in the columns at its ends."""
    grid = np.arange(0.55, 2.9, 5e-4)
    model = build_model([optics(order)], grid, [np.zeros(SHAPE, bool)])
    amplitude = column_amplitudes(model, scale * spectrum(grid))[0]
    return optics(order).profile * np.nan_to_num(amplitude)
