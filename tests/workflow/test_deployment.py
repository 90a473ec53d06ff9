"""The workflow as `snakedeploy` deploys it: a module that Snakemake reads from a git host."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake.utils import validate

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.workflow.test_dag import ARCHIVE_ONLY, run

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ("Snakefile", "LICENSE", "config", "envs", "profiles", "scripts", "workflow")
TAG = "v1"
SNAKEFILE = f"""
configfile: "config/config.yaml"

module tso3flow:
    snakefile:
        github("astro/tso3flow", path="workflow/Snakefile", tag="{TAG}")
    config:
        config

use rule * from tso3flow
"""
TOOL = Path(sys.executable).with_name("snakedeploy")
PRODUCT = "jw01366-o003_t001_miri_p750l-slitlessprism_whtlt.ecsv"


def git(folder, *arguments):
    """Run git in a folder, as nobody in particular."""
    person = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module", name="host")
def local_git_host(tmp_path_factory):
    """A folder that git takes for GitHub, with a repository of the work tree."""
    host = tmp_path_factory.mktemp("git") / "github"
    repository = host / "astro" / "tso3flow"
    repository.mkdir(parents=True)
    for name in DEPLOYED:
        source, target = ROOT / name, repository / name
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target, follow_symlinks=False)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Deploy")
    git(repository, "tag", TAG)
    return host


@pytest.fixture(name="snakemake")
def run_deployed(host, tmp_path, monkeypatch):
    """Run Snakemake in the folder of a deployment, without network."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{host}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def snakemake(*arguments):
        return run([sys.executable, "-m", "snakemake", *arguments], tmp_path)

    return snakemake


def deploy_by_hand(folder):
    """Write what snakedeploy writes."""
    (folder / "workflow").mkdir()
    (folder / "workflow" / "Snakefile").write_text(SNAKEFILE)
    shutil.copytree(ROOT / "config", folder / "config")


@pytest.mark.slow
def test_a_deployment_makes_the_products_and_is_up_to_date_then(snakemake, tmp_path):
    deploy_by_hand(tmp_path)
    options = {"mode": "mir_lrs_slitless", "integrations": 6, "segments": 2}
    simulate_visit(tmp_path / "data", VisitOptions(**options))
    with (tmp_path / "config" / "config.yaml").open("a") as file:
        file.write(yaml.safe_dump(ARCHIVE_ONLY))
    done = snakemake("--cores", "1")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "results" / PRODUCT).is_file()
    assert "Nothing to be done" in snakemake("--cores", "1").stdout


@pytest.mark.slow
@pytest.mark.skipif(not TOOL.exists(), reason="snakedeploy is not installed: `make test-archive`")
def test_the_real_tool_deploys_what_the_other_test_runs(host, snakemake, tmp_path):
    source = f"file://{host}/astro/tso3flow"
    done = run([TOOL, "deploy-workflow", source, ".", "--tag", TAG], tmp_path)
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout.lower()
    written = (tmp_path / "workflow" / "Snakefile").read_text().split()
    assert set(SNAKEFILE.split()) <= set(written)
    assert {path.name for path in (tmp_path / "profiles").iterdir()} == {
        path.name for path in (ROOT / "workflow" / "profiles").iterdir()
    }
    (tmp_path / "data").mkdir()
    simulate_visit(tmp_path / "data", VisitOptions(mode="mir_lrs_slitless", integrations=6))
    planned = snakemake("--dry-run")
    assert planned.returncode == 0, planned.stdout
    assert PRODUCT in planned.stdout


def test_the_deployed_configuration_is_valid_and_leaves_defaults_open():
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    assert set(config) == {"associations"}
    validate(config, schema=str(ROOT / "workflow" / "schemas" / "config.schema.yaml"))


def test_the_catalogue_finds_its_files():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"software-stack-deployment", "report"}
    assert usage["software-stack-deployment"]["conda"]
    for name in (
        "README.md",
        "LICENSE",
        "workflow/Snakefile",
        "config/README.md",
        "envs/tso3.yaml",
    ):
        assert (ROOT / name).is_file()
    assert os.path.samefile(ROOT / "profiles", ROOT / "workflow" / "profiles")


def test_what_the_image_copies_is_there_and_not_ignored():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert {name.split("/")[0] for name in copied} == kept
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert {"scripts", "workflow", "envs", "Snakefile", "requirements.lock"} <= copied


def test_the_citation_names_works_by_doi():
    references = yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]
    found = {work["doi"] for work in references if work["title"] and work["authors"]}
    assert len(found) == len(references)
    assert {"10.5281/zenodo.6984365", "10.12688/f1000research.29032"} <= found
