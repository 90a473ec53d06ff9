import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations


def test_short_visits_are_taken_whole():
    np.testing.assert_array_equal(sample_integrations(150), np.arange(150))


def test_long_visits_give_pairs_from_both_ends():
    sample = sample_integrations(1000, pairs=3)
    np.testing.assert_array_equal(sample, [0, 1, 499, 500, 998, 999])
    np.testing.assert_array_equal(consecutive_pairs(sample), [0, 2, 4])


@given(st.integers(1, 5000))
def test_samples_are_in_the_visit_and_no_more_than_150(integrations):
    sample = sample_integrations(integrations)
    assert len(sample) == min(integrations, 150)
    assert sample[0] == 0
    assert sample[-1] == integrations - 1
    assert (np.diff(sample) > 0).all()


@given(st.integers(301, 5000), st.integers(2, 6))
def test_every_segment_contributes(integrations, segments):
    sample = sample_integrations(integrations)
    edges = np.linspace(0, integrations, segments + 1).astype(int)
    assert (np.histogram(sample, edges)[0] >= 20).all()
