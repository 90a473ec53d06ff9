from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.light_curves.element_sums import Groups
from scripts.lib.light_curves.spectral_curves import (
    corrected_columns,
    curve_of_groups,
    dilution_limit,
    free_of_motion,
    position_columns,
    sum_series,
    white_light,
)
from tests.support.light_curves import series_of, spectral_model

LENGTH = 120
DIP = np.where(np.abs(np.arange(LENGTH) - 60) < 20, 0.02, 0.0)
LEVELS = np.array([1.0, 2.0, 3.0, 4.0]) * 1e4
EVERYTHING = (0.0, 99.0)
ALL = Groups.from_numbers(np.zeros(4, int))


def noise(seed, size=1e-4):
    return size * np.random.default_rng(seed).normal(size=LENGTH)


def reference(stripes=None, **changed):
    """Reference with two columns of light at rows 3 and 5, a width of 2 and a background of 0."""
    known = {
        "trace": np.array([9.0, 3.0, 5.0, 9.0]),
        "lit": np.array([False, True, True, False]),
        "width": 2.0,
        "width_gain": 1.0,
        "noise_factor": 1.25,
        "crosstalk": {},
        "stripes": stripes,
        "scale": 2.0,
        "basis": SimpleNamespace(sigma=0.001, normal=np.eye(4)),
        "median": np.zeros((4, 4), np.float32),
        "region": SimpleNamespace(used=np.ones((4, 4), bool)),
        "common_variance": lambda members: 100.0 * members.sum(),
    }
    return SimpleNamespace(**known | changed)


def visit(folder, level, given=None, **changed):
    """Series of two segments whose spectra have a level in each integration."""
    model = spectral_model(level[:, None] * LEVELS, **changed)
    fields = {name: np.asarray(values) for name, values in vars(model).items()}
    parts = [
        replace(model, **{name: values[part] for name, values in fields.items() if len(values)})
        for part in (slice(0, 50), slice(50, None))
    ]
    return series_of(folder, parts, given)


def test_sums_of_a_series_are_those_of_its_blocks(tmp_path):
    sums = sum_series(visit(tmp_path, 1.0 - DIP), ALL)
    np.testing.assert_allclose(sums["flux"][:, 0], (1.0 - DIP) * 1e5)
    np.testing.assert_allclose(sums["error"][:, 0], 6.0)


def test_a_dip_in_the_fluxes_survives(tmp_path):
    level = 1.0 - DIP + noise(1)
    series = visit(tmp_path, level, reference(), x=noise(2, 0.05), y=noise(3, 0.05))
    columns, record = white_light(series, EVERYTHING)
    np.testing.assert_allclose(columns["flux"], level * 1e5)
    np.testing.assert_array_equal(columns["flux_corrected"], columns["flux"])
    assert record["method"] == "profile"
    assert record["noise_factor"] == 1.25
    assert not record["decorrelation"]["x, y"]["applied"]


def test_motion_is_taken_off_where_it_is_there(tmp_path):
    x, level = noise(2, 0.05), 1.0 - DIP + noise(1)
    moved = level * (1.0 + 0.1 * (x - np.median(x)))
    series = visit(tmp_path, moved, reference(), x=x, y=noise(3, 0.05))
    columns, record = white_light(series, EVERYTHING)
    found = record["decorrelation"]["x, y"]
    assert found["applied"]
    assert found["coefficients"]["x"] == pytest.approx(0.1, abs=2e-3)
    np.testing.assert_allclose(columns["flux"], moved * 1e5)
    np.testing.assert_allclose(columns["flux_corrected"], level * 1e5, rtol=3e-4)
    np.testing.assert_allclose(
        columns["flux_corrected_error"] / columns["flux_corrected"],
        record["error_factor"] * 6.0 / columns["flux"],
    )
    kept, record = white_light(series, EVERYTHING, wanted=False)
    np.testing.assert_array_equal(kept["flux_corrected"], kept["flux"])
    assert record["decorrelation"] == {}


@given(st.integers(0, 1000))
def test_chance_is_taken_off_no_more_than_by_chance(seed):
    # The F test lets one in a hundred through; whatever it is, it is small.
    rng = np.random.default_rng(seed)
    flux = 1e5 * (1.0 - DIP + 1e-4 * rng.normal(size=LENGTH))
    corrected, record = free_of_motion(flux, *rng.normal(size=(2, LENGTH)))
    if record["x, y"]["applied"]:
        assert np.std(corrected / flux) < 1e-4
    else:
        np.testing.assert_array_equal(corrected, flux)


