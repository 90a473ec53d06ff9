import numpy as np
from numpy.testing import assert_array_equal

from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.soss.aperture_images import append_apertures, read_apertures
from scripts.lib.soss.optional_products import product_cards
from tests.support.soss_scene import SHAPE, geometry, scene

PRIMARY = [f"{'SIMPLE':<8s}= {'T':>20s}".ljust(80), f"{'BITPIX':<8s}= {8:>20d}".ljust(80)]
PRIMARY.append(f"{'NAXIS':<8s}= {0:>20d}".ljust(80))


def test_apertures_and_traces_are_read_as_they_were_written(tmp_path):
    whole, background = scene(), np.zeros(SHAPE, bool)
    background[:5] = True
    ratios = {order: np.full(SHAPE[1], 0.1 * order) for order in whole.weights}
    with ProductWriter(tmp_path / "x.fits") as product:
        product.append_hdu(product_cards(PRIMARY, "TSOMultiSpecModel", "x.fits"))
        append_apertures(product, whole, background, ratios)
    with open_fits(tmp_path / "x.fits") as file:
        found = read_apertures(file)
    assert list(found) == [1, 2, 3]
    for order, aperture in found.items():
        assert_array_equal(aperture.images[0], whole.weights[order].astype("f4"))
        assert_array_equal(aperture.images[1], background)
        assert_array_equal(aperture.column, np.arange(SHAPE[1]))
        assert_array_equal(aperture.row, geometry(order).trace_rows)
        assert_array_equal(aperture.wavelength, geometry(order).trace_wavelength)
        assert_array_equal(aperture.contamination, ratios[order])


def test_a_file_without_apertures_has_none(tmp_path):
    with ProductWriter(tmp_path / "x.fits") as product:
        product.append_hdu(product_cards(PRIMARY, "TSOMultiSpecModel", "x.fits"))
    with open_fits(tmp_path / "x.fits") as file:
        assert read_apertures(file) == {}
