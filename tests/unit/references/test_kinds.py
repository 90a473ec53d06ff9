"""Kinds of reference files that products use."""

import pytest

from scripts.lib.instruments.modes import MODES
from scripts.lib.references.kinds import used_kinds
from tests.support.plans import complete_config, make_product, register_segments


def kinds(exp_type, **sections):
    """Kinds that a product of a mode uses with these settings."""
    product = make_product(exp_type)
    return used_kinds(product, register_segments([product], complete_config(**sections)))


def test_every_kind_of_a_mode_is_used_by_default():
    # The aperture correction of other modes is in the table, but has no columns to select a row.
    uncorrected = {"NRC_TSGRISM"}
    for exp_type, mode in MODES.items():
        left_out = {"psf", "apcorr"} if exp_type in uncorrected else {"psf"}
        assert kinds(exp_type) == [kind for kind in mode.references if kind not in left_out]


@pytest.mark.parametrize("exp_type", MODES)
def test_nothing_is_used_where_nothing_is_measured(exp_type):
    assert kinds(exp_type, extract_1d={"skip": True}, tso_photometry={"skip": True}) == []


def test_only_the_step_of_the_mode_matters():
    assert kinds("MIR_IMAGE", extract_1d={"skip": True}) == ["gain"]
    assert kinds("NRC_TSGRISM", tso_photometry={"skip": True}) == ["extract1d"]


def test_an_aperture_correction_may_be_switched_off():
    assert kinds("NRS_BRIGHTOBJ") == ["extract1d", "apcorr"]
    assert kinds("NRS_BRIGHTOBJ", extract_1d={"apply_apcorr": False}) == ["extract1d"]


@pytest.mark.parametrize(
    ("kind", "psf", "expected"),
    [
        ("box", "psf.fits", ["extract1d", "apcorr"]),
        ("optimal", "psf.fits", ["extract1d", "psf"]),
        ("optimal", None, ["extract1d", "apcorr", "psf"]),
        (None, "psf.fits", ["extract1d", "apcorr", "psf"]),
    ],
)
def test_an_image_of_a_point_source_takes_the_place_of_the_correction(kind, psf, expected):
    sections = {"extract_1d": {"extraction_type": kind}, "references": {"psf": psf}}
    assert kinds("NRS_BRIGHTOBJ", **sections) == expected


def test_soss_spectra_that_stay_uncalibrated_need_no_calibration():
    assert "photom" in kinds("NIS_SOSS")
    assert "photom" not in kinds("NIS_SOSS", photom={"skip": True})
