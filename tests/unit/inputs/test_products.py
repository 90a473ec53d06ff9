import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lib.errors import InputError
from scripts.lib.findings import summary_lines
from scripts.lib.inputs.association_files import read_association
from scripts.lib.inputs.products import survey
from tests.support.builders import load_products, write_association, write_exposure, write_segment

ROOT = Path(__file__).resolve().parents[3]
SPECTROSCOPY = "jw00001-o003_t001_miri_p750l"


def errors_of(folder, *patterns):
    """Lines of the message when loading fails."""
    with pytest.raises(InputError) as caught:
        load_products(list(patterns) or ["asn.json"], folder)
    return str(caught.value).splitlines()


@pytest.fixture(name="visit")
def visit_with_two_segments(tmp_path):
    write_association(tmp_path / "asn.json", write_exposure(tmp_path))
    return tmp_path


def test_product_of_an_association(visit):
    (product,) = load_products(["asn.json"], visit)
    assert (product.name, product.asn_id, product.asn_pool) == (SPECTROSCOPY, "o003", "pool")
    assert (product.asn_path, product.asn_table) == ("asn.json", "asn.json")
    assert (product.exp_type, product.branch) == ("MIR_LRS-SLITLESS", "spectroscopy")
    assert product.findings == ()
    first, second = product.segments
    assert first.path == "jw00001003001_04101_00001-seg001_mirimage_calints.fits"
    assert first.stem == "jw00001003001_04101_00001-seg001_mirimage"
    assert first.name == "jw00001003001_04101_00001-seg001_mirimage_o003"
    assert first.crfints == "jw00001003001_04101_00001-seg001_mirimage_o003_crfints.fits"
    assert first.exposure_id == second.exposure_id == "jw00001003001_04101_00001"
    assert (first.number, second.number) == (1, 2)
    assert (second.first_integration, second.last_integration) == (4, 6)
    assert (first.nints, first.exposure_integrations, first.shape) == (3, 6, (3, 4, 5))
    assert first.data_bytes == 6 * 3 * 4 * 5 * 4 + 3 * 52 + 8
    assert first.findings == ()


def test_association_id_in_a_member_name_is_not_doubled(tmp_path):
    write_segment(tmp_path / "jw1_00001-seg001_mirimage_o003_calints.fits", NINTS=3)
    write_association(tmp_path / "asn.json", ["jw1_00001-seg001_mirimage_o003_calints.fits"])
    (product,) = load_products(["asn.json"], tmp_path)
    assert product.segments[0].crfints == "jw1_00001-seg001_mirimage_o003_crfints.fits"


def test_members_are_ordered_by_exposure_segment_detector(tmp_path):
    names = []
    for exposure in ("00002", "00001"):
        for number in (10, 9):
            for detector in ("NRS2", "NRS1"):
                name = f"jw1_{exposure}-seg{number:03d}_{detector.lower()}_calints.fits"
                write_segment(
                    tmp_path / name, DETECTOR=detector, EXSEGNUM=number, INTSTART=3 * number
                )
                names.append(name)
    write_association(tmp_path / "asn.json", names)
    (product,) = load_products(["asn.json"], tmp_path)
    assert [segment.sort_key for segment in product.segments] == [
        (f"jw1_{exposure}", number, detector)
        for exposure in ("00001", "00002")
        for number in (9, 10)
        for detector in ("NRS1", "NRS2")
    ]


def test_segment_number_and_integrations_have_defaults(tmp_path):
    names = [f"jw1_00001-seg{k:03d}_mirimage_calints.fits" for k in (1, 2)]
    write_segment(tmp_path / names[0], EXSEGNUM=None, INTSTART=None, INTEND=None)
    write_segment(tmp_path / names[1], EXSEGNUM=None, INTSTART=4, INTEND=6)
    write_association(tmp_path / "asn.json", names)
    (product,) = load_products(["asn.json"], tmp_path)
    first, second = product.segments
    assert [segment.number for segment in product.segments] == [1, 2]
    assert [segment.first_integration for segment in product.segments] == [1, 4]
    assert product.findings == ()
    # Spectra without a number say that they are of segment 1.
    assert [(finding.key, finding.found) for finding in second.findings] == [("EXSEGNUM", "none")]
    assert [(finding.key, finding.expected) for finding in first.findings] == [
        ("INT_TIMES/integration_number", "1 to 6"),
    ]


