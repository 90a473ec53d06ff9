"""The examples in docstrings give the results that they show."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "scripts").rglob("[a-z]*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
# What users of the science read, by module.
TAUGHT = {
    "scripts.white_light": ["sum_in_range"],
    "scripts.lib.diagnostics.light_curve_model": [
        "fit_light_curve",
        "scaled_times",
        "find_inliers",
    ],
    "scripts.lib.light_curves.noise": [
        "mad_sigma",
        "difference_mad",
        "second_difference_mad",
        "point_to_point_sigma",
        "clipped_sigma",
        "time_averaging",
        "beta_between",
        "correlation",
    ],
    "scripts.lib.diagnostics.spectral_noise": ["running_median"],
    "scripts.lib.light_curves.binned_light_curves": ["bin_edges", "bin_numbers"],
    "scripts.lib.light_curves.element_sums": ["sum_groups"],
    "scripts.lib.light_curves.quality": ["integration_quality"],
    "scripts.lib.outliers.detection": ["detect_outliers", "flag_global", "mask_bits"],
    "scripts.lib.outliers.rolling_median": ["rolling_median", "window_starts"],
    "scripts.lib.outliers.search": ["is_outlier", "flag_rolling"],
    "scripts.lib.photometry.circular_apertures": ["ring_sums"],
    "scripts.lib.segment_data.dq": ["unify_nan_and_dq", "bad_bits"],
    "scripts.lib.spectra.sums": ["sum_aperture"],
}


@pytest.mark.parametrize("module", MODULES)
def test_examples_give_what_they_say(module):
    failed, attempted = doctest.testmod(importlib.import_module(module))
    assert attempted > 0
    assert failed == 0


@pytest.mark.parametrize(
    ("module", "function"), [(module, name) for module in TAUGHT for name in TAUGHT[module]]
)
def test_what_users_of_the_science_read_has_an_example(module, function):
    documented = getattr(importlib.import_module(module), function)
    assert "Examples\n" in documented.__doc__
    assert doctest.DocTestParser().get_examples(documented.__doc__)
