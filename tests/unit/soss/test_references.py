import asdf
import numpy as np
import pytest
from astropy.io import fits
from numpy.testing import assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.references import read_kernels, read_profiles, read_traces, select_orders


def tree(orders=(1, 2, 3)):
    return {
        "meta": {
            "pwcpos_cmd": 245.76,
            "pwcpos_bounds": [245.5, 246.0],
            "wavemap_wlmin": 0.5,
            "wavemap_wlmax": 5.5,
            "wavemap_nwl": 11,
            "subarray_ymin": 1792,
            "soss_xdim": 2048,
            "soss_ydim": 300,
            "order2_separation_cutoff": [0.77, 0.95],
        },
        "traces": [
            {
                "spectral_order": order,
                "trace": np.ones((5, 2)) * order,
                "pivot_x": 1.0,
                "pivot_y": 2.0,
                "cutoff": 100 * order,
            }
            for order in orders
        ],
        "wavecal_models": [
            {
                "spectral_order": order,
                "coefficients": np.zeros(3),
                "scale_extents": np.zeros((2, 2)),
            }
            for order in orders
        ],
        "throughputs": [
            {"spectral_order": order, "wavelength": np.zeros(4), "throughput": np.zeros(4)}
            for order in orders
        ],
    }


def write_asdf(folder, content):
    path = folder / "pastasoss.asdf"
    asdf.AsdfFile(content).write_to(path)
    return path


class TestTraces:
    def test_orders_are_found_by_their_number(self, tmp_path):
        found = read_traces(write_asdf(tmp_path, tree((3, 1, 2))))
        assert found.orders[2].cutoff == 200
        assert_array_equal(found.orders[3].trace, np.full((5, 2), 3.0))
        assert_array_equal(found.wavelengths, np.linspace(0.5, 5.5, 11))
        assert found.size == (300, 2048)

    def test_what_is_missing_is_named(self, tmp_path):
        content = tree()
        del content["meta"]["pwcpos_bounds"], content["throughputs"]
        with pytest.raises(InputError, match=r"meta\.pwcpos_bounds, throughputs missing"):
            read_traces(write_asdf(tmp_path, content))

    def test_an_order_without_its_wavelengths_is_named(self, tmp_path):
        content = tree()
        content["wavecal_models"].pop()
        with pytest.raises(InputError, match=r"wavecal_models: .* missing for spectral order 3"):
            read_traces(write_asdf(tmp_path, content))

    def test_a_tilt_is_refused(self, tmp_path):
        content = tree()
        content["traces"][0]["tilt"] = np.array([0.0, 0.1])
        with pytest.raises(InputError, match="rows of the wavelength map must be equal"):
            read_traces(write_asdf(tmp_path, content))

    @pytest.mark.parametrize(
        ("part", "name", "value"),
        [
            ("traces", "cutoff", -1),
            ("traces", "cutoff", 3),
            ("traces", "pivot_x", np.nan),
            ("traces", "trace", np.full((5, 2), np.inf)),
            ("wavecal_models", "coefficients", np.array([np.nan])),
        ],
    )
    def test_numbers_that_are_those_of_no_trace_are_named(self, tmp_path, part, name, value):
        content = tree()
        content[part][1][name] = value
        with pytest.raises(InputError, match=rf"order 2: {part}\.{name}: found"):
            read_traces(write_asdf(tmp_path, content))

    def test_a_subarray_outside_the_wavelength_map_is_refused(self, tmp_path):
        content = tree()
        content["meta"]["subarray_ymin"] = 1700
        with pytest.raises(InputError, match="subarray_ymin: found 1700, expected 1748 to 2047"):
            read_traces(write_asdf(tmp_path, content))

    def test_other_files_are_refused(self, tmp_path):
        path = tmp_path / "no.asdf"
        path.write_text("no")
        with pytest.raises(InputError, match="found no ASDF file"):
            read_traces(path)

    def test_order_three_may_be_missing(self, tmp_path):
        found = read_traces(write_asdf(tmp_path, tree((1, 2))))
        assert select_orders(found, [1, 2, 3]) == [1, 2]

    @pytest.mark.parametrize("orders", [(1, 3), (2, 3)])
    def test_orders_one_and_two_may_not(self, tmp_path, orders):
        found = read_traces(write_asdf(tmp_path, tree(orders)))
        with pytest.raises(InputError, match="expected at least 1 and 2"):
            select_orders(found, [1, 2, 3])


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
