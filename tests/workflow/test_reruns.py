"""Jobs that run again by the commands of the README."""

import shutil

import pytest
import yaml

from tests.support.builders import write_association, write_exposure, write_segment
from tests.workflow.test_dag import ARCHIVE_ONLY, ROOT, STEPS, STUB, planned, snakemake

PRODUCTS = ("jw00001-o001_t001_miri_p750l", "jw00002-o001_t001_miri_p750l")
SEGMENTS = 2
SEGMENT_STEPS = dict.fromkeys(STEPS[:2], SEGMENTS)
PRODUCT_STEPS = dict.fromkeys(STEPS[2:], 1)
VISIT = SEGMENT_STEPS | PRODUCT_STEPS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="done")
def two_processed_visits(tmp_path_factory):
    """Two visits with products, made by a copy of the workflow whose scripts only write files."""
    folder = tmp_path_factory.mktemp("reruns")
    for name in ("workflow", "envs", "scripts"):
        shutil.copytree(ROOT / name, folder / "copy" / name)
    shutil.copy(ROOT / "Snakefile", folder / "copy")
    for step in STEPS:
        (folder / "copy" / "scripts" / f"{step}.py").write_text(STUB.format(imports=""))
    for visit, product in enumerate(PRODUCTS, start=1):
        data = folder / f"visit{visit}"
        data.mkdir()
        names = write_exposure(data)
        members = [name.replace("jw00001", f"jw{visit:05d}") for name in names]
        for name, member in zip(names, members, strict=True):
            (data / name).rename(data / member)
        write_association(data / "asn.json", members, product, asn_id="o001")
    (folder / "config.yaml").write_text(
        yaml.safe_dump({"associations": ["visit*/asn.json"], **ARCHIVE_ONLY})
    )
    made = snakemake(folder, "--cores", "2", snakefile=folder / "copy" / "Snakefile")
    assert made.returncode == 0, made.stdout
    return folder


def plan(folder, *arguments):
    """Jobs of a dry-run of the copy."""
    return planned(folder, *arguments, snakefile=folder / "copy" / "Snakefile")


def test_one_product_that_was_deleted(done):
    path = done / "results" / f"{PRODUCTS[0]}_whtlt.ecsv"
    content = path.read_bytes()
    path.unlink()
    assert plan(done) == {"white_light": 1}
    path.write_bytes(content)


def test_one_product_again(done):
    target = f"results/{PRODUCTS[0]}_x1dints.fits"
    assert plan(done, target) == {}
    assert plan(done, "--force", target) == {"collect_spectra": 1}


def test_one_visit(done):
    target = f"results/{PRODUCTS[1]}_whtlt.ecsv"
    assert plan(done, "--forceall", target) == VISIT
    one = ("--config", 'associations=["visit2/asn.json"]')
    assert plan(done, "--forceall", *one) == VISIT


def test_one_step_again(done):
    twice = {step: 2 * count for step, count in VISIT.items()}
    del twice["outlier_detection"]
    assert plan(done, "--forcerun", "extract_1d") == twice
    target = f"results/{PRODUCTS[0]}_whtlt.ecsv"
    once = {step: count // 2 for step, count in twice.items()}
    assert plan(done, target, "--forcerun", "extract_1d") == once


def test_one_step_with_another_parameter(done):
    (done / "other.yaml").write_text("extract_1d:\n  position_offset: 1\n")
    target = f"results/{PRODUCTS[0]}_whtlt.ecsv"
    expected = {step: count for step, count in VISIT.items() if step != "outlier_detection"}
    assert plan(done, target, "--configfile", "other.yaml") == expected


def test_everything_after_a_new_segment_arrived(done):
    data = done / "visit1"
    content = (data / "asn.json").read_text()
    members = sorted(path.name for path in data.glob("*_calints.fits"))
    members.append(members[-1].replace("seg002", "seg003"))
    write_segment(data / members[-1], EXSEGNUM=3, INTSTART=7, INTEND=9, NINTS=6)
    write_association(data / "asn.json", members, PRODUCTS[0], asn_id="o001")
    assert plan(done) == dict.fromkeys(STEPS, 1)
    (data / "asn.json").write_text(content)
    (data / members[-1]).unlink()


def test_everything_after_a_segment_was_delivered_again(done):
    path = next((done / "visit2").glob("*seg001*_calints.fits"))
    content = path.read_bytes()
    numbers = {"EXSEGNUM": 1, "INTSTART": 1, "INTEND": 3, "NINTS": 6}
    write_segment(path, **numbers, CAL_VER="new")
    assert plan(done) == dict.fromkeys(STEPS, 1)
    path.write_bytes(content)
