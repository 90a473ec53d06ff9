from dataclasses import fields

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.light_curves.segment_models import (
    CURVE_COLUMNS,
    MaskWriter,
    ModelFile,
    write_image_model,
    write_spectral_models,
)
from scripts.lib.moving_profile.images import ImageModel
from scripts.lib.moving_profile.spectra import SpectralModel
from tests.support.light_curves import WHOLE, image_model, spectral_model

SHAPE = (6, 4, 5)
PLANES = ("flux", "filled", "error", "photon_error", "valid", "background")
OUTLIERS = np.array([3, 25, 40, 119])
# Of each pixel: sample 25 is pixel 5 of the second integration, and so on.
COUNTS = np.zeros(20, int)
COUNTS[[3, 5, 0, 19]] = 1


def random_model(kind=SpectralModel, seed=1):
    """Model whose arrays are random numbers that single precision holds."""
    rng, model = np.random.default_rng(seed), spectral_model(np.ones((6, 5)))
    if kind is ImageModel:
        model = image_model(np.ones(6))
    values = {
        field.name: rng.normal(size=getattr(model, field.name).shape).astype(np.float32)
        for field in fields(model)
    }
    return kind(**values | {"outliers": OUTLIERS})


def in_parts(model, size):
    """The model in parts of some integrations."""
    for first in range(0, 6, size):
        part = {
            field.name: getattr(model, field.name)[first : first + size] for field in fields(model)
        }
        numbers = model.outliers // 20
        part["outliers"] = model.outliers[(numbers >= first) & (numbers < first + size)]
        yield type(model)(**part)


def alone(model, size, name="all"):
    """Parts of the model of the only region."""
    return ({name: part} for part in in_parts(model, size))


def mask_writer(path=None):
    return MaskWriter(SHAPE, SHAPE[1:], WHOLE, False, path)


def write_spectra(path, factors, parts, masks=None):
    write_spectral_models(path, SHAPE, factors, parts, masks or mask_writer())
    return path


def test_spectra_are_read_as_they_were_written(tmp_path):
    first, second = random_model(), random_model(seed=2)
    factors = np.arange(5.0)
    path = write_spectra(
        tmp_path / "a.fits",
        {"1": factors, "2": 2.0 * factors},
        (
            {"1": one, "2": two}
            for one, two in zip(in_parts(first, 4), in_parts(second, 4), strict=True)
        ),
    )
    for order, model in ((1, first), (2, second)):
        with ModelFile(path, order) as file:
            for name in PLANES:
                found = file.read(name.upper(), slice(1, 6))
                assert found.dtype == np.float64
                np.testing.assert_array_equal(found, getattr(model, name)[1:])
            columns = file.columns()
            assert set(columns) == set(CURVE_COLUMNS)
            for name, values in columns.items():
                np.testing.assert_array_equal(values, getattr(model, name))
            np.testing.assert_array_equal(file.factors(), order * factors)
            # Both regions have the same outliers, which count once.
            np.testing.assert_array_equal(file.counts(), COUNTS.reshape(4, 5))


def test_images_are_read_as_they_were_written(tmp_path):
    model = random_model(ImageModel)
    keywords = {"X0": 3, "Y0": 7, "FACTOR": 0.5}
    write_image_model(
        tmp_path / "a.fits", keywords, 6, ["r=5", "r=3"], in_parts(model, 4), mask_writer()
    )
    with ModelFile(tmp_path / "a.fits") as file:
        columns = file.columns()
        for name in ("flux", "error", "photon_error", "valid", "background", *CURVE_COLUMNS):
            np.testing.assert_array_equal(columns[name], getattr(model, name))
        for name in ("sums", "sum_errors", "sum_photon_errors"):
            for k in range(2):
                np.testing.assert_array_equal(columns[f"{name}_{k}"], getattr(model, name)[:, k])
        assert file.circles() == ["r=5", "r=3"]
        assert {name: file.keywords[name] for name in keywords} == keywords
        np.testing.assert_array_equal(file.counts(), COUNTS.reshape(4, 5))


def test_spectra_of_which_nothing_is_known_are_nan(tmp_path):
    masks = mask_writer()
    path = write_spectra(tmp_path / "a.fits", {"all": np.ones(5)}, (), masks)
    with ModelFile(path, 3) as file:
        for name in PLANES:
            values = file.read(name.upper(), slice(0, 6))
            assert values.shape == (6, 5)
            assert (values == 0.0).all() if name == "valid" else np.isnan(values).all()
        assert all(np.isnan(values).all() for values in file.columns().values())
        assert not file.counts().any()


