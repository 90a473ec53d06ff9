import pytest

from scripts.lib.diagnostics.verdict import (
    curve_findings,
    curve_name,
    noise_sentence,
    relative_text,
    visit_verdict,
)


def curve(**changed):
    """Metrics of a light curve with nothing wrong in it."""
    return {
        "detector": "NRS1",
        "order": 1,
        "n_integrations": 1000,
        "n_without_flux": 0,
        "n_outlying": 2,
        "cadence_s": 12.0,
        "scatter_ppm": 250.0,
        "ratio_to_photon": 1.25,
        "ratio_to_error": 1.0,
        "beta_10_30_min": 1.1,
        "beta_10_30_min_error": 0.1,
        "beta_max": 1.2,
        "seams": [],
        "tilt_events": [],
        "correlations": {},
        "flags": {"aperture": {"outlier_fraction": 0.001, "invalid_fraction": 0.01}},
    } | changed


SEAM = {"before": 1, "after": 2, "step_ppm": -90.0, "error_ppm": 10.0, "significance": 9.0}
TILT = {
    "integration": 301,
    "flux_step_ppm": -500.0,
    "shape_steps": {"y": {"step_pix": 0.02, "significance": 9.0}},
}
FOLLOWS = {
    "coefficient": 0.5,
    "slope_ppm_per_pix": 4e4,
    "significance": 6.0,
    "slow_share": 0.9,
}
WORSE = {"wavelength_um": 2.5, "pixel": 7, "kind": "drift"}


def test_the_archives_scatter_stands_next_to_ours():
    archive = {"scatter_ppm": 465.0, "ratio_to_photon": 2.32}
    assert noise_sentence(curve(archive=archive)).endswith(
        "; the archive's product scatters by 465 ppm, 2.32 times photon noise."
    )
    headline = visit_verdict([curve(archive=archive)])["headline"]
    assert "1.25 times photon noise (the archive's product 2.32)" in headline


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ratio_to_photon": 2.6}, "2.6 times photon noise"),
        ({"noise_factor": 1.3}, "the noise is 1.30 times ERR"),
        ({"noise_factor": 0.8}, "the noise is 0.80 times ERR"),
        ({"contamination_mean": 4.7}, "light of other orders is 4.7 times that of this order"),
        ({"columns_contaminated": 12}, "in 12 columns other orders give more light"),
        ({"columns_without_light": 3}, "3 columns hold no light of this order"),
        ({"dilution_limit": 0.005}, "a dip is 0.5 % too shallow"),
        ({"negative": True}, "the median flux is not positive"),
        ({"bursts": [{"integration": 31, "fraction": 0.5}]}, "31 (50 %)"),
    ],
)
def test_what_limits_the_measurement_is_named(changed, words):
    (text,) = curve_findings(curve(**changed))
    assert text.startswith("NRS1: ")
    assert words in text


def test_what_does_not_limit_it_is_not():
    assert (
        curve_findings(curve(noise_factor=1.05, contamination_mean=0.5, dilution_limit=0.0)) == []
    )


@pytest.mark.parametrize(
    ("detector", "order", "several", "name"),
    [
        ("NRS1", 1, False, "NRS1"),
        ("NRCB1", 0, False, "NRCB1"),
        ("NRS1", -1, False, "NRS1"),
        ("NIS", 1, True, "NIS order 1"),
        ("NIS", -2, False, "NIS order 2"),
    ],
)
def test_order_is_named_where_it_says_something(detector, order, several, name):
    found = {"detector": detector, "order": order, "several_orders": several}
    assert curve_name(found) == name


@pytest.mark.parametrize(
    ("ppm", "text"), [(249.6, "250 ppm"), (9999.0, "9999 ppm"), (12345.0, "1.2 %")]
)
def test_large_parts_are_per_cent(ppm, text):
    assert relative_text(ppm) == text


def test_noise_in_one_sentence():
    assert noise_sentence(curve()) == (
        "NRS1: scatter 250 ppm per integration of 12 s, 1.25 times photon noise and 1.00 times "
        "the errors; averaged over 10 to 30 min 1.1 times white noise."
    )


def test_what_is_not_known_is_not_in_the_sentence():
    bare = curve(cadence_s=None, ratio_to_photon=None, ratio_to_error=None, beta_10_30_min=None)
    assert noise_sentence(bare) == "NRS1: scatter 250 ppm per integration."


