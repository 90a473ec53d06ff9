"""Simulated NIRISS SOSS visits: traces, overlapping orders, references and their formats."""

import json

import numpy as np
import pytest
import yaml
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.simulation import nis_soss_scene, soss_references
from scripts.simulation.detector import DO_NOT_USE, REFERENCE_PIXEL
from scripts.simulation.exposure import Exposure
from scripts.simulation.models import FILE_DATE
from scripts.simulation.nis_soss import MODE, reference_pixels
from scripts.simulation.nis_soss_orders import COLUMNS, WHEEL_EXTENT, OrderOptics, soss_orders
from scripts.simulation.nis_soss_scene import (
    OrderLight,
    SossScene,
    column_light,
    electron_scale,
    kernel,
    spatial_profile,
    zodiacal_light,
)
from scripts.simulation.nis_soss_star import (
    flux_density,
    planet_radius,
    transit_depth,
    transit_light,
)
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit

REFERENCES = {"pastasoss", "specprofile", "speckernel", "wavelengthrange", "photom"}
CLEAN = {"bad_pixel_rate": 0.0, "cosmic_ray_rate": 0.0, "drift": 0.0, "jitter": 0.0}


def _options(**changes):
    chosen = {"integrations": 2, "segments": 1, "frame_size": (96, COLUMNS)}
    return VisitOptions("nis_soss", **(chosen | changes))


def _optics(order=1, terms=(2.0, -1.0), row=54.0, throughput=(0.5, 0.5)):
    """Order with a horizontal trace and a constant throughput between 0.5 and 3 micron."""
    columns = np.arange(float(COLUMNS))
    table = np.array([0.5, 3.0]), np.array(throughput)
    return OrderOptics(order, columns, np.full(COLUMNS, row), terms, table)


def _light(order, rate, trace, columns=8):
    """Order with the same light and row in every column."""
    vector = np.ones(columns)
    return OrderLight(order, 1.5 * vector, trace * vector, rate * vector)


def _scene(*lights, rows=100, background=0.0):
    columns = lights[0].trace.size
    depth = np.zeros(columns * len(lights))
    return SossScene((rows, columns), lights, background, 0.5, depth)


@pytest.fixture(scope="module")
def visit(tmp_path_factory):
    """Folder of a small SUBSTRIP96 visit."""
    folder = tmp_path_factory.mktemp("soss")
    simulate_visit(folder, _options(nan_rate=0.01))
    return folder


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """Folder of the reference files of SUBSTRIP256."""
    folder = tmp_path_factory.mktemp("references")
    MODE.references(_options(frame_size=None), folder)
    return folder


@pytest.mark.parametrize("order", [1, 2, 3])
def test_modelled_orders_are_close_to_the_measured_ones(shared_data, order):
    modelled = soss_orders(None)[order - 1]
    measured = soss_orders(str(shared_data / "niriss-soss-refs"))[order - 1]
    used = slice(modelled.cutoff)
    assert modelled.order == measured.order == order
    np.testing.assert_allclose(modelled.trace(0.0)[used], measured.trace(0.0)[used], atol=0.5)
    columns = np.arange(modelled.cutoff)
    wavelength = measured.wavelengths(columns, 0.0)
    np.testing.assert_allclose(modelled.wavelengths(columns, 0.0), wavelength, atol=1e-3)
    difference = modelled.throughput(wavelength) - measured.throughput(wavelength)
    assert np.abs(difference).max() < 0.06 * modelled.throughput(wavelength).max()


@pytest.mark.parametrize(("order", "column"), [(1, 500), (1, 2000), (2, 1200), (3, 300)], ids=str)
def test_measured_orders_follow_the_file(shared_data, order, column):
    path = shared_data / "niriss-soss-refs" / "jwst_niriss_spectrace_0023.fits"
    table = fits.getdata(path, order)
    ascending = np.argsort(table["X"])
    optics = soss_orders(str(path))[order - 1]
    expected = np.interp(column, table["X"][ascending], table["Y"][ascending])
    assert optics.trace(0.0)[column] == pytest.approx(expected, abs=1e-6)
    expected = np.interp(column, table["X"][ascending], table["WAVELENGTH"][ascending])
    assert optics.wavelengths(column, 0.0) == pytest.approx(expected, abs=3e-4)