def test_squares_are_tested_after_positions():
    # With the signs of one half turned in the other, positions and their squares are not alike.
    halves = noise(1, 1.0)[:60], noise(2, 1.0)[:60]
    x, y = (np.concatenate([half, -half[::-1]]) for half in halves)
    flux = (1.0 + 0.01 * (x**2 - np.median(x**2))) * (1.0 + noise(3))
    corrected, record = free_of_motion(flux, x, y, squares=True)
    assert not record["x, y"]["applied"]
    assert record["x^2, y^2, x y"]["applied"]
    assert np.std(flux) > 0.01
    assert np.std(corrected) < 3e-4
    assert list(free_of_motion(flux, x, y)[1]) == ["x, y"]


def test_filled_sums_correct_the_changes_of_a_shape(tmp_path):
    # The profile flux loses light with y, the filled sum does not; the star cancels in the ratio.
    y, level = noise(2, 0.02), 1.0 - DIP
    lossy = level * (1.0 - 0.05 * y)
    series = visit(
        tmp_path, lossy, reference(), y=y, filled=level[:, None] * LEVELS, x=noise(3, 0.1)
    )
    curves = curve_of_groups(series, ALL, series.integrations())
    np.testing.assert_allclose(curves["flux"][:, 0], level * 1e5, rtol=1e-5)


@pytest.mark.parametrize("follows", [False, True])
def test_widths_that_are_noise_do_not_tie_and_those_that_step_do(tmp_path, follows):
    width, level = noise(2, 0.02), 1.0 - DIP
    if follows:
        width = np.where(np.arange(LENGTH) < 70, 0.0, 0.02)
    series = visit(
        tmp_path,
        level * (1.0 - 0.05 * width),
        reference(),
        width=width,
        x=noise(3, 0.1),
        y=noise(4, 0.1),
        filled=level[:, None] * LEVELS,
    )
    flux = curve_of_groups(series, ALL, series.integrations())["flux"][:, 0]
    scatter = 1e5 * 0.05 * np.std(width)
    assert np.std(flux / level) == pytest.approx(0.0 if follows else scatter, abs=0.1 * scatter)


def test_stripes_are_an_error_that_the_elements_have_in_common(tmp_path):
    series = visit(tmp_path, 1.0 - DIP, reference(stripes=object()))
    groups = Groups.from_numbers(np.array([0, 0, 1, -1]))
    error = curve_of_groups(series, groups, series.integrations())["error"]
    np.testing.assert_allclose(error[:, 0], np.sqrt(2 * 9.0 + 200.0))
    np.testing.assert_allclose(error[:, 1], np.sqrt(9.0 + 100.0))


@pytest.mark.parametrize(("turned", "along", "across"), [(False, "x", "y"), (True, "y", "x")])
def test_positions_are_in_the_frame_of_the_detector(tmp_path, turned, along, across):
    series = visit(tmp_path, 1.0 - DIP, reference())
    series.turned = turned
    integrations = {
        "x": np.array([0.25, np.nan]),
        "y": np.array([0.5, 0.0]),
        "width": np.array([5.0, -9.0]),
    }
    columns = position_columns(series, integrations)
    np.testing.assert_array_equal(columns[along], [0.25, np.nan])
    np.testing.assert_array_equal(columns[across], [4.5, 4.0])
    # The root of 2^2 + 5; a negative square is no width.
    np.testing.assert_array_equal(columns["width"], [3.0, 0.0])


def test_a_trace_without_light_has_the_position_of_all_columns(tmp_path):
    series = visit(tmp_path, 1.0 - DIP, reference(lit=np.zeros(4, bool)))
    assert position_columns(series, series.integrations())["y"][0] == 6.5


def test_limits_choose_the_elements(tmp_path):
    # Wavelengths are 1 to 4.
    columns, _ = white_light(visit(tmp_path, 1.0 - DIP), (1.5, 3.0))
    np.testing.assert_allclose(columns["flux"], (1.0 - DIP) * 5e4)


def test_background_is_that_of_the_median_and_the_change(tmp_path):
    median = np.full((8, 4), 30.0, np.float32)
    given_reference = reference(median=median, region=SimpleNamespace(used=np.ones((8, 4), bool)))
    series = visit(tmp_path, 1.0 - DIP, given_reference, background=np.full((LENGTH, 4), 0.5))
    columns, _ = white_light(series, EVERYTHING)
    np.testing.assert_allclose(columns["background"], 15.0 + 0.5)


