import json
import shutil
from pathlib import Path

import pytest

from scripts.lib.findings import summary_lines
from scripts.lib.inputs.association_files import read_association
from scripts.lib.inputs.grouping import association_content, left_out
from scripts.lib.inputs.products import survey
from tests.support.builders import load_products, write_association, write_exposure, write_segment

SLITLESS = {"INSTRUME": "MIRI", "FILTER": "P750L", "SUBARRAY": "SLITLESSPRISM"}
PRODUCT = "jw00001-o003_t000_miri_p750l-slitlessprism"


@pytest.mark.parametrize(
    ("keywords", "note"),
    [
        ({"EXP_TYPE": "NRS_BRIGHTOBJ"}, None),
        ({"EXP_TYPE": "MIR_IMAGE", "TSOVISIT": True}, None),
        # No note: what is wrong with it is an error that the checks find.
        ({}, None),
        (
            {"EXP_TYPE": "NRS_WATA", "TSOVISIT": True},
            "f: EXP_TYPE: found 'NRS_WATA': target acquisition; left out",
        ),
        (
            {"EXP_TYPE": "MIR_TACONFIRM"},
            "f: EXP_TYPE: found 'MIR_TACONFIRM': target acquisition; left out",
        ),
        (
            {"EXP_TYPE": "NRS_BRIGHTOBJ", "BKGDTARG": True},
            "f: BKGDTARG: found True: background; left out",
        ),
        (
            {"EXP_TYPE": "MIR_IMAGE", "TSOVISIT": False},
            "f: TSOVISIT: found False: no time series; left out",
        ),
        (
            {"EXP_TYPE": "NIS_SOSS", "TSOVISIT": True, "NINTS": 1},
            "f: NINTS: found 1: no time series; left out",
        ),
        (
            {"EXP_TYPE": "NIS_SOSS", "TSOVISIT": True, "FILTER": "F277W"},
            "f: FILTER: found 'F277W': not calibrated; left out",
        ),
        (
            {"EXP_TYPE": "NRC_TSGRISM", "PUPIL": "CLEAR"},
            "f: PUPIL: found 'CLEAR': no grism; left out",
        ),
        (
            {"EXP_TYPE": "NRC_TSGRISM", "PUPIL": "GDHS60"},
            "f: PUPIL: found 'GDHS60': NIRCam DHS is not supported; left out",
        ),
    ],
)
def test_left_out(keywords, note):
    notes = left_out("f", keywords)
    assert [str(found) for found in notes] == ([note] if note else [])
    assert all(found.severity == "note" for found in notes)


@pytest.fixture(name="folder")
def folder_without_association(tmp_path):
    (tmp_path / "data").mkdir()
    write_exposure(tmp_path / "data", **SLITLESS)
    return tmp_path


def test_segments_of_a_folder_are_one_product(folder):
    (product,) = load_products(["data"], folder, output_dir="results")
    assert (product.name, product.asn_id, product.asn_pool) == (PRODUCT, "o003", "none")
    assert product.asn_path == f"results/{PRODUCT}_asn.json"
    assert product.asn_table == f"{PRODUCT}_asn.json"
    assert product.is_group
    assert [segment.number for segment in product.segments] == [1, 2]
    first = product.segments[0]
    assert first.crfints == "jw00001003001_04101_00001-seg001_mirimage_o003_crfints.fits"
    assert (first.program, first.observation, first.visit) == ("00001", "003", "001")


def test_products_differ_in_observation_optics_subarray_and_instrument(folder):
    data = folder / "data"
    for number, keywords in enumerate(
        (
            {"OBSERVTN": "004"},
            {"SUBARRAY": "FULL"},
            {"FILTER": "F560W"},
            {"PROGRAM": "00002"},
            {"VISIT": "002", "INSTRUME": "MIRI"},
        ),
        start=2,
    ):
        name = f"jw00001003001_04101_0000{number}-seg001_mirimage_calints.fits"
        write_segment(data / name, **(SLITLESS | {"NINTS": 3} | keywords))
    products = load_products(["data"], folder, output_dir="results")
    assert [(product.name, len(product.segments)) for product in products] == [
        ("jw00001-o003_t000_miri_f560w-slitlessprism", 1),
        ("jw00001-o003_t000_miri_p750l", 1),
        # Those of another visit of the observation belong to its product.
        (PRODUCT, 3),
        ("jw00001-o004_t000_miri_p750l-slitlessprism", 1),
        ("jw00002-o003_t000_miri_p750l-slitlessprism", 1),
    ]


