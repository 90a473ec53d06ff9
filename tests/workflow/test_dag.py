"""Plans of Snakemake, by dry-runs in a folder of their own."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.support.builders import write_association, write_exposure, write_segment

ROOT = Path(__file__).resolve().parents[2]
LRS = "jw00001-o003_t001_miri_p750l"
BOTS = "jw00002-o001_t001_nirspec_g395h"
LRS_SEGMENT = "jw00001003001_04101_00001-seg00{}_mirimage_o003"
STEPS = ("outlier_detection", "extract_1d", "collect_spectra", "white_light")
# Configuration that asks for the products of the archive alone.
ARCHIVE_ONLY = {
    section: {"skip": True} for section in ("light_curve", "spectroscopic_light_curves", "report")
}
# A step uses files of the project besides its own script: here a module and a template.
USES = """
from scripts.lib.errors import InputError
def page(render):
    return render("summary.html")
"""
STUB = """
from pathlib import Path
{imports}
# As long as a file of its kind is when it was not cut.
for path in snakemake.output:
    Path(path).write_text("made".ljust(2879) + chr(10))
for path in snakemake.log:
    Path(path).write_text("done")
"""


def snakemake(folder, *arguments, snakefile=ROOT / "Snakefile"):
    """Run Snakemake in a folder without configuration but ``my.yaml``, if that is there."""
    configured = ["--configfile", "my.yaml"] if (folder / "my.yaml").exists() else []
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, *arguments]
    return run([*command, *configured], folder)


def run(command, folder):
    """Run a command and return it with all that it writes as ``stdout``."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, cwd=folder, text=True, check=False, **streams)


def planned(folder, *arguments, **options):
    """Rules of a dry-run and how many jobs each has, without ``all``."""
    done = snakemake(folder, "--dry-run", *arguments, **options)
    assert done.returncode == 0, done.stdout
    rules = Counter(re.findall(r"^(?:local)?rule (\w+):", done.stdout, re.MULTILINE))
    del rules["all"]
    return dict(rules)


def message_of(folder, *arguments):
    """Message of a failing dry-run, without Snakemake's heading."""
    done = snakemake(folder, "--dry-run", *arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    lines = done.stdout.split("Building DAG of jobs...\n")[-1].strip().splitlines()
    return "\n".join(
        line for line in lines if not line.startswith("Using workflow specific profile")
    )


def configure(folder, **config):
    (folder / "my.yaml").write_text(
        yaml.safe_dump({"associations": ["data/*_asn.json"], **ARCHIVE_ONLY, **config})
    )


@pytest.fixture(name="visit")
def two_observations(tmp_path):
    """One LRS observation of two segments, one NIRSpec observation of one segment per detector."""
    data = tmp_path / "data"
    data.mkdir()
    write_association(data / "lrs_asn.json", write_exposure(data), LRS)
    for detector in ("NRS1", "NRS2"):
        write_segment(
            data / f"jw2_00001-seg001_{detector.lower()}_calints.fits",
            DETECTOR=detector,
            EXP_TYPE="NRS_BRIGHTOBJ",
            NINTS=3,
        )
    members = [f"jw2_00001-seg001_nrs{k}_calints.fits" for k in (2, 1)]
    write_association(data / "bots_asn.json", members, BOTS, asn_id="o001")
    (tmp_path / "extract1d.json").write_text('{"apertures": [{"id": "ANY"}]}')
    configure(tmp_path, references={"extract1d": "extract1d.json", "apcorr": "N/A"})
    return tmp_path


def test_files_of_two_associations(visit):
    written = snakemake(visit, "--dry-run").stdout
    outputs = re.findall(r"^    output: (.*)$", written, re.MULTILINE)
    inputs = re.findall(r"^    input: (.*)$", written, re.MULTILINE)
    bots = [f"jw2_00001-seg001_nrs{k}_o001" for k in (1, 2)]
    segments = [LRS_SEGMENT.format(1), LRS_SEGMENT.format(2), *bots]
    expected = [f"results/{segment}_crfints.fits" for segment in segments]
    expected += [f"results/segments/{segment}_extract1d.fits" for segment in segments]
    expected += [f"results/{name}_x1dints.fits" for name in (LRS, BOTS)]
    expected += [f"results/{name}_whtlt.ecsv" for name in (LRS, BOTS)]
    assert sorted(outputs) == sorted(expected)
    assert "data/jw2_00001-seg001_nrs1_calints.fits" in inputs
    assert f"results/{bots[0]}_crfints.fits, extract1d.json" in inputs
    spectra = [f"results/segments/{segment}_extract1d.fits" for segment in bots]
    assert ", ".join([*spectra, "data/bots_asn.json"]) in inputs
    assert "found null" not in written


@pytest.mark.parametrize(
    ("skipped", "jobs"),
    [
        (["outlier_detection"], {"extract_1d": 4, "collect_spectra": 2, "white_light": 2}),
        (["white_light"], {"outlier_detection": 4, "extract_1d": 4, "collect_spectra": 2}),
        (["extract_1d"], {"outlier_detection": 4}),
        (["outlier_detection", "extract_1d"], {}),
    ],
)
def test_skipped_steps(visit, skipped, jobs):
    configure(visit, **{step: {"skip": True} for step in skipped})
    assert planned(visit) == jobs


@pytest.mark.parametrize(
    ("targets", "jobs"),
    [
        ([f"results/{LRS_SEGMENT.format(2)}_crfints.fits"], {"outlier_detection": 1}),
        (
            [f"results/{LRS}_x1dints.fits", f"results/{BOTS}_whtlt.ecsv"],
            {"outlier_detection": 4, "extract_1d": 4, "collect_spectra": 2, "white_light": 1},
        ),
    ],
)
def test_products_by_file_name(visit, targets, jobs):
    assert planned(visit, *targets) == jobs


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (f"results/{LRS}_phot.ecsv", f"No rule to produce results/{LRS}_phot.ecsv"),
        ("results/jw9_x1dints.fits", "No rule to produce results/jw9_x1dints.fits"),
        (
            f"results/{LRS_SEGMENT.format(9)}_crfints.fits",
            f"{LRS_SEGMENT.format(9)}: segment: found in no association",
        ),
        (
            f"results/segments/{LRS_SEGMENT.format(9)}_extract1d.fits",
            f"{LRS_SEGMENT.format(9)}: segment: found in no association",
        ),
    ],
)
def test_targets_that_no_association_has(visit, target, message):
    assert message in message_of(visit, target)


