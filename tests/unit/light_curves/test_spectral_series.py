import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.files.atomic import write_arrays
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.spectral_series import (
    open_series,
    series_times,
    sum_spectra,
    valid_share,
)
from scripts.lib.spectra.table import COUNT_RATE_UNITS, fill_rows, row_dtype, table_cards
from tests.support.light_curves import TEMPLATE, values_of


def test_missing_samples_are_compensated():
    flux = np.array([TEMPLATE, 1.1 * TEMPLATE, 0.9 * TEMPLATE])
    flux[1, 3] = np.nan
    sums = sum_spectra(values_of(flux), TEMPLATE, np.ones(4, dtype=bool))
    np.testing.assert_allclose(sums["flux"], [10.0, 11.0, 9.0])
    np.testing.assert_allclose(sums["flux_raw"], [10.0, 6.6, 9.0])
    np.testing.assert_allclose(sums["flux_error"], [0.6, 0.3 * np.sqrt(3) / 0.6, 0.6])
    np.testing.assert_allclose(sums["photon_error"][0], 0.4)
    np.testing.assert_allclose(sums["missing"], [0.0, 0.4, 0.0], atol=1e-12)


def test_half_of_the_light_must_be_valid():
    sums = sum_spectra(values_of([[1.0, 2.0, np.nan, np.nan]]), TEMPLATE, np.ones(4, dtype=bool))
    assert np.isnan(sums["flux"]).all()


def test_elements_without_a_template_do_not_count():
    template = np.array([1.0, np.nan, 3.0, 4.0])
    sums = sum_spectra(values_of([[1.0, 7.0, 3.0, 4.0]]), template, np.ones(4, dtype=bool))
    assert sums["flux"].tolist() == [8.0]
    assert sums["flux_raw"].tolist() == [15.0]


def test_share_is_not_known_where_half_of_the_light_is_missing():
    np.testing.assert_array_equal(
        valid_share(np.array([0.0, 0.25, 0.5, 1.0])), [1.0, 0.75, np.nan, np.nan]
    )


def write_spectra(path, flux, time, detector="NRS1"):
    """Write spectra of a segment, and statistics in which its last element misses a fifth."""
    n_integrations, n_elements = flux.shape
    columns = dict.fromkeys(row_dtype(n_elements).names, 0.0)
    columns |= {
        "INT_NUM": np.arange(1, n_integrations + 1),
        "WAVELENGTH": np.arange(1.0, n_elements + 1.0),
        "FLUX": flux,
        "FLUX_ERROR": np.full_like(flux, 2.0),
        "FLUX_VAR_POISSON": np.ones_like(flux),
        "MJD-AVG": time + np.arange(n_integrations),
    }
    rows = fill_rows(columns, n_elements)
    keywords = {"SPORDER": 1, "DETECTOR": detector}
    with ProductWriter(path) as product:
        product.append_hdu(
            [format_card("SIMPLE", True), format_card("BITPIX", 8), format_card("NAXIS", 0)]
        )
        cards = table_cards(n_integrations, n_elements, COUNT_RATE_UNITS, keywords)
        product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))
    missing = np.zeros(flux.shape, np.float32)
    missing[:, -1] = 0.2
    statistics = path.with_suffix(".npz")
    write_arrays(statistics, {"all/missing": missing})
    return str(path), str(statistics)


@pytest.fixture(name="files")
def spectra_of_two_segments(tmp_path):
    first = write_spectra(tmp_path / "a.fits", np.full((3, 4), 8.0), 100.0)
    second = write_spectra(tmp_path / "b.fits", np.full((2, 4), 16.0), 200.0)
    return [list(paths) for paths in zip(first, second, strict=True)]


SEGMENTS = [{"number": number, "detector": "NRS1", "first": 3 * number - 2} for number in (1, 2)]


def test_segments_of_a_detector_and_order_are_one_series(files):
    (series,) = open_series(files[0], SEGMENTS, files[1])
    assert (series.detector, series.order, series.unit) == ("NRS1", 1, "DN/s")
    assert series.n_integrations == 5
    assert series.wavelength.tolist() == [1.0, 2.0, 3.0, 4.0]
    times = series_times(series)
    assert times["mjd_utc"].tolist() == [100.0, 101.0, 102.0, 200.0, 201.0]
    assert times["segment"].tolist() == [1, 1, 1, 2, 2]
    assert times["integration"].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("replaced", "last"), [(False, 10.0), (True, 8.0)])
def test_missing_light_is_compensated_unless_pixels_were_replaced(files, replaced, last):
    (series,) = open_series(files[0], SEGMENTS, files[1], replaced)
    (rows, values), (later, _) = series.blocks()
    assert (rows, later) == (slice(0, 3), slice(3, 5))
    np.testing.assert_allclose(values["FLUX"], [[8.0, 8.0, 8.0, last]] * 3)
    np.testing.assert_allclose(values["FLUX_ERROR"][:, -1], 2.0 * last / 8.0)
    np.testing.assert_allclose(values["FLUX_VAR_POISSON"][:, -1], (last / 8.0) ** 2)
    assert (values["raw"] == 8.0).all()


def test_chosen_rows_may_reach_over_two_segments(files):
    (series,) = open_series(files[0], SEGMENTS, files[1], replaced=True)
    found = [(rows, values["FLUX"][:, 0].tolist()) for rows, values in series.blocks([slice(2, 4)])]
    assert found == [(slice(2, 3), [8.0]), (slice(3, 4), [16.0])]
    np.testing.assert_allclose(series.template, 8.0)


def test_a_segment_with_other_elements_is_left_out(files, tmp_path, caplog):
    spectra, statistics = write_spectra(tmp_path / "c.fits", np.ones((2, 5)), 300.0)
    paths = [files[0][0], spectra], [files[1][0], statistics]
    (series,) = open_series(paths[0], SEGMENTS, paths[1])
    assert series.n_integrations == 3
    assert "5 spectral elements, not 4" in caplog.text


def test_segments_without_any_spectrum_are_an_error(tmp_path):
    with ProductWriter(tmp_path / "empty.fits") as product:
        cards = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0}
        product.append_hdu([format_card(name, value) for name, value in cards.items()])
    with pytest.raises(InputError, match=r"empty.fits: EXTRACT1D: found no spectrum"):
        open_series([tmp_path / "empty.fits"], [{"number": 1, "detector": "A", "first": 1}], [None])
