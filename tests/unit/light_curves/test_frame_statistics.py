import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scripts.lib.light_curves.frame_statistics import class_counts, pixel_classes, spread_indices


def test_spread_indices_have_both_ends_and_no_copies():
    assert spread_indices(10, 3).tolist() == [0, 4, 9]
    assert spread_indices(2, 31).tolist() == [0, 1]


def test_classes_are_aperture_wings_and_the_rest():
    aperture = np.zeros((12, 5), dtype=bool)
    aperture[5:7] = True
    classes = pixel_classes(aperture)
    assert (classes.sum(axis=0) == 1).all()
    assert np.flatnonzero(classes[1][:, 0]).tolist() == [2, 3, 4, 7, 8, 9]


def test_classes_do_not_wrap_around():
    aperture = np.zeros((12, 5), dtype=bool)
    aperture[0] = True
    assert np.flatnonzero(pixel_classes(aperture)[1][:, 2]).tolist() == [1, 2, 3]


@given(
    flags=arrays(bool, (3, 4, 5)),
    numbers=arrays(int, (4, 5), elements=st.integers(-1, 2)),
)
def test_counts_are_those_of_each_class(flags, numbers):
    classes = numbers == np.arange(3)[:, None, None]
    frames, pixels = np.divmod(np.flatnonzero(flags), 20)
    expected = [[(image & part).sum() for part in classes] for image in flags]
    np.testing.assert_array_equal(class_counts(frames, pixels, classes, 3), expected)
