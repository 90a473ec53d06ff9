from dataclasses import replace

import numpy as np
import pytest
from astropy.modeling.polynomial import Polynomial2D
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import median_filter

from scripts.lib.errors import InputError
from scripts.lib.soss.trace_reference import OrderReference, TraceReference
from scripts.lib.soss.traces import (
    Throughput,
    check_position,
    column_wavelengths,
    order_geometry,
    rotate_trace,
    sample_linear,
    wavelength_map,
)

COLUMNS = np.arange(100.0)


def reference(position_range=(245.5, 246.0)):
    entry = OrderReference(
        order=1,
        trace=np.stack([COLUMNS, 20 + 0.1 * COLUMNS], axis=1),
        pivot=(50.0, 25.0),
        cutoff=90,
        coefficients=np.array([3.0, -2.0, 0.0]),
        extents=np.array([[0.0, -0.1], [100.0, 0.1]]),
        throughput_wavelength=np.linspace(0.5, 5.5, 20),
        throughput=np.ones(20),
    )
    wavelengths = np.linspace(0.5, 3.5, 601)
    return TraceReference(
        "p.asdf", {1: entry}, 245.75, position_range, wavelengths, 60, (50, 100), (0.77, 0.95)
    )


class TestRotation:
    def test_no_angle_leaves_the_trace(self):
        columns, rows = rotate_trace(COLUMNS, 0.1 * COLUMNS, 0.0, (5, 5))
        assert_array_equal(columns, COLUMNS)
        assert_allclose(rows, 0.1 * COLUMNS, atol=1e-12)

    def test_a_flat_trace_gets_the_slope_of_the_angle_about_its_pivot(self):
        _, rows = rotate_trace(COLUMNS, np.full(100, 30.0), 1.0, (50.0, 30.0))
        assert_allclose(rows, 30 + np.tan(np.radians(1)) * (COLUMNS - 50), atol=1e-12)

    def test_points_above_row_255_are_left_out(self):
        columns, rows = rotate_trace(COLUMNS, 200 + COLUMNS, 0.0, (0, 0))
        assert columns[-1] == 55
        assert rows.max() <= 255


def test_coefficients_are_ordered_by_total_degree():
    # 1 + 2 x + 3 p + 4 x^2 + 5 x p + 6 p^2 at x = 0.5, p = 2
    found = column_wavelengths(np.arange(1.0, 7.0), [[0.0, 0.0], [10.0, 1.0]], np.array([5.0]), 2.0)
    assert_allclose(found, 1 + 1 + 6 + 1 + 5 + 24)


