import logging

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.extract_1d import process
from scripts.lib.errors import InputError
from scripts.lib.jobs import progress
from scripts.lib.spectra.sums import (
    calibration_of,
    correct_aperture,
    spectrum_columns,
    sum_aperture,
)
from tests.support.spectral_segments import int_times, row_images, write_segment
from tests.support.steps import run_step

NAN, INF = np.nan, np.inf
OPTIONS = {"apply_apcorr": True, "use_source_posn": False, "log_increment": 2}


def images(*pixels):
    """Cube (1, rows, 1) of float32."""
    return np.array(pixels, np.float32)[np.newaxis, :, np.newaxis]


def weights(*pixels):
    return np.array(pixels, float)[:, np.newaxis]


def test_sum_of_rows():
    science = row_images()["SCI"]
    sums = sum_aperture(science, [science], np.full((6, 5), 1.0))
    np.testing.assert_array_equal(sums.flux, np.repeat([[15], [615], [1215]], 5, axis=1))
    np.testing.assert_array_equal(sums.variances[0], sums.flux)
    np.testing.assert_array_equal(sums.npixels, 6)
    np.testing.assert_array_equal(sums.background, 0)


def test_partial_pixels_count_in_part_and_squared_in_variances():
    sums = sum_aperture(images(2, 4, 8), [images(1, 1, 4)], weights(0, 1, 0.5))
    assert (sums.flux, sums.npixels, sums.variances) == (8, 1.5, 2)


def test_nothing_makes_up_for_lost_pixels():
    sums = sum_aperture(images(2, NAN, INF, 5), [images(1, 1, 1, 1)], weights(1, 1, 1, 1))
    assert (sums.flux, sums.npixels, sums.variances) == (7, 2, 2)


def test_variances_that_are_not_finite():
    variances = [images(NAN, 2, INF), images(1, INF, NAN), images(INF, 3, INF)]
    sums = sum_aperture(images(1, 2, NAN), variances, weights(1, 1, 1))
    np.testing.assert_array_equal(sums.variances[:, 0, 0], [2, INF, INF])
    outside = sum_aperture(images(1, 2, 3), variances, weights(0, 1, 0))
    np.testing.assert_array_equal(outside.variances[:, 0, 0], [2, INF, 3])


@pytest.mark.parametrize("pixels", [(NAN, NAN), (-INF, INF)])
def test_no_pixel_no_flux(pixels):
    sums = sum_aperture(images(*pixels), [images(1, 1)], weights(1, 1))
    assert np.isnan(sums.flux)
    assert (sums.npixels, sums.variances) == (0, 0)


def test_weights_next_to_nothing_are_nothing():
    sums = sum_aperture(images(1, 2), [images(1, 1)], weights(4e-9, 4e-9))
    assert np.isnan(sums.flux)
    assert sums.npixels == 8e-9


def test_background_is_subtracted_and_summed_over_the_same_pixels():
    level = np.full((1, 1, 1), 1.5)
    sums = sum_aperture(
        images(2, NAN, 4), [images(1, 1, 1)], weights(1, 1, 0.5), level, np.full((1, 1, 1), 9.0)
    )
    assert sums.flux == 0.5 + 1.25
    assert sums.background == 1.5 * 1.5
    assert sums.variances == 1.25 + 9
    assert sums.background_variances == 9


def test_background_that_varies_across_dispersion():
    level = np.array([1.0, 2.0, 3.0])[np.newaxis, :, np.newaxis]
    sums = sum_aperture(
        images(2, NAN, 4), [images(1, 1, 1)], weights(1, 1, 0.5), level, np.zeros((1, 1, 1))
    )
    assert sums.flux == 1.5
    assert sums.background == 2.5


def test_without_a_background_level_there_is_no_flux():
    level = np.full((1, 1, 1), np.float32(NAN))
    sums = sum_aperture(images(2, 4), [images(1, 1)], weights(1, 1), level, np.zeros((1, 1, 1)))
    assert np.isnan(sums.flux)
    assert (sums.npixels, sums.background) == (0, 0)


