"""Spectra and photometry small enough to sum by head."""

import numpy as np

from scripts.lib.photometry.table import PhotometryTable

TEMPLATE = np.array([1.0, 2.0, 3.0, 4.0])


def values_of(flux):
    flux = np.array(flux, dtype=float)
    return {
        "FLUX": flux,
        "raw": flux,
        "missing": np.zeros(flux.shape),
        "FLUX_ERROR": np.full(flux.shape, 0.3),
        "FLUX_VAR_POISSON": np.full(flux.shape, 0.04),
    }


def photometry(net, background, **columns):
    """Photometry and statistics of a segment of two integrations; no light is missing in the first."""
    columns |= {"MJD": np.array([1.0, 2.0]), "BJD_TDB": np.array([1.1, 2.1])}
    columns |= {"net_aperture_sum": np.array(net), "net_aperture_sum_err": np.array([2.0, 2.0])}
    columns |= {"aperture_bkg": np.array(background)}
    statistics = {
        "missing": np.array([[0.0], [0.2]]),
        "photon_share": np.array([0.01, 0.02]),
        "class_sizes": np.array([4, 0, 0]),
        "outliers": np.array([[0.0], [1.0]]),
        "invalid": np.array([[0.0], [2.0]]),
    }
    return PhotometryTable(columns, {}, {}), statistics