@pytest.mark.parametrize("degree", [1, 2, 5])
def test_wavelengths_have_the_digits_of_astropy(degree):
    rng = np.random.default_rng(degree)
    coefficients = rng.normal(size=(degree + 1) * (degree + 2) // 2)
    polynomial = Polynomial2D(degree)
    for name in polynomial.param_names:
        m, n = (int(power) for power in name.removeprefix("c").split("_"))
        setattr(polynomial, name, coefficients[(m + n) * (m + n + 1) // 2 + n])
    found = column_wavelengths(coefficients, [[0.0, -0.1], [2048.0, 0.1]], COLUMNS, 0.03)
    expected = polynomial(COLUMNS / 2048.0, np.full(100, (0.03 + 0.1) / (0.1 + 0.1)))
    assert_array_equal(found, expected)


def test_sampling_goes_on_with_the_slopes_at_the_ends():
    found = sample_linear(
        np.array([0.0, 1.5, 5.0]), np.array([3.0, 1.0, 2.0]), np.array([9.0, 1.0, 4.0])
    )
    assert_allclose(found, [-2.0, 2.5, 19.0])


def test_wavelengths_of_columns_are_nan_beyond_the_table():
    wavelengths = np.linspace(1, 2, 11)
    found = wavelength_map(wavelengths, np.linspace(10, 0, 11), 13)
    assert_allclose(found[:11], 2 - 0.1 * np.arange(11))
    assert np.isnan(found[11:]).all()


class TestGeometry:
    def test_trace_and_wavelengths_at_the_commanded_position(self):
        found = order_geometry(reference(), 1, 245.75, "SUBSTRIP256")
        assert_allclose(found.trace_rows, 20 + 0.1 * np.arange(90), atol=1e-9)
        assert_allclose(found.wavelength, 3 - 0.02 * np.arange(100), atol=1e-9)
        assert_allclose(found.trace_wavelength, found.wavelength[:90], atol=1e-9)

    def test_rows_of_substrip96_start_ten_rows_higher(self):
        full, part = (
            order_geometry(reference(), 1, 245.75, name) for name in ("SUBSTRIP256", "SUBSTRIP96")
        )
        assert_allclose(full.trace_rows - part.trace_rows, 10, atol=1e-9)

    def test_native_grid_ascends_and_names_its_columns(self):
        wavelength, columns = order_geometry(reference(), 1, 245.75, "SUBSTRIP256").native_grid
        assert (np.diff(wavelength) > 0).all()
        assert_array_equal(columns, np.arange(90)[::-1])

    @pytest.mark.parametrize("position", [245.4, 246.1, None])
    def test_a_position_out_of_bounds_is_named(self, position):
        with pytest.raises(InputError, match=rf"PWCPOS: found {position}, expected 245.5 to 246.0"):
            check_position(reference(), position)

    @pytest.mark.parametrize(
        "changed",
        [
            {"coefficients": np.zeros(3)},
            {"coefficients": np.array([3.0, np.inf, 0.0])},
            {"trace": np.stack([COLUMNS, 300 + COLUMNS], axis=1)},
            {"pivot": (1e300, 25.0)},
        ],
    )
    def test_entries_that_give_no_trace_are_named(self, changed):
        whole = reference()
        broken = replace(whole, orders={1: replace(whole.orders[1], **changed)})
        with pytest.raises(InputError, match=r"p.asdf: order 1: found no trace and wavelengths at"):
            order_geometry(broken, 1, 245.75, "SUBSTRIP256")


class TestThroughput:
    def test_ends_are_zero_and_hold_beyond_the_table(self):
        found = Throughput(np.linspace(1, 2, 11), np.full(11, 0.4))
        assert_allclose(found(np.array([0.5, 1.0, 1.5, 2.0, 3.0])), [0, 0, 0.4, 0, 0], atol=2e-3)

    def test_unsorted_wavelengths_keep_the_order_of_the_throughputs(self):
        values = np.linspace(0, 1, 11)
        ascending, descending = (
            Throughput(wavelength, values)
            for wavelength in (np.linspace(1, 2, 11), np.linspace(2, 1, 11))
        )
        assert_allclose(ascending(1.3), descending(1.3), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("jwst_niriss_gr700xd_order1_trace_refmodel.txt", (6, 2042)),
        ("jwst_niriss_gr700xd_order2_trace_refmodel_002.txt", (700, 1740)),
    ],
)
def test_the_trace_is_that_of_a_flight_frame(shared_data, name, columns):
    folder = shared_data / "niriss-soss-refs"
    pivot, *points = np.loadtxt(folder / name)
    (frame,) = folder.glob("jw*_nis_demo_pwcpos_245.778671.npy")
    # Of a calibration programme, with bad pixels.
    image = median_filter(np.nan_to_num(np.load(frame)), (3, 7))
    angle = 245.778671 - 245.76
    found = rotate_trace(*np.transpose(points), angle, tuple(pivot))
    wanted = np.arange(*columns)
    trace = np.interp(wanted, *(values[np.argsort(found[0])] for values in found))
    background = np.percentile(image[:250, wanted], 10, axis=0)
    rows = np.arange(256)[:, None]
    # A wider window takes in light of the other order, which moves the centroid by up to a pixel.
    near = (np.abs(rows - trace) < 12.5) & (rows < 252)
    light = np.where(near, image[:, wanted] - background, 0)
    measured = (rows * light).sum(axis=0) / light.sum(axis=0)
    assert np.abs(measured - trace).max() < 1
    assert np.median(np.abs(measured - trace)) < 0.5
