from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.flux import ColumnFluxes
from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.order_light import (
    crosstalk,
    remove_crosstalk,
    star_change,
    unmodelled_light,
)
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_references
from scripts.lib.moving_profile.segment import Extent, join
from scripts.lib.moving_profile.spectra import orders_parts
from scripts.lib.soss.order_shares import share_of_each

FRAMES, HEIGHT, WIDTH = 40, 60, 50
ROWS = np.arange(HEIGHT)[:, None]
TRACES = {"1": np.full(WIDTH, 24.0), "2": np.full(WIDTH, 38.0)}
FLUX = {"1": 4000.0, "2": 1000.0}
DEPTH = {"1": 0.02, "2": 0.03}
DIP = (np.abs(np.arange(FRAMES) - 19.5) < 8).astype(float)


def profile(centre):
    """Share of the light of a Gaussian with wings in each row, (y, x)."""
    core, wings = (np.exp(-0.5 * ((ROWS - centre) / s) ** 2) for s in (2.0, 6.0))
    share = 0.9 * core / core.sum(axis=0) + 0.1 * wings / wings.sum(axis=0)
    return np.repeat(share, WIDTH, axis=1)


PROFILES = {name: profile(trace[0]) for name, trace in TRACES.items()}


@pytest.fixture(name="visit", scope="module")
def simulate():
    """Two orders, the second with a deeper dip, in the wings of the first, and a hit."""
    rng = np.random.default_rng(7)
    level = {name: 1.0 - depth * DIP for name, depth in DEPTH.items()}
    star = sum(FLUX[k] * level[k][:, None, None] * PROFILES[k] for k in FLUX)
    error = np.full(star.shape, 0.5, np.float32)
    sci = (star + 20.0 + 0.5 * rng.normal(size=star.shape)).astype(np.float32)
    # In a row that belongs to both bands.
    sci[5, 31, 12] += 50.0
    return Planes(sci, error, np.zeros(sci.shape, np.uint32), np.zeros(sci.shape, np.float32))


def references_of(visit, shares=True):
    excluded = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for trace in TRACES.values():
        excluded |= np.abs(ROWS - trace) <= 9
    functions = share_of_each(PROFILES)
    options = {
        name: SpectralOptions(
            trace=trace, half_width=8, excluded=excluded, share=functions[name] if shares else None
        )
        for name, trace in TRACES.items()
    }
    return spectral_references(visit, np.arange(FRAMES - 1), options)


@pytest.fixture(name="references", scope="module")
def measured_references(visit):
    return references_of(visit)


def model(visit, references, step=FRAMES):
    blocks = [visit[first : first + step] for first in range(0, FRAMES, step)]
    parts = list(orders_parts(blocks, Extent(FRAMES), references, 6.0))
    return {name: join([vars(part[name]) for part in parts]) for name in references}


def depth(flux):
    white = np.nansum(flux, axis=1)
    return 1.0 - white[DIP > 0].mean() / white[DIP == 0].mean()


def test_each_order_keeps_its_own_depth(visit, references):
    found = model(visit, references)
    for name, true in DEPTH.items():
        assert depth(found[name]["flux"]) == pytest.approx(true, rel=5e-3)
        assert depth(found[name]["filled"]) == pytest.approx(true, rel=1e-2)


def test_without_shares_the_depths_are_mixed(visit):
    found = model(visit, references_of(visit, shares=False))
    # Order 1, which dips less, has a per cent of the light in the band.
    assert depth(found["2"]["flux"]) < 0.994 * DEPTH["2"]


def test_light_of_an_order_is_its_own(references):
    for name, reference in references.items():
        flux = reference.response[0] / reference.scale
        np.testing.assert_allclose(flux, FLUX[name], rtol=0.03)
        assert reference.noise_factor == pytest.approx(1.0, abs=0.05)


def test_contamination_is_the_other_light_over_the_own(references):
    # The brighter order is contaminated less.
    assert 0.0 < references["1"].contamination.mean() < 0.02
    assert 0.01 < references["2"].contamination.mean() < 0.5
    assert list(references["2"].crosstalk) == ["1"]


def test_a_pixel_of_two_bands_is_an_outlier_once(visit, references):
    found = model(visit, references)
    place = np.ravel_multi_index((5, 31, 12), visit.shape)
    for values in found.values():
        assert np.count_nonzero(values["outliers"] == place) == 1
        assert values["n_outliers"][5] >= 1
    np.testing.assert_array_equal(found["1"]["outliers"], found["2"]["outliers"])
    assert len(found["1"]["outliers"]) <= 3


