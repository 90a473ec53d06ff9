from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, image_scene, spectral_scene
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.visit_references import (
    measure_references,
    open_planes,
    planned_position,
    soss_traces,
)
from scripts.lib.moving_profile.frames import Planes
from tests.support import soss_files
from tests.support.imaging_segments import write_gain, write_segment

NUMBERS = np.arange(30)


@pytest.mark.parametrize(
    ("sci", "position"),
    [
        ({"XREF_SCI": 15.0, "YREF_SCI": 14.5}, (14.0, 13.5)),
        ({"XREF_SCI": 15, "YREF_SCI": 14}, (14.0, 13.0)),
        ({"XREF_SCI": 15.0}, None),
        ({"XREF_SCI": 15.0, "YREF_SCI": "14"}, None),
        ({}, None),
    ],
)
def test_the_planned_position_counts_from_zero(sci, position):
    assert planned_position(sci) == position


def images(path, shape=(2, 270, 300), **sci):
    """Segment of images whose samples are their column."""
    count = np.broadcast_to(np.arange(shape[2]), shape)
    planes = {"SCI": count, "ERR": count + 1}
    planes = {name: plane.astype(np.float32) for name, plane in planes.items()}
    planes["DQ"] = np.zeros(shape, np.uint32)
    return write_segment(path, planes, **sci)


@pytest.mark.parametrize(
    ("xref", "columns"), [(200.0, (43, 300)), (140.0, (11, 268)), (1.0, (0, 257)), (None, (0, 300))]
)
def test_large_images_are_cut_about_the_star(tmp_path, xref, columns):
    with open_fits(images(tmp_path / "a.fits", XREF_SCI=xref, YREF_SCI=136.0)) as file:
        reader, crop = open_planes(file)
        planes = reader.read(slice(0, 1))
    assert (crop[1].start, crop[1].stop) == columns
    np.testing.assert_array_equal(planes.sci[0, 0], np.arange(*columns))
    assert (crop[0].start, crop[0].stop) == ((7, 264) if xref else (0, 270))
    assert reader.shape[1:] == planes.sci.shape[1:]


def test_counts_become_electrons(tmp_path):
    path = images(tmp_path / "a.fits", shape=(2, 6, 5), BUNIT="DN/s", XREF_SCI=3.0, YREF_SCI=3.0)
    with open_fits(path) as file:
        # 1 + row + column / 1000 from row 200 and column 100 on, and 2 s.
        reader, _ = open_planes(file, write_gain(tmp_path / "gain.fits"))
        planes = reader.read(slice(0, 1))
    rows, columns = np.indices((6, 5))
    factor = 2.0 * (1 + rows + 200 + (columns + 100) / 1000)
    np.testing.assert_allclose(planes.sci[0], columns * factor, rtol=1e-6)
    np.testing.assert_allclose(planes.err[0], (columns + 1) * factor, rtol=1e-6)


def test_fluxes_need_no_gain(tmp_path):
    with open_fits(images(tmp_path / "a.fits", shape=(2, 6, 5))) as file:
        reader, _ = open_planes(file, write_gain(tmp_path / "gain.fits"))
        np.testing.assert_array_equal(reader.read(slice(0, 1)).sci[0, 0], np.arange(5))


@pytest.mark.parametrize(
    ("subarray", "orders"), [("SUBSTRIP256", [1, 2, 3]), ("SUBSTRIP96", [1, 2])]
)
def test_traces_of_soss_are_those_of_the_subarray(tmp_path, subarray, orders):
    soss_files.write_traces(tmp_path / "traces.asdf")
    primary = {"SUBARRAY": subarray, "PWCPOS": 245.76}
    geometry = soss_traces(tmp_path / "traces.asdf", primary)
    assert list(geometry) == orders
    rows = geometry[1].trace_rows
    np.testing.assert_allclose(rows, soss_files.trace_rows(1, subarray)[: len(rows)], atol=0.5)


@pytest.fixture(scope="module", name="spectra")
def quiet_spectra():
    return spectral_scene((30, 120), 30, seed=1, trouble=QUIET, dark_columns=0.4).planes


def spectral(planes, exp_type="NRS_BRIGHTOBJ", background="auto", **options):
    return measure_references(planes, NUMBERS, ({"EXP_TYPE": exp_type}, {}), background, **options)


