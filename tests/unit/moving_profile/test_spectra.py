from dataclasses import fields, replace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, REALISTIC, fit_depth, spectral_scene, split
from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_reference
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations
from scripts.lib.moving_profile.segment import Extent
from scripts.lib.moving_profile.spectra import model_spectra
from scripts.lib.moving_profile.tie import shape_terms, slow_width, tie_flux
from scripts.lib.moving_profile.white_light import template_spectrum
from tests.support.light_curves import sum_of_columns

SMALL = replace(REALISTIC, hits_near_lost=60)


def reference_of(planes, **options):
    """Reference of a visit."""
    sample = sample_integrations(len(planes))
    return spectral_reference(planes[sample], consecutive_pairs(sample), SpectralOptions(**options))


def blocks(planes, size):
    """Planes in blocks of a size."""
    return (planes[first : first + size] for first in range(0, len(planes), size))


def changed(planes, **images):
    """Copies of planes, some of them others."""
    names = ["sci", "err", "dq", "var_poisson"]
    return Planes(**{name: images.get(name, getattr(planes, name)).copy() for name in names})


def assert_same_bytes(one, other):
    """Check that two results are bit-equal."""
    for field in fields(one):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert left.tobytes() == right.tobytes(), field.name


@pytest.fixture(scope="module")
def scene():
    return spectral_scene((28, 200), integrations=120, seed=11, trouble=SMALL)


@pytest.fixture(scope="module")
def reference(scene):
    return reference_of(scene.planes)


@pytest.fixture(scope="module")
def whole(scene, reference):
    return model_spectra([scene.planes], Extent(120), reference)


@pytest.mark.parametrize("size", [1, 5, 16, 120])
def test_blocks_of_any_size_give_the_same_bytes(scene, reference, whole, size):
    given = model_spectra(blocks(scene.planes, size), Extent(120), reference)
    assert_same_bytes(given, whole)


@pytest.mark.parametrize("size", [1, 5, 120])
def test_blocks_of_any_size_give_the_same_bytes_with_stripes(size):
    trouble = replace(SMALL, stripes=3.0)
    scene = spectral_scene((28, 400), 60, seed=2, trouble=trouble, dark_columns=0.3)
    reference = reference_of(scene.planes, stripes=True)
    assert reference.stripes is not None
    given = model_spectra(blocks(scene.planes, size), Extent(60), reference)
    assert_same_bytes(given, model_spectra([scene.planes], Extent(60), reference))


@pytest.mark.parametrize("size", [1, 5, 60])
def test_blocks_of_any_size_give_the_same_bytes_along_a_curved_trace(size):
    scene = spectral_scene((60, 150), 60, seed=2, trouble=SMALL, tilt=15.0, sigma=2.0)
    trace = 29.7 + 15.0 * np.linspace(-1, 1, 150)
    reference = reference_of(scene.planes, trace=trace, half_width=9)
    assert reference.band.rows is None
    whole = model_spectra([scene.planes], Extent(60), reference)
    assert_same_bytes(model_spectra(blocks(scene.planes, size), Extent(60), reference), whole)
    scatter = [
        fit_depth(flux, scene.dip)[2]
        for flux in (
            sum_of_columns(whole.flux, template_spectrum(whole.flux))["flux"],
            scene.ideal.sum(axis=1),
        )
    ]
    assert scatter[0] < 1.15 * scatter[1]


