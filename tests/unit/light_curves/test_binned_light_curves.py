from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.light_curves import binned_light_curves as module
from scripts.lib.light_curves import spectral_curves
from scripts.lib.light_curves.binned_light_curves import (
    bin_edges,
    bin_numbers,
    write_light_curves,
)
from scripts.lib.light_curves.sample_quality import SampleLimits, sample_quality
from tests.support.light_curves import series_of, spectral_model

OPTIONS = {"resolving_power": 100, "pixels": 2, "edges": None}


def numbers_of(wavelength, **options):
    return bin_numbers(wavelength, bin_edges(wavelength, **options)).tolist()


def test_bins_by_pixels_edges_and_resolving_power():
    wavelength = np.array([1.0, 1.1, 1.2, 1.3, 1.4])
    assert numbers_of(wavelength, pixels=2, resolving_power=100) == [0, 0, 1, 1, 2]
    assert numbers_of(wavelength, pixels=1) == [0, 1, 2, 3, 4]
    assert numbers_of(wavelength, edges=[1.05, 1.25], pixels=1) == [-1, 0, 0, -1, -1]
    many = np.linspace(1, 2, 1000)
    power = bin_edges(many, resolving_power=50)
    np.testing.assert_allclose(power[1:] / power[:-1], 1.02, rtol=2e-3)
    assert (bin_numbers(many, power) >= 0).all()


def test_bins_of_descending_and_unknown_wavelengths():
    assert numbers_of(np.array([4.0, 3.0, np.nan, 2.0, 1.0]), pixels=2) == [1, 1, -1, 0, 0]
    assert numbers_of(np.full(2, np.nan), pixels=2) == [-1, -1]


def test_edges_must_ascend():
    with pytest.raises(InputError, match="expected two or more ascending"):
        bin_edges(np.arange(3.0), edges=[2.0, 1.0])


def write(folder, flux, name="speclc.fits", options=OPTIONS, **changed):
    """Write bins of a series of a segment; opened."""
    series = series_of(folder, [spectral_model(flux, **changed)])
    write_light_curves(folder / name, [series], options, {"TARGNAME": "X"}, ["a warning"])
    return folder / name


def test_bins_are_sums_of_their_elements_in_which_missing_ones_are_no_dips(tmp_path):
    flux = np.tile([1.0, 3.0, 4.0, 4.0], (4, 1))
    flux[1] = [np.nan, 3.0, 4.0, 4.0]
    flux[2] = [1.0, np.nan, np.nan, 4.0]
    with fits.open(write(tmp_path, flux)) as hdus:
        hdus.verify("exception")
        # Three quarters of the first bin, a quarter, and half of the second.
        expected = [[4.0, 8.0], [4.0, 8.0], [np.nan, 8.0], [4.0, 8.0]]
        np.testing.assert_allclose(hdus["FLUX"].data, expected)
        error = 3.0 * np.sqrt(2.0)
        np.testing.assert_allclose(
            hdus["ERROR"].data, [[error, error], [4.0, error], [np.nan, 6.0], [error, error]]
        )
        assert hdus["QUALITY"].data.tolist() == [[0, 0], [4, 0], [1 + 4, 4], [0, 0]]
        assert hdus["FLUX"].header["BUNIT"] == "DN/s"
        assert hdus["TIME"].data["INTEGRATION"].tolist() == [1, 2, 3, 4]
        assert hdus[0].header["BINS"] == "of 2 columns"
        assert "a warning" in str(hdus[0].header["HISTORY"])


def test_bins_count_the_elements_that_they_sum(tmp_path):
    flux = np.tile([1.0, np.nan, 3.0, 4.0, np.nan, np.nan], (2, 1))
    with fits.open(write(tmp_path, flux)) as hdus:
        bins = hdus["BINS"].data
        # The last two elements are never there, and so neither is their bin.
        assert bins["ELEMENTS"].tolist() == [1, 2]
        assert bins["WAVELENGTH"].tolist() == [1.0, 3.5]
        assert bins["LOWER"].tolist() == [1.0, 2.5]
        assert bins["UPPER"].tolist() == [2.5, 4.5]
        assert hdus["FLUX"].data.tolist() == [[1.0, 7.0]] * 2


def test_spectra_of_which_nothing_is_known_have_no_bins(tmp_path):
    with fits.open(write(tmp_path, np.full((3, 4), np.nan))) as hdus:
        hdus.verify("exception")
        assert len(hdus["BINS"].data) == 0
        assert len(hdus["TIME"].data) == 3


