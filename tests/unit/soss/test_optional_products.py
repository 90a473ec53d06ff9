import numpy as np
import pytest
from astropy.io import fits
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.soss.atoca.tuning import GridOptions, tune
from scripts.lib.soss.optional_products import (
    ModelSpectra,
    TraceModelWriter,
    append_model_spectrum,
    append_wave_grid,
    product_cards,
    read_estimate,
    read_wave_grid,
)
from tests.support.soss_scene import SHAPE, optics, order_image, scene, spectrum, throughput

PRIMARY = [format_card("SIMPLE", True), format_card("BITPIX", 8), format_card("NAXIS", 0)]


def test_product_cards_leave_those_of_the_segment_as_they_are():
    cards = product_cards(PRIMARY, "SossWaveGridModel", "x.fits")
    assert cards[:3] == PRIMARY
    assert len(PRIMARY) == 3
    assert "'SossWaveGridModel'" in cards[3]
    assert "'x.fits" in cards[4]


class TestWaveGrid:
    def test_it_is_read_as_it_was_written(self, tmp_path):
        grid = np.array([0.7, 0.9, 1.3])
        with ProductWriter(tmp_path / "grid.fits") as product:
            append_wave_grid(product, PRIMARY, grid)
        assert_array_equal(read_wave_grid(tmp_path / "grid.fits"), grid)

    @pytest.mark.parametrize("values", [[1.0], [1.0, 1.0], [2.0, 1.0], [[1.0, 2.0]]])
    def test_anything_but_ascending_wavelengths_is_refused(self, tmp_path, values):
        hdu = fits.ImageHDU(np.array(values), name="WAVEGRID")
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "grid.fits")
        with pytest.raises(InputError, match="expected ascending wavelengths"):
            read_wave_grid(tmp_path / "grid.fits")


class TestEstimate:
    def write(self, path, wavelength, flux):
        columns = [fits.Column("WAVELENGTH", "D", array=wavelength)]
        columns.append(fits.Column("FLUX", "D", array=flux))
        hdu = fits.BinTableHDU.from_columns(columns, name="EXTRACT1D")
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
        return path

    def test_it_is_a_cubic_through_the_finite_values(self, tmp_path):
        wavelength = np.linspace(1, 2, 6)
        flux = wavelength**3
        flux[2] = np.nan
        estimate = read_estimate(self.write(tmp_path / "x.fits", wavelength, flux))
        assert_allclose(estimate([1.25, 1.4, 1.9]), [1.25**3, 1.4**3, 1.9**3])

    @pytest.mark.parametrize(
        ("wavelength", "found"), [([1.0, 2.0, 3.0], 3), ([1.0, 2.0, 2.0, 3.0], 4)]
    )
    def test_too_few_or_unordered_values_are_refused(self, tmp_path, wavelength, found):
        path = self.write(tmp_path / "x.fits", wavelength, wavelength)
        message = f"found {found} values with a finite flux, expected 4 or more, ascending"
        with pytest.raises(InputError, match=message):
            read_estimate(path)


def test_trace_models_are_profiles_times_amplitudes_inside_the_apertures(tmp_path):
    whole = scene((1, 2))
    amplitudes = {1: np.array([np.arange(120.0), np.full(120, np.nan)])}
    with ProductWriter(tmp_path / "x.fits") as product:
        writer = TraceModelWriter(product, PRIMARY, whole, whole.optics, 2)
        writer.write(amplitudes, 0)
    with fits.open(tmp_path / "x.fits") as hdus:
        model = hdus["ORDER1"].data
        expected = optics(1).profile * np.arange(120.0) * ~whole.outside_all
        assert_allclose(model[0], expected, rtol=1e-6)
        assert not model[1].any()
        assert_allclose(hdus["APER1"].data[1], whole.weights[1], rtol=1e-6)
        assert hdus["ORDER2"].shape == (2, *SHAPE)


def test_model_spectra_are_the_counts_of_each_column(tmp_path):
    images = [order_image(order).astype("f4") for order in (1, 2, 3)]
    options = GridOptions(1e-2, 2, 1e-3, 2000, 1e-6, np.arange(0.77, 2.81, 0.0011))
    models = tune(scene(), sum(images), np.ones(SHAPE, "f4"), options)
    singles = {order: spectrum(single.fit.grid) for order, single in models.singles.items()}
    found = ModelSpectra(scene(), models).for_integration(spectrum(models.joint.grid), singles)
    assert [order for order, _, _ in found] == [1, 2, 2, 3]
    order, wavelength, flux = found[0]
    assert (np.diff(wavelength) > 0).all()
    # A column of order 1 is 1.95 µm / 119 wide; the counts are the integral of f T λ over it.
    expected = spectrum(wavelength) * throughput(wavelength) * wavelength * 1.95 / 119
    assert_allclose(flux, expected, rtol=1e-3)
    with ProductWriter(tmp_path / "x.fits") as product:
        product.append_hdu(PRIMARY)
        append_model_spectrum(product, found[0], 5, 1)
    with fits.open(tmp_path / "x.fits") as hdus:
        header, table = hdus["EXTRACT1D"].header, hdus["EXTRACT1D"].data
        assert (header["SPORDER"], header["INT_NUM"], header["TUNIT1"]) == (order, 5, "um")
        assert_array_equal(table["WAVELENGTH"], wavelength)
        assert_array_equal(table["FLUX"], flux)
        assert not table["DQ"].any()
