"""Checks of reference files before any job."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from scripts.lib.checks.references import reference_findings
from scripts.lib.fits.headers import Hdu
from scripts.lib.references.parameters import KINDS
from scripts.lib.references.selection import ReferenceFiles
from tests.support.builders import write_segment
from tests.support.crds_cache import write_parameters

ROOT = Path(__file__).resolve().parents[3]
KEYS = list(yaml.safe_load((ROOT / "config.yaml").read_text())["references"])
OPTIONAL = ("adaptive_trace_model", "pixel_replace")
SECTIONS = {step: {"skip": step in OPTIONAL} for step in KINDS}


class Selection:
    """Stand-in for a CRDS context."""

    context = "jwst_0001.pmap"

    def __init__(self, folder, names):
        self.folder, self.names = folder, names

    def name(self, kind, header):
        return self.names.get(kind)

    def path(self, name):
        return str(self.folder / name)


@pytest.fixture(name="check")
def checker(tmp_path, monkeypatch):
    """Function that checks the references of one product of one segment; lines with severity."""
    (tmp_path / "apertures.json").write_text('{"apertures": [{"id": "ANY"}]}')

    def check(
        exp_type="MIR_LRS-SLITLESS",
        crds=None,
        pars=None,
        columns=72,
        options=None,
        photometry_skipped=False,
        axis=None,
        **given,
    ):
        selection = None if crds is None else Selection(tmp_path / "cache", crds)
        monkeypatch.setattr(
            "scripts.lib.references.selection.open_selection", lambda *_: (selection, [])
        )
        sections = SECTIONS | {
            "extract_1d": {"skip": False, "apply_apcorr": True, **(options or {})},
            "tso_photometry": {"skip": photometry_skipped},
        }
        config = {
            "crds_context": None,
            "references": dict.fromkeys(KEYS) | given,
            "pars": dict.fromkeys((*KINDS, "pipeline")) | (pars or {}),
            **sections,
        }
        references = ReferenceFiles(config, {}, tmp_path, {})
        primary = Hdu("PRIMARY", 1, {"EXP_TYPE": exp_type}, [], 0, 0, 0, ())
        keywords = {"BUNIT": "DN/s", "DISPAXIS": axis}
        references.register("a", [primary, Hdu("SCI", 1, keywords, [], 0, 0, 0, (3, 4, columns))])
        branch = "imaging" if exp_type == "MIR_IMAGE" else "spectroscopy"
        segment = SimpleNamespace(path="a", exp_type=exp_type, facts=None)
        product = SimpleNamespace(
            branch=branch, exp_type=exp_type, segments=(segment,), asn_path="asn.json"
        )
        found = reference_findings(config, [product], references, tmp_path)
        return [f"{finding.severity}: {finding}" for finding in found]

    return check


def test_given_files_that_exist(check):
    assert check(extract1d="apertures.json", apcorr="N/A") == []


def test_missing_files_are_all_named(check, tmp_path):
    found = check(extract1d="apertures.json", gain="gain.fits", apcorr=str(tmp_path))
    expected = "expected a reference file, null or N/A"
    assert found == [
        f"error: config: references/apcorr: found no file {tmp_path}, {expected}",
        f"error: config: references/gain: found no file gain.fits, {expected}",
    ]


def test_files_that_are_no_reference_are_all_named(check, tmp_path):
    (tmp_path / "broken.json").write_text('{"apertures": [')
    (tmp_path / "gain.fits").write_text("SIMPLE")
    first, second = check(extract1d="broken.json", gain="gain.fits", apcorr="N/A")
    start = f"error: config: references/extract1d: {tmp_path}/broken.json"
    assert first.startswith(f"{start}: not a JSON file: Expecting value")
    start = f"error: config: references/gain: {tmp_path}/gain.fits"
    assert second.startswith(f"{start}: not a FITS file")


def test_files_in_asdf_are_not_opened(check, tmp_path):
    (tmp_path / "ranges.asdf").write_text("#ASDF")
    found = check(extract1d="apertures.json", apcorr="N/A", wavelengthrange="ranges.asdf")
    assert found == []


def test_a_reference_of_another_mode_is_an_error(check, tmp_path):
    (tmp_path / "lrs.json").write_text('{"apertures": [{"id": "MIR_LRS-SLITLESS"}]}')
    assert check(extract1d="lrs.json", apcorr="N/A") == []
    (found,) = check("NRC_TSGRISM", extract1d="lrs.json")
    assert found == (
        "error: lrs.json: id of apertures: found MIR_LRS-SLITLESS, expected 'NRC_TSGRISM' or 'ANY'"
    )
    assert check("NRC_TSGRISM", extract1d="lrs.json", options={"skip": True}) == []


def test_a_wrong_value_of_the_modes_own_aperture_is_an_error(check, tmp_path):
    other = '{"id": "OTHER", "ystop": "wide"}'
    own = '{"id": "NRC_TSGRISM", "spectral_order": 2, "ystop": "wide"}'
    (tmp_path / "grism.json").write_text(f'{{"apertures": [{other}, {own}]}}')
    assert check("NRC_TSGRISM", extract1d="grism.json") == [
        "error: grism.json: ystop of aperture 'NRC_TSGRISM': found 'wide', expected a number"
    ]
    (tmp_path / "grism.json").write_text(f'{{"apertures": [{other}, {{"id": "ANY"}}]}}')
    assert check("NRC_TSGRISM", extract1d="grism.json") == []


def test_the_fit_of_a_background_that_is_not_subtracted_may_be_any(check, tmp_path):
    entry = '{"id": "ANY", "bkg_coeff": [[0], [3]], "bkg_fit": "spline"}'
    (tmp_path / "grism.json").write_text(f'{{"apertures": [{entry}]}}')
    (found,) = check("NRC_TSGRISM", extract1d="grism.json")
    assert found.endswith("aperture 'ANY': found 'spline', expected 'poly' or 'median'")
    options = {"subtract_background": False}
    assert check("NRC_TSGRISM", extract1d="grism.json", options=options) == []


def test_assumed_defaults_are_reported(check):
    assert check() == [
        "warning: config: references/extract1d of MIR_LRS-SLITLESS: found null: the aperture is that "
        "of the stock reference of MIR_LRS-SLITLESS: columns 30 to 41, no background",
        "note: config: references/apcorr of MIR_LRS-SLITLESS: found null: "
        "the spectra leave out the light outside the aperture; relative light curves do not change",
    ]
    grism = "warning: config: references/extract1d of NRC_TSGRISM: found null: "
    assert check("NRC_TSGRISM") == [f"{grism}the aperture is the whole array"]


def test_references_that_crds_does_not_have_are_reported(check):
    (found,) = check("NRC_TSGRISM", crds={})
    assert "found null, and none in CRDS: the aperture is the whole array" in found


def test_references_that_do_not_apply_are_not_reported(check):
    assert check(extract1d="N/A", apcorr="N/A") == []
    assert check(crds={"extract1d": "N/A", "apcorr": "N/A"}) == []


def test_references_that_no_step_uses_are_not_needed(check):
    assert check(options={"skip": True}) == []
    assert check(extract1d="N/A", options={"apply_apcorr": False}) == []
    assert check("MIR_IMAGE") == []


def test_a_skipped_photometry_needs_no_gain(check):
    crds = {"gain": "g.fits"}
    assert "g.fits: file: found none" in check("MIR_IMAGE", crds=crds)[0]
    assert check("MIR_IMAGE", crds=crds, photometry_skipped=True) == []


def test_an_aperture_correction_of_a_mode_that_has_none(check, tmp_path):
    write_segment(tmp_path / "apcorr.fits")
    given = {"extract1d": "N/A", "apcorr": "apcorr.fits"}
    expected = "found apcorr.fits, expected null or N/A in this mode: it is not applied"
    assert check("NRC_TSGRISM", **given) == [
        f"warning: config: references/apcorr of NRC_TSGRISM: {expected}"
    ]
    assert check("NRS_BRIGHTOBJ", **given) == []
    assert check("MIR_IMAGE", **given) == []


def test_files_of_crds_are_reported(check, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "e.json").write_text('{"apertures": [{"id": "ANY"}]}')
    (found,) = check(crds={"extract1d": "e.json", "apcorr": "N/A"})
    assert found.startswith("note: config: references/extract1d of MIR_LRS-SLITLESS: found null")
    assert found.endswith("crds://e.json is used")


def test_files_of_crds_must_be_in_the_cache(check, tmp_path):
    names = {"extract1d": "e.json", "apcorr": "N/A"}
    (found,) = check(crds=names)
    assert found == (
        f"error: {tmp_path}/cache/e.json: file: found none, expected the extract1d that CRDS "
        "selects; `crds sync --files e.json` fetches it"
    )
    (found,) = check(crds={"pars-whitelightstep": "p.asdf", **names})
    assert "expected the pars-whitelightstep that CRDS selects" in found


def test_niriss_soss_needs_its_models(check):
    found = check("NIS_SOSS", speckernel="N/A")
    expected = "expected the reference file of NIRISS SOSS"
    assert found[:3] == [
        f"error: config: references/pastasoss: found null, {expected}",
        f"error: config: references/specprofile: found null, {expected}",
        f"error: config: references/speckernel: found N/A, {expected}",
    ]
    assert [line.partition(" of ")[0] for line in found[3:]] == [
        "warning: config: references/photom",
        "warning: config: references/wavelengthrange",
    ]


def test_parameter_references(check, tmp_path):
    (found,) = check(extract1d="N/A", apcorr="N/A", pars={"white_light": "none.asdf"})
    assert found.startswith("error: config: pars/white_light: found no file none.asdf")
    write_parameters(tmp_path / "p.asdf", "WhiteLightStep", {"bin_width": 3})
    (found,) = check(extract1d="N/A", apcorr="N/A", pars={"white_light": "p.asdf"})
    assert found.startswith(
        "warning: p.asdf: bin_width: found 3, expected a parameter of white_light"
    )


@pytest.mark.parametrize(
    ("entry", "options", "found"),
    [
        (
            '"bkg_coeff": [[24.5], [30.5]]',
            {},
            "bkg_coeff of aperture 'NRC_TSGRISM': found pixels 25 to 30, expected some of 0 to 3: "
            "the array of a has 4 rows of 72 pixels",
        ),
        (
            '"ystart": 1, "ystop": 2',
            {"position_offset": 9},
            "ystart/ystop of aperture 'NRC_TSGRISM': found pixels 10 to 11, expected some of 0 to 3: "
            "the array of a has 4 rows of 72 pixels; extract_1d/position_offset is 9",
        ),
    ],
)
def test_an_aperture_or_background_beyond_the_array(check, tmp_path, entry, options, found):
    path = tmp_path / "beyond.json"
    path.write_text(f'{{"apertures": [{{"id": "NRC_TSGRISM", {entry}}}]}}')
    lines = check("NRC_TSGRISM", extract1d="beyond.json", options=options, axis=1)
    assert f"error: beyond.json: {found}" in lines
    assert not any("beyond.json" in line for line in check("NRC_TSGRISM", extract1d="beyond.json"))


def test_an_offset_that_moves_the_default_aperture_off_the_array(check):
    lines = check(options={"position_offset": 300}, axis=2)
    assert any(
        line.startswith(
            "error: config: xstart/xstop of aperture 'MIR_LRS-SLITLESS': found pixels 330"
        )
        for line in lines
    )


def test_an_aperture_that_follows_the_source_is_left_to_its_world_coordinates(check, tmp_path):
    path = tmp_path / "beyond.json"
    path.write_text('{"apertures": [{"id": "ANY", "ystart": 5, "ystop": 6}]}')
    given = {"extract1d": "beyond.json", "options": {"use_source_posn": True}, "axis": 1}
    assert not any("beyond.json" in line for line in check("NRC_TSGRISM", **given))


def test_references_by_exposure_type_are_checked_each(check):
    given = {"MIR_LRS-SLITLESS": "apertures.json", "NRC_TSGRISM": "none.json", "NIS_SOSS": None}
    errors = [line for line in check(extract1d=given) if line.startswith("error")]
    assert errors == [
        "error: config: references/extract1d/NRC_TSGRISM: found no file none.json, "
        "expected a reference file, null or N/A"
    ]
