"""Correlated noise of simulated light curves."""

import numpy as np

__all__ = ["correlated_noise"]


def correlated_noise(rng, length, time, scatter=1.0):
    """
    Noise whose autocorrelation falls exponentially.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    length : int
        Number of integrations.
    time : float
        Correlation time in integrations.
    scatter : float, optional
        Its standard deviation.

    Returns
    -------
    noise : ndarray, shape (length,)
        A first-order autoregression that has no start.
    """
    memory = np.exp(-1.0 / time)
    values = rng.standard_normal(length) * np.sqrt(1.0 - memory**2)
    values[0] = rng.standard_normal()
    for k in range(1, length):
        values[k] += memory * values[k - 1]
    return scatter * values
