from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.spectra.aperture_images import aperture_images, append_aperture, read_aperture
from tests.support.spectral_segments import write_segment


def extraction(dispersion_axis=1, background=None):
    """Aperture of two rows in columns 1 and 2, of which half of the second row counts."""
    return SimpleNamespace(
        dispersion_axis=dispersion_axis,
        rows=slice(1, 4),
        columns=slice(1, 3),
        aperture_rows=slice(0, 2),
        weights=np.array([[1.0, 1.0], [0.5, 0.5]]),
        background=background,
        background_rows=slice(2, 3),
    )


def test_weights_are_put_back_where_they_were_cut_out():
    images = aperture_images(extraction(), (5, 4))
    expected = np.zeros((5, 4))
    expected[1, 1:3], expected[2, 1:3] = 1.0, 0.5
    np.testing.assert_array_equal(images[0], expected)
    assert not images[1].any()


def test_background_has_an_image_of_its_own():
    background = SimpleNamespace(region=np.ones((1, 2)))
    images = aperture_images(extraction(background=background), (5, 4))
    assert np.argwhere(images[1]).tolist() == [[3, 1], [3, 2]]


def test_dispersion_along_y_turns_the_images():
    along_x = aperture_images(extraction(), (5, 4))
    along_y = aperture_images(extraction(dispersion_axis=2), (4, 5))
    np.testing.assert_array_equal(along_y, np.swapaxes(along_x, 1, 2))


@pytest.mark.parametrize("axis", [1, 2])
def test_images_come_back_from_a_file(tmp_path, axis):
    planned, shape = extraction(axis), (5, 4) if axis == 1 else (4, 5)
    with (
        open_fits(write_segment(tmp_path / "segment.fits")) as segment,
        ProductWriter(tmp_path / "spectra.fits") as product,
    ):
        product.append_hdu(list(segment.hdus[0].cards))
        append_aperture(product, planned, shape)
    with open_fits(tmp_path / "spectra.fits") as file:
        np.testing.assert_array_equal(read_aperture(file), aperture_images(planned, shape))
    with open_fits(tmp_path / "segment.fits") as file:
        assert read_aperture(file) is None
