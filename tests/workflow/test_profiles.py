"""Profiles that need no plugin, and the resources and groups of jobs under them."""

import re

import pytest
import yaml

from tests.support.builders import write_association, write_exposure, write_segment
from tests.workflow.test_dag import ARCHIVE_ONLY, LRS, ROOT, snakemake

PROFILES = ROOT / "workflow" / "profiles"


@pytest.fixture(name="visit")
def small_and_large_segments(tmp_path):
    """A visit of three segments, the last of which takes many minutes; its data are a hole."""
    members = write_exposure(tmp_path, segments=2)
    members.append(members[-1].replace("seg002", "seg003"))
    write_segment(tmp_path / members[-1], EXSEGNUM=3, INTSTART=7, INTEND=9, NINTS=9)
    grow(tmp_path / members[-1], 2_000_000_000)
    write_association(tmp_path / "asn.json", members, LRS)
    (tmp_path / "my.yaml").write_text(
        yaml.safe_dump({"associations": ["asn.json"], **ARCHIVE_ONLY})
    )
    return tmp_path


def grow(path, n_bytes):
    """Add an image without content to the end of a file."""
    cards = [
        "XTENSION= 'IMAGE   '",
        "BITPIX  =                    8",
        "NAXIS   =                    1",
    ]
    cards += [f"NAXIS1  = {n_bytes:20d}", "PCOUNT  =                    0"]
    cards += ["GCOUNT  =                    1", "END"]
    with path.open("ab") as file:
        file.write("".join(f"{card:80s}" for card in cards).ljust(2880).encode())
        file.truncate(file.tell() + -(-n_bytes // 2880) * 2880)


def test_workstation(visit):
    done = snakemake(visit, "--dry-run", "--workflow-profile", PROFILES / "workstation")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^total +9$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
@pytest.mark.parametrize("asked", ["--dry-run", "-n", "-pn"])
def test_a_dry_run_lists_each_job(visit, snakefile, asked):
    done = snakemake(visit, asked, snakefile=ROOT / snakefile)
    assert done.returncode == 0, done.stdout
    assert "profiles/default" in done.stdout
    assert re.search(r"^total +9$", done.stdout, re.MULTILINE)
    assert len(re.findall(r"^(?:local)?rule \w+:", done.stdout, re.MULTILINE)) == 9


@pytest.mark.slow
def test_a_run_that_fails_names_the_jobs_and_their_logs_and_lists_no_others(tmp_path):
    write_association(tmp_path / "asn.json", write_exposure(tmp_path, segments=1), LRS)
    config = yaml.safe_dump({"associations": ["asn.json"], **ARCHIVE_ONLY})
    (tmp_path / "my.yaml").write_text(config)
    # Its segment gives no spectrum.
    done = snakemake(tmp_path, "--cores", "1")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    failed = [line for line in lines if "failed; its log" in line]
    log = f"logs/collect_spectra/{LRS}.log"
    assert failed == [f"collect_spectra {LRS}: failed; its log: {log}"]
    hidden = r"(?:local)?rule \w+:|Execute|Select jobs|Finished|\d+ of \d+ steps|Job stats|    \w+:"
    assert [line for line in lines if re.match(hidden, line)] == []
    assert len(lines) < 40


def test_only_small_segments_share_an_allocation(visit):
    assert "Group job" not in snakemake(visit, "--dry-run").stdout
    shared = ("--group-components", "small_segments=4")
    printed = snakemake(visit, "--dry-run", *shared).stdout
    (group,) = re.findall(r"Group job small_segments.*?\n(?=\S.*\n(?:local)?rule)", printed, re.S)
    assert sorted(re.findall(r"rule (\w+):", group)) == sorted(
        2 * ["extract_1d", "outlier_detection"]
    )
    assert len(re.findall(r"^rule outlier_detection:", printed, re.MULTILINE)) == 1


@pytest.mark.parametrize("name", ["slurm", "cluster-generic"])
def test_profiles_of_clusters_retry_with_more_and_share(name):
    profile = yaml.safe_load((PROFILES / name / "profile.yaml").read_text())
    assert profile["executor"] == name
    assert profile["retries"] == 2
    assert profile["group-components"] == ["small_segments=4"]
