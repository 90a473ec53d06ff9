"""Positions and widths of simulated visits in all modes hold the motion of the star, and nothing of its transit."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits

from benchmarks.product_truth import read_truth
from benchmarks.project_visits import visit_options
from scripts import visit_reference
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.model_series import ModelSeries
from scripts.lib.light_curves.plane_reader import blocks_with_halo
from scripts.lib.light_curves.segment_planes import open_planes
from scripts.lib.moving_profile.images import model_images
from scripts.lib.moving_profile.reference_file import load_references
from scripts.lib.moving_profile.segment import Extent, join
from scripts.lib.moving_profile.spectra import SpectralModel, orders_parts
from scripts.lib.moving_profile.stamp_shape import motion_errors
from scripts.simulation.modes import MODES as SIMULATED
from scripts.simulation.troubled_exposure import TroubledExposure
from scripts.simulation.visit import simulate_visit
from tests.support.light_curves import NO_OUTLIERS, write_spectra_model
from tests.support.steps import run_step

pytestmark = pytest.mark.slow

# Integrations, and milliarcseconds of 0.06 pixels, the drift of the demo.
MODES = {
    "BOTS": (150, 6.0),
    "LRS": (150, 6.6),
    "GRISM": (60, 3.8),
    "SOSS": (80, 3.9),
    "NIRCAM": (300, 1.9),
    "MIRI": (300, 6.6),
}
LARGEST = 0.003
# What the transit may add to a correlation with itself.
ADDED = 0.1


def simulate(folder, mode):
    """A visit of a mode with background, drift and what else is realistic: its options, detector and segment."""
    count, drift = MODES[mode]
    options = visit_options(mode, "A", 8150, count, 1, ingredients={"drift": drift})
    options = replace(options, integrations=count)
    simulate_visit(folder, options)
    members = json.loads((folder / "truth.json").read_text())["members"]
    ((detector, (name,)),) = members.items()
    return options, detector, folder / name


def without_transit(options, detector, segment):
    """Copy of a segment to which the light is added that the planet hides; its noise is the same."""
    mode = SIMULATED[options.mode]
    view = mode.view(options, detector)
    index = list(mode.detectors(options)).index(detector)
    faults = TroubledExposure(options, mode, view, index).faults
    with np.load(segment.with_name("truth.npz")) as truth:
        levels, motions = truth[f"{detector}_star_level"], truth["offsets"]
        response = truth[f"{detector}_response"]
    still = segment.with_name(f"still_{segment.name}")
    shutil.copy(segment, still)
    scene = view.scene
    with fits.open(still, mode="update") as file:
        for k in np.flatnonzero(levels.min(axis=1) < 1.0):
            stars = scene.templates(motions[k]) * faults.response(motions[k])
            whole, dim = (
                scene.moved_light(light, motions[k]).reshape(scene.element_shape)
                for light in (np.ones_like(levels[k]), levels[k])
            )
            hidden = (stars * (whole - dim)).sum(axis=0) * response[k]
            file["SCI"].data[k] += hidden * scene.conversion_image()
    return still


def measured(segment, mode):
    """Positions and widths of a segment as the products give them, and the errors that these give."""
    folder = segment.parent
    files = {
        kind: str(found[0])
        for kind in ("gain", "pastasoss", "specprofile")
        if (found := sorted((folder / "references").glob(f"*{kind}*")))
    }
    params = {"background": "auto", "lengths": [MODES[mode][0]], "search_box_width": 33}
    path = folder / f"{segment.stem}_reference.npz"
    run_step(visit_reference.process, params, segments=[str(segment)], out_reference=path, **files)
    references = load_references(path)
    with open_fits(segment) as file:
        reader, _ = open_planes(file, files.get("gain"))
        _, blocks = blocks_with_halo(reader)
        extent, turned = Extent(reader.shape[0]), reader.turned
        if mode in ("NIRCAM", "MIRI"):
            (reference,) = references.values()
            errors = motion_errors(reference.basis, reference.basis_weight)[1:]
            errors = reference.noise_factor * errors
            model = model_images(blocks, extent, reference)
            return vars(model), dict(zip("xy", errors, strict=False))
        parts = list(orders_parts(blocks, extent, references))
    order, reference = next(iter(references.items()))
    model = SpectralModel(**join([vars(part[order]) for part in parts]))
    model = replace(model, outliers=NO_OUTLIERS)
    series = ModelSeries(SimpleNamespace(order=1), np.arange(model.flux.shape[1]), reference)
    series.paths = [write_spectra_model(folder / f"{segment.stem}_model.fits", model)]
    found = series.integrations()
    errors = dict(zip("xy", series.position_errors, strict=False))
    if turned:
        found |= {"x": found["y"], "y": found["x"]}
        errors = {"x": errors["y"], "y": errors["x"]}
    return found, errors


@pytest.fixture(scope="module", params=MODES)
def visits(request, tmp_path_factory):
    """Truth, positions with the transit and of the same integrations without it, and the errors of the former."""
    mode = request.param
    folder = tmp_path_factory.mktemp(mode)
    options, detector, segment = simulate(folder, mode)
    found, errors = measured(segment, mode)
    still, _ = measured(without_transit(options, detector, segment), mode)
    return read_truth(folder, detector, 1), found, still, errors


def test_positions_are_those_of_the_star_within_their_errors(visits):
    truth, found, _, errors = visits
    given = [name for name in ("x", "y") if np.isfinite(found[name]).any()]
    assert given
    for axis, name in enumerate(("x", "y")):
        if name not in given:
            assert not errors[name] <= LARGEST
            continue
        off = found[name] - truth.motion[:, axis]
        rms = np.sqrt(np.nanmean((off - np.nanmedian(off)) ** 2))
        # What photons do not allow, the product says; a background that changes adds a little.
        assert rms < max(LARGEST, 1.15 * errors[name]), name


def test_neither_position_nor_width_holds_the_transit(visits):
    truth, found, still, _ = visits
    level = truth.summed()[0][0]
    dip = (level.max() - level) / np.ptp(level)
    assert np.corrcoef(found["level"], dip)[0, 1] < -0.9
    for name in ("x", "y", "width"):
        known = np.isfinite(found[name]) & np.isfinite(still[name])
        if not known.any():
            continue
        # Noise and motion are the same: what is left is what the transit does.
        added = np.cov(found[name][known] - still[name][known], dip[known])[0, 1]
        spread = np.std(found[name][known]) * np.std(dip[known])
        assert abs(added / spread) < ADDED, name
        true = truth.motion[:, "xy".index(name)][known] if name in "xy" else 0.0
        # Besides, noise alone is correlated with anything by chance, here by three of its errors at most.
        off = np.corrcoef(found[name][known] - true, dip[known])[0, 1]
        assert abs(off) < 0.1 + 3.0 / np.sqrt(known.sum()), name