def test_segments_with_halos_equal_the_whole_visit(scene, reference, whole):
    parts = [model_spectra([planes], extent, reference) for planes, extent in split(scene)]
    for name in (field.name for field in fields(whole) if field.name != "outliers"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes(), name
    pixels = scene.planes.sci[0].size
    outliers = [part.outliers + 40 * pixels * k for k, part in enumerate(parts)]
    np.testing.assert_array_equal(np.concatenate(outliers), whole.outliers)


def test_a_quiet_star_is_recovered():
    scene = spectral_scene((28, 100), 40, seed=1, trouble=QUIET, electrons=4e7, read=1.0, sky=0.0)
    reference = reference_of(scene.planes)
    model = model_spectra([scene.planes], Extent(40), reference)
    truth = scene.star * scene.extra["spectrum"]
    # The profile is measured from the same integrations, and its noise is in the static part.
    ratio = model.flux / truth
    np.testing.assert_allclose(np.median(ratio, axis=0), 1.0, atol=3e-3)
    deviation = (ratio / np.median(ratio, axis=0) - 1.0) * truth / model.error
    assert np.std(deviation) == pytest.approx(1.0, abs=0.06)
    np.testing.assert_allclose(np.median(model.chi2), 1.0, atol=0.05)
    assert reference.noise_factor == pytest.approx(1.0, abs=0.02)


def test_units_do_not_matter(scene, whole):
    factor = 2.0**-60
    planes = changed(
        scene.planes,
        sci=scene.planes.sci * np.float32(factor),
        err=scene.planes.err * np.float32(factor),
        var_poisson=(scene.planes.var_poisson * np.float32(factor)) * np.float32(factor),
    )
    model = model_spectra([planes], Extent(120), reference_of(planes))
    for name in ["flux", "filled", "error", "photon_error", "background"]:
        np.testing.assert_array_equal(getattr(model, name), getattr(whole, name) * factor)
    np.testing.assert_array_equal(model.outliers, whole.outliers)


def test_an_integration_of_nan_is_a_row_of_nan(scene, reference, whole):
    planes = changed(scene.planes)
    planes.sci[30] = np.nan
    model = model_spectra([planes], Extent(120), reference)
    assert np.isnan(model.flux[30]).all()
    assert np.isnan([model.level[30], model.x[30], model.chi2[30]]).all()
    assert model.n_outliers[30] == 0
    others = np.abs(np.arange(120) - 30) > 12
    np.testing.assert_array_equal(model.flux[others], whole.flux[others])


def test_a_dead_column_is_nan_and_no_other_is(scene, whole):
    dead = np.isnan(whole.flux).all(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(dead), [200 // 3])


def test_numbers_in_bad_samples_do_not_matter(scene, whole):
    # Calibrated segments have NaN in all planes of a bad sample.
    bad = (scene.planes.dq & 1) != 0
    names = ("sci", "err", "var_poisson")
    spoiled = {name: np.where(bad, np.nan, getattr(scene.planes, name)) for name in names}
    planes = changed(scene.planes, **{k: v.astype(np.float32) for k, v in spoiled.items()})
    model = model_spectra([planes], Extent(120), reference_of(planes))
    # Errors of bad samples are summed in single precision and taken off.
    np.testing.assert_allclose(model.error, whole.error, rtol=1e-5)
    assert_same_bytes(replace(model, error=whole.error), whole)
    np.testing.assert_array_equal(np.isfinite(model.error), np.isfinite(model.flux))


def test_a_column_that_is_bad_for_a_while_is_nan_for_a_while(whole):
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(whole.flux[:, 107])), np.arange(54, 66))


def test_a_pixel_without_data_or_errors_costs_no_error_of_its_column(scene):
    planes = changed(scene.planes)
    y = int(reference_of(scene.planes).trace[50])
    planes.sci[:, y, 50], planes.err[:, y, 50], planes.dq[:, y, 50] = np.nan, np.nan, 1
    model = model_spectra([planes], Extent(120), reference_of(planes))
    assert np.isfinite(model.flux[:, 50]).all()
    assert np.isfinite(model.error[:, 50]).all()


def test_twelve_integrations_have_a_static_profile():
    scene = spectral_scene((28, 100), 12, seed=1, trouble=QUIET)
    reference = reference_of(scene.planes)
    assert reference.profile.shape[0] == 1
    model = model_spectra([scene.planes], Extent(12), reference)
    assert np.isfinite(model.flux).all()
    np.testing.assert_allclose(model.flux, scene.ideal, rtol=0.1)


def test_a_segment_that_is_missing_changes_the_others_little(scene, whole):
    first, last = scene.planes[:40], scene.planes[80:]
    rest = Planes(
        *(
            np.concatenate([getattr(part, name) for part in (first, last)])
            for name in ("sci", "err", "dq", "var_poisson")
        )
    )
    # The visit's numbers say which integrations follow each other: 39 and 80 do not.
    numbers = np.concatenate([np.arange(40), np.arange(80, 120)])
    reference = spectral_reference(rest, consecutive_pairs(numbers))
    parts = [model_spectra([planes], Extent(40), reference) for planes in (first, last)]
    flux, level = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("flux", "level")
    )
    assert (np.isfinite(flux).sum() / np.isfinite(whole.flux[numbers]).sum()) > 0.999
    whites = [
        sum_of_columns(values, template_spectrum(whole.flux))["flux"]
        for values in (flux, whole.flux[numbers])
    ]
    ratio = whites[0] / whites[1]
    noise = np.nanmedian(np.sqrt(np.nansum(whole.error**2, axis=1))) / np.nanmedian(whites[1])
    assert np.std(ratio / np.median(ratio)) < 0.4 * noise
    assert abs(np.mean(ratio[:40]) / np.mean(ratio[40:]) - 1.0) < 0.3 * noise
    assert np.isfinite(level).all()


