import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves import spectral_series as module
from scripts.lib.light_curves.spectral_series import open_series, series_times, sum_raw
from tests.support.light_curves import write_archive

SEGMENTS = [{"number": number, "detector": "NRS1", "first": 3 * number - 2} for number in (1, 2)]


@pytest.fixture(name="files")
def spectra_of_two_segments(tmp_path):
    return [
        write_archive(tmp_path / "a.fits", np.full((3, 4), 8.0), 100.0),
        write_archive(tmp_path / "b.fits", np.full((2, 4), 16.0), 200.0),
    ]


def test_segments_of_a_detector_and_order_are_one_series(files):
    (series,) = open_series(files, SEGMENTS)
    assert (series.detector, series.order, series.unit) == ("NRS1", 1, "DN/s")
    assert series.n_integrations == 5
    assert series.wavelength.tolist() == [1.0, 2.0, 3.0, 4.0]
    times = series_times(series)
    assert times["mjd_utc"].tolist() == [100.0, 101.0, 102.0, 200.0, 201.0]
    assert times["bjd_tdb"].tolist() == [100.5, 101.5, 102.5, 200.5, 201.5]
    assert times["segment"].tolist() == [1, 1, 1, 2, 2]
    assert times["integration"].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [1, 1 << 24])
def test_blocks_are_those_of_the_files(files, monkeypatch, size):
    monkeypatch.setattr(module, "_BLOCK_BYTES", size)
    (series,) = open_series(files, SEGMENTS)
    rows, values = zip(*series.blocks(), strict=True)
    assert len(rows) == (5 if size == 1 else 2)
    flux = np.concatenate([block["FLUX"] for block in values])
    np.testing.assert_array_equal(flux, np.repeat([8.0, 16.0], [3, 2])[:, None] * np.ones(4))
    assert all((block["FLUX_ERROR"] == 2.0).all() for block in values)


def test_detectors_are_series_of_their_own(tmp_path):
    paths = [
        write_archive(tmp_path / f"{name}.fits", np.ones((2, 4)), detector=name)
        for name in ("NRS1", "NRS2")
    ]
    segments = [{"number": 1, "detector": name, "first": 1} for name in ("NRS1", "NRS2")]
    assert [series.detector for series in open_series(paths, segments)] == ["NRS1", "NRS2"]


def test_a_segment_with_other_elements_is_left_out(files, tmp_path, caplog):
    other = write_archive(tmp_path / "c.fits", np.ones((2, 5)), 300.0)
    (series,) = open_series([files[0], other], SEGMENTS)
    assert series.n_integrations == 3
    assert "5 spectral elements, not 4" in caplog.text


def test_the_sum_of_the_archive_takes_what_is_finite(tmp_path):
    flux = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, np.nan, 3.0, 4.0], [np.nan, np.nan, np.nan, 4.0]])
    (series,) = open_series([write_archive(tmp_path / "a.fits", flux)], SEGMENTS[:1])
    found = sum_raw(series, np.array([True, True, True, False]))
    np.testing.assert_array_equal(found["flux_raw"], [6.0, 4.0, np.nan])
    np.testing.assert_allclose(
        found["flux_raw_error"], [2.0 * np.sqrt(3.0), 2.0 * np.sqrt(2.0), np.nan]
    )


def test_segments_without_any_spectrum_are_an_error(tmp_path):
    with ProductWriter(tmp_path / "empty.fits") as product:
        cards = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0}
        product.append_hdu([format_card(name, value) for name, value in cards.items()])
    with pytest.raises(InputError, match=r"empty.fits: EXTRACT1D: found no spectrum"):
        open_series([tmp_path / "empty.fits"], [{"number": 1, "detector": "A", "first": 1}])