def _write_spectrace(path, subarray, columns):
    vector = np.array([1.0, 2.0])
    table = np.rec.fromarrays([vector] * len(columns), names=columns)
    hdu = fits.BinTableHDU(table, name="ORDER", ver=1)
    fits.HDUList([fits.PrimaryHDU(header=fits.Header({"SUBARRAY": subarray})), hdu]).writeto(path)


def test_missing_or_wrong_spectrace_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"real_references: .*: found no file, expected"):
        soss_orders(str(tmp_path))
    _write_spectrace(tmp_path / "a_spectrace.fits", "SUBSTRIP96", ["WAVELENGTH", "X"])
    with pytest.raises(InputError, match=r"found a_spectrace.fits: SUBSTRIP96, expected"):
        soss_orders(str(tmp_path))
    _write_spectrace(tmp_path / "b_spectrace.fits", "SUBSTRIP256", ["WAVELENGTH", "X"])
    with pytest.raises(InputError, match=r"ORDER 1: found columns \['WAVELENGTH', 'X'\]"):
        soss_orders(str(tmp_path))


@pytest.mark.parametrize("angle", [0.0, 0.02, -0.2])
def test_pupil_wheel_turns_the_trace_about_its_pivot(angle):
    rows = _optics().trace(angle)
    expected = 54.0 + (np.arange(COLUMNS) - 1887.0) * np.tan(np.deg2rad(angle))
    np.testing.assert_allclose(rows, expected, atol=1e-9)


def test_trace_goes_on_straight_beyond_the_known_columns():
    full = _optics()
    known = OrderOptics(1, full.columns[4:-4], 0.5 * full.columns[4:-4], (1.0,), ())
    np.testing.assert_allclose(known.trace(0.0), 0.5 * np.arange(COLUMNS), atol=1e-9)


@given(
    order=st.integers(1, 3),
    column=st.floats(0.0, COLUMNS - 1.0),
    offset=st.floats(-0.1, 0.15),
)
def test_coefficients_of_the_reference_give_the_wavelengths(order, column, offset):
    optics = soss_orders(None)[order - 1]
    x = column / COLUMNS
    p = (offset - WHEEL_EXTENT[0]) / (WHEEL_EXTENT[1] - WHEEL_EXTENT[0])
    coefficients = optics.coefficients()
    degree = int(np.sqrt(2 * len(coefficients))) - 1
    terms = [x ** (n - k) * p**k for n in range(degree + 1) for k in range(n + 1)]
    assert len(terms) == len(coefficients)
    assert np.dot(coefficients, terms) == pytest.approx(
        float(optics.wavelengths(column, offset)), abs=1e-12
    )


def test_wavelengths_fall_along_the_columns_of_every_order():
    for optics in soss_orders(None):
        assert np.all(np.diff(optics.wavelengths(np.arange(optics.cutoff), 0.02)) < 0)


def test_throughput_is_zero_beyond_its_table():
    found = _optics().throughput(np.array([0.49, 0.5, 1.7, 3.0, 3.01]))
    np.testing.assert_allclose(found, [0.0, 0.5, 0.5, 0.5, 0.0])


def test_profile_shares_out_all_light_and_moves_with_the_trace():
    trace, wavelength = np.array([130.0, 131.0, 130.4]), np.full(3, 1.5)
    profile = spatial_profile(260, trace, wavelength)
    np.testing.assert_allclose(profile.sum(axis=0), 1.0, atol=1e-6)
    assert profile.min() >= 0.0
    np.testing.assert_allclose(profile[1:, 1], profile[:-1, 0], atol=1e-12)
    centroid = np.arange(260) @ profile
    assert centroid[2] - centroid[0] == pytest.approx(0.4, abs=1e-3)
    assert centroid[0] == pytest.approx(130.0, abs=0.2)


