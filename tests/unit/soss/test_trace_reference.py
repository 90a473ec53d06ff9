import asdf
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.trace_reference import read_traces, select_orders


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
                "trace": np.column_stack([np.arange(5), np.full(5, order)]),
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
                "scale_extents": np.array([[0.0, -0.1], [2048.0, 0.1]]),
            }
            for order in orders
        ],
        "throughputs": [
            {"spectral_order": order, "wavelength": np.arange(4), "throughput": np.ones(4)}
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
        assert_array_equal(found.orders[3].trace[:, 1], np.full(5, 3.0))
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
        ("name", "value"),
        [
            ("traces.cutoff", -1),
            ("traces.cutoff", 3),
            ("traces.cutoff", 2049),
            ("traces.cutoff", 10**9),
            ("traces.pivot_x", np.nan),
            ("traces.pivot_y", [1.0]),
            ("traces.trace", np.full((5, 2), np.inf)),
            ("traces.trace", np.zeros((0, 2))),
            ("traces.trace", np.ones((5, 2))),
            ("traces.trace", np.eye(5)),
            ("wavecal_models.coefficients", np.array([np.nan])),
            ("wavecal_models.coefficients", np.ones(4)),
            ("wavecal_models.coefficients", np.ones((1, 3))),
            ("wavecal_models.scale_extents", np.zeros((2, 2))),
            ("wavecal_models.scale_extents", np.ones((1, 2))),
            ("wavecal_models.scale_extents", np.array([[0.0, 0.1], [2048.0, 0.1]])),
            ("throughputs.wavelength", np.array([1.0, 2.0, np.inf, 4.0])),
            ("throughputs.throughput", np.zeros(0)),
        ],
    )
    def test_numbers_that_are_those_of_no_trace_are_named(self, tmp_path, name, value):
        content = tree()
        part, key = name.split(".")
        content[part][1][key] = value
        with pytest.raises(InputError, match=rf"order 2: {name}: found"):
            read_traces(write_asdf(tmp_path, content))

    @pytest.mark.parametrize(
        "changed",
        [
            {"wavelength": np.zeros(4)},
            {"wavelength": np.arange(5.0)},
            {"throughput": np.ones(3)},
            {"wavelength": np.array([0.0, 1.0, 2.0, 3.0, 3.0])},
            {"wavelength": np.ones(1), "throughput": np.ones(1)},
        ],
    )
    def test_a_throughput_has_a_value_for_each_wavelength(self, tmp_path, changed):
        content = tree()
        content["throughputs"][0] |= changed
        with pytest.raises(
            InputError,
            match=r"throughputs: found \d wavelengths, \d of them different, and \d values",
        ):
            read_traces(write_asdf(tmp_path, content))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("pwcpos_cmd", np.nan),
            ("pwcpos_cmd", [245.0, 246.0]),
            ("pwcpos_bounds", []),
            ("pwcpos_bounds", [245.5]),
            ("pwcpos_bounds", [246.0, 245.5]),
            ("order2_separation_cutoff", list(range(99))),
            ("order2_separation_cutoff", [0.77]),
            ("order2_separation_cutoff", [0.77, np.nan]),
            ("order2_separation_cutoff", [0.0, 0.95]),
        ],
    )
    def test_numbers_of_the_whole_file_are_checked(self, tmp_path, name, value):
        content = tree()
        content["meta"][name] = value
        with pytest.raises(InputError, match=rf"pastasoss.asdf: meta\.{name}: found .*, expected"):
            read_traces(write_asdf(tmp_path, content))

    @pytest.mark.parametrize(("columns", "rows"), [(10**10, 300), (0, 0), (2048, -1)])
    def test_no_detector_has_such_a_size(self, tmp_path, columns, rows):
        content = tree()
        content["meta"] |= {"soss_xdim": columns, "soss_ydim": rows, "subarray_ymin": columns - 1}
        content["traces"][0]["cutoff"] = columns
        with pytest.raises(
            InputError, match=rf"soss_xdim, soss_ydim: found {columns}, {rows}, exp"
        ):
            read_traces(write_asdf(tmp_path, content))

    def test_extents_may_descend(self, tmp_path):
        content = tree()
        content["wavecal_models"][0]["scale_extents"] = np.array([[2048.0, 0.1], [0.0, -0.1]])
        assert read_traces(write_asdf(tmp_path, content)).orders[1].extents[0, 0] == 2048.0

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