def test_spectra_have_one_reference(spectra):
    ((name, reference),) = spectral(spectra).items()
    assert name == "all"
    # The trace is tilted by half a pixel about 14.7.
    np.testing.assert_allclose(reference.trace[reference.lit].mean(), 14.7, atol=0.3)
    assert reference.noise_factor == pytest.approx(1.0, abs=0.05)
    assert reference.region.used.any()
    assert reference.stripes is None


def test_stripes_are_those_of_the_grism():
    planes = spectral_scene((28, 400), 30, seed=1, trouble=QUIET, dark_columns=0.3).planes
    found = [spectral(planes, name)["all"].stripes for name in ("NRC_TSGRISM", "NRS_BRIGHTOBJ")]
    assert [stripes is not None for stripes in found] == [True, False]


def test_background_may_be_left_alone(spectra):
    region = spectral(spectra, background="none")["all"].region
    assert region.mode == "none" or not region.used.any()


def test_each_order_of_soss_has_its_trace_and_the_background_of_none(caplog):
    # The star is in row 44; a second order in row 10 that ends in the middle has no light.
    planes = spectral_scene((90, 100), 30, seed=1, trouble=QUIET, tilt=0.0).planes
    geometry = {
        1: SimpleNamespace(trace_rows=np.full(100, 44.0)),
        2: SimpleNamespace(trace_rows=np.full(50, 10.0)),
    }
    rows = np.arange(90)
    profiles = {
        order: np.repeat(np.exp(-0.5 * ((rows[:, None] - centre) / 3.0) ** 2), 100, axis=1)
        for order, centre in ((1, 44.0), (2, 10.0))
    }
    found = spectral(planes, "NIS_SOSS", traces=(geometry, profiles))
    assert list(found) == ["1", "2"]
    assert (found["1"].trace == 44.0).all()
    assert (found["2"].trace == 10.0).all()
    # 26 rows on either side of a trace are none, nor are those behind its end: there is still some light.
    near = (np.abs(rows - 44) <= 26) | (np.abs(rows - 10) <= 26)
    for reference in found.values():
        np.testing.assert_array_equal(reference.region.used.all(axis=1), ~near)
        np.testing.assert_array_equal(reference.region.used.any(axis=1), ~near)
    assert found["1"].lit.all()
    assert not found["2"].lit.any()
    assert caplog.text == ""


SEARCH = (slice(100, 140), slice(200, 244)), 21


def star(exp_type="NRC_TSIMAGE", background="auto", **primary):
    """References of a star in row 19.7 and column 22.2 of a part of an image."""
    planes = image_scene((40, 44), 30, seed=1, trouble=QUIET).planes
    member = {"EXP_TYPE": exp_type} | primary, {"XREF_SCI": 223.0, "YREF_SCI": 121.0}
    return measure_references(planes, NUMBERS, member, background, SEARCH)


def test_the_star_is_found_near_its_planned_position():
    ((name, reference),) = star().items()
    assert name == "all"
    assert (reference.x, reference.y) == (
        pytest.approx(22.2, abs=0.1),
        pytest.approx(19.7, abs=0.1),
    )
    assert reference.ring.used.any()


@pytest.mark.parametrize(
    "changed", [{"background": "none"}, {"PUPIL": "WLP8", "SUBARRAY": "SUB64P"}]
)
def test_images_without_background_have_no_ring(changed):
    assert not star(**changed)["all"].ring.used.any()


def test_images_without_a_planned_position_find_the_brightest():
    planes = image_scene((40, 44), 30, seed=1, trouble=QUIET).planes
    member = {"EXP_TYPE": "MIR_IMAGE"}, {}
    reference = measure_references(planes, NUMBERS, member, "auto", SEARCH)["all"]
    assert reference.x == pytest.approx(22.2, abs=0.1)


@pytest.mark.parametrize("exp_type", ["NRS_BRIGHTOBJ", "NRC_TSIMAGE"])
def test_no_data_give_no_reference(exp_type, caplog):
    nothing = np.full((30, 40, 44), np.nan, np.float32)
    planes = Planes(nothing, nothing, np.ones(nothing.shape, np.uint32), nothing)
    found = measure_references(planes, NUMBERS, ({"EXP_TYPE": exp_type}, {}), "auto", SEARCH)
    assert found == {}
    assert "no pixel has good data" in caplog.text
