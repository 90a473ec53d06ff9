import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.light_curves.segment_models import ModelFile
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit, report_inputs

MODES = {
    "spectra": {"mode": "nrs_brightobj", "frame_size": (16, 64), "detectors": ("nrs1",)},
    # The dispersion is along y.
    "turned": {"mode": "mir_lrs_slitless", "frame_size": (96, 32)},
    "images": {"mode": "nrc_tsimage", "frame_size": (32, 36)},
}
# Hits on the star: integration, row and column. The first and the last are at seams and ends.
HITS = {
    "spectra": [(0, 8, 20), (14, 8, 30), (15, 7, 40), (29, 8, 50)],
    "turned": [(0, 40, 16), (14, 50, 16), (15, 60, 15), (29, 70, 16)],
    "images": [(0, 15, 17), (14, 16, 18), (15, 17, 19), (29, 18, 17)],
}


def add_hits(folder, hits):
    """Add hits of 60 errors to an exposure of two segments of 15 integrations."""
    for number, path in enumerate(sorted(folder.glob("*_calints.fits"))):
        with fits.open(path, mode="update") as hdus:
            for integration, row, column in hits:
                if integration // 15 == number:
                    place = integration % 15, row, column
                    assert np.isfinite(hdus["SCI"].data[place])
                    hdus["SCI"].data[place] += 60.0 * hdus["ERR"].data[place]


@pytest.fixture(scope="module", name="made", params=MODES)
def visit_with_hits(request, tmp_path_factory):
    """Folder, product, inputs of the report, and hits of a visit whose masks are asked for."""
    folder = tmp_path_factory.mktemp(request.param)
    options = {"cosmic_ray_rate": 0.0, "bad_pixel_rate": 0.0, "seed": 2}
    simulate_visit(
        folder, VisitOptions(segment_lengths=(15, 15), **options, **MODES[request.param])
    )
    add_hits(folder, HITS[request.param])
    with (folder / "config.yaml").open("a") as config:
        config.write("\nimproved: {save_masks: true}\n")
    product = process_visit(folder)
    inputs, _ = report_inputs(folder, product)
    return folder, product, inputs, HITS[request.param]


def masks_of(folder, product):
    """Masks of all segments behind each other."""
    found = []
    for segment in product.segments:
        with fits.open(folder / "results" / f"{segment.name}_outliers.fits") as hdus:
            hdus.verify("exception")
            found.append(hdus["OUTLIERS"].data.copy())
    return found


def test_hits_are_in_the_masks_at_ends_and_seams_too(made):
    folder, product, _, hits = made
    masks = np.concatenate(masks_of(folder, product))
    assert masks.shape == (30, *product.segments[0].shape[1:])
    assert masks.max() == 1
    for place in hits:
        assert masks[place] == 1, place
    # By chance there are more than 5 standard deviations once in two million samples.
    assert masks.sum() <= len(hits) + 2


def test_counts_of_each_pixel_and_integration_are_those_of_the_masks(made):
    folder, product, inputs, hits = made
    counted = []
    for path, mask in zip(inputs["models"], masks_of(folder, product), strict=True):
        with ModelFile(path, 1) as model:
            np.testing.assert_array_equal(model.counts(), mask.sum(axis=0))
            counted.append(model.columns()["n_outliers"])
    numbers = np.concatenate(counted)
    for integration, *_ in hits:
        assert numbers[integration] >= 1
    assert numbers.sum() >= len(hits)


def test_statistics_are_the_flags_of_the_archive(made):
    folder, product, inputs, _ = made
    for segment, path in zip(product.segments, inputs["statistics"], strict=True):
        with fits.open(folder / "results" / segment.crfints) as hdus:
            flags = hdus["DQ"].data
            unit = hdus["SCI"].header["BUNIT"]
        with np.load(path) as arrays:
            np.testing.assert_array_equal(arrays["outlier_map"], ((flags & 16) != 0).sum(axis=0))
            np.testing.assert_array_equal(arrays["invalid_map"], ((flags & 1) != 0).sum(axis=0))
            assert arrays["unit"] == unit
            assert arrays["all/class_sizes"].sum() == flags[0].size
            assert arrays["all/outliers"].shape == (15, 3)


def test_a_segment_of_another_size_has_a_reference_of_its_own(tmp_path):
    options = MODES["images"] | {"seed": 2}
    simulate_visit(tmp_path, VisitOptions(segment_lengths=(10, 10), **options))
    second = sorted(tmp_path.glob("*_calints.fits"))[1]
    with fits.open(second) as hdus:
        parts = [
            type(hdu)(hdu.data[:, :30], hdu.header)
            if hdu.is_image and hdu.data is not None
            else hdu
            for hdu in hdus
        ]
        fits.HDUList(parts).writeto(tmp_path / "cut.fits")
    (tmp_path / "cut.fits").replace(second)
    product = process_visit(tmp_path)
    inputs, params = report_inputs(tmp_path, product)
    assert len(inputs["visit_references"]) == 2
    assert [record["reference"] for record in params["segments"]] == [0, 1]
    for path in inputs["models"]:
        with ModelFile(path) as model:
            assert np.isfinite(model.columns()["flux"]).all()
