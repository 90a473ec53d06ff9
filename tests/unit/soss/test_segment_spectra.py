from types import SimpleNamespace

import numpy as np
from astropy.io import fits
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.soss.segment_spectra import SegmentSpectra

ELEMENTS = {1: 5, 2: 3}
PRIMARY = [format_card("SIMPLE", value=True), format_card("BITPIX", 8), format_card("NAXIS", 0)]


def test_blocks_are_rows_of_each_order_calibrated_where_it_has_a_conversion(tmp_path):
    geometry = {
        order: SimpleNamespace(trace_wavelength=np.arange(1.0, length + 1))
        for order, length in ELEMENTS.items()
    }
    numbers = np.array([7, 8, 9])
    columns = {"INT_NUM": numbers, "SEGMENT": 2}
    with ProductWriter(tmp_path / "a.fits") as product:
        product.append_hdu(PRIMARY)
        scene = SimpleNamespace(geometry=geometry)
        writer = SegmentSpectra(product, scene, {1: np.full(5, 10.0)}, columns)
        for block in (slice(0, 2), slice(2, 3)):
            values = np.repeat(numbers[block, None], 5, axis=1).astype(float)
            spectrum = SimpleNamespace(flux=values, error=values / 2, npixels=values * 0 + 40)
            writer.write({1: spectrum, 2: spectrum}, np.zeros_like(values), block)
    with fits.open(tmp_path / "a.fits") as made:
        for order, factor, unit in ((1, 10.0, "MJy"), (2, 1.0, "DN/s")):
            table = made["EXTRACT1D", order]
            assert table.header["SPORDER"] == order
            assert table.columns["FLUX"].unit == unit
            assert table.data["FLUX"].shape == (3, ELEMENTS[order])
            assert_allclose(table.data["FLUX"][:, 0], factor * numbers)
            assert_array_equal(table.data["INT_NUM"], numbers)
            assert_array_equal(table.data["SEGMENT"], 2)
