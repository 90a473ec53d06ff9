import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.reader import open_fits
from scripts.lib.spectra.extraction_setup import plan_extraction
from scripts.lib.spectra.profile_setup import PsfInput
from tests.support.spectral_segments import row_images, write_segment

SHAPE = (30, 5)
OPTIONS = {"extraction_type": "optimal", "use_source_posn": False}
REGIONS = {"bkg_coeff": [[-0.5], [2.5]], "bkg_order": 1}


@pytest.fixture(name="plan")
def fixture_plan(tmp_path):
    """Plan the extraction of a slitless segment whose star is at row 15.2, without a source position."""
    path = write_segment(
        tmp_path / "segment.fits",
        row_images(shape=SHAPE),
        primary={"EXP_TYPE": "MIR_LRS-SLITLESS"},
    )
    position = (np.arange(241) - 120) / 5
    image = np.repeat(np.exp(-0.5 * (position / 2) ** 2)[:, None], 9, axis=1)
    header = fits.Header({"APERTURE": "ANY", "SUBPIX": 5.0, "CENTROW": 120.0, "CENTCOL": 0.0})
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(image, header, name="PSF", ver=1)]
    hdus.append(fits.ImageHDU(np.linspace(0.9, 1.6, 9), name="WAVE", ver=1))
    fits.HDUList(hdus).writeto(tmp_path / "psf.fits")

    def plan(entry=None, flux=100.0, **options):
        rows = np.exp(-0.5 * ((np.arange(30) - 15.2) / 2) ** 2)[:, None] * np.ones(5)
        science = (flux * rows).astype(np.float32)
        variances = [np.ones(SHAPE, np.float32)] * 3
        psf = PsfInput(tmp_path / "psf.fits", lambda: (science, variances))
        entries = [{"id": "ANY"} | (entry or {})]
        with open_fits(path) as member:
            return plan_extraction(member, entries, OPTIONS | options, psf=psf)

    return plan


def centre(extraction):
    """Centre of the profile in the middle column."""
    weights = extraction.fit.profile[:, 2]
    return (weights * np.arange(30)).sum() / weights.sum()


def test_profile_is_moved_to_the_star(plan):
    extraction = plan()
    assert centre(extraction) == pytest.approx(15.2, abs=0.02)
    assert (extraction.fit.order, extraction.fit.region) == (-1, None)
    np.testing.assert_allclose(extraction.wavelength, 1 + 0.1 * np.arange(5))
    # One pixel beyond the image, as jwst counts the limits of its cut-out.
    assert (extraction.keywords["EXTRYSTR"], extraction.keywords["EXTRYSTP"]) == (1, 31)


def test_profile_stays_where_it_is_if_asked_for(plan):
    # The middle of the pixels, and the half of one that jwst adds.
    assert centre(plan(optimize_psf_location=False)) == pytest.approx(15, abs=0.02)


def test_without_a_choice_only_a_located_source_is_fitted(plan):
    assert plan(extraction_type=None).fit is None
    assert plan(extraction_type="box").fit is None


@pytest.mark.parametrize(
    ("entry", "options", "order", "has_region"),
    [
        (REGIONS, {}, 1, True),
        (REGIONS, {"bkg_order": 2}, 2, True),
        (REGIONS, {"subtract_background": False}, -1, False),
        ({}, {"subtract_background": True}, 0, False),
    ],
)
def test_background(plan, entry, options, order, has_region):
    fit = plan(entry, **options).fit
    assert fit.order == order
    assert (fit.region is not None) == has_region
    if has_region:
        np.testing.assert_array_equal(np.flatnonzero(fit.region[:, 0]), [0, 1, 2])


def test_a_place_without_a_source_is_said_with_the_fit(plan):
    assert "found no source" in plan(flux=0.1).fit.warning
    assert plan(flux=100.0).fit.warning == ""
    assert plan(flux=0.1, optimize_psf_location=False).fit.warning == ""