def test_profile_is_broad_and_flat():
    profile = spatial_profile(200, np.array([100.0]), np.array([1.0]))[:, 0]
    top = profile[94:107]
    assert 0.75 < top.min() / top.max() <= 1.0
    assert np.count_nonzero(profile > profile.max() / 2) in range(20, 26)
    assert profile[(80, 120),].max() < 0.1 * profile.max()


def test_kernel_is_even_and_has_unit_light():
    offset = np.linspace(-10.0, 10.0, 2001)
    for wavelength in (0.6, 2.8):
        value = kernel(offset, wavelength)
        np.testing.assert_allclose(value, value[::-1])
        assert np.trapezoid(value, offset) == pytest.approx(1.0, abs=1e-3)
    assert kernel(np.float64(0), 0.6) > kernel(np.float64(0), 2.8)


def test_light_of_a_column_is_energy_throughput_and_width(monkeypatch):
    monkeypatch.setattr(nis_soss_scene, "flux_density", np.square)
    found = column_light(_optics(terms=(2.0, -1.0), throughput=(0.4, 0.4)), 0.0)
    wavelength = 2.0 - np.arange(COLUMNS) / COLUMNS
    np.testing.assert_allclose(found, 0.4 * wavelength / COLUMNS, rtol=1e-9)


def test_narrow_lines_are_blurred_without_loss_of_light(monkeypatch):
    optics = _optics(terms=(2.0, -0.5), throughput=(1.0, 1.0))
    line = float(optics.wavelengths(1000.0, 0.0))
    width = 1e-4

    def spectrum(wavelength):
        return wavelength**2 * np.exp(-0.5 * ((wavelength - line) / width) ** 2)

    monkeypatch.setattr(nis_soss_scene, "flux_density", spectrum)
    found = column_light(optics, 0.0)
    assert found.argmax() == 1000
    assert found[998] == pytest.approx(found[1002], rel=0.01)
    assert found[1002] > 0.05 * found[1000]
    assert found.sum() == pytest.approx(line * width * np.sqrt(2.0 * np.pi), rel=0.01)


def test_image_is_the_sum_of_orders_and_background():
    scene = _scene(_light(1, 1000.0, 45.0), _light(2, 100.0, 55.0), rows=100, background=2.0)
    image = scene.image(np.ones(16), 0.0)
    background = 2.0 * zodiacal_light(8)
    shares = spatial_profile(100, np.full(8, 45.0), np.full(8, 1.5))
    others = spatial_profile(100, np.full(8, 55.0), np.full(8, 1.5))
    np.testing.assert_allclose(image, background + 1000.0 * shares + 100.0 * others)


def test_transit_of_one_order_leaves_the_others_alone():
    scene = _scene(_light(1, 1000.0, 45.0), _light(2, 100.0, 55.0))
    light = np.repeat([1.0, 0.9], 8)
    difference = scene.image(np.ones(16), 0.1) - scene.image(light, 0.1)
    expected = 10.0 * spatial_profile(100, np.full(8, 55.1), np.full(8, 1.5))
    np.testing.assert_allclose(difference, expected, atol=1e-9)


def test_contamination_is_the_light_of_other_orders_over_the_own():
    scene = _scene(_light(1, 100.0, 50.0), _light(2, 25.0, 50.0), _light(3, 0.0, 50.0))
    found = np.split(scene.contamination(), 3)
    np.testing.assert_allclose(found[0], 0.25)
    np.testing.assert_allclose(found[1], 4.0)
    assert np.all(np.isnan(found[2]))


def test_orders_far_apart_do_not_contaminate_each_other():
    scene = _scene(_light(1, 100.0, 50.0), _light(2, 100.0, 350.0), rows=400)
    assert np.abs(scene.contamination()).max() < 1e-9