def test_a_hit_is_flagged_and_costs_no_flux(scene, reference, whole):
    planes = changed(scene.planes)
    y, x = int(reference.trace[50]), 50
    planes.sci[70, y, x] += 40 * planes.err[70, y, x]
    model = model_spectra([planes], Extent(120), reference)
    assert 70 * 28 * 200 + y * 200 + x in model.outliers
    assert model.n_outliers[70] == whole.n_outliers[70] + 1
    assert abs(model.flux[70, x] - whole.flux[70, x]) < 2.0 * model.error[70, x]
    assert model.valid[70, x] < whole.valid[70, x]


def test_missing_photon_variance_is_none(scene, reference):
    planes = changed(scene.planes)
    planes.var_poisson[:] = np.nan
    model = model_spectra([planes], Extent(120), reference)
    good = np.isfinite(model.flux)
    assert (model.photon_error[good] == 0.0).all()


@pytest.mark.parametrize("factor", [0.8, 1.4])
def test_errors_are_right_where_err_is_wrong(factor):
    scene = spectral_scene(
        (28, 200), 120, seed=3, trouble=replace(SMALL, err_factor=factor), depth=0.0
    )
    reference = reference_of(scene.planes)
    model = model_spectra([scene.planes], Extent(120), reference)
    assert reference.noise_factor == pytest.approx(1.0 / factor, rel=0.02)
    ratio = np.std(model.flux, axis=0) / np.median(model.error, axis=0)
    assert np.nanmedian(ratio) == pytest.approx(1.0, abs=0.05)


def test_truth_of_a_realistic_visit():
    scatter, bias = [], []
    for seed in range(4):
        scene = spectral_scene((28, 256), 150, seed=seed, trouble=SMALL)
        reference = reference_of(scene.planes)
        parts = [model_spectra([planes], extent, reference) for planes, extent in split(scene)]
        join = {
            n: np.concatenate([getattr(p, n) for p in parts])
            for n in ["flux", "filled", "x", "y", "width"]
        }
        template = template_spectrum(join["flux"])
        white, filled = (
            sum_of_columns(join[name], template)["flux"] for name in ("flux", "filled")
        )
        terms, _ = shape_terms(join["x"], join["y"])
        tied = tie_flux(white, filled, terms, slow_width(join["width"]))
        depth, error, noise = fit_depth(tied, scene.dip)
        ideal = fit_depth(scene.ideal.sum(axis=1), scene.dip)
        scatter.append(noise / ideal[2])
        bias.append((depth - ideal[0]) / error)
        found = np.concatenate([p.outliers + 50 * k * 28 * 256 for k, p in enumerate(parts)])
        jumping = np.broadcast_to(scene.rtn, scene.planes.sci.shape).reshape(-1)
        for amplitude in (10.0, 30.0, 200.0):
            hits = scene.hits[amplitude]
            assert np.isin(hits[~jumping[hits]], found).all()
        rest = np.setdiff1d(found, np.concatenate(list(scene.hits.values())))
        assert np.count_nonzero(~jumping[rest]) <= 6
    assert np.mean(scatter) < 1.06
    assert abs(np.mean(bias)) < 0.5


@pytest.mark.parametrize("tilt", [0.5, 5.0])
def test_positions_and_widths_hold_nothing_of_a_chromatic_transit(tilt):
    place = np.linspace(-1.0, 1.0, 200)
    # Deeper by a fifth from end to end, and in a line; the background drifts by a third.
    colour = 1.0 + 0.1 * place + 0.2 * np.exp(-0.5 * ((place + 0.26) / 0.02) ** 2)
    found = []
    for depth in (0.02, 0.0):
        trouble = replace(SMALL, background_drift=0.3)
        options = {"trouble": trouble, "colour": colour, "tilt": tilt, "depth": depth}
        scene = spectral_scene((28, 200), 300, seed=3, electrons=1e7, **options)
        model = model_spectra([scene.planes], Extent(300), reference_of(scene.planes))
        true = dict(zip("xy", scene.extra["motion"], strict=True))
        assert np.std(model.y - true["y"]) < 0.003
        found.append(
            {
                name: np.corrcoef(getattr(model, name) - true.get(name, 0.0), scene.dip)[0, 1]
                for name in ("x", "y", "width", "level")
            }
        )
    with_transit, without = found
    assert with_transit["level"] < -0.99
    for name in ("x", "y", "width"):
        # Noise alone correlates by up to 0.15 with a dip; the same noise has the same share of it.
        assert abs(with_transit[name] - without[name]) < 0.05, name
        assert abs(with_transit[name]) < 0.18, name
