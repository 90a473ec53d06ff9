import logging
from tempfile import TemporaryFile

import numpy as np
import pytest
from astropy.io import fits
from numpy.testing import assert_allclose, assert_array_equal

from scripts import extract_soss
from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.replacers import make_replacer
from scripts.lib.soss.aperture_images import read_apertures
from scripts.lib.soss.extraction import Spectra
from scripts.lib.soss.segment import SossSegment
from scripts.lib.soss.table import soss_cards, soss_rows
from tests.support import soss_files
from tests.support.steps import run_step

OPTIONS = soss_files.OPTIONS | {"soss_atoca": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return soss_files.write_visit(tmp_path_factory.mktemp("soss"))


def extract(folder, target, segment="segment.fits", outputs=(), files=None, **options):
    references = {
        "pastasoss": folder / "pastasoss.asdf",
        "specprofile": folder / "specprofile.fits",
        "speckernel": folder / "speckernel.fits",
        "photom": [],
    } | (files or {})
    run_step(
        extract_soss.process,
        {"options": OPTIONS | options, "pixel_replace": {"skip": True}},
        512,
        segment=folder / segment,
        out_spectra=target / "spectra.fits",
        **references,
        **{f"out_{name}": target / f"{name}.fits" for name in outputs},
    )
    return target / "spectra.fits"


@pytest.fixture(scope="module")
def product(folder, tmp_path_factory):
    with fits.open(extract(folder, tmp_path_factory.mktemp("box"))) as hdus:
        yield hdus


def test_a_segment_without_a_good_sample_has_spectra_of_nan(folder, tmp_path, caplog):
    soss_files.write_segment(folder / "nothing.fits")
    with fits.open(folder / "nothing.fits", mode="update") as hdus:
        hdus["SCI"].data[:] = np.nan
        hdus["DQ"].data[:] |= 1
    path = extract(folder, tmp_path, "nothing.fits", soss_atoca=True)
    with fits.open(path) as hdus:
        tables = [hdu for hdu in hdus if hdu.name == "EXTRACT1D"]
        assert [hdu.data["FLUX"].shape[0] for hdu in tables] == [3, 3, 3]
        assert all(np.isnan(hdu.data["FLUX"]).all() for hdu in tables)
    assert "nothing.fits: found no good sample: the spectra of this segment are NaN" in caplog.text


class TestPlainBox:
    def test_each_order_has_a_table(self, product):
        tables = [hdu for hdu in product if hdu.name == "EXTRACT1D"]
        assert [hdu.header["SPORDER"] for hdu in tables] == [1, 2, 3]
        assert [hdu.header["EXTVER"] for hdu in tables] == [1, 2, 3]
        for hdu in tables:
            cutoff = soss_files.CUTOFFS[hdu.header["SPORDER"]]
            assert hdu.data["FLUX"].shape == (3, cutoff)
            assert (hdu.data["N_ALONGDISP"] == cutoff).all()

    def test_numbers_times_and_segment(self, product):
        table = product["EXTRACT1D"].data
        assert_array_equal(table["INT_NUM"], [4, 5, 6])
        assert_array_equal(table["MJD-AVG"], [60000, 60001, 60002])
        assert_array_equal(table["SEGMENT"], 2)
        assert len(product["INT_TIMES"].data) == 3

    def test_flux_is_the_light_in_the_box(self, product):
        table = product["EXTRACT1D"].data
        # Far in the red of order 3 and beyond the cut-off of order 2 only order 1 is in its box.
        assert_allclose(table["FLUX"][:, 1800:2000], 1000, rtol=0.03)
        assert_allclose(table["WAVELENGTH"][0], soss_files.wavelengths(1), rtol=1e-6)
        assert_allclose(table["NPIXELS"][:, 1900], 40)

    def test_masked_pixels_are_left_out_and_single_samples_filled(self, product):
        pixels = product["EXTRACT1D"].data["NPIXELS"]
        assert_allclose(pixels[:, 100], 39)
        assert_allclose(pixels[:, 200], 40)
        errors = product["EXTRACT1D"].data["FLUX_ERROR"][:, 200]
        assert errors[1] > errors[0]

    def test_without_photom_the_spectra_stay_count_rates(self, product):
        assert product["EXTRACT1D"].columns["FLUX"].unit == "DN/s"
        assert product[0].header["S_PHOTOM"] == "SKIPPED"
        assert product[0].header["S_EXTR1D"] == "COMPLETE"
        assert product[0].header["SOSSWDTH"] == 40
        assert "TIKFACTR" not in product[0].header

    def test_columns_that_are_not_filled_are_zero(self, product):
        table = product["EXTRACT1D"].data
        for name in ("FLUX_VAR_POISSON", "SURF_BRIGHT", "DQ", "BACKGROUND", "BKGD_ERROR"):
            assert not table[name].any()

    def test_apertures_and_traces_of_all_orders_are_kept(self, folder, product):
        with open_fits(product.filename()) as file:
            apertures = read_apertures(file)
        assert list(apertures) == [1, 2, 3]
        for order, aperture in apertures.items():
            weights, region = aperture.images
            cutoff = soss_files.CUTOFFS[order]
            assert_allclose(weights[:, :cutoff].sum(axis=0), 40, rtol=1e-5)
            assert not weights[:, cutoff:].any()
            assert not region.any()
            assert_array_equal(aperture.column, np.arange(cutoff))
            middle = np.average(np.arange(256), weights=weights[:, 500])
            assert_allclose(aperture.row[500], middle)
            table = product["EXTRACT1D", order].data
            assert_array_equal(aperture.wavelength, table["WAVELENGTH"][0])
            assert np.isnan(aperture.contamination).all()


def test_the_history_of_the_segment_is_carried_on(folder, tmp_path):
    with fits.open(folder / "segment.fits") as hdus:
        hdus[0].header["HISTORY"] = "input_warnings: INT_TIMES is unusual"
        hdus.writeto(tmp_path / "segment.fits")
    header = fits.getheader(extract(folder, tmp_path, segment=tmp_path / "segment.fits"))
    assert "input_warnings: INT_TIMES is unusual" in list(header["HISTORY"])


def test_the_region_of_the_background_is_kept(folder, tmp_path):
    with open_fits(extract(folder, tmp_path, subtract_background=True)) as file:
        apertures = read_apertures(file)
    regions = np.array([aperture.images[1] for aperture in apertures.values()])
    assert_array_equal(regions[1:], regions[:-1])
    # Two traces of 40 rows are left out.
    assert 0.5 < regions[0].mean() < 0.7
    trace = apertures[1].row[500]
    assert not regions[0][round(trace), 500]


def test_models_give_their_products_and_keywords(folder, tmp_path):
    outputs = ("trace_models", "atoca_spectra", "wave_grid")
    path = extract(folder, tmp_path, outputs=outputs, soss_atoca=True)
    with fits.open(path) as product:
        header = product[0].header
        assert header["TIKFACTR"] == 1e-9
        assert header["TIKRESID"] < 1e-8
        flux = product["EXTRACT1D", 2].data["FLUX"]
        assert_allclose(flux[:, 900:1100].mean(axis=1), soss_files.rate(2), rtol=0.02)
    with open_fits(path) as file:
        aperture = read_apertures(file)[2]
    light = {
        order: (aperture.images[0] * profile * soss_files.rate(order))[:, 900:1100].sum()
        for order, profile in soss_files.profiles(256).items()
    }
    found = aperture.contamination[900:1100].mean()
    assert_allclose(found, (light[1] + light[3]) / light[2], rtol=0.02)
    with fits.open(tmp_path / "trace_models.fits") as models:
        assert models[0].header["DATAMODL"] == "SossExtractModel"
        assert [hdu.name for hdu in models[1:]] == [
            *(f"{kind}{order}" for kind in ("ORDER", "APER") for order in (1, 2, 3))
        ]
        model = models["ORDER1"].data[0, :, 300:800]
        assert_allclose(model.sum(axis=0).mean(), 1000, rtol=0.02)
        assert_allclose(models["APER1"].data[2].sum(axis=0), 40, rtol=1e-5)
    with fits.open(tmp_path / "atoca_spectra.fits") as spectra:
        orders = [hdu.header["SPORDER"] for hdu in spectra[1:]]
        assert orders == [1, 2, 2, 3] * 3
        assert [hdu.header["INT_NUM"] for hdu in spectra[1::4]] == [1, 2, 3]
        assert np.isfinite(spectra[1].data["FLUX"]).all()
    again = tmp_path / "again"
    again.mkdir()
    files = {"wave_grid": tmp_path / "wave_grid.fits"}
    with fits.open(extract(folder, again, files=files, soss_atoca=True)) as product:
        assert product[0].header["SOSSNGRD"] == header["SOSSNGRD"]
        assert_allclose(product["EXTRACT1D", 2].data["FLUX"], flux, rtol=1e-6, atol=1e-3)


def test_spectra_are_saved_before_and_after_their_calibration(folder, tmp_path):
    soss_files.write_photom(tmp_path / "photom.fits", orders=(1, 2, 3))
    files, outputs = {"photom": tmp_path / "photom.fits"}, ["saved", "calibrated"]
    extract(folder, tmp_path, outputs=outputs, files=files, soss_atoca=False)
    plain = extract(folder, tmp_path / "plain", soss_atoca=False)
    for name, unit, reference in (
        ("saved", "DN/s", plain),
        ("calibrated", "MJy", tmp_path / "spectra.fits"),
    ):
        with fits.open(tmp_path / f"{name}.fits") as made, fits.open(reference) as expected:
            assert [hdu.name for hdu in made] == ["PRIMARY", "INT_TIMES", *["EXTRACT1D"] * 3]
            assert made[0].header["FILENAME"] == f"{name}.fits"
            assert made[0].header.get("S_PHOTOM") == {"MJy": "COMPLETE"}.get(unit)
            assert ("R_PHOTOM" in made[0].header) == (unit == "MJy")
            for order in (1, 2, 3):
                assert made["EXTRACT1D", order].columns["FLUX"].unit == unit
                found, wanted = (file["EXTRACT1D", order].data for file in (made, expected))
                assert found.tobytes() == wanted.tobytes()


def test_every_file_that_is_asked_for_is_there_without_models_or_spectra(folder, tmp_path):
    names = ("trace_models", "atoca_spectra", "wave_grid")
    extract(folder, tmp_path, outputs=names, soss_atoca=False)
    soss_files.write_segment(tmp_path / "segment.fits", 2, FILTER="F277W")
    more = (*names, "saved", "calibrated", "pixel_replaced")
    extract(folder, tmp_path / "none", segment=tmp_path / "segment.fits", outputs=more)
    for path in (*(tmp_path / f"{name}.fits" for name in names),):
        assert fits.getheader(path)["NAXIS"] == 0
    for name in more:
        assert fits.getheader(tmp_path / "none" / f"{name}.fits")["FILTER"] == "F277W"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"FILTER": "F277W"}, "FILTER: found F277W, expected CLEAR"),
        ({"SUBARRAY": "FULL"}, "SUBARRAY: found FULL, expected one of SUBSTRIP96"),
    ],
)
def test_what_cannot_be_extracted_has_no_spectrum_and_a_message(
    folder, tmp_path, caplog, keywords, message
):
    soss_files.write_segment(tmp_path / "segment.fits", 2, **keywords)
    with caplog.at_level(logging.ERROR):
        path = extract(folder, tmp_path, segment=tmp_path / "segment.fits")
    assert message in caplog.text
    with fits.open(path) as product:
        assert "EXTRACT1D" not in product
        assert product[0].header["S_EXTR1D"] == "SKIPPED"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"PWCPOS": 247.0}, "PWCPOS: found 247.0, expected 245.54 to 246.04"),
        ({"SUBARRAY": "SUBSTRIP96"}, "for SUBSTRIP96"),
    ],
)
def test_segments_that_do_not_fit_are_refused(folder, tmp_path, keywords, message):
    soss_files.write_segment(tmp_path / "segment.fits", 2, **keywords)
    with pytest.raises(InputError, match=message):
        extract(folder, tmp_path, segment=tmp_path / "segment.fits")
    assert not (tmp_path / "spectra.fits").exists()