def test_truth_has_a_value_for_every_column_of_every_order():
    scene = _scene(_light(1, 100.0, 50.0), _light(3, 25.0, 60.0))
    truth = scene.truth()
    assert {vector.shape for vector in truth.values()} == {(16,)}
    np.testing.assert_array_equal(truth["order"], np.repeat([1, 3], 8))
    np.testing.assert_array_equal(truth["column"], np.tile(np.arange(8), 2))
    np.testing.assert_allclose(scene.light(), np.repeat([50.0, 12.5], 8))


def test_zodiacal_light_has_a_step():
    light = zodiacal_light(COLUMNS)
    assert light[700] == 1.0
    assert light[699] == pytest.approx(0.62, abs=1e-3)
    assert light.max() == 1.0


def test_depth_of_the_truth_is_that_of_the_light_curve():
    options = _options(integrations=3, radius_ratio=0.12, impact_parameter=0.2)
    wavelength = np.linspace(0.6, 2.8, 50)
    exposure = Exposure(options, MODE, MODE.view(options, "nis"), 0)
    light = transit_light(exposure.clock, np.array([1, 2]), wavelength, options)
    np.testing.assert_array_equal(light[0], 1.0)
    np.testing.assert_allclose(1.0 - light[1], transit_depth(wavelength, options), rtol=1e-9)
    assert np.ptp(transit_depth(wavelength, options)) > 2e-4


def test_depth_is_the_area_of_the_planet_but_for_limb_darkening():
    wavelength = np.array([0.6, 1.4, 2.7])
    area = planet_radius(wavelength, 0.1) ** 2
    central = transit_depth(wavelength, _options(impact_parameter=0.0))
    assert np.all((central > area) & (central < 1.4 * area))


@pytest.mark.parametrize(
    ("shape", "top"), [((256, COLUMNS), REFERENCE_PIXEL | DO_NOT_USE), ((96, COLUMNS), 0)]
)
def test_reference_pixels_are_at_the_edges_of_the_detector(shape, top):
    flags = reference_pixels(shape)
    assert np.all(flags[:, [0, 3, -4, -1]] == REFERENCE_PIXEL | DO_NOT_USE)
    assert np.all(flags[-4:, 4:-4] == top)
    assert not flags[:-4, 4:-4].any()


def test_columns_hold_the_light_of_the_truth():
    options = _options(frame_size=None, integrations=1, transit_fraction=0.0, **CLEAN)
    exposure = Exposure(options, MODE, MODE.view(options, "nis"), 0)
    truth = exposure.begin_truth()
    planes = exposure.segment(1, MODE.pointing(options), truth)
    flux = truth.vectors["flux"].reshape(3, COLUMNS)
    seen = slice(100, 700)
    total = np.nansum(planes.sci[0, :, seen], axis=0)
    error = np.sqrt(np.nansum(planes.err[0, :, seen] ** 2, axis=0))
    deviation = (total - flux[:, seen].sum(axis=0)) / error
    assert abs(np.median(deviation)) < 1.0
    assert deviation.std() < 2.0
    assert np.nanmax(planes.sci) < 1000.0


def test_no_reference_states_the_time_of_its_making(references):
    paths = sorted(references.glob("*.fits"))
    assert len(paths) == 3
    assert {fits.getheader(path)["DATE"] for path in paths} == {FILE_DATE}


def test_pastasoss_holds_what_the_scene_uses(references):
    from stdatamodels.jwst.datamodels import PastasossModel

    with PastasossModel(str(references / "niriss_soss_pastasoss.asdf")) as model:
        assert model.meta.pwcpos_bounds[0] < model.meta.pwcpos_cmd < model.meta.pwcpos_bounds[1]
        for optics, trace, wave, throughput in zip(
            soss_orders(None), model.traces, model.wavecal_models, model.throughputs, strict=True
        ):
            orders = {trace.spectral_order, wave.spectral_order, throughput.spectral_order}
            assert orders == {optics.order}
            assert (trace.pivot_x, trace.pivot_y) == optics.pivot
            assert trace.cutoff == optics.cutoff
            columns, rows = np.array(trace.trace).T
            np.testing.assert_allclose(optics.trace(0.0)[columns.astype(int)], rows, atol=1e-9)
            np.testing.assert_array_equal(wave.coefficients, optics.coefficients())
            assert np.array(wave.scale_extents).shape == (2, 2)
            assert len(throughput.wavelength) == len(throughput.throughput)