def test_without_background_pixels_the_faintest_are_the_limit_of_what_there_may_be(tmp_path):
    # A hundred pixels of 1 and one of 100, of which the light sums the latter and four others.
    median = np.ones((1, 101), np.float32)
    median[0, 50] = 100.0
    unknown = reference(
        median=median,
        region=SimpleNamespace(used=np.zeros((1, 101), bool)),
        band=SimpleNamespace(gather=lambda image: image[:, 48:53]),
    )
    columns, record = white_light(visit(tmp_path, 1.0 - DIP, unknown), EVERYTHING)
    assert record["dilution_limit"] == pytest.approx(5.0 / 104.0)
    np.testing.assert_array_equal(columns["background"], 0.0)


@pytest.mark.parametrize(
    ("image", "light", "share"),
    [
        ([[np.nan, np.nan]], [np.nan], 0.0),
        ([[-1.0, 9.0]], [9.0], 0.0),
        ([[1.0, -9.0]], [-9.0], 0.0),
        ([[2.0, 2.0, np.nan]], [2.0, np.nan], 1.0),
    ],
)
def test_dilution_is_no_negative_share(image, light, share):
    assert dilution_limit(np.array(image), np.array(light)) == share


@pytest.mark.parametrize("limits", [EVERYTHING, (50.0, 60.0)])
def test_nothing_measured_is_nan(tmp_path, limits):
    nothing = np.full((LENGTH, 4), np.nan)
    rows = np.full(LENGTH, np.nan)
    series = visit(
        tmp_path, rows, error=nothing, photon_error=nothing, valid=np.zeros((LENGTH, 4)),
        background=nothing, x=rows, y=rows, width=rows, chi2=rows, n_outliers=rows,
    )  # fmt: skip
    columns, record = white_light(series, limits)
    for name, values in columns.items():
        assert len(values) == LENGTH
        assert (values == 1.0).all() if name == "missing" else np.isnan(values).all(), name
    assert record["method"] == "profile"
    assert record["noise_factor"] is None
    assert not any(found["applied"] for found in record["decorrelation"].values())


def test_photons_that_are_not_known_are_nan(tmp_path):
    series = visit(tmp_path, 1.0 - DIP, photon_error=np.zeros((LENGTH, 4)))
    assert np.isnan(white_light(series, EVERYTHING)[0]["photon_error"]).all()


LONG = 400
LONG_DIP = np.where(np.abs(np.arange(LONG) - 150) < 60, 0.02, 0.0)
LONG_NOISE = 1e-4 * np.random.default_rng(1).normal(size=LONG)


def moved(step, at=300):
    """Light curve with a dip, and a step of the flux and of x at an integration."""
    after = np.arange(LONG) >= at
    rng = np.random.default_rng(2)
    positions = {name: 1e-3 * rng.normal(size=LONG) for name in ("x", "y", "width")}
    positions["x"] += 0.05 * after
    flux = 1e5 * (1.0 - LONG_DIP + LONG_NOISE) * (1.0 + step * after)
    return {"flux": flux, "error": np.full(LONG, 10.0)}, positions


def test_a_step_that_the_position_shows_is_taken_off_and_the_dip_is_not():
    found, positions = moved(2e-3)
    columns, record = corrected_columns(found, positions)
    (step,) = record["steps"]
    assert step["row"] == 300
    assert step["height"] == pytest.approx(2e-3, abs=2e-4)
    # The star has moved for good, but what moves it from one integration to the next does nothing.
    assert not record["decorrelation"]["x, y"]["applied"]
    truth = 1e5 * (1.0 - LONG_DIP + LONG_NOISE)
    np.testing.assert_allclose(columns["flux_corrected"], truth, rtol=2e-4)
    np.testing.assert_array_equal(columns["flux"], found["flux"])


def test_nothing_is_taken_off_where_nothing_may_be():
    found, positions = moved(2e-3)
    columns, record = corrected_columns(found, positions, wanted=False)
    np.testing.assert_array_equal(columns["flux_corrected"], found["flux"])
    assert (record["steps"], record["decorrelation"]) == ([], {})


def test_errors_follow_the_noise_of_the_series():
    found, positions = moved(0.0)
    found["error"] = np.full(LONG, 5.0)
    columns, record = corrected_columns(found, positions)
    assert record["error_factor"] == pytest.approx(2.0, rel=0.1)
    np.testing.assert_allclose(columns["flux_error"], 5.0 * record["error_factor"])
