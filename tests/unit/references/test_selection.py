"""Which reference and parameter files segments are processed with."""

from hashlib import sha1

import pytest

from scripts.lib.fits.headers import Hdu
from scripts.lib.references.parameters import KINDS
from scripts.lib.references.selection import Reference, ReferenceFiles
from tests.support.crds_cache import write_parameters

SEGMENT = "a_calints.fits"
REFERENCES = ("extract1d", "apcorr", "gain", "wavelengthrange", "photom")
OUTLIERS = {"skip": False, "snr": 5.0, "rolling_window_width": 25, "maskpt": 0.7}


class Selection:
    """Stand-in for a CRDS context: names by kind, the same for all data sets."""

    context = "jwst_0001.pmap"

    def __init__(self, folder, names):
        self.folder, self.names = folder, names

    def name(self, kind, header):
        assert header["EXP_TYPE"]
        return self.names.get(kind)

    def path(self, name):
        return str(self.folder / name)


@pytest.fixture(name="build")
def builder(tmp_path, monkeypatch):
    """Function that makes the references of one observed segment."""

    def build(config=None, crds=None, exp_type="MIR_LRS-SLITLESS", columns=72, unit=None, **given):
        selection = None if crds is None else Selection(tmp_path / "cache", crds)
        monkeypatch.setattr(
            "scripts.lib.references.selection.open_selection", lambda *_: (selection, [])
        )
        complete = {
            "crds_context": None,
            "references": dict.fromkeys(REFERENCES) | (config or {}).get("references", {}),
            "pars": dict.fromkeys((*KINDS, "pipeline")) | (config or {}).get("pars", {}),
            "outlier_detection": OUTLIERS | given,
        }
        found = ReferenceFiles(complete, {"outlier_detection": given}, tmp_path, {})
        sci = Hdu("SCI", 1, {"BUNIT": unit}, [], 0, 0, 0, (3, 4, columns))
        primary = Hdu("PRIMARY", 1, {"EXP_TYPE": exp_type}, [], 0, 0, 0, ())
        found.register(SEGMENT, [primary, sci])
        return found

    return build


def test_configuration_wins(build):
    config = {"references": {"extract1d": "refs//a.json"}}
    found = build(config, {"extract1d": "b.json"}).reference("extract1d", SEGMENT)
    assert found == Reference("extract1d", "refs/a.json", "a.json", "config")


def test_a_mapping_gives_each_exposure_type_its_own(build, tmp_path):
    given = {"MIR_LRS-SLITLESS": "a.json", "NRC_TSGRISM": "b/a.json", "NRS_BRIGHTOBJ": "N/A"}
    config = {"references": {"extract1d": given}}
    assert build(config).reference("extract1d", SEGMENT).path == "a.json"
    grism = build(config, exp_type="NRC_TSGRISM").reference("extract1d", SEGMENT)
    assert grism == Reference("extract1d", "b/a.json", "a.json", "config")
    bright = build(config, exp_type="NRS_BRIGHTOBJ").reference("extract1d", SEGMENT)
    assert bright == Reference("extract1d", None, "N/A", "config")
    other = build(config, {"extract1d": "c.json"}, exp_type="MIR_LRS-FIXEDSLIT")
    assert other.reference("extract1d", SEGMENT).path == str(tmp_path / "cache" / "c.json")


def test_crds_comes_next(build, tmp_path):
    found = build({}, {"extract1d": "b.json"}).reference("extract1d", SEGMENT)
    path = str(tmp_path / "cache" / "b.json")
    assert found == Reference("extract1d", path, "crds://b.json", "crds")


def test_defaults_come_last(build):
    references = build({}, {})
    found = references.reference("extract1d", SEGMENT)
    assert found == Reference("extract1d", None, "tso3flow://MIR_LRS-SLITLESS", "default")
    (aperture,) = references.apertures(SEGMENT)
    assert (aperture["xstart"], aperture["xstop"]) == (30, 41)


@pytest.mark.parametrize("other", [{"exp_type": "NRS_BRIGHTOBJ"}, {"columns": 64}])
def test_no_default_for_other_modes_and_subarrays(build, other):
    references = build(**other)
    assert references.reference("extract1d", SEGMENT) == Reference("extract1d", None, "N/A", "none")
    assert references.apertures(SEGMENT) is None


def test_references_may_not_apply_by_configuration_and_by_crds(build):
    references = build({"references": {"extract1d": "N/A"}}, {"extract1d": "b", "apcorr": "N/A"})
    assert references.reference("extract1d", SEGMENT) == Reference(
        "extract1d", None, "N/A", "config"
    )
    assert references.reference("apcorr", SEGMENT) == Reference("apcorr", None, "N/A", "crds")
    assert references.apertures(SEGMENT) is None


