"""Light curves of a few integrations with everything that plots take, and what is in a drawing."""

import re

import numpy as np

from scripts.lib.report.curves import Curve
from scripts.lib.report.panels import Panel
from scripts.lib.report.scales import Scale

COUNT, ELEMENTS, ROWS = 12, 40, 24
SIGMA = 1e-3


def plotted_rows(count=COUNT, **changes):
    """Rows of a light curve: two segments, one flagged integration."""
    numbers = np.arange(1, count + 1)
    wave = SIGMA * np.where(numbers % 2, 1.0, -1.0)
    rows = {
        "integration": numbers,
        "segment": np.where(numbers <= count // 2, 1, 2),
        "bjd_tdb": 59770.0 + 0.01 * numbers,
        "flux_raw": 5.0 * (1.0 + 2.0 * wave),
        "flux_norm": 1.0 + wave,
        "flux_norm_error": np.full(count, SIGMA),
        "x": 0.1 * wave,
        "y": np.full(count, np.nan),
        "width": 0.9 + 0.01 * wave,
        "background": 1e-6 * (1.0 + wave),
        "n_outliers": np.where(numbers == 3, 4, 0),
        "quality": np.where(numbers == 3, 8, 0),
    }
    return rows | changes


def plotted_curve(name="NRS1", order=1, count=COUNT, metrics=None, rows=None, **arrays):
    """A light curve of spectra."""
    wavelength = np.linspace(2.0, 1.0, ELEMENTS)
    aperture, background = np.zeros((2, ROWS, ELEMENTS))
    aperture[8:13], background[18:] = 1.0, 1.0
    median = np.exp(-0.5 * ((np.arange(ROWS)[:, None] - 10.0) / 1.5) ** 2) + 0.1
    residuals = np.asarray(plotted_rows(count)["flux_norm"]) - 1.0
    found = {
        "model": np.ones(count),
        "residuals": residuals,
        "wavelength": wavelength,
        "columns": np.arange(ELEMENTS),
        "spectrum": np.full(ELEMENTS, 4.0),
        "flux_unit": "Jy",
        "unit": np.array("MJy/sr"),
        "element_noise": np.full(ELEMENTS, SIGMA),
        "element_error": np.full(ELEMENTS, SIGMA),
        "element_photon": np.full(ELEMENTS, 0.9 * SIGMA),
        "map": np.tile(np.arange(float(ELEMENTS)), (count, 1)),
        "outlier_fractions": np.tile([0.0, 0.1, 0.2], (count, 1)),
        "median": np.tile(median, (1, ELEMENTS)),
        "aperture": aperture,
        "background": background,
        "trace": np.full(ELEMENTS, 10.0),
        "profile": np.full((ROWS, ELEMENTS), np.nan),
        "noise": np.ones((ROWS, ELEMENTS)),
        "outlier_map": np.zeros((ROWS, ELEMENTS), int),
        "own_outlier_map": np.zeros((ROWS, ELEMENTS), int),
    }
    known = {"detector": name, "order": order, "scatter_ppm": 100.0, "cadence_s": 20.0}
    known |= {"ratio_to_photon": None, "ratio_to_error": None, "beta_10_30_min": None}
    known["flags"] = {"aperture": {"outlier_fraction": None}}
    hours = np.arange(float(count))
    return Curve(
        name,
        known | (metrics or {}),
        plotted_rows(count) | (rows or {}),
        {key: value for key, value in (found | arrays).items() if value is not None},
        hours,
        "Time since BJD 2459770.51000 TDB (h)",
    )


def plotted_star(name="NRCB1", **arrays):
    """A light curve of a star at x = 12, y = 10 in 24 rows of 30 pixels."""
    rows, columns = np.indices((ROWS, 30))
    distance = np.hypot(rows - 10.0, columns - 12.0)
    found = {
        "median": np.exp(-0.5 * distance**2) + 0.1,
        "aperture": (distance <= 2.0).astype(float),
        "background": ((distance >= 4.0) & (distance <= 6.0)).astype(float),
        "centre": np.array([12.0, 10.0]),
        "radii": np.array([2.0, 4.0, 6.0]),
        "trace": None,
        "profile": np.full((ROWS, 30), np.nan),
        "noise": np.ones((ROWS, 30)),
        "outlier_map": np.zeros((ROWS, 30), int),
        "own_outlier_map": np.zeros((ROWS, 30), int),
    }
    return plotted_curve(name, 0, **(found | arrays))


def panel_of(**options):
    """Panel with one pair of axes of 400 times 100 pixels."""
    panel = Panel("Name", Scale(0.0, 10.0), "x", **options)
    return panel, panel.add(100, Scale(0.0, 1.0), "y")


def drawn(panel):
    """Text of the drawing of a panel."""
    return panel.drawing().svg()


def titles_in(svg):
    """Texts that appear where the pointer rests on a mark."""
    return re.findall("<title>([^<]*)</title>", svg)


def texts_in(svg):
    """All texts that are written in a drawing."""
    return re.findall("<text[^>]*>([^<]*)</text>", svg)


def entries(panel):
    """Names in the legend of a panel."""
    return list(dict.fromkeys(label for axes in panel.axes for label, *_ in axes.entries))