def test_missing_spectra_are_written_in_parts(tmp_path):
    count, width = 300, 2048
    masks = MaskWriter((count, 1, width), (1, width), WHOLE, False)
    write_spectral_models(
        tmp_path / "a.fits", (count, 1, width), {"all": np.ones(width)}, (), masks
    )
    with ModelFile(tmp_path / "a.fits") as file:
        assert np.isnan(file.read("FLUX", slice(0, count))).all()


def test_images_of_which_nothing_is_known_are_nan(tmp_path):
    keywords = {"X0": 0, "Y0": 0, "FACTOR": 1.0}
    write_image_model(tmp_path / "a.fits", keywords, 6, [], None, mask_writer())
    with ModelFile(tmp_path / "a.fits") as file:
        assert file.circles() == []
        columns = file.columns()
        assert "sums_0" not in columns
        assert all(np.isnan(values).all() and len(values) == 6 for values in columns.values())


@pytest.mark.parametrize("kind", [SpectralModel, ImageModel])
def test_bytes_do_not_depend_on_the_parts(tmp_path, kind):
    model = random_model(kind)
    keywords = {"X0": 0, "Y0": 0, "FACTOR": 1.0}
    found = set()
    for size in (1, 4, 6):
        paths = tmp_path / f"{size}.fits", tmp_path / f"{size}_masks.fits"
        with mask_writer(paths[1]) as masks:
            if kind is ImageModel:
                write_image_model(paths[0], keywords, 6, ["a", "b"], in_parts(model, size), masks)
            else:
                write_spectra(paths[0], {"all": np.ones(5)}, alone(model, size), masks)
        found.add(tuple(path.read_bytes() for path in paths))
    assert len(found) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_masks_are_in_the_frame_of_the_file(tmp_path, turned):
    # Models of 2 x 3 pixels, or 3 x 2 of the turned file, from row 1 and column 2 on.
    shape = (2, 2, 3)
    size = (3, 2) if turned else (2, 3)
    crop = slice(1, 1 + size[0]), slice(2, 2 + size[1])
    outliers = np.zeros(shape, bool)
    outliers[0, 1, 2] = outliers[1, 1, 2] = outliers[1, 0, 1] = True
    path = tmp_path / "masks.fits"
    with MaskWriter(shape, (5, 6), crop, turned, path) as masks:
        for frame in range(2):
            masks.add(frame, 1, 6 * frame + np.flatnonzero(outliers[frame]))
    expected = np.zeros((2, 5, 6), np.uint8)
    inner = outliers.transpose(0, 2, 1) if turned else outliers
    expected[:, crop[0], crop[1]] = inner
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert hdus["OUTLIERS"].data.dtype == np.uint8
        np.testing.assert_array_equal(hdus["OUTLIERS"].data, expected)
    np.testing.assert_array_equal(masks.counts, expected.sum(axis=0))


def test_no_masks_are_written_unless_asked_for(tmp_path):
    with mask_writer() as masks:
        masks.add(0, 6, OUTLIERS)
    assert masks.counts.sum() == 4
    assert list(tmp_path.iterdir()) == []


def test_masks_of_a_failed_job_do_not_appear(tmp_path):
    with pytest.raises(InputError), mask_writer(tmp_path / "masks.fits"):
        raise InputError
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_is_not_there_is_refused(tmp_path):
    path = write_spectra(tmp_path / "a.fits", {"1": np.ones(5), "2": np.ones(5)}, ())
    with pytest.raises(InputError, match=r"a\.fits\[INTEGRATIONS\]: REGION: found \['1', '2'\]"):
        ModelFile(path, 3)


def test_files_are_standard(tmp_path):
    path = write_spectra(tmp_path / "a.fits", {"1": np.ones(5)}, alone(random_model(), 4, "1"))
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus[1:]] == [
            "FACTOR", "FLUX", "FILLED", "ERROR", "PHOTON_ERROR", "VALID", "BACKGROUND",
            "INTEGRATIONS", "OUTLIERS",
        ]  # fmt: skip
        assert hdus["FLUX"].header["REGION"] == "1"