def test_no_association(tmp_path):
    message = message_of(tmp_path)
    assert message.startswith("No association is configured. Name associations, segments (")
    assert "associations:\n  - " in message


def test_config_of_the_working_directory_is_read_and_overridden(visit):
    shutil.copy(ROOT / "config.yaml", visit / "config.yaml")
    configure(visit, output_dir="./products/")
    assert planned(visit, f"products/{LRS}_whtlt.ecsv")["white_light"] == 1
    (visit / "my.yaml").rename(visit / "config.yaml")
    assert planned(visit, f"products/{LRS}_whtlt.ecsv")["white_light"] == 1


def test_empty_sections_stand_for_defaults(visit):
    (visit / "my.yaml").write_text(
        "associations: [data/*_asn.json]\noutlier_detection:\nwhite_light:\n"
    )
    assert planned(visit)["outlier_detection"] == 4


def test_mistyped_setting(visit):
    configure(visit, outlier_detection={"snrr": 4})
    assert message_of(visit) == (
        "my.yaml: outlier_detection: found snrr, expected one of "
        "skip, snr, rolling_window_width, maskpt, good_bits, save_results, save_intermediate_results; did you mean snr?"
    )


@pytest.mark.skipif(find_spec("h5netcdf") is not None, reason="h5netcdf is installed")
def test_a_package_that_is_missing_stops_a_run_at_its_start(visit):
    configure(visit, export=["eureka"])
    assert message_of(visit) == (
        "my.yaml: export: found no package h5netcdf, expected one: pip install h5netcdf"
    )


def test_errors_of_the_input_are_listed(visit):
    write_segment(visit / "data" / "jw2_00001-seg001_nrs1_calints.fits", NINTS=0)
    (visit / "data" / f"{LRS_SEGMENT.format(1).removesuffix('_o003')}_calints.fits").unlink()
    assert message_of(visit).splitlines() == [
        "data/jw2_00001-seg001_nrs1_calints.fits: NINTS: found 0, "
        "expected 2 or more: not a time series",
        "data/jw00001003001_04101_00001-seg001_mirimage_calints.fits: file: found none, "
        "expected a member of data/lrs_asn.json",
    ]


def test_missing_reference(visit):
    configure(visit, references={"extract1d": "none.json"})
    assert message_of(visit).startswith("my.yaml: references/extract1d: found no file none.json")


def test_warnings_are_reported_once(visit):
    configure(visit)
    write_segment(
        visit / "data" / "jw2_00001-seg001_nrs1_calints.fits",
        TARGNAME=None,
        DETECTOR="NRS1",
        EXP_TYPE="NRS_BRIGHTOBJ",
        NINTS=3,
    )
    written = snakemake(visit, "--dry-run").stdout
    for name in ("MIR_LRS-SLITLESS", "NRS_BRIGHTOBJ"):
        warning = f"references/extract1d of {name}: found null: the aperture is the whole array"
        assert written.count(warning) == 1
    assert written.count("jw2_00001-seg001_nrs1_calints.fits: TARGNAME: found none") == 1


def test_memory_follows_the_headers_up_to_the_limit(visit):
    path = visit / "data" / "jw2_00001-seg001_nrs1_calints.fits"
    write_segment(path, (20, 64, 512), DETECTOR="NRS1", EXP_TYPE="NRS_BRIGHTOBJ", NINTS=20)
    target = "results/jw2_00001-seg001_nrs1_o001_crfints.fits"
    for limit, taken in ((64, 64), (3000, 64 + 4 * 15)):
        configure(visit, max_memory_mb=limit)
        planned_jobs = snakemake(visit, "--dry-run", target).stdout
        assert f"work_mb={taken}, mem_mb=464," in planned_jobs