def test_profiles_are_padded_and_sum_to_one(references):
    with fits.open(references / "niriss_soss_specprofile.fits") as file:
        hdus = [hdu for hdu in file if hdu.name == "ORDER"]
        assert [hdu.header["ORDER"] for hdu in hdus] == [1, 2, 3]
        for hdu in hdus:
            padding = hdu.header["PADDING"]
            assert hdu.data.shape == (256 + 2 * padding, COLUMNS + 2 * padding)
            inner = hdu.data[padding:-padding, padding:-padding]
            np.testing.assert_allclose(inner[:, 300:900].sum(axis=0), 1.0, atol=2e-3)


def test_kernels_are_those_of_the_scene(references):
    with fits.open(references / "niriss_soss_speckernel.fits") as file:
        kernels, wavelengths = file["KERNELS"].data, file["WAVELENGTHS"].data
        half = file["KERNELS"].header["HALFWIDT"]
    assert kernels.shape == wavelengths.shape == (20 * half + 1, 101)
    assert np.all(wavelengths == wavelengths[0])
    np.testing.assert_allclose(kernels.sum(axis=0), 1.0, rtol=1e-6)
    expected = kernel(np.array([0.0, 1.0]), wavelengths[0, 40])
    ratio = kernels[10 * half + 10, 40] / kernels[10 * half, 40]
    assert ratio == pytest.approx(expected[1] / expected[0], rel=1e-6)
    assert kernels.min() > 0.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_photom_turns_the_light_into_the_flux_of_the_star(references, order):
    table = fits.getdata(references / "niriss_soss_photom.fits", "PHOTOM")
    row = table[(table["filter"] == "CLEAR") & (table["order"] == order)][0]
    count = row["nelem"]
    assert count < row["wavelength"].size
    assert np.all(np.diff(row["wavelength"][:count]) > 0)
    assert not row["wavelength"][count:].any()
    optics = soss_orders(None)[order - 1]
    columns = np.arange(50, optics.cutoff - 300)
    wavelength = optics.wavelengths(columns, 0.0)
    conversion = np.interp(wavelength, row["wavelength"][:count], row["relresponse"][:count])
    light = column_light(optics, 0.0)[columns] * electron_scale(soss_orders(None)) / MODE.gain
    flux = light * conversion * row["photmj"]
    ratio = flux / flux_density(wavelength) / 5.5e-8
    assert np.median(ratio) == pytest.approx(1.0, abs=2e-3)
    assert np.quantile(ratio, [0.05, 0.95]) == pytest.approx([1.0, 1.0], abs=0.02)


def test_calibration_is_the_inverse_of_the_throughput():
    optics = _optics(terms=(2.0, -1.0), throughput=(0.4, 0.4))
    found = soss_references.calibration(optics, np.array([1.5]), 10.0)
    np.testing.assert_allclose(found, 1.5 / (10.0 * 0.4 / COLUMNS), rtol=1e-9)


def test_visit_names_all_references(visit):
    config = yaml.safe_load((visit / "config.yaml").read_text())
    assert set(config["references"]) == REFERENCES
    assert all((visit / path).is_file() for path in config["references"].values())
    steps = json.loads((visit / "steps.json").read_text())
    overrides = {name: step for step, values in steps.items() for name in values}
    assert overrides == {
        "override_pastasoss": "extract_1d",
        "override_specprofile": "extract_1d",
        "override_speckernel": "extract_1d",
        "override_photom": "photom",
        "override_wavelengthrange": "white_light",
    }


