"""Ideal extraction of one integration."""

import numpy as np

from scripts.simulation.ideal import ideal_levels


def test_levels_are_the_true_ones_without_noise():
    templates = np.arange(1.0, 7.0).reshape(1, 2, 3)
    stars = templates * np.array([1.0, 0.9, 0.8])
    found = ideal_levels(templates, stars, np.zeros((2, 3)), np.ones((2, 3)), (1, 1, 3))
    np.testing.assert_allclose(found, [1.0, 0.9, 0.8])
    rows = ideal_levels(templates, templates, np.zeros((2, 3)), np.ones((2, 3)), (1, 2, 1))
    np.testing.assert_allclose(rows, [1.0, 1.0])


def test_noise_is_weighted_by_profile_and_variance():
    templates, noise = np.array([[[3.0], [1.0]]]), np.array([[2.0], [-4.0]])
    variance = np.array([[9.0], [1.0]])
    # Weights 3/9 and 1: the noise gives (2/3 - 4) over (1 + 1).
    found = ideal_levels(templates, templates, noise, variance, (1, 1, 1))
    np.testing.assert_allclose(found, 1.0 + (2.0 / 3.0 - 4.0) / 2.0)


def test_elements_without_light_are_nan_and_orders_follow_each_other():
    templates = np.zeros((2, 2, 2))
    templates[0, :, 0], templates[1, 0, 1] = 1.0, 2.0
    noise = np.array([[1.0, 0.5], [0.0, 7.0]])
    found = ideal_levels(templates, templates, noise, np.ones((2, 2)), (2, 1, 2))
    np.testing.assert_allclose(found, [1.5, np.nan, np.nan, 1.25])