def test_nothing_wrong_is_no_finding():
    assert curve_findings(curve()) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ratio_to_error": 1.31}, "the scatter is 1.31 times what the errors predict"),
        ({"ratio_to_error": 0.69}, "they are too large"),
        ({"beta_10_30_min": 1.5}, "red noise: averages over 10 to 30 min scatter 1.5 times"),
        ({"beta_10_30_min": None, "beta_max": 2.1}, "red noise: averages scatter up to 2.1 times"),
        ({"tilt_events": [TILT]}, "tilt event at integration 301: flux by -500 ppm, y by +0.0200"),
        (
            {"tilt_events": [TILT | {"shape_steps": {}}]},
            "step at integration 301: flux by -500 ppm",
        ),
        (
            {"correlations": {"x": FOLLOWS}},
            "the flux follows the position along x (correlation +0.50",
        ),
        (
            {"correlations": {"width": FOLLOWS | {"slow_share": 0.21}}},
            "the flux follows the width of the star or trace (correlation +0.50",
        ),
        (
            {"worse_elements": [WORSE]},
            "1 column is worse than its neighbours: 2.5000 µm (pixel 7, drift)",
        ),
        ({"worse_elements": [WORSE] * 7}, "7 columns are worse than their neighbours: "),
        ({"worse_elements": [WORSE] * 7}, " and 2 others"),
        ({"seams": [SEAM]}, "step of -90 ± 10 ppm at the seam of segments 1 and 2"),
        ({"n_without_flux": 3}, "3 integrations have no flux"),
        ({"dropped_integrations": [7]}, "1 integrations of the exposure are absent (7)"),
        ({"n_outlying": 11}, "11 integrations are outliers by more than 5 sigma"),
        (
            {"flags": {"aperture": {"invalid_fraction": 0.03}}},
            "3.0 % of the pixels in the aperture are missing",
        ),
    ],
)
def test_one_thing_wrong_is_one_finding(changed, words):
    (text,) = curve_findings(curve(**changed))
    assert text.startswith("NRS1: ")
    assert words in text


@pytest.mark.parametrize(
    "changed",
    [
        {"ratio_to_error": 1.29},
        {"beta_10_30_min": 1.5, "beta_10_30_min_error": 0.3},
        {"seams": [SEAM | {"significance": 3.9}]},
        {"seams": [SEAM | {"significance": None}]},
        {"n_outlying": 10},
        {"correlations": {"x": FOLLOWS | {"significance": 4.9}}},
        {"correlations": {"x": FOLLOWS | {"coefficient": -0.29}}},
        {"correlations": {"width": FOLLOWS | {"slow_share": 0.19}}},
    ],
)
def test_what_is_within_the_limits_is_no_finding(changed):
    assert curve_findings(curve(**changed)) == []


def test_level_follows_the_findings():
    good = visit_verdict([curve()])
    assert good["level"] == "good"
    assert good["headline"].endswith(" Nothing unusual.")
    look = visit_verdict([curve(), curve(detector="NRS2", seams=[SEAM])])
    assert look["level"] == "look"
    assert look["headline"].endswith(" 1 thing to look at.")
    assert look["findings"] == curve_findings(curve(detector="NRS2", seams=[SEAM]))
    assert "the worst seam of NRS2 is -90 ± 10 ppm" in look["headline"]
    small = SEAM | {"significance": 1.9}
    assert "no step at a seam" in visit_verdict([curve(seams=[small])])["headline"]
    short = {"detector": "NRS1", "order": 1, "n_integrations": 3, "n_without_flux": 1}
    unknown = visit_verdict([short | {"too_short": True}])
    assert unknown["level"] == "unknown"
    assert unknown["noise"] == ["NRS1: 2 integrations with flux are too few to judge."]


@pytest.mark.parametrize(
    ("missing", "start"),
    [
        (24, "NRS2 has no flux in any of 24"),
        (12, "NRS2 has no flux in 12 of 24"),
        (11, "NRS1 scat"),
    ],
)
def test_a_detector_of_which_half_is_missing_is_in_the_headline(missing, start):
    other = {"detector": "NRS2", "too_short": True, "n_integrations": 24, "n_without_flux": missing}
    headline = visit_verdict([curve(), curve(**other)])["headline"]
    assert headline.startswith(start)
    assert "NRS1 scatters" in headline