def test_members_are_found_next_to_the_association_or_by_absolute_name(tmp_path):
    folder = tmp_path / "data" / "asn"
    folder.mkdir(parents=True)
    write_segment(tmp_path / "data" / "a-seg001_mirimage_calints.fits")
    write_segment(tmp_path / "b-seg002_mirimage_calints.fits", EXSEGNUM=2, INTSTART=4, INTEND=6)
    absolute = str(tmp_path / "b-seg002_mirimage_calints.fits")
    write_association(folder / "asn.json", ["../a-seg001_mirimage_calints.fits", absolute])
    (product,) = load_products(["./data/asn/asn.json"], tmp_path)
    assert product.asn_path == "data/asn/asn.json"
    assert [s.path for s in product.segments] == ["data/a-seg001_mirimage_calints.fits", absolute]


def test_only_science_members_are_used(visit):
    names = [{"expname": "none.fits", "exptype": "target_acquistion"}]
    members = json.loads((visit / "asn.json").read_text())["products"][0]["members"]
    write_association(visit / "asn.json", names + members)
    (product,) = load_products(["asn.json"], visit)
    assert len(product.segments) == 2


def test_patterns_find_each_association_once_and_in_order(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        write_segment(tmp_path / name / f"jw{name}_mirimage_calints.fits", NINTS=3)
        write_association(tmp_path / name / "asn.json", [f"jw{name}_mirimage_calints.fits"], name)
    products = load_products(["*/asn.json", str(tmp_path / "a" / "asn.json")], tmp_path)
    assert [product.name for product in products] == ["a", "b"]


def test_no_pattern_is_no_product(tmp_path):
    assert load_products([], tmp_path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "asn.json: association: found no JSON"),
        (b"\xff\xfe", "asn.json: association: found no JSON"),
        ("[]", "asn.json: products: found none"),
        ("{}", "asn.json: products: found none"),
        ('{"products": []}', "asn.json: products: found none"),
        ('{"products": ["x"]}', "asn.json: products: found none"),
        ('{"products": [{}]}', "asn.json: asn_id: found None"),
        ('{"asn_id": "o1", "products": [{}]}', "asn.json: products/name: found None"),
        ('{"asn_id": "o1", "products": [{"name": "a/b"}]}', "asn.json: products/name: found 'a/b'"),
        ('{"asn_id": "o1", "products": [{"name": "a"}]}', "members: found none of exptype science"),
        ("[" * 100_000, "asn.json: association: found no JSON"),
        (
            '{"asn_id": "o1", "asn_pool": [1], "products": [{"name": "a"}]}',
            "asn.json: asn_pool: found [1], expected the name of a file",
        ),
        (
            '{"asn_id": "o1", "products": [{"name": "a", "members": [{"expname": "a"}]}]}',
            "asn.json: members: found ('a', None), expected an expname and an exptype",
        ),
        (
            '{"asn_id": "o1", "products": [{"name": "a", "members": ["a"]}]}',
            "asn.json: members: found ('a', None), expected an expname and an exptype",
        ),
        (
            '{"asn_id": "o1", "products": [{"name": "a",'
            ' "members": [{"expname": "a", "exptype": "background"}]}]}',
            "asn.json: members: found none of exptype science",
        ),
    ],
)
def test_unusable_association(tmp_path, content, message):
    (tmp_path / "asn.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    (error,) = errors_of(tmp_path)
    assert message in error


@pytest.mark.parametrize("name", ["a\0_calints.fits", 300 * "a" + "_calints.fits", "\ud800", ""])
def test_members_that_no_system_could_have(tmp_path, name):
    write_association(tmp_path / "asn.json", [name])
    (error,) = errors_of(tmp_path)
    assert "found none" in error or "file name: found" in error


def test_association_whose_name_snakemake_takes_for_wildcards(tmp_path):
    write_association(tmp_path / "{a}.json", ["a_calints.fits"])
    assert errors_of(tmp_path, "*.json") == [
        "{a}.json: association: found '{a}.json', expected no braces and control characters"
    ]


def test_missing_associations_are_all_reported(tmp_path):
    (tmp_path / "folder").mkdir()
    assert errors_of(tmp_path, "none.json", "*_asn.json", "folder") == [
        "none.json: association: found no such file, expected one or more",
        "*_asn.json: association: found no such file, expected one or more",
        "folder: association: found neither an association (*.json) nor a segment "
        "(*_calints.fits, *_calints.fits.gz), expected one or more",
    ]


def test_all_errors_of_all_associations_are_reported(tmp_path):
    write_segment(tmp_path / "a_calints.fits", TSOVISIT=False)
    write_segment(tmp_path / "b_calints.fits", NINTS=None, EXP_TYPE=None)
    (tmp_path / "c_calints.fits").write_bytes(b"no FITS")
    members = ["a_calints.fits", "b_calints.fits", "c_calints.fits", "d_calints.fits", "e_cal.fits"]
    write_association(tmp_path / "one_asn.json", members[:2], "one")
    write_association(tmp_path / "two_asn.json", members[2:], "two")
    lines = errors_of(tmp_path, "*_asn.json", "none")
    beginnings = [
        "none: association: found no such file",
        "a_calints.fits: TSOVISIT: found False with EXP_TYPE MIR_LRS-SLITLESS, expected True",
        "b_calints.fits: EXP_TYPE: found None, expected",
        "b_calints.fits: NINTS: found None, expected",
        "c_calints.fits: not a FITS file",
        "d_calints.fits: file: found none, expected a member of two_asn.json",
        "e_cal.fits: file name: found e_cal.fits, expected *_calints.fits",
    ]
    assert len(lines) == len(beginnings)
    for line, beginning in zip(lines, beginnings, strict=True):
        assert line.startswith(beginning)


def test_member_listed_twice(visit):
    names = write_exposure(visit)
    write_association(visit / "asn.json", [*names, names[0]])
    assert errors_of(visit) == [f"{names[0]}: member: found 2 times in asn.json, expected once"]


def test_a_member_of_one_integration_is_left_out_with_a_carried_warning(visit):
    write_segment(visit / "dummy_calints.fits", shape=(4, 5), NINTS=1)
    members = json.loads((visit / "asn.json").read_text())["products"][0]["members"]
    dummy = {"expname": "dummy_calints.fits", "exptype": "science"}
    write_association(visit / "asn.json", [dummy, *members])
    (product,) = load_products(["asn.json"], visit)
    assert len(product.segments) == 2
    assert [str(finding) for finding in product.findings] == [
        "dummy_calints.fits: NINTS: found 1, expected 2 or more: not a time series; left out"
    ]
    write_association(visit / "asn.json", [dummy])
    assert errors_of(visit) == [
        "dummy_calints.fits: NINTS: found 1, expected 2 or more: not a time series"
    ]


@pytest.mark.parametrize(
    ("asn_type", "member", "pipeline"),
    [
        ("spec3", "x_cal.fits", "calwebb_spec3"),
        ("image3", "x_cal.fits", "calwebb_image3"),
        ("ami3", "x_calints.fits.txt", "calwebb_ami3"),
        ("coron3", "x_cal.fits", "calwebb_coron3"),
        ("tso-spec2", "x_rateints.fits", "calwebb_spec2"),
        ("dark", "x_dark.fits", "calwebb_dark"),
    ],
)
def test_an_association_of_another_type_names_its_pipeline(tmp_path, asn_type, member, pipeline):
    write_association(tmp_path / "asn.json", [member, f"2{member}"], asn_type=asn_type)
    (error,) = errors_of(tmp_path)
    assert error.startswith(f"asn.json: asn_type: found {asn_type}, expected tso3: ")
    assert f"`strun {pipeline}`" in error


def test_members_of_another_stage_name_their_pipeline(tmp_path):
    write_association(tmp_path / "asn.json", ["x_uncal.fits"])
    (error,) = errors_of(tmp_path)
    assert error.startswith(
        "x_uncal.fits: file name: found x_uncal.fits, expected *_calints.fits or *_calints.fits.gz: "
        "raw data: `strun calwebb_detector1`"
    )


def test_two_associations_of_one_product(visit):
    shutil.copy(visit / "asn.json", visit / "other.json")
    (error,) = errors_of(visit, "asn.json", "other.json")
    assert error == f"other.json: product: found {SPECTROSCOPY}, which asn.json makes as well"


def test_two_associations_that_flag_the_same_segments(visit):
    members = json.loads((visit / "asn.json").read_text())["products"][0]["members"]
    write_association(visit / "other.json", members, "other")
    assert errors_of(visit, "asn.json", "other.json") == [
        f"other.json: product: found jw00001003001_04101_00001-seg00{k}_mirimage_o003_crfints.fits, "
        "which asn.json makes as well"
        for k in (1, 2)
    ]


def test_products_whose_names_differ_in_case_alone_are_one_file_on_some_systems(visit):
    members = json.loads((visit / "asn.json").read_text())["products"][0]["members"]
    write_association(visit / "other.json", members, SPECTROSCOPY.upper(), asn_id="a3001")
    (error,) = errors_of(visit, "asn.json", "other.json")
    assert error == (
        f"other.json: product: found {SPECTROSCOPY.upper()}, which asn.json makes as well"
    )


def segments_of_one_name(folder):
    """Write segments of two detectors under one base name, each in a folder of its own."""
    for number, detector in enumerate(("nrs1", "nrs2"), start=1):
        (folder / "data" / detector).mkdir(parents=True)
        path = folder / "data" / detector / "x_calints.fits"
        write_segment(path, DETECTOR=detector.upper(), NINTS=3, PROGRAM=str(number))


def test_members_of_one_base_name_in_two_folders_are_refused_by_both_names(tmp_path):
    segments_of_one_name(tmp_path)
    members = ["nrs1/x_calints.fits", "nrs2/x_calints.fits"]
    write_association(tmp_path / "data" / "asn.json", members, asn_type="tso3")
    for pattern in ("data/asn.json", "data"):
        (error,) = errors_of(tmp_path, pattern)
        assert error.startswith(
            "data/nrs2/x_calints.fits: file name: found that of data/nrs1/x_calints.fits, expected"
        )


def test_a_member_whose_name_two_files_have_is_not_guessed(tmp_path):
    segments_of_one_name(tmp_path)
    write_association(tmp_path / "data" / "asn.json", ["x_calints.fits"], asn_type="tso3")
    (error,) = errors_of(tmp_path, "data")
    assert error == (
        "data/asn.json: member x_calints.fits: found data/nrs1/x_calints.fits and "
        "data/nrs2/x_calints.fits, expected one file of this name, or the association next to its "
        "members"
    )


def test_links_to_one_file_are_one_member(tmp_path):
    segments_of_one_name(tmp_path)
    (tmp_path / "data" / "nrs2" / "x_calints.fits").unlink()
    (tmp_path / "data" / "nrs2" / "x_calints.fits").symlink_to("../nrs1/x_calints.fits")
    write_association(tmp_path / "data" / "asn.json", ["x_calints.fits"], asn_type="tso3")
    (product,) = load_products(["data"], tmp_path)
    assert [segment.path for segment in product.segments] == ["data/nrs1/x_calints.fits"]


def test_two_associations_of_different_id_share_members(visit):
    members = json.loads((visit / "asn.json").read_text())["products"][0]["members"]
    write_association(visit / "other.json", members, "other", asn_id="a3001")
    products = load_products(["asn.json", "other.json"], visit)
    assert [product.segments[0].crfints.split("_")[-2] for product in products] == ["o003", "a3001"]


def test_warnings_are_summed_up(tmp_path):
    names = write_exposure(tmp_path, segments=3, TARGNAME=None)
    write_segment(tmp_path / names[1], EXSEGNUM=2, INTSTART=3, INTEND=7, NINTS=9, rows=0)
    write_association(tmp_path / "asn.json", [names[0], names[2]], "first")
    write_association(tmp_path / "second_asn.json", [names[1]], "second", asn_id="o004")
    content = json.loads((tmp_path / "second_asn.json").read_text())
    content["products"] *= 2
    (tmp_path / "second_asn.json").write_text(json.dumps(content))
    products, findings = survey(["asn.json", "second_asn.json"], tmp_path)
    key = "integrations of jw00001003001_04101_00001 MIRIMAGE"
    assert summary_lines(findings) == [
        f"{names[0]}: TARGNAME: found none, expected the name of the target: the products name none"
        " (and 1 more)",
        f"asn.json: {key}: found none of 4 to 6, expected 1 to 9: they are missing in the product (and 2 more)",
        "second_asn.json: products: found 2, expected one: the first counts",
        f"{names[1]}: INTEND: found 7 with INTSTART 3, expected 5: integrations are counted from INTSTART",
        f"{names[1]}: INT_TIMES: found 0 rows, expected 3 rows or more: integrations get numbers, but"
        " no times, and no rows in the white light if others have times",
    ]
    first, second = products
    assert [str(finding) for finding in (*first.findings, *second.findings)] == [
        f"asn.json: {key}: found none of 4 to 6, expected 1 to 9: they are missing in the product",
        "second_asn.json: products: found 2, expected one: the first counts",
        f"second_asn.json: {key}: found none of 1 to 2, expected 1 to 9: they are missing in the product",
        f"second_asn.json: {key}: found none of 6 to 9, expected 1 to 9: they are missing in the product",
    ]


def test_associations_of_the_archive_are_read(shared_data):
    paths = sorted((shared_data / "jwst-tso3-asn").glob("*.json"))
    associations = [read_association(str(path), "/") for path in paths]
    assert len(associations) == 24
    for association in associations:
        assert association.product.startswith("jw")
        assert association.asn_id in association.product
        assert association.members
        assert all(member.endswith("_calints.fits") for member in association.members)


def test_simulated_segments_of_jwst_are_read(shared_data, tmp_path):
    folder = shared_data / "eureka-miri-lrs-sim"
    stem = "ERS_NGTS10_2022_new_drift_041_calints"
    shutil.copy(folder / f"{stem}.fits", tmp_path / "new_calints.fits")
    shutil.copy(folder / f"{stem}_2022-version.fits", tmp_path / "old_calints.fits")
    write_association(tmp_path / "asn.json", ["new_calints.fits", "old_calints.fits"])
    (product,) = load_products(["asn.json"], tmp_path)
    new, old = product.segments
    assert new.shape == old.shape == (4, 416, 72)
    assert (old.first_integration, old.last_integration) == (1846, 1849)
    assert ("INTEND", "1850 with INTSTART 1846", "1849") in [
        (finding.key, finding.found, finding.expected) for finding in old.findings
    ]
    assert ("INT_TIMES", "0 rows") in [(finding.key, finding.found) for finding in new.findings]


def test_reading_associations_imports_no_heavy_package():
    code = (
        "import sys, scripts.lib.inputs.products, scripts.lib.provenance.source_digest, scripts.lib.planning.configuration;"
        "print([m for m in ('numpy', 'astropy', 'scipy', 'pandas', 'asdf') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