def test_gain_is_for_count_rates_alone(build):
    assert build({}, {"gain": "g.fits"}, unit="MJy/sr").reference("gain", SEGMENT).path is None
    assert (
        build({}, {"gain": "g.fits"}, unit="DN/s").reference("gain", SEGMENT).name
        == "crds://g.fits"
    )
    given = {"references": {"gain": "mine.fits"}}
    assert build(given, {"gain": "g.fits"}, unit="MJy/sr").reference("gain", SEGMENT).path is None
    assert (
        build(given, {"gain": "g.fits"}, unit="DN/s").reference("gain", SEGMENT).path == "mine.fits"
    )


class TestParameters:
    @pytest.fixture(name="cache")
    def cache_with_parameters(self, tmp_path):
        (tmp_path / "cache").mkdir()
        path = tmp_path / "cache" / "pars.asdf"
        write_parameters(path, "OutlierDetectionStep", {"snr": "4.5 4.0", "maskpt": 0.5})
        return path

    def test_configuration_then_reference_then_default(self, build, cache):
        assert cache.is_file()
        references = build({}, {"pars-outlierdetectionstep": "pars.asdf"}, maskpt=0.6)
        found = references.settings("outlier_detection", SEGMENT)
        expected = {"skip": False, "snr": 4.5, "rolling_window_width": 25, "maskpt": 0.6}
        assert found == expected
        (note,) = references.settings_findings("outlier_detection", SEGMENT)
        expected = "found 0.6: it wins over 0.5 of crds://pars.asdf"
        assert (note.severity, note.text) == ("note", f"outlier_detection/maskpt: {expected}")

    def test_a_setting_equal_to_the_default_is_a_setting(self, build, cache):
        assert cache.is_file()
        references = build({}, {"pars-outlierdetectionstep": "pars.asdf"}, snr=5.0)
        assert references.settings("outlier_detection", SEGMENT)["snr"] == 5.0

    def test_file_of_the_configuration_replaces_that_of_crds(self, build, cache, tmp_path):
        assert cache.is_file()
        write_parameters(
            tmp_path / "mine.asdf", "OutlierDetectionStep", {"rolling_window_width": 9}
        )
        config = {"pars": {"outlier_detection": "mine.asdf"}}
        references = build(config, {"pars-outlierdetectionstep": "pars.asdf"})
        found = references.settings("outlier_detection", SEGMENT)
        assert (found["rolling_window_width"], found["snr"]) == (9, 5.0)
        config = {"pars": {"outlier_detection": "N/A"}}
        references = build(config, {"pars-outlierdetectionstep": "pars.asdf"})
        assert references.settings("outlier_detection", SEGMENT) == OUTLIERS

    def test_parameters_of_the_pipeline_win_over_those_of_the_step(self, build, cache):
        text = cache.read_text().partition("class:")[0] + (
            "class: jwst.pipeline.Tso3Pipeline\nname: Tso3Pipeline\nparameters: {}\nsteps:\n"
            "- {class: jwst.a, name: outlier_detection, parameters: {snr: 6.5}}\n"
            "- {class: jwst.b, name: extract_1d, parameters: {snr: 1}}\n"
            "- {class: jwst.c, name: adaptive_trace_model, parameters: {skip: false}}\n...\n"
        )
        cache.with_name("pipeline.asdf").write_text(text)
        names = {"pars-outlierdetectionstep": "pars.asdf", "pars-tso3pipeline": "pipeline.asdf"}
        references = build({}, names)
        found = references.settings("outlier_detection", SEGMENT)
        assert (found["snr"], found["maskpt"]) == (6.5, 0.5)
        assert references.settings_findings("outlier_detection", SEGMENT) == []

    def test_the_switch_of_jwst(self, build, cache, monkeypatch):
        assert cache.is_file()
        names = {"pars-outlierdetectionstep": "pars.asdf"}
        references = build({}, names)
        assert references.parameter_files("outlier_detection", SEGMENT)
        references = ReferenceFiles(
            references._config, {}, environment={"STPIPE_DISABLE_CRDS_STEPPARS": "True"}
        )
        assert references.parameter_files("outlier_detection", SEGMENT) == []

    def test_records_name_and_checksum(self, build, cache):
        references = build({}, {"pars-outlierdetectionstep": "pars.asdf"})
        digest = sha1(cache.read_bytes()).hexdigest()
        expected = f"pars-outlierdetectionstep crds://pars.asdf sha1 {digest}"
        assert references.parameter_records("outlier_detection", SEGMENT) == [expected]

    def test_an_unreadable_file_is_an_error(self, build, cache):
        cache.write_text("snr: 4")
        references = build({}, {"pars-outlierdetectionstep": "pars.asdf"})
        (finding,) = references.settings_findings("outlier_detection", SEGMENT)
        assert finding.severity == "error"
        assert "not a parameter reference: it does not start with #ASDF" in str(finding)
        assert references.settings("outlier_detection", SEGMENT) == OUTLIERS
