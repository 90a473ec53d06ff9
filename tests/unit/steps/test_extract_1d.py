import logging

import numpy as np
import pytest
from astropy.io import fits

from scripts.extract_1d import process
from scripts.lib.errors import InputError
from scripts.lib.jobs import progress
from tests.support.spectral_segments import int_times, row_images, write_segment
from tests.support.steps import run_step

NAN = np.nan
PIXEL_REPLACE = {"algorithm": "mingrad", "n_adjacent_cols": 3}
OPTIONS = {"apply_apcorr": True, "use_source_posn": False, "log_increment": 2}


@pytest.fixture(name="extract")
def fixture_extract(tmp_path):
    """Run the step on a segment and return its product."""

    def run(segment, reference=None, work_mb=64, replace=False, apcorr=(), **options):
        output = tmp_path / "segments" / "spectra.fits"
        output.parent.mkdir(exist_ok=True)
        extract1d = []
        if reference is not None:
            extract1d = tmp_path / "extract1d.json"
            extract1d.write_text(reference)
        run_step(
            process,
            {"options": OPTIONS | options, "pixel_replace": PIXEL_REPLACE | {"skip": not replace}},
            work_mb,
            segment=str(segment),
            extract1d=extract1d and str(extract1d),
            apcorr=apcorr,
            out_spectra=output,
        )
        return output

    return run


ROWS = '{"apertures": [{"id": "ANY", "ystart": 2, "ystop": 4, "bkg_coeff": [[-0.5], [0.5]]}]}'


@pytest.mark.parametrize("work_mb", [64, 1e-4])
def test_spectra_of_a_segment(tmp_path, extract, work_mb, caplog, monkeypatch):
    monkeypatch.setattr(progress, "_INTERVAL", 0.0)
    segment = write_segment(
        tmp_path / "segment.fits",
        times=int_times(range(1, 7)),
        primary={"INTSTART": 3, "INTEND": 5},
    )
    with caplog.at_level(logging.INFO), fits.open(extract(segment, ROWS, work_mb)) as product:
        names = ["PRIMARY", "INT_TIMES", "EXTRACT1D", "APERTURE"]
        assert [hdu.name for hdu in product] == names
        header, table = product["EXTRACT1D"].header, product["EXTRACT1D"].data
        # Rows 2 + 3 + 4, less the background (row 0) three times: the same in all integrations.
        np.testing.assert_allclose(table["FLUX"], 9e6, rtol=1e-15)
        np.testing.assert_allclose(table["FLUX_VAR_RNOISE"], (3 + 9) * 2e12, rtol=1e-15)
        np.testing.assert_allclose(table["BACKGROUND"][:, 0], [0, 200, 400])
        np.testing.assert_array_equal(table["SURF_BRIGHT"], 0)
        np.testing.assert_array_equal(table["NPIXELS"], 3)
        np.testing.assert_array_equal(table["DQ"], 0)
        np.testing.assert_array_equal(table["INT_NUM"], [3, 4, 5])
        np.testing.assert_array_equal(table["MJD-AVG"], [301, 401, 501])
        np.testing.assert_array_equal(table["TDB-END"], [305, 405, 505])
        np.testing.assert_array_equal(table["SEGMENT"], 2)
        np.testing.assert_allclose(table["WAVELENGTH"], [1 + np.arange(5) / 10] * 3)
        assert table.columns["FLUX"].unit == "Jy"
        assert (header["SLTNAME"], header["EXTRYSTR"], header["EXTRYSTP"]) == ("S1600A1", 3, 5)
        assert len(product["INT_TIMES"].data) == 6
        primary = product[0].header
        assert (primary["S_EXTR1D"], primary["S_PXREPL"], primary["S_TRCMOD"]) == (
            *("COMPLETE", "SKIPPED", "SKIPPED"),
        )
        assert primary["R_EXTR1D"] == "extract1d.json"
        assert "R_APCORR" not in primary
        assert primary["DATAMODL"] == "TSOMultiSpecModel"
        assert primary["FILTER"] == "F290LP"
    assert "3 of 3 integrations done" in caplog.text


def test_blocks_give_what_the_whole_gives(tmp_path, extract):
    planes = row_images(n_integrations=7)
    rng = np.random.default_rng(0)
    planes["SCI"] += rng.normal(size=planes["SCI"].shape).astype("f4")
    planes["SCI"][rng.random(planes["SCI"].shape) < 0.3] = NAN
    segment = write_segment(tmp_path / "segment.fits", planes, primary={"S_OUTLIR": "SKIPPED"})
    whole = extract(segment, ROWS).read_bytes()
    assert extract(segment, ROWS, work_mb=1e-5).read_bytes() == whole