def test_profiles_of_another_subarray_are_refused(folder, tmp_path):
    soss_files.write_profiles(tmp_path / "specprofile.fits", height=96)
    with pytest.raises(InputError, match="is it a reference of this subarray"):
        extract(folder, tmp_path, files={"specprofile": tmp_path / "specprofile.fits"})


def test_a_missing_reference_is_named(folder, tmp_path):
    with pytest.raises(InputError, match="references/speckernel: found null"):
        extract(folder, tmp_path, files={"speckernel": []})


def test_rows_of_a_segment_are_those_of_its_images_also_with_pixels_replaced(folder):
    with open_fits(folder / "segment.fits") as member:
        for algorithm in (None, "mingrad", "fit_profile"):
            options = {"skip": algorithm is None, "algorithm": algorithm, "n_adjacent_cols": 3}
            with TemporaryFile() as scratch:
                replacer = make_replacer(options, horizontal=True)
                segment = SossSegment(member, replacer, scratch)
                images, errors = segment.read_integrations(slice(0, 3))
                for rows in (slice(0, 20), slice(50, 70), slice(240, 256)):
                    science, error, dq = segment.read_rows(rows)
                    assert_array_equal(science, images[:, rows])
                    assert_array_equal(error, errors[:, rows])
                    assert dq.shape == science.shape
            assert np.isfinite(images).all() == (algorithm is not None)


