from itertools import product

import numpy as np
import pytest

from scripts.lib.outliers.comparator_network import median_program
from scripts.lib.outliers.rolling_median import rolling_median_block


@pytest.mark.parametrize(("window", "group"), [(2, 2), (3, 2), (4, 4), (5, 4), (7, 4), (8, 8)])
def test_program_is_right_for_all_inputs(window, group):
    """A network of minima and maxima that is right for all zeros and ones is right for all."""
    samples = np.array(list(product((0, 1), repeat=window + group - 1)), np.float32).T
    medians = rolling_median_block(np.ascontiguousarray(samples), window)
    expected = [np.median(samples[t : t + window], axis=0) for t in range(group)]
    np.testing.assert_array_equal(medians, expected)


def test_windows_share_their_work():
    program = median_program(25, 16)
    assert program.samples == 40
    assert len(program.operations) / program.group < 27
    assert len(median_program(25, 1).operations) > 200


def test_samples_are_never_written():
    program = median_program(9, 8)
    assert min(result for *_, result in program.operations) >= program.samples


@pytest.mark.parametrize(("window", "group"), [(1, 1), (5, 3), (5, 8), (5, 0)])
def test_impossible_groups_are_refused(window, group):
    with pytest.raises(ValueError, match="not"):
        median_program(window, group)
