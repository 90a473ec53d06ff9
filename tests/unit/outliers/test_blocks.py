import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.outliers.blocks import affordable_threads, is_rolling, plan_blocks
from scripts.lib.outliers.rolling_median import window_starts


@pytest.mark.parametrize(
    ("window", "integrations", "rolling"),
    [
        (25, 26, True),
        (25, 25, False),
        (25, 24, False),
        (1, 26, False),
        (0, 26, False),
        (2, 3, True),
    ],
)
def test_rolling_needs_a_window_between_one_and_the_series(window, integrations, rolling):
    assert is_rolling(window, integrations) is rolling


def check_blocks(shape, window, samples):
    """Assert that blocks cover every sample once and hold the windows of those they test."""
    blocks = plan_blocks(shape, window, samples)
    tested = np.zeros(shape[:2], int)
    for block in blocks:
        tested[block.integrations, block.rows] += 1
        assert block.frames.start <= block.integrations.start
        assert block.integrations.stop <= block.frames.stop
        if is_rolling(window, shape[0]):
            starts = window_starts(shape[0], window)[block.integrations]
            assert starts.min() >= block.frames.start
            assert starts.max() + window <= block.frames.stop
        else:
            assert (block.frames.start, block.frames.stop) == (0, shape[0])
    assert (tested == 1).all()
    return blocks


@given(
    st.tuples(st.integers(1, 200), st.integers(1, 9), st.integers(1, 9)),
    st.integers(-1, 60),
    st.integers(1, 20000),
)
def test_every_sample_is_tested_once_within_its_window(shape, window, samples):
    check_blocks(shape, window, samples)


@pytest.mark.parametrize("shape", [(1000, 64, 512), (60, 2048, 2048), (40000, 256, 2048)])
def test_blocks_keep_to_the_limit(shape):
    limit = 4_000_000
    blocks = check_blocks(shape, 25, limit)
    for block in blocks:
        frames = block.frames.stop - block.frames.start
        assert frames * (block.rows.stop - block.rows.start) * shape[2] <= limit


def test_small_cube_is_one_block():
    (block,) = plan_blocks((100, 64, 512), 25, 4_000_000)
    assert (block.rows, block.frames, block.integrations) == (
        slice(0, 64),
        slice(0, 100),
        slice(0, 100),
    )


def test_few_samples_are_read_twice():
    blocks = plan_blocks((10000, 64, 512), 25, 4_000_000)
    read = sum(
        (block.frames.stop - block.frames.start) * (block.rows.stop - block.rows.start)
        for block in blocks
    )
    assert read < 1.15 * 10000 * 64


def test_global_median_takes_whole_series_of_few_rows():
    blocks = plan_blocks((1000, 10, 100), 1, 200_000)
    assert [block.rows for block in blocks] == [slice(k, k + 2) for k in range(0, 10, 2)]


def test_tested_integrations_count_from_the_first_frame():
    block = plan_blocks((100, 1, 1), 5, 20)[1]
    assert (block.frames, block.integrations) == (slice(16, 36), slice(18, 34))
    assert block.tested == slice(2, 18)


def test_threads_do_not_take_more_memory_than_one():
    wide, samples = (150, 64, 2048), 1_800_000
    # A row over two windows of 25 has 102400 samples, more than a part in 64.
    blocks = plan_blocks(wide, 25, samples // 64)
    assert affordable_threads(64, blocks, wide, samples) == samples // 102_400
    assert affordable_threads(4, blocks, wide, samples) == 4
    assert affordable_threads(64, blocks, wide, 1000) == 1
    assert affordable_threads(64, plan_blocks((30, 4, 5), 25, samples), (30, 4, 5), samples) == 1
