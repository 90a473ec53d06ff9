from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, image_scene, spectral_scene
from scripts.lib.light_curves.visit_references import measure_references
from scripts.lib.moving_profile.frames import Planes

NUMBERS = np.arange(30)


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
