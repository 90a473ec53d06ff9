from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.spectra.wavelengths import segment_wavelengths
from tests.support.spectral_segments import row_images, write_segment


def find(tmp_path, plane, computed):
    """Wavelengths of a segment with this extension, or with none, and these world coordinates."""
    planes = row_images() | ({} if plane is None else {"WAVELENGTH": plane})
    coordinates = SimpleNamespace(evaluate=lambda *_: computed)
    with open_fits(write_segment(tmp_path / "segment.fits", planes)) as member:
        return segment_wavelengths(member, coordinates)


COMPUTED = np.linspace(1, 2, 30).reshape(6, 5)


@pytest.mark.parametrize("plane", [None, np.zeros((6, 5), "f4")])
def test_world_coordinates_where_there_is_no_extension(tmp_path, plane):
    np.testing.assert_array_equal(find(tmp_path, plane, COMPUTED), COMPUTED)


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_a_filled_extension_comes_first(tmp_path, value):
    plane = np.full((6, 5), value, "f4")
    np.testing.assert_array_equal(find(tmp_path, plane, COMPUTED), plane)


@pytest.mark.parametrize(
    ("plane", "computed", "message"),
    [
        (np.ones((5, 5), "f4"), COMPUTED, r"shape \(5, 5\); expected \(6, 5\) as of SCI"),
        (None, 1e-6 * COMPUTED, "found wavelengths from 1e-06 to 2e-06 um, expected them within"),
        (None, np.full((6, 5), 3.0), "found the wavelength 3 um everywhere"),
        (
            None,
            50 * COMPUTED,
            r"\[ASDF\]: world coordinates .* found wavelengths from 50 to 100 um",
        ),
        (
            np.full((6, 5), 90, "f4"),
            COMPUTED,
            r"\[WAVELENGTH\]: found wavelengths from 90 to 90 um",
        ),
    ],
)
def test_others_are_refused(tmp_path, plane, computed, message):
    with pytest.raises(InputError, match=message):
        find(tmp_path, plane, computed)
