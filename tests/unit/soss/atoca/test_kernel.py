import numpy as np
import pytest
from numpy.testing import assert_allclose

from scripts.lib.errors import InputError
from scripts.lib.soss.atoca.kernel import Kernel, convolution_matrix

HALFWIDTH = 4
TRACE = np.linspace(2.0, 1.0, 201)
STEP = 0.005


def kernel(sigma=1.0, trace=TRACE, centres=None, change=None):
    centres = np.linspace(0.9, 2.1, 13) if centres is None else centres
    pixels = np.linspace(-HALFWIDTH, HALFWIDTH, 81)
    shape = np.exp(-0.5 * (pixels / sigma) ** 2)[:, None] * np.ones(len(centres))
    if change:
        change(shape)
    wavelengths = np.ones((81, 1)) * centres
    return Kernel(wavelengths.astype("f4"), shape.astype("f4"), HALFWIDTH, trace)


def test_pixels_follow_from_the_wavelengths_of_the_trace():
    factor, constant = kernel().pixel_scale(np.array([1.5]))
    assert_allclose(factor, 1 / STEP, rtol=1e-4)
    assert_allclose(factor * 1.52 + constant, 4, atol=1e-2)


def test_columns_without_trace_do_not_matter():
    padded = np.concatenate((TRACE, np.zeros(30)))
    found, expected = (
        kernel(trace=trace).pixel_scale(np.array([1.2])) for trace in (padded, TRACE)
    )
    assert_allclose(found, expected)


def test_values_end_at_the_half_width_and_are_positive_within():
    narrow = kernel(sigma=0.3)
    values = narrow.values(np.array([-4.1, -3.9, 0.0, 3.9, 4.1]), np.full(5, 1.5))
    assert values[0] == values[4] == 0
    assert (values[1:4] >= narrow.least).all()


class TestMatrix:
    def test_without_a_kernel_it_selects_the_grid_points(self):
        matrix = convolution_matrix(None, np.arange(6.0), (2, 5))
        assert_allclose(matrix @ np.arange(6.0), [2, 3, 4])

    def test_rows_sum_to_one_on_an_uneven_grid(self):
        grid = np.unique(np.concatenate((np.arange(1.0, 2.0, 0.004), np.arange(1.4, 1.5, 0.001))))
        matrix = convolution_matrix(kernel(), grid, (10, len(grid) - 10))
        assert_allclose(matrix @ np.ones(len(grid)), 1)

    def test_it_convolves(self):
        grid = np.arange(1.0, 2.0, 0.0005)
        line = np.exp(-0.5 * ((grid - 1.5) / (3 * STEP)) ** 2)
        found = convolution_matrix(kernel(sigma=1.0), grid, (0, len(grid))) @ line
        width = np.sqrt((found * (grid - 1.5) ** 2).sum() / found.sum())
        # A Gaussian of one pixel, cut at four.
        assert_allclose(width, np.hypot(3, 1) * STEP, rtol=2e-3)


@pytest.mark.parametrize(
    ("centres", "message"),
    [
        (np.linspace(3, 4, 9), "expected kernels within"),
        (np.linspace(0.9, 2.1, 4), "expected 4 or more"),
    ],
)
def test_too_few_kernels_on_the_trace_are_refused(centres, message):
    with pytest.raises(InputError, match=message):
        kernel(centres=centres)


@pytest.mark.parametrize(
    ("columns", "value"),
    [(slice(None), 0), (slice(None), np.nan), (5, 0), (5, -1), (5, np.nan), (5, np.inf)],
)
def test_kernels_that_are_none_are_refused(columns, value):
    def change(shape):
        shape[:, columns] = value

    # Of the 13 kernels, those at 1.0 to 1.9 um are on the trace, and that of element 5 is at 1.4 um.
    counted, at = ("10 of 10", "1.000") if columns == slice(None) else ("1 of 10", "1.400")
    with pytest.raises(InputError, match=rf"^speckernel: KERNELS: found .* at {at} .*{counted}"):
        kernel(change=change)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.02])
def test_a_single_value_of_a_kernel_is_refused(value):
    with pytest.raises(InputError, match="1 of 10 kernels"):
        kernel(change=lambda shape: shape.__setitem__((0, 5), value))


def test_ripples_below_zero_and_kernels_beyond_the_trace_do_not_matter():
    def change(shape):
        shape[0, 5], shape[:, 0] = -0.005, np.nan

    found = kernel(change=change).values(np.array([0.0]), np.array([1.5]))
    assert_allclose(found, 1, rtol=1e-6)
