"""Steps and plots of the two branches."""

import pytest

from scripts.lib.instruments.branches import CONFIGURED_STEPS, PLOTS
from scripts.lib.instruments.modes import MODES
from scripts.lib.references.parameters import KINDS


def test_every_mode_is_of_a_known_branch():
    branches = {mode.branch for mode in MODES.values()}
    assert branches == set(CONFIGURED_STEPS) == set(PLOTS)


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.exp_type)
def test_the_branch_of_a_mode_has_the_step_that_measures_it(mode):
    other = ({*CONFIGURED_STEPS} - {mode.branch}).pop()
    assert mode.settings in CONFIGURED_STEPS[mode.branch]
    assert mode.settings not in CONFIGURED_STEPS[other]


def test_steps_are_in_the_order_of_the_work():
    assert CONFIGURED_STEPS["imaging"] == ("outlier_detection", "tso_photometry")
    spectroscopy = ["outlier_detection", "adaptive_trace_model", "pixel_replace", "extract_1d"]
    assert list(CONFIGURED_STEPS["spectroscopy"]) == [*spectroscopy, "photom", "white_light"]


def test_steps_are_those_that_have_parameter_references():
    assert {step for steps in CONFIGURED_STEPS.values() for step in steps} == set(KINDS)


def test_only_spectra_have_plots_against_wavelength():
    plots = [name for name in PLOTS["spectroscopy"] if name in PLOTS["imaging"]]
    assert plots == [*PLOTS["imaging"]]
    assert {*PLOTS["spectroscopy"]} - {*plots} == {
        "light_curve_map",
        "noise_spectrum",
        "median_spectrum",
        "binned_light_curves",
        "depth_spectrum",
    }
