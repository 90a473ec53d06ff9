import numpy as np
import pytest
from astropy.io import fits
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.flux_calibration import FluxCalibration
from tests.support.soss_files import write_photom

PRIMARY = {"FILTER": "CLEAR", "PUPIL": "GR700XD", "EXPMID": 60365.0}
WAVELENGTHS = np.array([0.5, 1.0, 1.5, 2.0, 9.0])


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_the_response_is_interpolated_and_zero_outside(tmp_path, scale):
    calibration = FluxCalibration(write_photom(tmp_path / "p.fits", scale=scale), PRIMARY)
    found = calibration.conversions({1: WAVELENGTHS, 2: WAVELENGTHS[:3]})
    assert_allclose(found[1], [0, 10, 15, 20, 0], rtol=1e-6)
    assert_allclose(found[2], [0, 20, 30], rtol=1e-6)


def test_an_order_without_a_row_and_those_after_it_are_left_out(tmp_path, caplog):
    calibration = FluxCalibration(write_photom(tmp_path / "p.fits", orders=(1, 3)), PRIMARY)
    assert list(calibration.conversions(dict.fromkeys((1, 2, 3), WAVELENGTHS))) == [1]
    assert "orders [2, 3] stay in DN/s" in caplog.text


def test_two_rows_for_an_order_are_refused(tmp_path):
    calibration = FluxCalibration(write_photom(tmp_path / "p.fits", orders=(1, 1)), PRIMARY)
    with pytest.raises(InputError, match="found 2 rows"):
        calibration.conversions({1: WAVELENGTHS})


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        # One year after the reference day.
        ("TIMECOEFF_LINEAR", {"t0": 60000.0, "lossperyear": 0.1}, 0.9),
        (
            "TIMECOEFF_EXPONENTIAL",
            {"t0": 60000.0, "amplitude": 0.5, "tau": 365.0, "const": 0.5},
            0.5 * np.exp(-1) + 0.5,
        ),
        (
            "TIMECOEFF_POWERLAW",
            {"t0": 60000.0, "year1value": 0.8, "tsoft": 1.0, "alpha": -0.5},
            0.8,
        ),
    ],
)
def test_throughput_that_depends_on_time_divides_the_conversion(tmp_path, name, values, expected):
    path = write_photom(tmp_path / "p.fits", coefficients={name: values})
    found = FluxCalibration(path, PRIMARY).conversions({1: np.array([1.0])})
    assert_allclose(found[1], 10 / expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["CLEAR", "F277W"])
def test_factors_of_a_flight_reference_are_taken(shared_data, name):
    """Up to 205 MJy for 1 DN/s, where nearly no light of order 3 arrives."""
    path = shared_data / "niriss-soss-refs/jwst_niriss_photom_rev2.fits"
    orders = (1, 2, 3) if name == "CLEAR" else (1,)
    wavelengths = dict.fromkeys(orders, np.linspace(0.4, 3.2, 3000))
    found = FluxCalibration(path, PRIMARY | {"FILTER": name}).conversions(wavelengths)
    assert list(found) == list(orders)
    assert all(1e-6 < factors.max() < 300 for factors in found.values())


def test_time_coefficients_need_the_time(tmp_path):
    values = {"t0": 60000.0, "lossperyear": 0.1}
    path = write_photom(tmp_path / "p.fits", coefficients={"TIMECOEFF_LINEAR": values})
    with pytest.raises(InputError, match="EXPMID: found none"):
        FluxCalibration(path, PRIMARY | {"EXPMID": None})


def test_lower_case_keywords_match(tmp_path):
    path = write_photom(tmp_path / "p.fits")
    calibration = FluxCalibration(path, PRIMARY | {"FILTER": "Clear"})
    assert_array_equal(list(calibration.conversions({1: WAVELENGTHS})), [1])


def test_the_throughput_of_the_reference_day_may_be_kept(tmp_path):
    values = {"t0": 60000.0, "lossperyear": 0.1}
    path = write_photom(tmp_path / "p.fits", coefficients={"TIMECOEFF_LINEAR": values})
    calibration = FluxCalibration(path, PRIMARY | {"EXPMID": None}, follows_time=False)
    assert_allclose(calibration.conversions({1: np.array([1.0])})[1], 10, rtol=1e-6)


def change(path, column, values, name="PHOTOM"):
    with fits.open(path, mode="update") as hdus:
        hdus[name].data[column] = values


@pytest.mark.parametrize("value", [-1.0, 0.0, np.nan, np.inf])
@pytest.mark.parametrize("column", ["photmj", "relresponse", "wavelength"])
def test_a_value_that_is_not_finite_and_positive_is_named(tmp_path, column, value):
    path = write_photom(tmp_path / "p.fits")
    change(path, column, value)
    if column != "photmj" and value == 0:
        # A detector may have no response, and padding no wavelength.
        return
    with pytest.raises(InputError, match=rf"p\.fits: PHOTOM: row 1: {column}: found "):
        FluxCalibration(path, PRIMARY).conversions({1: WAVELENGTHS})


@pytest.mark.parametrize("count", [-1, 0, 5])
def test_a_used_length_beyond_the_table_is_named(tmp_path, count):
    path = write_photom(tmp_path / "p.fits")
    change(path, "nelem", count)
    with pytest.raises(InputError, match=f"row 1: nelem: found {count}, expected .* 1 to 4"):
        FluxCalibration(path, PRIMARY).conversions({1: WAVELENGTHS})


@pytest.mark.parametrize("loss", [1.0, 2.0, np.nan])
def test_a_correction_for_time_that_leaves_nothing_is_named(tmp_path, loss):
    values = {"t0": 60000.0, "lossperyear": loss}
    path = write_photom(tmp_path / "p.fits", coefficients={"TIMECOEFF_LINEAR": values})
    with pytest.raises(InputError, match=r"row 1: found a correction for time of"):
        FluxCalibration(path, PRIMARY).conversions({1: WAVELENGTHS})


def test_empty_tables_and_missing_columns_are_named(tmp_path):
    path = write_photom(tmp_path / "empty.fits")
    with fits.open(path, mode="update") as hdus:
        hdus["PHOTOM"].data = hdus["PHOTOM"].data[:0]
    with pytest.raises(InputError, match="PHOTOM: found 0 rows, expected one or more"):
        FluxCalibration(path, PRIMARY)
    columns = [fits.Column("filter", "12A", array=["CLEAR"])]
    table = fits.BinTableHDU.from_columns(columns, name="PHOTOM")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "other.fits")
    with pytest.raises(InputError, match="found no column pupil, order, wavelength, relresponse"):
        FluxCalibration(tmp_path / "other.fits", PRIMARY)


@pytest.mark.parametrize("scale", [1e9, 1e-30])
def test_a_factor_that_no_instrument_has_is_named(tmp_path, scale):
    path = write_photom(tmp_path / "p.fits")
    with fits.open(path, mode="update") as hdus:
        hdus["PHOTOM"].data["photmj"][0] = scale
    calibration = FluxCalibration(path, PRIMARY)
    assert len(calibration.conversions({2: WAVELENGTHS})) == 1
    with pytest.raises(InputError, match=r"row 1: found a factor of .* MJy for 1 DN/s"):
        calibration.conversions({1: WAVELENGTHS})
