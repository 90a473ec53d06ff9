"""What is assumed without a reference file."""

import pytest

from scripts.lib.references.defaults import EXTRACT1D, default_apertures, describe_aperture
from scripts.lib.references.extract1d import select_entry
from scripts.lib.spectra.aperture_weights import source_profile
from scripts.lib.spectra.apertures import make_aperture


def test_the_box_of_miri_slitless_has_twelve_columns():
    import numpy as np

    (entry,) = default_apertures("MIR_LRS-SLITLESS", (10, 416, 72))
    assert select_entry([entry], "MIR_LRS-SLITLESS", 1) is entry
    options = dict.fromkeys(("use_source_posn", "subtract_background", "bkg_fit", "bkg_order"))
    options |= {"smoothing_length": None, "position_offset": 0}
    # The dispersion is vertical, so that the image is turned.
    aperture = make_aperture(entry, (72, 416), 2, options, "MIR_LRS-SLITLESS", "POINT")
    weights, lower, upper = source_profile(aperture, np.full((72, 416), 8.0))
    assert (lower, upper) == (30, 41)
    assert (np.flatnonzero(weights[:, 200]) == np.arange(30, 42)).all()
    assert set(weights[30:42].ravel()) == {1.0}


@pytest.mark.parametrize(
    ("exp_type", "shape"),
    [
        ("MIR_LRS-SLITLESS", (10, 416, 64)),
        ("MIR_LRS-SLITLESS", (10, 1024, 1032)),
        ("NRS_BRIGHTOBJ", (10, 32, 72)),
        ("NRC_TSGRISM", (10, 64, 2048)),
    ],
)
def test_other_modes_and_subarrays_have_none(exp_type, shape):
    assert default_apertures(exp_type, shape) is None


def test_description_names_the_mode_and_limits():
    text = describe_aperture(EXTRACT1D["MIR_LRS-SLITLESS"])
    assert "stock reference of MIR_LRS-SLITLESS: columns 30 to 41, no background" in text
