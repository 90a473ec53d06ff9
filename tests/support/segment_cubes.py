"""Segments in memory, and their statistics."""

import numpy as np

from scripts.lib.light_curves.extraction_regions import Region

SHAPE = (5, 20, 40)


class Cube:
    """Planes of a segment in memory, with the interface of an open file."""

    def __init__(self, exp_type="NRS_BRIGHTOBJ", **planes):
        self.path = "segment.fits"
        self.primary = {"EXP_TYPE": exp_type}
        self._planes = planes

    def shape(self, name):
        return self._planes[name].shape

    def header(self, name):
        return {"DISPAXIS": 1}

    def read(self, name, integrations=slice(None), rows=slice(None)):
        return self._planes[name][integrations, rows].copy()

    def __contains__(self, name):
        return name in self._planes


def box(first, last):
    weights = np.zeros(SHAPE[1:])
    weights[first:last] = 1.0
    return weights


def region(name, first, last, **options):
    weights = box(first, last)
    return Region(name, weights, np.zeros_like(weights), np.arange(SHAPE[2]), **options)


def cube(**options):
    planes = {
        "SCI": np.ones(SHAPE, np.float32),
        "DQ": np.zeros(SHAPE, np.uint32),
        "ERR": np.full(SHAPE, 2.0, np.float32),
        "VAR_POISSON": np.ones(SHAPE, np.float32),
    }
    return Cube(**(planes | options))


def trace_statistics(rows, centre):
    """Statistics of a segment of two integrations with a trace along x."""
    y = np.arange(float(rows))[:, None]
    lines = 1.0 + 0.2 * np.sin(np.arange(SHAPE[2]) / 4.0)
    median = np.exp(-0.5 * ((y - centre) / 2.0) ** 2) * lines
    aperture = (np.abs(y - 10.0) < 7.0) * np.ones(SHAPE[2])
    return {
        "median": median,
        "aperture": aperture,
        "background": np.zeros_like(median),
        "across": np.array(0),
        "trace_moments": np.array([centre, 2.0]),
        "shapes": np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.01, 0.02, 0.41]]),
        "outliers": np.zeros((2, 3)),
        "outlier_map": np.ones((rows, SHAPE[2]), int),
        "class_sizes": np.array([4, 0, 0]),
    }
