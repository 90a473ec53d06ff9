import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.spectra.psf_reference import read_psf

KEYWORDS = {"SUBPIX": 5.0, "CENTROW": 45.0, "CENTCOL": 0.0}


def write(path, *names, image=None, keywords=KEYWORDS, wave=7):
    """Write a reference with an image of its number for each slit."""
    hdus = [fits.PrimaryHDU()]
    for number, name in enumerate(names, start=1):
        values = np.full((4, 7), float(number)) if image is None else image
        header = fits.Header(keywords | {"APERTURE": name})
        hdus.append(fits.ImageHDU(values, header, name="PSF", ver=number))
        hdus.append(fits.ImageHDU(np.arange(wave) + 10.0 * number, name="WAVE", ver=number))
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.mark.parametrize(
    ("names", "slit", "number"),
    [
        (("A", "S1600A1"), "s1600a1", 2),
        (("ANY", "S1600A1"), "S1600A1", 1),
        (("A", "None"), None, 2),
    ],
)
def test_the_first_image_of_the_slit(tmp_path, names, slit, number):
    psf = read_psf(write(tmp_path / "psf.fits", *names), slit)
    assert psf.image.shape == (4, 7)
    assert psf.image[0, 0] == number
    np.testing.assert_array_equal(psf.wavelength, np.arange(7) + 10.0 * number)
    assert (psf.steps, psf.centre_row, psf.centre_column) == (5, 45, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ("A", "B")}, "APERTURE: found A, B, expected S1"),
        ({"names": ()}, "APERTURE: found no extension PSF, expected S1"),
        ({"names": ("S1",), "keywords": {"SUBPIX": 5.0}}, "CENTROW or CENTCOL is missing"),
        ({"names": ("S1",), "wave": 6}, r"\[WAVE\]: found shape \(6,\), expected a wavelength"),
    ],
)
def test_other_files_are_refused(tmp_path, changes, message):
    names = changes.pop("names")
    path = write(tmp_path / "psf.fits", *names, **changes)
    with pytest.raises(InputError, match=message):
        read_psf(path, "S1")