@pytest.mark.parametrize("chunk", [1, 8 * 12 * 30 * 3])
def test_bins_in_chunks_equal_those_in_one(tmp_path, monkeypatch, chunk):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    rng = np.random.default_rng(1)
    flux = rng.normal(100.0, 1.0, (30, 16))
    flux[rng.random(flux.shape) < 0.05] = np.nan
    changed = {"filled": flux + rng.normal(size=flux.shape), "y": rng.normal(size=30)}
    one = write(tmp_path, flux, "one.fits", **changed)
    monkeypatch.setattr(module, "_CHUNK_BYTES", chunk)
    other = write(tmp_path, flux, "other.fits", **changed)
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"edges": [1.0, 2.0, 3.0]}, "2 given by their edges"),
        ({"pixels": None}, "of resolving power 100"),
    ],
)
def test_header_says_what_the_bins_are(tmp_path, changed, text):
    path = write(tmp_path, np.ones((3, 4)), options=OPTIONS | changed)
    assert fits.getheader(path)["BINS"] == text


def test_edges_without_any_element_are_an_error(tmp_path):
    options = OPTIONS | {"edges": [1000.0, 2000.0]}
    with pytest.raises(InputError, match="edges: found 1000 to 2000, expected wavelengths"):
        write(tmp_path, np.ones((2, 4)), options=options)


def test_a_spectrum_without_an_element_in_the_bins_is_left_out(tmp_path):
    series = series_of(tmp_path, [spectral_model(np.ones((2, 4)))])
    archive = replace(series.archive, wavelength=series.archive.wavelength + 10.0)
    beyond = replace(series, archive=archive)
    path = tmp_path / "speclc.fits"
    write_light_curves(path, [beyond, series], OPTIONS | {"edges": [1.0, 9.0]}, {})
    with fits.open(path) as hdus:
        assert [hdu.ver for hdu in hdus if hdu.name == "BINS"] == [1]
        assert hdus["BINS"].data["LOWER"].tolist() == [1.0]


def judged(folder, flux, bad, clip=None):
    """Bins of two elements of spectra with bad channels."""
    series = series_of(folder, [spectral_model(flux)])
    noise = np.full(flux.shape[1], 0.01)
    series.limits = SampleLimits(np.array(bad), noise, clip)
    write_light_curves(folder / "speclc.fits", [series], OPTIONS, {})
    return fits.open(folder / "speclc.fits")


def test_bad_channels_are_left_out_of_bins_that_have_others(tmp_path):
    flux = np.tile([1.0, 3.0, 4.0, 5.0], (4, 1))
    flux[:, 1] = [3.0, 9.0, 1.0, 3.0]
    with judged(tmp_path, flux, [False, True, True, True]) as hdus:
        np.testing.assert_allclose(hdus["FLUX"].data, np.tile([1.0, 9.0], (4, 1)))
        # The first bin has its good channel alone; the second nothing but bad ones, and says so.
        np.testing.assert_array_equal(hdus["QUALITY"].data, np.tile([0, 32], (4, 1)))
        np.testing.assert_allclose(hdus["BINS"].data["WAVELENGTH"], [1.0, 3.5])
        np.testing.assert_array_equal(hdus["BINS"].data["BAD_CHANNELS"], [1, 2])
        for hdu in (hdus["TIME"], hdus["BINS"]):
            count = hdu.header["TFIELDS"]
            assert all(hdu.header.comments[f"TTYPE{number}"] for number in range(1, count + 1))
        np.testing.assert_array_equal(hdus["BINS"].data["ELEMENTS"], [1, 2])


def test_outliers_in_time_are_no_part_of_a_bin(tmp_path):
    flux = np.tile([2.0, 3.0, 4.0, 5.0], (12, 1))
    flux[6, 2] = 50.0
    with judged(tmp_path, flux, [False] * 4, clip=5.0) as hdus:
        np.testing.assert_allclose(hdus["FLUX"].data, np.tile([5.0, 9.0], (12, 1)))
        assert hdus["QUALITY"].data[6].tolist() == [0, 4]


def test_samples_are_judged_once_however_many_chunks_bins_take(tmp_path, monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(1)
        return sample_quality(*arguments)

    monkeypatch.setattr(spectral_curves, "sample_quality", counted)
    monkeypatch.setattr(module, "_CHUNK_BYTES", 1)
    flux = np.tile([2.0, 3.0, 4.0, 5.0], (12, 1))
    flux[6, 2] = 50.0
    with judged(tmp_path, flux, [False] * 4, clip=5.0) as hdus:
        np.testing.assert_allclose(hdus["FLUX"].data, np.tile([5.0, 9.0], (12, 1)))
    assert len(calls) == 1