def test_detectors_of_an_exposure_are_one_product(tmp_path):
    for detector in ("NRS2", "NRS1"):
        keywords = {"INSTRUME": "NIRSPEC", "EXP_TYPE": "NRS_BRIGHTOBJ", "DETECTOR": detector}
        write_exposure(tmp_path, **keywords, FILTER="CLEAR", GRATING="PRISM", SUBARRAY="SUB512")
    (product,) = load_products(["*_calints.fits"], tmp_path, output_dir=".")
    assert product.name == "jw00001-o003_t000_nirspec_clear-prism-sub512"
    assert [segment.detector for segment in product.segments] == ["NRS1", "NRS2"] * 2


def test_segments_that_are_not_science_are_left_out_with_a_note(folder):
    keywords = {"EXP_TYPE": "MIR_TACQ", "NINTS": 3}
    write_segment(folder / "data" / "jw1_mirimage_calints.fits", **(SLITLESS | keywords))
    (product,), findings = survey(["data"], folder, output_dir="results")
    assert len(product.segments) == 2
    assert summary_lines(findings) == [
        "data/jw1_mirimage_calints.fits: EXP_TYPE: found 'MIR_TACQ': target acquisition; left out"
    ]


def test_nothing_but_what_is_left_out_is_an_error(folder):
    write_segment(folder / "ta_calints.fits", **(SLITLESS | {"EXP_TYPE": "MIR_TACQ"}))
    products, findings = survey(["ta_*.fits", "data"], folder, output_dir="results")
    assert [product.name for product in products] == [PRODUCT]
    assert [str(finding) for finding in findings if finding.severity == "error"] == [
        "ta_*.fits: association: found no time series of science, expected one or more"
    ]


def test_an_unknown_program_or_observation_is_an_error(tmp_path):
    write_segment(tmp_path / "a_calints.fits", NINTS=3)
    products, findings = survey(["a_calints.fits"], tmp_path, output_dir="results")
    assert products == []
    assert [finding.key for finding in findings] == ["PROGRAM", "OBSERVTN", "INSTRUME"]


@pytest.mark.parametrize("key", ["PROGRAM", "OBSERVTN", "INSTRUME"])
def test_no_keyword_leads_out_of_the_output_folder(folder, key):
    path = folder / "data" / "jw00001003001_04101_00002-seg001_mirimage_calints.fits"
    write_segment(path, **(SLITLESS | {"NINTS": 3, key: "../../x"}))
    _, findings = survey(["data"], folder, output_dir="results")
    (error,) = (finding for finding in findings if finding.severity == "error")
    assert (error.path, error.key) == (f"data/{path.name}", key)
    assert error.found == "'../../x'"


def test_names_that_snakemake_takes_for_wildcards_are_refused(folder):
    (folder / "data" / "{x}").mkdir()
    write_segment(folder / "data" / "{x}" / "a_calints.fits", **SLITLESS)
    _, findings = survey(["data"], folder, output_dir="results")
    (error,) = (finding for finding in findings if finding.severity == "error")
    assert error.text == (
        "file name: found 'data/{x}/a_calints.fits', expected no braces and control characters"
    )


def test_a_rerun_in_the_folder_of_the_data_finds_new_segments(folder):
    data = folder / "data"
    (product,) = load_products(["."], data, output_dir=".")
    (data / product.asn_table).write_text(json.dumps(association_content(product, ".")))
    (data / "segments").mkdir()
    write_segment(data / "segments" / "jw00001003001_04101_00001-seg009_mirimage_calints.fits")
    assert load_products(["."], data, output_dir=".") == [product]
    name = "jw00001003001_04101_00002-seg001_mirimage_calints.fits"
    write_segment(data / name, **SLITLESS, NINTS=3)
    (product,) = load_products(["."], data, output_dir=".")
    assert len(product.segments) == 3


def test_segments_in_a_folder_that_cannot_be_processed_are_errors(folder):
    path = folder / "data" / "jw00001003001_04101_00001-seg002_mirimage_calints.fits"
    path.write_bytes(path.read_bytes()[:9000])
    _, findings = survey(["data"], folder, output_dir="results")
    (error,) = (finding for finding in findings if finding.severity == "error")
    assert str(error).startswith(f"data/{path.name}: truncated in ")


