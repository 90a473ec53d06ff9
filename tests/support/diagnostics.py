"""Diagnostics of visits, as the summary of all visits reads them."""

import numpy as np

from scripts.lib.diagnostics.depths import DESCRIPTIONS

SEAMS = [
    {"step_ppm": 10.0, "error_ppm": 10.0, "significance": 1.0, "before": 1, "after": 2},
    {"step_ppm": -90.0, "error_ppm": 10.0, "significance": 9.0, "before": 2, "after": 3},
    {"step_ppm": None, "error_ppm": None, "significance": None, "before": 3, "after": 4},
]


def light_curve(**changes):
    """Metrics of a light curve with a step at its second seam."""
    flags = {"aperture": {"outlier_fraction": 0.01, "invalid_fraction": None}}
    metrics = {
        "detector": "NRS1",
        "order": 1,
        "n_integrations": 60,
        "n_without_flux": 0,
        "n_outlying": 0,
        "cadence_s": 20.0,
        "scatter_ppm": 150.0,
        "ratio_to_photon": 1.2,
        "ratio_to_error": None,
        "beta_10_30_min": None,
        "beta_10_30_min_error": None,
        "beta_max": None,
        "seams": SEAMS,
        "tilt_events": [],
        "correlations": {},
        "flags": flags,
    }
    return metrics | changes


def visit(name, level, findings, *curves):
    """Diagnostics of a visit."""
    return {
        "product": name,
        "visit": {"target": "WASP-39 <b>", "n_segments": 4},
        "verdict": {"level": level, "findings": findings},
        "light_curves": list(curves),
    }


def depth_columns(**depths):
    """Table of depths: by detector, of white light and then of bins."""
    pairs = [
        (detector, k, depth)
        for detector, values in depths.items()
        for k, depth in enumerate(values)
    ]
    columns = {name: np.full(len(pairs), np.nan) for name in DESCRIPTIONS}
    columns |= {"detector": np.array([pair[0] for pair in pairs])}
    columns |= {"kind": np.array(["bin" if pair[1] else "white" for pair in pairs])}
    columns |= {
        "reason": np.array([""] * len(pairs)),
        "depth": np.array([pair[2] for pair in pairs]),
    }
    counts = {"order": np.ones(len(pairs), int), "integrations": np.full(len(pairs), 60)}
    return columns | counts | {"depth_error": 0.01 * columns["depth"]}