def test_few_segments_share_the_cores(visit):
    few = snakemake(visit, "--dry-run", "--cores", "9", "--verbose").stdout
    assert re.findall(r"^    threads: (\d+)", few, re.MULTILINE) == ["2"] * 4
    assert "threads:" not in snakemake(visit, "--dry-run", "--cores", "7").stdout


def test_reuse_as_a_module(visit):
    (visit / "Snakefile").write_text(
        f"module tso3:\n    snakefile: '{ROOT / 'Snakefile'}'\n"
        "    config: {'associations': ['data/lrs_asn.json']}\n"
        "use rule * from tso3 as tso3_*\n"
        f"rule target:\n    default_target: True\n    input: 'results/{LRS}_whtlt.ecsv'\n"
    )
    (visit / "my.yaml").unlink()
    jobs = planned(visit, snakefile=visit / "Snakefile")
    assert jobs == {
        "tso3_outlier_detection": 2,
        "tso3_extract_1d": 2,
        "tso3_collect_spectra": 1,
        "tso3_white_light": 1,
        "target": 1,
    }


def test_lint_is_clean(visit):
    done = snakemake(visit, "--lint")
    assert done.returncode == 0, done.stdout


def test_workflow_is_formatted():
    command = [sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflow"]
    done = run(command, ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module", name="finished")
def run_with_stubs(tmp_path_factory):
    """A finished run of a copy of the workflow whose scripts only write their outputs."""
    folder = tmp_path_factory.mktemp("finished")
    copy = folder / "copy"
    for name in ("workflow", "envs", "scripts"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "Snakefile", copy)
    for step in STEPS:
        imports = USES if step == "white_light" else ""
        (copy / "scripts" / f"{step}.py").write_text(STUB.format(imports=imports))
    (folder / "data").mkdir()
    write_association(folder / "data" / "lrs_asn.json", write_exposure(folder / "data"), LRS)
    configure(folder)
    done = snakemake(folder, "--cores", "1", snakefile=copy / "Snakefile")
    assert done.returncode == 0, done.stdout
    return folder


@pytest.mark.slow
class TestReruns:
    def plan(self, folder, **config):
        configure(folder, **config)
        return planned(folder, snakefile=folder / "copy" / "Snakefile")

    def test_nothing_changed(self, finished):
        assert self.plan(finished) == {}

    def test_report_has_the_light_curve_and_its_caption(self, finished):
        configure(finished)
        snakefile = finished / "copy" / "Snakefile"
        done = snakemake(finished, "--report", "report.zip", snakefile=snakefile)
        assert done.returncode == 0, done.stdout
        with zipfile.ZipFile(finished / "report.zip") as report:
            assert any(name.endswith(f"{LRS}_whtlt.ecsv") for name in report.namelist())
            page = report.read("report/report.html").decode()
        assert f"White-light curve of {LRS}" in page
        assert "more than 5.0 times its error away" in page

    def test_more_memory_changes_nothing(self, finished):
        assert self.plan(finished, max_memory_mb=1024) == {}

    def test_a_parameter_reruns_its_rule_and_what_follows(self, finished):
        assert self.plan(finished, white_light={"min_wavelength": 6}) == {"white_light": 1}
        assert self.plan(finished, extract_1d={"position_offset": 1}) == {
            "extract_1d": 2,
            "collect_spectra": 1,
            "white_light": 1,
        }

    def test_an_imported_module_reruns_its_rule(self, finished):
        module = finished / "copy" / "scripts" / "lib" / "errors.py"
        source = module.read_text()
        module.write_text(source + "# changed\n")
        assert self.plan(finished) == {"white_light": 1}
        module.write_text(source)

    @pytest.mark.parametrize("name", ["summary.html", "page.css"])
    def test_a_template_and_what_it_takes_in_rerun_the_rule(self, finished, name):
        template = finished / "copy" / "scripts" / "lib" / "report" / "templates" / name
        source = template.read_text()
        template.write_text(f"{source}\n")
        assert self.plan(finished) == {"white_light": 1}
        template.write_text(source)

    def test_a_changed_segment_reruns_its_own_jobs_and_the_product(self, finished):
        path = finished / "data" / f"{LRS_SEGMENT.format(2).removesuffix('_o003')}_calints.fits"
        content = path.read_bytes()
        numbers = {"EXSEGNUM": 2, "INTSTART": 4, "INTEND": 6, "NINTS": 6}
        write_segment(path, **numbers, CAL_VER="new")
        assert self.plan(finished) == dict.fromkeys(STEPS, 1)
        path.write_bytes(content)

    def test_a_new_member_runs_its_own_jobs_and_the_product(self, finished):
        data = finished / "data"
        names = [*write_exposure(data), "jw00001003001_04101_00001-seg003_mirimage_calints.fits"]
        write_segment(data / names[-1], EXSEGNUM=3, INTSTART=7, INTEND=9, NINTS=6)
        content = (data / "lrs_asn.json").read_text()
        write_association(data / "lrs_asn.json", names, LRS)
        assert json.loads(content)["asn_id"] == "o003"
        assert self.plan(finished) == dict.fromkeys(STEPS, 1)
        (data / "lrs_asn.json").write_text(content)