def reference_sums(science, variance, weights, level):
    """Plain loops over the pixels of each column."""
    n_integrations, n_rows, n_columns = science.shape
    result = np.zeros((4, n_integrations, n_columns))
    for t in range(n_integrations):
        for x in range(n_columns):
            for y in range(n_rows):
                value = float(science[t, y, x]) - level[t, 0, x]
                if np.isfinite(value):
                    w, v = weights[y, x], float(variance[t, y, x])
                    result[:, t, x] += (
                        w * value,
                        w,
                        0 if np.isnan(v) else w * w * v,
                        w * level[t, 0, x],
                    )
    result[0][result[1] == 0] = NAN
    return result


@given(st.integers(0, 1000))
def test_equals_plain_loops(seed):
    rng = np.random.default_rng(seed)
    science = rng.normal(size=(2, 5, 4)).astype(np.float32)
    variance = rng.random(science.shape, dtype=np.float32)
    science[rng.random(science.shape) < 0.4] = NAN
    variance[rng.random(science.shape) < 0.2] = NAN
    share, level = rng.random((5, 4)).round(1), rng.normal(size=(2, 1, 4))
    sums = sum_aperture(science, [variance], share, level, np.zeros((1, 2, 4)))
    flux, npixels, variances, background = reference_sums(science, variance, share, level)
    np.testing.assert_allclose(sums.flux, flux, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sums.npixels, npixels, rtol=1e-12)
    np.testing.assert_allclose(sums.variances[0], variances, rtol=1e-12)
    np.testing.assert_allclose(sums.background, background, rtol=1e-12, atol=1e-12)


@given(st.integers(-1000, 1000), st.permutations(range(3)))
def test_linear_and_independent_integrations(factor, order):
    science = row_images()["SCI"].astype(float)
    share = np.linspace(0, 1, 30).reshape(6, 5)
    sums = sum_aperture(science, [science], share)
    scaled = sum_aperture(factor * science[order], [science[order]], share)
    np.testing.assert_allclose(scaled.flux, factor * sums.flux[order], rtol=1e-12)
    np.testing.assert_array_equal(scaled.npixels, sums.npixels[order])
    np.testing.assert_array_equal(scaled.variances, sums.variances[:, order])


@pytest.fixture(name="sums")
def fixture_sums():
    """Flux 8 of 4 pixels, background 2, variances 16 of which half come from the background."""
    level = np.full((1, 1, 1), 0.5)
    return sum_aperture(
        images(2.5, 2.5, 2.5, 2.5),
        [images(2, 2, 2, 2)] * 3,
        weights(1, 1, 1, 1),
        level,
        np.full((3, 1, 1), 8.0),
    )


COLUMNS = ("FLUX", "FLUX_VAR_FLAT", "SURF_BRIGHT", "SB_VAR_FLAT", "BACKGROUND", "BKGD_VAR_FLAT")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((False, True, None), (8, 16, 2, 1, 0.5, 0.5)),
        ((True, True, 0.25), (8e6, 16e12, 0, 0, 2, 8)),
        ((True, False, 0.25), (2e6, 1e12, 2, 1, 0.5, 0.5)),
    ],
    ids=["count rate", "point source in a slit", "surface brightness"],
)
def test_units_of_the_spectrum(sums, arguments, expected):
    columns = spectrum_columns(sums, calibration_of(*arguments))
    for name, value in zip(COLUMNS, expected, strict=True):
        assert columns[name] == pytest.approx(value, rel=1e-14), name
    for prefix, variance in zip(("FLUX", "SB", "BKGD"), expected[1::2], strict=True):
        assert columns[f"{prefix}_ERROR"] == pytest.approx(np.sqrt(3 * variance), rel=1e-14)
    assert columns["NPIXELS"] == 4


def test_only_a_missing_flux_is_flagged():
    lost = sum_aperture(images(NAN), [images(1)] * 3, weights(1))
    columns = spectrum_columns(lost, calibration_of(False, False, None))
    assert columns["DQ"] == 1
    assert np.isnan(columns["SURF_BRIGHT"])
    assert columns["BACKGROUND"] == columns["SB_VAR_FLAT"] == columns["NPIXELS"] == 0


def test_aperture_correction_leaves_the_background(sums):
    columns = spectrum_columns(sums, calibration_of(False, False, None))
    before = {name: values.copy() for name, values in columns.items()}
    correct_aperture(columns, np.array([3.0]))
    for name, values in columns.items():
        factor = 1
        if name.startswith(("FLUX", "SB", "SURF")):
            factor = 9 if "VAR" in name else 3
        assert values == factor * before[name], name


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
            {"options": OPTIONS | options, "pixel_replace": {"skip": not replace}},
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
