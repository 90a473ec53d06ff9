import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.segment_statistics import imaging_statistics, spectral_statistics
from tests.support.segment_cubes import SHAPE, Cube, cube


def test_segment_without_an_aperture_still_has_its_image(caplog):
    spectra = Cube()
    arrays = spectral_statistics(cube(), spectra)
    assert "no aperture is known" in caplog.text
    assert (arrays["median"] == 1.0).all()
    assert arrays["all/class_sizes"].tolist() == [0, 0, 800]
    assert arrays["all/missing"].shape == (5, 0)


class Photometry:
    """Table of a segment's photometry with the aperture on one pixel."""

    def read_columns(self, name, columns):
        return {"aperture_x": np.full(5, 20.0), "aperture_y": np.full(5, 10.0)}


def test_missing_light_of_images_is_that_above_the_background():
    # A background of 100 and a star of 300 in one pixel; the aperture is no larger than this pixel.
    images = np.full(SHAPE, 100.0, np.float32)
    images[:, 10, 20], images[:, 10, 21] = 400.0, 200.0
    flags = np.zeros(SHAPE, np.uint32)
    images[2, 10, 21] = np.nan
    # Photometry sums finite samples whatever their flags.
    flags[2:4, 10, 21] = DO_NOT_USE
    radii = {"radius": 1.5, "radius_inner": 3.0, "radius_outer": 6.0}
    arrays = imaging_statistics(cube(SCI=images, DQ=flags), Photometry(), radii)
    weight = arrays["all/aperture"][10, 21]
    assert weight > 0.9
    missing = np.zeros((5, 1))
    missing[2] = 100 * weight / (300 + 100 * weight)
    np.testing.assert_allclose(arrays["all/missing"], missing, rtol=1e-6)
    # The variances are 1, the sum is that with the background.
    total = (images[0] * arrays["all/aperture"]).sum()
    share = np.sqrt(arrays["all/aperture"].sum()) / total
    np.testing.assert_allclose(arrays["all/photon_share"], share, rtol=1e-6)
