"""Imports of each part of the workflow: start-up is most of the time of a small job."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.spectral_segments import write_segment

ROOT = Path(__file__).resolve().parents[3]
STEPS = sorted(path.stem for path in (ROOT / "scripts").glob("[a-z]*.py"))
# What a module may import at its top, besides numpy.
SCIPY = {"scipy", "charset_normalizer", "cython_runtime"}
ALLOWED = {"tso_photometry": SCIPY}
# Steps that work on bytes and text.
WITHOUT_NUMPY = ["unpack_segment", "write_association"]
REPORT_FOREIGN = """
import json, sys
known = {*sys.stdlib_module_names, *before, "scripts"}
found = {name.partition(".")[0] for name in sys.modules} - known
print(json.dumps([name for name in found if not name.startswith("_")]))
"""


def foreign_imports(code, *arguments):
    """Packages, other than those of Python and the project, that some code imports in a process of its own."""
    before = "import sys; before = {name.partition('.')[0] for name in sys.modules}\n"
    done = subprocess.run(
        [sys.executable, "-c", before + code + REPORT_FOREIGN, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def run_code(step, **options):
    """Code that runs a step with input and output files that are its arguments."""
    names = {"outlier_detection": ("calints", "crfints"), "extract_1d": ("segment", "spectra")}
    given, made = names[step]
    return f"""
from types import SimpleNamespace
class Named(dict):
    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]
import scripts.{step}
params = Named(
    options={{"log_increment": 50}} | {options!r},
    asn_pool="",
    asn_table="",
    adaptive_trace_model={{"skip": True}},
    pixel_replace={{"skip": True}},
    apertures=None,
    reference_names={{}},
    parameter_files=[],
    input_warnings=[],
)
job = Named(
    input=Named({given}=sys.argv[1], extract1d=[], apcorr=[], psf=[]),
    output=Named(
        {made}=sys.argv[2], pixel_replaced="", trace_modelled="", spline_full="", spline_used="",
        profile="", scene_model="", residual="", saved="", catalog="", results="", medians="",
    ),
    params=params,
    resources=Named(work_mb=512),
    threads=1,
    config={{"crds_context": None}},
)
scripts.{step}.process(job)
"""


@pytest.mark.parametrize("step", STEPS)
def test_modules_of_steps_import_no_more_than_numpy(step):
    allowed = {"numpy", *ALLOWED.get(step, ())}
    assert foreign_imports(f"import scripts.{step}") <= allowed


@pytest.mark.parametrize("step", WITHOUT_NUMPY)
def test_steps_without_arrays_import_no_package(step):
    assert foreign_imports(f"import scripts.{step}") == set()


def test_reading_the_workflow_needs_python_alone():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    modules = re.findall(r"^from (scripts[.\w]*) import ([\w, ]+)", rules, re.MULTILINE)
    assert len(modules) > 5
    code = "\n".join(f"from {module} import {names}" for module, names in modules)
    assert foreign_imports(code) == set()


def test_only_steps_for_several_visits_use_pandas():
    """Its import takes half a second, a fifth of the time of a report."""
    using = re.compile(
        r"\bimport pandas\b|\bimport campaign\b|\bscripts\.lib\.(files\.frames|report\.campaign)\b"
    )
    found = {
        path.relative_to(ROOT / "scripts").as_posix()
        for path in (ROOT / "scripts").rglob("*.py")
        if any(using.search(line) for line in path.read_text().splitlines() if "import" in line)
    }
    assert found == {
        "convert_summary.py",
        "lib/files/frames.py",
        "lib/report/campaign.py",
        "summarise.py",
    }


def test_outlier_detection_runs_with_numpy_alone(tmp_path):
    write_segment(tmp_path / "in.fits")
    files = str(tmp_path / "in.fits"), str(tmp_path / "out.fits")
    assert foreign_imports(run_code("outlier_detection"), *files) == {"numpy"}
    assert (tmp_path / "out.fits").exists()


def test_extraction_imports_no_table_image_or_plot_package(tmp_path):
    write_segment(tmp_path / "in.fits")
    files = str(tmp_path / "in.fits"), str(tmp_path / "out.fits")
    imported = foreign_imports(run_code("extract_1d"), *files)
    assert (tmp_path / "out.fits").exists()
    assert {"asdf", "gwcs"} <= imported
    assert not imported & {"pandas", "photutils", "matplotlib", "jsonschema", "snakemake"}
    first = (tmp_path / "out.fits").read_bytes()
    # The next segment of the exposure: its world coordinates are in the cache.
    assert foreign_imports(run_code("extract_1d"), *files) <= {"numpy", "yaml", "cython_runtime"}
    assert (tmp_path / "out.fits").read_bytes() == first