class TestTable:
    def test_calibrated_columns_have_units_and_others_none(self):
        cards = soss_cards(2, 5, 3, calibrated=True)
        header = fits.Header.fromstring("".join(cards))
        units = {
            header[f"TTYPE{k}"]: header.get(f"TUNIT{k}") for k in range(1, header["TFIELDS"] + 1)
        }
        assert units["FLUX"] == units["BKGD_ERROR"] == "MJy"
        assert units["FLUX_VAR_FLAT"] == "MJy^2"
        assert units["SURF_BRIGHT"] is units["NPIXELS"] is None
        assert units["TDB-MID"] == "d"
        assert (header["EXTVER"], header["SPORDER"]) == (3, 3)

    def test_conversion_applies_to_flux_error_and_background(self):
        spectra = Spectra(*(np.full((2, 4), value) for value in (3.0, 2.0, 40.0)))
        times = {"INT_NUM": np.array([1, 2]), "SEGMENT": 1}
        times |= {f"{a}-{b}": 0.0 for a, b in (("MJD", "BEG"), ("MJD", "AVG"), ("MJD", "END"))}
        times |= {f"TDB-{b}": 0.0 for b in ("BEG", "MID", "END")}
        rows = soss_rows(
            spectra, np.ones((2, 4)), np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 2.0]), times
        )
        assert_array_equal(rows["FLUX"], [[3, 0, 6]] * 2)
        assert_array_equal(rows["FLUX_ERROR"], [[2, 0, 4]] * 2)
        assert_array_equal(rows["BACKGROUND"], [[1, 0, 2]] * 2)
        assert_array_equal(rows["NPIXELS"], 40)
