import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.planning.resources import (
    SNAKEMAKE_MB,
    STEPS,
    is_small,
    peak_mb,
    request_mb,
    request_minutes,
    seconds,
    work_mb,
)


def segment(data_mb=0, shape=(10, 32, 100), exp_type="NRS_BRIGHTOBJ"):
    return SimpleNamespace(data_bytes=int(data_mb * 1e6), shape=shape, exp_type=exp_type)


@pytest.mark.parametrize(
    ("data_mb", "limit", "memory"), [((0,), 512, 64), ((10, 2.5), 512, 112), ((500,), 512, 512)]
)
def test_working_memory_is_four_times_the_data_up_to_the_limit(data_mb, limit, memory):
    assert work_mb([segment(size) for size in data_mb], limit) == memory


def test_memory_is_that_of_the_blocks_and_never_more_than_the_limit():
    assert peak_mb("extract_soss", [segment(5)], 512) == 1200 + 64 + 4 * 5
    assert peak_mb("outlier_detection", [segment(1500)], 512) == 60 + 64
    assert peak_mb("outlier_detection", [segment(1500)], 40) == 60 + 40


def test_memory_of_the_extraction_is_that_of_an_image_where_that_is_large():
    assert peak_mb("extract_1d", [segment(1500, (9, 32, 2048))], 512) == 150 + 32
    full_frame = [segment(1500, (9, 2048, 2048))]
    assert peak_mb("extract_1d", full_frame, 512) == 150 + 537


@pytest.mark.parametrize(
    ("step", "pixel_bytes"), [("visit_reference", 600), ("model_segment", 1000)]
)
def test_memory_of_our_models_is_that_of_images_of_which_large_ones_are_cut(step, pixel_bytes):
    spectra = [segment(1500, (9, 256, 2048))]
    assert peak_mb(step, spectra, 512) == 150 + math.ceil(pixel_bytes * 256 * 2048 / 1e6)
    blocks = {"visit_reference": 128, "model_segment": 96}[step]
    # 257 x 257 pixels take 40 or 66 MB, less than the blocks.
    full_frame = [segment(1500, (9, 2048, 2048), "NRC_TSIMAGE")]
    assert peak_mb(step, full_frame, 512) == 150 + blocks


def test_memory_of_a_fan_in_grows_with_its_segments():
    few, many = ([segment(100)] * count for count in (4, 40))
    assert peak_mb("collect_spectra", many, 512) - peak_mb("collect_spectra", few, 512) == 36 * 2


def test_memory_of_steps_without_measurements_is_all_that_they_may_take():
    assert peak_mb("other", [segment(1500)], 2000) == 60 + 2000


def test_requests_include_snakemake_and_the_start():
    segments = [segment(1200)]
    assert seconds("outlier_detection", segments) == 60
    assert request_minutes("outlier_detection", segments) == 6
    assert request_mb("outlier_detection", segments, 512) == SNAKEMAKE_MB + 60 + 64


def test_small_segments_are_those_of_a_few_minutes():
    assert is_small(segment(700))
    assert not is_small(segment(1400))
    assert not is_small(segment(700, exp_type="NIS_SOSS"))


@given(
    st.sampled_from(sorted(STEPS)),
    st.lists(st.floats(0, 1e4), min_size=1, max_size=5),
    st.integers(64, 10_000),
    st.floats(0, 1e4),
)
def test_more_data_or_memory_never_ask_for_less(step, sizes, limit, more):
    segments = [segment(size) for size in sizes]
    larger = [*segments[1:], segment(sizes[0] + more)]
    assert peak_mb(step, larger, limit) >= peak_mb(step, segments, limit)
    assert peak_mb(step, segments, limit + 1) >= peak_mb(step, segments, limit)
    assert request_minutes(step, larger) >= request_minutes(step, segments)
