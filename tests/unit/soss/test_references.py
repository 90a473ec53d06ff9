import numpy as np
import pytest
from astropy.io import fits
from numpy.testing import assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.references import read_kernels, read_profiles


def write_profiles(path, shape, orders=(1, 2)):
    hdus = []
    for order in orders:
        image = np.full(shape, order, "f4")
        image[0, 0] = 99
        hdu = fits.ImageHDU(image, name="ORDER", ver=order)
        hdu.header["ORDER"] = order
        hdus.append(hdu)
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


class TestProfiles:
    def test_padding_is_trimmed_evenly(self, tmp_path):
        path = write_profiles(tmp_path / "p.fits", (10, 12), orders=(2, 1))
        found = read_profiles(path, (6, 8), [1, 2])
        assert_array_equal(found[2], np.full((6, 8), 2, "f4"))
        assert found[1].dtype == np.float32

    @pytest.mark.parametrize("shape", [(6, 12), (9, 10), (10, 7)])
    def test_a_profile_of_another_subarray_is_refused(self, tmp_path, shape):
        path = write_profiles(tmp_path / "p.fits", (10, 10))
        with pytest.raises(InputError, match="is it a reference of this subarray"):
            read_profiles(path, shape, [1])

    def test_a_missing_order_is_named(self, tmp_path):
        path = write_profiles(tmp_path / "p.fits", (4, 4))
        with pytest.raises(InputError, match=r"found spectral orders \[1, 2\], expected also 3"):
            read_profiles(path, (4, 4), [1, 2, 3])


def write_kernels(path, halfwidth=3, shape=(7, 5)):
    kernels = fits.ImageHDU(np.ones((7, 5), "f4"), name="KERNELS")
    if halfwidth is not None:
        kernels.header["HALFWIDT"] = halfwidth
    wavelengths = fits.ImageHDU(np.ones(shape, "f4"), name="WAVELENGTHS")
    fits.HDUList([fits.PrimaryHDU(), wavelengths, kernels]).writeto(path)
    return path


class TestKernels:
    def test_arrays_and_half_width(self, tmp_path):
        found = read_kernels(write_kernels(tmp_path / "k.fits"))
        assert found.halfwidth == 3
        assert found.kernels.shape == (7, 5)
        assert found.kernels.dtype == np.float32

    def test_a_missing_half_width_is_named(self, tmp_path):
        with pytest.raises(InputError, match="HALFWIDT: found None"):
            read_kernels(write_kernels(tmp_path / "k.fits", halfwidth=None))

    def test_shapes_must_agree(self, tmp_path):
        with pytest.raises(InputError, match=r"found shape \(7, 5\)"):
            read_kernels(write_kernels(tmp_path / "k.fits", shape=(7, 4)))

    @pytest.mark.parametrize("value", [np.nan, np.inf, 0, -1, 0.5])
    def test_wavelengths_are_positive_and_ascend(self, tmp_path, value):
        path = write_kernels(tmp_path / "k.fits")
        with fits.open(path, mode="update") as hdus:
            hdus["WAVELENGTHS"].data[0, 2] = value
        with pytest.raises(InputError, match=r"^.*k\.fits: WAVELENGTHS: found .*, expected ascend"):
            read_kernels(path)
