"""The table of modes, and that nothing else names an exposure type."""

import re
from pathlib import Path

import pytest

from scripts.lib.instruments.modes import MODES, mode_of
from scripts.lib.planning.resources import STEPS

ROOT = Path(__file__).resolve().parents[3]
# What begins like an EXP_TYPE of an instrument.
EXPOSURE_TYPE = re.compile(r"\b(?:FGS|MIR|NIS|NRC|NRS)_[A-Z]{2}[A-Z0-9]*")
EXCEPTIONS = {
    "scripts/lib/instruments/modes.py": "the table",
    "scripts/lib/references/defaults.py": "the aperture of a stock reference, whose id is EXP_TYPE",
    "scripts/simulation": "makes the data of the modes, each in a module of its own",
}


def types(is_wanted):
    return [name for name, mode in MODES.items() if is_wanted(mode)]


def test_seven_modes_are_known_by_their_exposure_type():
    assert list(MODES) == [
        "NRC_TSIMAGE",
        "MIR_IMAGE",
        "MIR_LRS-SLITLESS",
        "MIR_LRS-FIXEDSLIT",
        "NIS_SOSS",
        "NRC_TSGRISM",
        "NRS_BRIGHTOBJ",
    ]
    assert types(lambda mode: MODES[mode.exp_type] is not mode) == []


def test_images_go_through_photometry_with_a_gain():
    images = ["NRC_TSIMAGE", "MIR_IMAGE"]
    assert types(lambda mode: mode.branch == "imaging") == images
    assert types(lambda mode: mode.is_imaging) == images
    assert types(lambda mode: mode.extraction == "tso_photometry") == images
    assert types(lambda mode: mode.settings == "tso_photometry") == images
    assert types(lambda mode: "gain" in mode.references) == images


def test_spectra_go_through_box_extraction_but_overlapping_orders():
    boxes = ["MIR_LRS-SLITLESS", "MIR_LRS-FIXEDSLIT", "NRC_TSGRISM", "NRS_BRIGHTOBJ"]
    assert types(lambda mode: mode.extraction == "extract_1d") == boxes
    assert types(lambda mode: mode.references == ("extract1d", "apcorr", "psf")) == boxes
    assert types(lambda mode: mode.is_soss) == ["NIS_SOSS"]
    assert types(lambda mode: mode.settings == "extract_1d") == types(
        lambda mode: mode.branch == "spectroscopy"
    )


def test_soss_has_three_orders_and_needs_references():
    mode = MODES["NIS_SOSS"]
    assert (mode.branch, mode.extraction) == ("spectroscopy", "extract_soss")
    assert mode.required_references == ("pastasoss", "specprofile", "speckernel")
    assert mode.references == (*mode.required_references, "photom", "wavelengthrange")
    assert types(lambda mode: mode.required_references) == ["NIS_SOSS"]
    assert {name: mode.spectral_orders for name, mode in MODES.items()} == dict.fromkeys(
        MODES, 1
    ) | {"NIS_SOSS": 3}


def test_some_modes_are_time_series_by_their_name():
    always = ["NRC_TSIMAGE", "NRC_TSGRISM", "NRS_BRIGHTOBJ"]
    assert types(lambda mode: mode.is_always_time_series) == always


def test_what_selects_the_aperture_correction():
    columns = {name: mode.correction_columns for name, mode in MODES.items()}
    assert {name: given for name, given in columns.items() if given} == {
        "MIR_LRS-SLITLESS": ("subarray",),
        "MIR_LRS-FIXEDSLIT": ("subarray",),
        "NRS_BRIGHTOBJ": ("filter", "grating", "slit"),
    }
    assert types(lambda mode: mode.has_aperture_correction) == [
        name for name, given in columns.items() if given
    ]


def test_keywords_that_give_the_position_of_the_source():
    assert {name: mode.source_from for name, mode in MODES.items() if mode.source_from} == {
        "MIR_LRS-FIXEDSLIT": "dither",
        "NRS_BRIGHTOBJ": "slit",
    }
    assert types(lambda mode: mode.is_named_by_slit) == ["NRS_BRIGHTOBJ"]


def test_what_the_archive_leaves_out():
    assert {name: mode.left_out for name, mode in MODES.items() if mode.left_out} == {
        "NIS_SOSS": (("FILTER", ("F277W",), "not calibrated"),),
        "NRC_TSGRISM": (("PUPIL", ("CLEAR",), "no grism"),),
    }
    assert {name: mode.unsupported for name, mode in MODES.items() if mode.unsupported} == {
        "NRC_TSGRISM": (("PUPIL", ("GDHS0", "GDHS60"), "NIRCam DHS is not supported"),),
    }


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.exp_type)
def test_every_row_names_a_step_and_is_consistent(mode):
    assert mode.extraction in STEPS
    assert {*mode.required_references} <= {*mode.references}
    assert not mode.has_aperture_correction or "apcorr" in mode.references


@pytest.mark.parametrize("exp_type", [None, "", "NRS_FIXEDSLIT", True])
def test_other_types_have_none_of_the_optional_facts(exp_type):
    mode = mode_of(exp_type)
    assert (mode.exp_type, mode.branch, mode.source_from) == ("", "spectroscopy", None)
    assert not any((mode.is_always_time_series, mode.correction_columns, mode.left_out))


def files():
    return sorted(
        str(path.relative_to(ROOT))
        for folder in ("scripts", "workflow")
        for suffix in ("py", "smk", "yaml", "rst", "html", "css")
        for path in (ROOT / folder).rglob(f"*.{suffix}")
    )


def names_a_type(file):
    return EXPOSURE_TYPE.search((ROOT / file).read_text(encoding="utf-8")) is not None


def test_no_other_file_names_an_exposure_type():
    naming = [file for file in files() if names_a_type(file)]
    assert [file for file in naming if not file.startswith(tuple(EXCEPTIONS))] == []
    # An exception that nothing needs any more is to be removed.
    assert [name for name in EXCEPTIONS if not any(file.startswith(name) for file in naming)] == []


def test_the_search_finds_every_type_of_the_table():
    assert all(EXPOSURE_TYPE.search(f'== "{name}"') for name in MODES)
    assert len(files()) > 100