def test_member_has_the_format_of_the_archive(visit):
    (path,) = visit.glob("*_nis_calints.fits")
    with fits.open(path) as file:
        names = [hdu.name for hdu in file]
        header = file[0].header
        shape, times = file["SCI"].shape, file["INT_TIMES"].data
        flags, science = file["DQ"].data, file["SCI"].data
        assert file["SCI"].header["BUNIT"] == "DN/s"
    expected = {
        "EXP_TYPE": "NIS_SOSS",
        "DATAMODL": "CubeModel",
        "INSTRUME": "NIRISS",
        "DETECTOR": "NIS",
        "FILTER": "CLEAR",
        "PUPIL": "GR700XD",
        "SUBARRAY": "SUBSTRIP96",
        "SUBSTRT2": 1803,
        "PWCPOS": 245.78,
    }
    assert {key: header[key] for key in expected} == expected
    assert "S_PHOTOM" not in header
    assert {"ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "ASDF"} <= set(names)
    assert shape == (2, 96, COLUMNS)
    assert len(times) == 2
    invalid = np.isnan(science)
    assert np.all(flags[invalid] & DO_NOT_USE)
    assert 0.005 < np.mean(invalid[:, :, 4:-4]) < 0.03


def test_wcs_gives_target_and_wavelength_of_every_order(visit):
    from stdatamodels.jwst import datamodels

    (path,) = visit.glob("*_nis_calints.fits")
    with datamodels.open(path) as model:
        transform, ra = model.meta.wcs.forward_transform, model.meta.target.ra
    for optics in soss_orders(None):
        found = transform.get_model(optics.order)(300.0, 40.0)
        assert found[0] == pytest.approx(ra)
        assert found[2] == pytest.approx(float(optics.wavelengths(300.0, 0.0)))


def test_truth_is_stored_by_order(visit):
    with np.load(visit / "truth.npz") as truth:
        orders = truth["nis_order"].reshape(3, COLUMNS)
        trace, flux, depth = (truth[f"nis_{name}"] for name in ("trace", "flux", "depth"))
    assert orders[:, 0].tolist() == [1, 2, 3]
    assert trace.shape == flux.shape == depth.shape == (3 * COLUMNS,)
    np.testing.assert_allclose(trace[:COLUMNS], soss_orders(None)[0].trace(0.02) - 10.0, atol=1e-6)
    assert 5000.0 < flux.max() < 10000.0


def test_no_photom_reference_unless_wanted(tmp_path):
    assert set(MODE.references(_options(photom=False), tmp_path)) == REFERENCES - {"photom"}


def test_wheel_moves_traces_and_wavelengths():
    still, turned = (
        MODE.view(_options(pupil_wheel=position), "nis").scene for position in (245.76, 245.86)
    )
    first = still.orders[0].trace - turned.orders[0].trace
    assert first[0] == pytest.approx(1887.0 * np.deg2rad(0.1), abs=0.1)
    assert abs(first[1887]) < 0.1
    assert np.ptp(still.wavelength - turned.wavelength) > 1e-4


def test_zodiacal_light_is_in_counts_per_second():
    dark, bright = (MODE.view(_options(zodiacal_light=level), "nis").scene for level in (0.0, 3.0))
    light = np.ones(dark.wavelength.size)
    difference = (bright.image(light, 0.0) - dark.image(light, 0.0)) * dark.conversion_image()
    np.testing.assert_allclose(difference[:, 700], 3.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (_options(frame_size=(64, COLUMNS)), r"frame_size: found 64x2048, expected 256x2048 or 96"),
        (_options(source_position=(1.0, 1.0)), "source_position: .* nis_soss has no such option"),
        (VisitOptions("nrc_tsgrism", zodiacal_light=1.0), "zodiacal_light: found 1.0"),
        (_options(aperture_correction=True), "aperture_correction: nis_soss has no APCORR"),
        (_options(real_references="/nowhere"), "real_references: /nowhere: found no file"),
    ],
)
def test_visits_that_cannot_be_made_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        simulate_visit(tmp_path, options)
