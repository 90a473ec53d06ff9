"""Segments in memory."""

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


def cube(exp_type="NRS_BRIGHTOBJ", **planes):
    return Cube(exp_type, **{"DQ": np.zeros(SHAPE, np.uint32)} | planes)