def test_replaced_pixels(tmp_path, extract):
    planes = row_images()
    planes["SCI"][:, 3, 2] = NAN
    segment = write_segment(tmp_path / "segment.fits", planes)
    with fits.open(extract(segment, ROWS, replace=True)) as product:
        np.testing.assert_allclose(product["EXTRACT1D"].data["FLUX"], 9e6, rtol=1e-15)
        assert product[0].header["S_PXREPL"] == "COMPLETE"
    with fits.open(extract(segment, ROWS)) as product:
        np.testing.assert_allclose(product["EXTRACT1D"].data["FLUX"][:, 2], 6e6, rtol=1e-15)


def test_no_table_without_a_spectrum(tmp_path, extract, caplog):
    segment = write_segment(tmp_path / "segment.fits", SPORDER=0)
    with caplog.at_level(logging.WARNING), fits.open(extract(segment, ROWS)) as product:
        assert [hdu.name for hdu in product] == ["PRIMARY", "INT_TIMES"]
    assert "no spectrum" in caplog.text


def test_count_rates_and_a_missing_solid_angle(tmp_path, extract, caplog):
    segment = write_segment(tmp_path / "segment.fits", primary={"S_PHOTOM": "SKIPPED"})
    with caplog.at_level(logging.WARNING), fits.open(extract(segment)) as product:
        assert product["EXTRACT1D"].columns["FLUX"].unit == "DN/s"
        np.testing.assert_array_equal(product["EXTRACT1D"].data["FLUX"][0], 15)
    assert "count rates" in caplog.text
    segment = write_segment(tmp_path / "segment.fits", SRCTYPE="EXTENDED", PIXAR_SR=None)
    with caplog.at_level(logging.WARNING), fits.open(extract(segment)) as product:
        np.testing.assert_array_equal(product["EXTRACT1D"].data["FLUX"][0], 15e6)
    assert "PIXAR_SR is missing" in caplog.text


@pytest.mark.parametrize("total", [3, 4, None])
def test_the_exposure_ends_where_the_segment_does_not_say(tmp_path, extract, total):
    primary = {"INTSTART": None, "INTEND": None, "NINTS": total}
    segment = write_segment(tmp_path / "segment.fits", primary=primary)
    with fits.open(extract(segment)) as product:
        table = product["EXTRACT1D"].data
        np.testing.assert_array_equal(table["INT_NUM"], [1, 2, 3])
        np.testing.assert_array_equal(np.isnan(table["MJD-AVG"]), total == 4)


def test_segment_one_is_assumed(tmp_path, extract):
    segment = write_segment(tmp_path / "segment.fits", primary={"EXSEGNUM": None})
    with fits.open(extract(segment)) as product:
        np.testing.assert_array_equal(product["EXTRACT1D"].data["SEGMENT"], 1)


@pytest.mark.parametrize(
    ("planes", "primary", "message"),
    [
        (None, {"EXP_TYPE": "NIS_SOSS"}, "NIS_SOSS"),
        ({name: plane[0] for name, plane in row_images().items()}, {}, r"shape \(6, 5\)"),
    ],
)
def test_refuses_other_data_and_leaves_nothing_behind(tmp_path, extract, planes, primary, message):
    segment = write_segment(tmp_path / "segment.fits", planes, primary=primary)
    with pytest.raises(InputError, match=message):
        extract(segment, ROWS)
    assert not list((tmp_path / "segments").iterdir())


def test_a_wrong_value_of_the_reference_names_its_file(tmp_path, extract):
    segment = write_segment(tmp_path / "segment.fits")
    with pytest.raises(InputError) as caught:
        extract(segment, ROWS.replace("4", '"top"'))
    found = "ystop of aperture 'ANY': found 'top', expected a number"
    assert str(caught.value) == f"{tmp_path}/extract1d.json: {found}"


@pytest.mark.parametrize(("version", "elements"), [("calints", 388), ("calints_2022-version", 387)])
def test_simulated_miri_segments(shared_data, extract, version, elements):
    name = f"eureka-miri-lrs-sim/ERS_NGTS10_2022_new_drift_041_{version}.fits"
    reference = shared_data / "crds-photom-extract1d/jwst_miri_extract1d_slitless_withbgr.json"
    for path in (shared_data / name, reference):
        if not path.exists():
            pytest.skip(f"{path.name} is not among the shared test data")
    product = extract(shared_data / name, reference.read_text(), use_source_posn=None)
    with fits.open(product) as spectra:
        table, header = spectra["EXTRACT1D"].data, spectra["EXTRACT1D"].header
        assert table["FLUX"].shape == (4, elements)
        assert (header["EXTRXSTR"], header["EXTRXSTP"]) == (31.5, 41.5)
        np.testing.assert_array_equal(table["INT_NUM"], [1, 2, 3, 4])
        assert np.isnan(table["MJD-AVG"]).all()
        assert np.isfinite(table["FLUX"]).mean() > 0.98
        assert np.nanmax(table["NPIXELS"]) == 11