class TestWithAssociations:
    """Folders that hold both associations and segments."""

    def test_members_in_other_folders_of_a_download_are_found(self, folder):
        names = [path.name for path in sorted((folder / "data").glob("*.fits"))]
        (folder / "data" / "asn").mkdir()
        write_association(folder / "data" / "asn" / "x_asn.json", names, asn_type="tso3")
        (product,) = load_products(["data"], folder, output_dir="results")
        assert not product.is_group
        assert [segment.path for segment in product.segments] == [f"data/{name}" for name in names]

    def test_a_segment_that_the_association_does_not_name_is_left_out_with_a_warning(self, folder):
        names = [path.name for path in sorted((folder / "data").glob("*.fits"))]
        write_association(folder / "data" / "x_asn.json", names[:1], asn_type="tso3")
        (product,), findings = survey(["data"], folder, output_dir="results")
        assert len(product.segments) == 1
        assert (
            f"data/{names[1]}: association: found none, expected it among the members of "
            in str(findings[-1])
        )
        assert findings[-1].severity == "warning"

    def test_other_observations_are_grouped(self, folder):
        names = [path.name for path in sorted((folder / "data").glob("*.fits"))]
        write_association(folder / "data" / "x_asn.json", names, asn_type="tso3")
        other = "jw00001004001_04101_00001-seg001_mirimage_calints.fits"
        write_segment(folder / "data" / other, **SLITLESS, NINTS=3)
        first, second = load_products(["data"], folder, output_dir="results")
        assert not first.is_group
        assert second.name == "jw00001-o004_t000_miri_p750l-slitlessprism"

    def test_members_that_are_no_science_are_left_out_with_a_note(self, folder):
        names = [path.name for path in sorted((folder / "data").glob("*.fits"))]
        acquisition = {"expname": names[1], "exptype": "target_acquisition"}
        write_association(folder / "data" / "x_asn.json", [names[0], acquisition], asn_type="tso3")
        (product,), findings = survey(["data"], folder, output_dir="results")
        assert len(product.segments) == 1
        assert findings[0].severity == "note"
        assert str(findings[0]) == (
            "data/x_asn.json: exptype target_acquisition: found 1: left out"
        )


def test_the_association_that_is_written_asks_for_the_same(folder):
    (product,) = load_products(["data"], folder, output_dir="results")
    (folder / "results").mkdir()
    path = Path("results", product.asn_table)
    content = association_content(product, "results")
    (folder / path).write_text(json.dumps(content))
    (again,) = load_products([str(path)], folder)
    assert not again.is_group
    assert again.segments == product.segments
    assert (again.name, again.asn_table) == (product.name, product.asn_table)
    association = read_association(str(path), folder)
    assert association.members == tuple(segment.path for segment in product.segments)
    assert content["target"] == "t000"
    assert content["program"] == "00001"


def test_absolute_paths_stay_absolute_in_the_association(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (product,) = load_products([str(folder / "data")], elsewhere, output_dir="results")
    members = association_content(product, "results")["products"][0]["members"]
    assert [member["expname"] for member in members] == [s.path for s in product.segments]
    assert all(Path(segment.path).is_absolute() for segment in product.segments)


def test_keys_are_those_of_associations_of_the_archive(shared_data, folder):
    path = next((shared_data / "jwst-tso3-asn").glob("jw93056*.json"))
    theirs = json.loads(path.read_text())
    (product,) = load_products(["data"], folder, output_dir="results")
    ours = association_content(product, "results")
    assert ours.keys() == theirs.keys()
    assert ours["products"][0].keys() == theirs["products"][0].keys()
    assert ours["products"][0]["members"][0].keys() == theirs["products"][0]["members"][0].keys()


@pytest.mark.parametrize("version", ["", "_2022-version"])
def test_real_segments_of_two_pipelines_without_association(shared_data, tmp_path, version):
    stem = "ERS_NGTS10_2022_new_drift_041_calints"
    source = shared_data / "eureka-miri-lrs-sim" / f"{stem}{version}.fits"
    shutil.copy(source, tmp_path / f"{stem}.fits")
    (product,) = load_products([f"{stem}.fits"], tmp_path, output_dir="results")
    assert product.name == "jw12345-o001_t000_miri_p750l-slitlessprism"
    assert product.segments[0].shape == (4, 416, 72)
