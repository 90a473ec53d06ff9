import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves import model_series, spectra_product
from scripts.lib.light_curves.product_header import labels_of
from scripts.lib.light_curves.sample_quality import SPECTRA_FLAGS
from scripts.lib.light_curves.spectra_product import open_spectra, write_spectra
from tests.support.light_curves import series_of, spectral_model

LEVELS = np.array([1.0, 2.0, 3.0])


@pytest.fixture(name="series")
def series_of_five_integrations(tmp_path):
    models = [spectral_model(np.arange(1.0, n)[:, None] * LEVELS) for n in (4, 3)]
    models[0].flux[1, 2] = np.nan
    models[0].valid[1, 2] = 0.3
    models[1].valid[0, 0] = 0.8
    models[1].background[1] = 0.25
    return series_of(tmp_path, models, factors=np.full(3, 2.0))


def test_spectra_are_read_as_they_were_written(series, tmp_path):
    write_spectra(tmp_path / "own.fits", [series, series], {"TARGNAME": "WASP-0"}, ["a warning"])
    one, other = open_spectra(tmp_path / "own.fits")
    assert (one.version, other.version) == (1, 2)
    for found in (one, other):
        assert (found.detector, found.order, found.n_integrations) == ("NRS1", 1, 5)
        assert found.n_elements == 3
        np.testing.assert_array_equal(found.wavelength, [1.0, 2.0, 3.0])
        np.testing.assert_array_equal(found.columns, [0, 1, 2])
        # The median of 1, 2, 3, 1, 2 times the level and the factor; without the second of the last.
        np.testing.assert_allclose(found.template, [4.0, 8.0, 9.0])
        ((rows, values),) = found.blocks()
        assert rows == slice(0, 5)
        expected = np.array([1.0, 2.0, 3.0, 1.0, 2.0])[:, None] * 2.0 * LEVELS
        expected[1, 2] = np.nan
        np.testing.assert_array_equal(values["FLUX"], expected)
        np.testing.assert_array_equal(values["ERROR"], np.full((5, 3), 6.0))
        np.testing.assert_array_equal(values["PHOTON_ERROR"], np.full((5, 3), 4.0))


def test_product_has_times_background_and_quality(series, tmp_path):
    write_spectra(tmp_path / "own.fits", [series], {"TARGNAME": "WASP-0"}, ["a warning"])
    with fits.open(tmp_path / "own.fits") as hdus:
        hdus.verify("exception")
        names = ["TIME", "SPECTRUM", "FLUX", "ERROR", "PHOTON_ERROR", "BACKGROUND", "QUALITY"]
        assert [hdu.name for hdu in hdus[1:]] == names
        assert hdus[0].header["TARGNAME"] == "WASP-0"
        assert "a warning" in str(hdus[0].header["HISTORY"])
        times = hdus["TIME"].data
        assert times["MJD_UTC"].tolist() == [100.0, 101.0, 102.0, 200.0, 201.0]
        assert times["BJD_TDB"].tolist() == [100.5, 101.5, 102.5, 200.5, 201.5]
        assert times["INTEGRATION"].tolist() == [1, 2, 3, 4, 5]
        assert times["SEGMENT"].tolist() == [1, 1, 1, 2, 2]
        background = np.zeros((5, 3))
        background[4] = 0.5
        np.testing.assert_array_equal(hdus["BACKGROUND"].data, background)
        quality = np.zeros((5, 3))
        quality[1, 2], quality[3, 0] = 1 + 4, 4
        np.testing.assert_array_equal(hdus["QUALITY"].data, quality)
        assert set(SPECTRA_FLAGS) == {1, 4, 16, 32}
        for name in names[2:-1]:
            assert hdus[name].header["BUNIT"] == "DN/s"
            assert hdus[name].header["DETECTOR"] == "NRS1"


def test_bytes_do_not_depend_on_the_blocks(series, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    write_spectra(tmp_path / "one.fits", [series], {})
    monkeypatch.setattr(model_series, "_BLOCK_BYTES", 1)
    write_spectra(tmp_path / "other.fits", [series], {})
    assert (tmp_path / "one.fits").read_bytes() == (tmp_path / "other.fits").read_bytes()


def test_chosen_rows_are_read_in_blocks(series, tmp_path, monkeypatch):
    write_spectra(tmp_path / "own.fits", [series], {})
    (own,) = open_spectra(tmp_path / "own.fits")
    monkeypatch.setattr(spectra_product, "_BLOCK_BYTES", 8 * 3 * 3 * 2)
    found = [
        (rows, values["FLUX"][:, 0].tolist())
        for rows, values in own.blocks([slice(0, 3), slice(4, 5)])
    ]
    assert found == [(slice(0, 2), [2.0, 4.0]), (slice(2, 3), [6.0]), (slice(4, 5), [4.0])]


def test_a_detector_without_a_name_stays_without(series, tmp_path):
    series.archive.detector = ""
    write_spectra(tmp_path / "own.fits", [series], {})
    assert open_spectra(tmp_path / "own.fits")[0].detector == ""


def test_labels_of_a_detector_without_a_name_are_those_of_the_table(series, tmp_path):
    series.archive.detector = ""
    write_spectra(tmp_path / "own.fits", [series], {})
    with open_fits(tmp_path / "own.fits") as file:
        assert labels_of(file, "SPECTRUM") == [("unknown", series.archive.order)]
