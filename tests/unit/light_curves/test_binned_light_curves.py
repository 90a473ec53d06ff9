from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.light_curves.binned_light_curves import (
    bin_edges,
    membership,
    sum_bins,
    write_light_curves,
)
from tests.support.light_curves import TEMPLATE, values_of


def test_bins_by_pixels_edges_and_resolving_power():
    wavelength = np.array([1.0, 1.1, 1.2, 1.3, 1.4])
    pixels = membership(wavelength, bin_edges(wavelength, pixels=2, resolving_power=100))
    assert pixels.sum(axis=0).tolist() == [2, 2, 1]
    single = membership(wavelength, bin_edges(wavelength, pixels=1))
    np.testing.assert_array_equal(single, np.eye(5))
    edges = membership(wavelength, bin_edges(wavelength, edges=[1.05, 1.25], pixels=1))
    assert edges[:, 0].tolist() == [0, 1, 1, 0, 0]
    power = bin_edges(np.linspace(1, 2, 1000), resolving_power=50)
    np.testing.assert_allclose(power[1:] / power[:-1], 1.02, rtol=2e-3)
    assert membership(np.linspace(1, 2, 1000), power).sum() == 1000


def test_edges_must_ascend():
    with pytest.raises(InputError, match="expected two or more ascending"):
        bin_edges(np.arange(3.0), edges=[2.0, 1.0])


def test_bins_compensate_missing_samples():
    flux = np.array([TEMPLATE, TEMPLATE])
    flux[1, 3] = np.nan
    member = membership(np.arange(4.0), np.array([0.0, 1.5, 4.0]))
    total, error, photon = sum_bins(values_of(flux), TEMPLATE, member)
    np.testing.assert_allclose(total, [[3.0, 7.0], [3.0, np.nan]])
    np.testing.assert_allclose(error[0], 0.3 * np.sqrt(2))
    np.testing.assert_allclose(photon[0], 0.2 * np.sqrt(2))
    flux[1] = [1.0, np.nan, 3.0, 4.0]
    total, _, _ = sum_bins(values_of(flux), TEMPLATE, np.ones((4, 1)))
    np.testing.assert_allclose(total, [[10.0], [10.0]])


def test_bins_count_the_elements_that_they_sum(tmp_path):
    template = np.array([1.0, np.nan, 3.0, 4.0, np.nan, np.nan])
    flux = np.tile([1.0, 9.0, 3.0, 4.0, 9.0, 9.0], (2, 1))
    series = SimpleNamespace(
        detector="NIS",
        order=1,
        unit="MJy",
        wavelength=np.arange(1.0, 7.0),
        template=template,
        n_integrations=2,
        parts=[],
        blocks=lambda: iter([(slice(0, 2), values_of(flux))]),
    )
    options = {"resolving_power": 100, "pixels": 2, "edges": None}
    write_light_curves(tmp_path / "speclc.fits", [series], options)
    with fits.open(tmp_path / "speclc.fits") as hdus:
        bins = hdus["BINS"].data
        # The last two elements are never there, and so neither is their bin.
        assert bins["ELEMENTS"].tolist() == [1, 2]
        assert bins["WAVELENGTH"].tolist() == [1.0, 3.5]
        assert hdus["FLUX"].data.tolist() == [[1.0, 7.0]] * 2


def one_series(wavelength):
    """Spectra of one integration with light in all elements."""
    flux = np.ones((1, len(wavelength)))
    return SimpleNamespace(
        detector=f"D{wavelength[0]:g}",
        order=1,
        unit="MJy",
        wavelength=np.array(wavelength),
        template=flux[0],
        n_integrations=1,
        parts=[],
        blocks=lambda: iter([(slice(0, 1), values_of(flux))]),
    )


def test_edges_without_any_element_are_an_error(tmp_path):
    options = {"resolving_power": 100, "pixels": None, "edges": [1000.0, 2000.0]}
    with pytest.raises(InputError, match="edges: found 1000 to 2000, expected wavelengths"):
        write_light_curves(tmp_path / "speclc.fits", [one_series([1.0, 2.0])], options)


def test_a_spectrum_without_an_element_in_the_bins_is_left_out(tmp_path):
    options = {"resolving_power": 100, "pixels": None, "edges": [1.0, 2.5]}
    series = [one_series([3.0, 4.0]), one_series([1.0, 2.0])]
    write_light_curves(tmp_path / "speclc.fits", series, options)
    with fits.open(tmp_path / "speclc.fits") as hdus:
        assert [hdu.header.get("DETECTOR") for hdu in hdus if hdu.name == "BINS"] == ["D1"]
        assert hdus["FLUX"].data.tolist() == [[2.0]]