def test_blocks_change_no_byte(visit, references):
    whole, pieces = (model(visit, references, step) for step in (FRAMES, 7))
    for name, values in whole.items():
        for key, array in values.items():
            assert array.tobytes() == pieces[name][key].tobytes()


def test_change_is_what_is_more_than_the_median():
    order = SimpleNamespace(
        model=np.array([[6.0], [2.0]], np.float32),
        profile=np.array([[[0.75], [0.25]]], np.float32),
        response=np.array([[8.0], [1.0]]),
        lit_holes=np.zeros(0, int),
        hole_shape=np.zeros((1, 0), np.float32),
    )
    motion = np.array([[0.5, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0], [np.nan] * 4])
    spectrum = np.array([[1.0], [1.0], [2.0]])
    change, terms, flux = star_change(motion, spectrum, 0.0, order)
    np.testing.assert_allclose(flux[:, 0], [4.0, 10.0, 16.0])
    np.testing.assert_allclose(change[:, :, 0], [[-3.0, -1.0], [1.5, 0.5], [6.0, 2.0]])
    assert terms.shape == (3, 1)


def test_holes_with_data_change_as_their_neighbours_do():
    order = SimpleNamespace(
        model=np.array([[6.0], [0.0]], np.float32),
        profile=np.array([[[0.75], [0.0]]], np.float32),
        response=np.array([[8.0], [1.0]]),
        lit_holes=np.array([1]),
        hole_shape=np.array([[0.25]], np.float32),
    )
    motion = np.array([[0.5, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0]])
    change, _, _ = star_change(motion, np.ones((2, 1)), 0.0, order)
    np.testing.assert_allclose(change[:, 1, 0], [-1.0, 0.5])


def test_unmodelled_light_is_what_no_order_has():
    # Rows 0 to 2 and 1 to 3 of one column; row 2 is a hole of the first, row 3 beyond all models.
    light = np.array([[5.0], [4.0], [3.0], [2.0], [1.0]], np.float32)
    bands = [Band(np.array([first]), 3, (5, 1)) for first in (0, 1)]
    holes = np.zeros((2, 5, 1), dtype=bool)
    holes[0, 2] = True
    models = np.array([[[4.0], [1.0], [0.0]], [[2.0], [1.0], [2.0]]], np.float32)
    rest = unmodelled_light(light, list(zip(bands, holes, models, strict=True)))
    np.testing.assert_array_equal(rest[:, 0], [1.0, 1.0, 0.0, 0.0, 0.0])


def test_crosstalk_is_taken_off_where_the_other_light_is_not_as_expected():
    def fluxes(value):
        names = ("flux", "filled", "error", "photon_error", "valid")
        return ColumnFluxes(**{name: np.full((1, 2), value) for name in names})

    found = {"1": fluxes(100.0), "2": fluxes(10.0)}
    # In the second column nothing is known of the first order.
    found["1"].flux[0, 1] = np.nan
    expected = {"1": np.full((1, 2), 90.0), "2": np.full((1, 2), 10.0)}
    shares = np.array([[0.1, 0.1], [0.2, 0.2], [0.0, 0.0]])
    orders = {
        "1": SimpleNamespace(crosstalk={"2": np.zeros((3, 2))}),
        "2": SimpleNamespace(crosstalk={"1": shares}),
    }
    remove_crosstalk(found, expected, orders)
    np.testing.assert_allclose(found["2"].flux, [[9.0, 10.0]])
    np.testing.assert_allclose(found["2"].filled, [[8.0, 10.0]])
    np.testing.assert_allclose(found["2"].error[0, 0], np.hypot(10.0, 0.1 * 100.0))
    np.testing.assert_allclose(found["1"].flux[0, 0], 100.0)


def test_an_order_without_flux_adds_nothing_that_is_known():
    band = Band(np.array([0, 0]), 2, (2, 2))
    lit = np.array([[[0.5, 0.0], [0.5, 0.0]]], np.float32)

    def order(profile, light):
        return SimpleNamespace(
            band=band, profile=profile, weight=np.ones((2, 2), np.float32),
            response=np.array([[light, light], [0.0, 0.0]]), lit=profile[0].any(axis=0),
        )  # fmt: skip

    references = {"1": order(np.full((1, 2, 2), 0.5, np.float32), 8.0), "2": order(lit, 2.0)}
    lights = {"1": np.full((2, 2), 4.0), "2": np.full((2, 2), 1.0)}
    shares = crosstalk("1", references, lights)["2"]
    # Two of the second order's light of 2 are in both pixels of the band: (0.5 + 0.5) / 0.5 of 2.
    np.testing.assert_allclose(shares, [[1.0, 0.0], [1.0, 0.0], [0.25, 0.0]])
