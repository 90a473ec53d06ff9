from hashlib import sha1

import pytest

from scripts.lib.planning.reference_lookup import ReferenceLookup
from tests.support.crds_cache import write_parameters
from tests.support.plans import (
    SOSS_FILES,
    complete_config,
    make_product,
    make_segment,
    register_segments,
)


def lookup(product, folder=".", unit="DN/s", **sections):
    config = complete_config(**sections)
    return ReferenceLookup(register_segments([product], config, folder, unit), config)


def write_snr(path, snr):
    write_parameters(path, "OutlierDetectionStep", {"snr": snr})


def test_settings_are_those_of_the_configuration():
    found = lookup(make_product(), outlier_detection={"snr": 7.0}, white_light={"skip": True})
    assert found.settings("outlier_detection", make_product())["snr"] == 7.0
    assert found.skips("white_light", make_product())
    assert not found.skips("outlier_detection", make_product())


def test_parameter_references_win_over_defaults(tmp_path):
    write_snr(tmp_path / "pars.asdf", 3.5)
    product = make_product()
    found = lookup(product, tmp_path, pars={"outlier_detection": "pars.asdf"})
    assert found.settings("outlier_detection", product)["snr"] == 3.5
    configuration = found.configuration(product)
    assert configuration["outlier_detection"]["snr"] == 3.5
    assert configuration["report"] == complete_config()["report"]
    digest = sha1((tmp_path / "pars.asdf").read_bytes()).hexdigest()
    record = f"pars-outlierdetectionstep pars.asdf sha1 {digest}"
    assert found.parameter_records(["white_light", "outlier_detection"], product) == [record]
    assert found.parameter_records(["white_light"], product) == []


def test_a_file_that_is_not_given_is_an_empty_input():
    product = make_product()
    segment = product.segments[0]
    found = lookup(product, references={"extract1d": "refs//e.json"})
    assert found.path("extract1d", segment) == "refs/e.json"
    assert found.path("gain", segment) == []
    not_applicable = lookup(product, references={"extract1d": "N/A"})
    assert not_applicable.path("extract1d", segment) == []


@pytest.mark.parametrize(
    ("exp_type", "options", "expected"),
    [
        ("NRS_BRIGHTOBJ", {}, "a.fits"),
        ("NRS_BRIGHTOBJ", {"apply_apcorr": False}, []),
        ("NRC_TSGRISM", {}, []),
    ],
)
def test_an_aperture_correction_is_an_input_where_it_is_applied(exp_type, options, expected):
    product = make_product(exp_type)
    found = lookup(product, references={"apcorr": "a.fits"}, extract_1d=options)
    assert found.aperture_correction(product, product.segments[0]) == expected


def test_only_soss_has_wavelength_ranges():
    references = {"wavelengthrange": "refs/w.asdf"}
    soss, other = make_product("NIS_SOSS"), make_product()
    found = lookup(soss, references=references)
    assert found.wavelength_ranges(soss) == "refs/w.asdf"
    assert found.wavelength_range_name(soss) == {"wavelengthrange": "w.asdf"}
    assert lookup(other, references=references).wavelength_ranges(other) == []
    assert lookup(other, references=references).wavelength_range_name(other) == {}
    assert lookup(soss).wavelength_range_name(soss) == {}


def test_apertures_are_assumed_for_the_stock_subarray_alone():
    exp_type = "MIR_LRS-SLITLESS"
    segments = [make_segment(1, exp_type, shape=(3, 416, 72))]
    product = make_product(exp_type, segments)
    (aperture,) = lookup(product).apertures(segments[0])
    assert (aperture["xstart"], aperture["xstop"]) == (30, 41)
    given = lookup(product, references={"extract1d": "e.json"})
    assert given.apertures(segments[0]) is None
    assert lookup(make_product()).apertures(make_segment()) is None


def test_used_references_are_paths_of_the_user_or_names():
    soss = make_product("NIS_SOSS")
    found = lookup(soss, references=SOSS_FILES | {"pastasoss": "refs/p.asdf", "photom": "N/A"})
    assert found.used(soss) == SOSS_FILES | {
        "pastasoss": "refs/p.asdf",
        "photom": "N/A",
        "wavelengthrange": "N/A",
    }
    assert found.known(soss)["pastasoss"] == "p.asdf"


def test_references_of_a_skipped_step_are_known_but_not_used():
    product = make_product()
    references = {"extract1d": "e.json"}
    found = lookup(product, references=references, extract_1d={"skip": True})
    assert found.used(product) == {}
    assert found.names(["extract1d"], product, product.segments[0]) == {}
    assert found.known(product) == {"extract1d": "e.json", "apcorr": "N/A", "psf": "N/A"}


def test_names_are_those_of_the_kinds_asked_for():
    product = make_product()
    found = lookup(product, references={"extract1d": "refs/e.json"})
    segment = product.segments[0]
    assert found.names(["extract1d"], product, segment) == {"extract1d": "e.json"}
    assert found.names(["gain"], product, segment) == {}


def test_photometry_records_the_gain_once_for_all_segments(tmp_path):
    (tmp_path / "gain.fits").write_bytes(b"abc")
    write_snr(tmp_path / "pars.asdf", 4.0)
    files = {"references": {"gain": "gain.fits"}, "pars": {"outlier_detection": "pars.asdf"}}
    product = make_product("NRC_TSIMAGE")
    gain, parameters = lookup(product, tmp_path, **files).photometry_records(product)
    assert gain == "gain gain.fits sha1 a9993e364706816aba3e25717850c26c9cd0d89d"
    assert parameters.startswith("pars-outlierdetectionstep pars.asdf sha1 ")
    calibrated = lookup(product, tmp_path, unit="MJy/sr", **files)
    assert calibrated.photometry_records(product) == [parameters]


def test_findings_are_about_the_files_of_the_product():
    product = make_product()
    (apertures, correction) = lookup(product).findings(product)
    assert (apertures.severity, apertures.key) == (
        "warning",
        "references/extract1d of NRS_BRIGHTOBJ",
    )
    assert (correction.severity, correction.key) == ("note", "references/apcorr of NRS_BRIGHTOBJ")
