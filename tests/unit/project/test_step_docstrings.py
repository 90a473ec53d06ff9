"""The docstring of a step names what its rules name: inputs, outputs and settings."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
STEPS = sorted(path.stem for path in (ROOT / "scripts").glob("[a-z]*.py"))
SECTIONS = ["Inputs", "Outputs", "Settings"]
# Lists the rules when it is read; all products that are optional are asked for.
SNAKEFILE = """
import json
from pathlib import Path

include: "{root}/Snakefile"

found = [
    dict(
        script=Path(rule.script).stem,
        Inputs=[name for name, _ in rule.input.items()],
        Outputs=[name for name, _ in rule.output.items()],
    )
    for rule in workflow.rules
    if rule.script
]
Path("rules.json").write_text(json.dumps(found))
"""
OPTIONAL = {
    "outlier_detection": {"save_results": True, "save_intermediate_results": True},
    "tso_photometry": {"save_catalog": True},
    "report": {"vector_plots": True},
    "adaptive_trace_model": {
        "skip": False,
        "save_results": True,
        "save_intermediate_results": True,
    },
    "pixel_replace": {"skip": False, "save_results": True},
    "extract_1d": {
        "soss_modelname": "models",
        "soss_wave_grid_out": "grid",
        "save_profile": True,
        "save_scene_model": True,
        "save_residual_image": True,
        "save_results": True,
    },
    "photom": {"save_results": True},
    "improved": {"save_masks": True},
}


def docstring(step):
    return ast.get_docstring(ast.parse((ROOT / "scripts" / f"{step}.py").read_text()))


def entries(text, section):
    """Names of a section of a docstring, each with its line of description."""
    found = re.search(rf"^{section}\n-+\n(.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        return {}
    lines = found[1].splitlines()
    assert len(lines) % 2 == 0, lines
    described = {}
    for names, description in zip(lines[::2], lines[1::2], strict=True):
        assert re.fullmatch(r"    \S.*\.", description), description
        described |= dict.fromkeys(names.split(", "), description)
    return described


@pytest.fixture(scope="module", name="rules")
def rules_by_step(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "Snakefile").write_text(SNAKEFILE.format(root=ROOT))
    (folder / "config.json").write_text(json.dumps(OPTIONAL))
    command = [sys.executable, "-m", "snakemake", "--list-rules", "--configfile", "config.json"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    rules = json.loads((folder / "rules.json").read_text())
    return {step: [rule for rule in rules if rule["script"] == step] for step in STEPS}


@pytest.fixture(scope="module", name="schema")
def sections_of_the_schema():
    text = (ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text()
    return yaml.safe_load(text)["properties"]


@pytest.mark.parametrize("section", SECTIONS[:2])
@pytest.mark.parametrize("step", STEPS)
def test_inputs_and_outputs_are_those_of_the_rules(rules, step, section):
    named = {name for rule in rules[step] for name in rule[section]}
    named = {re.sub(r"^\w+(?=_(png|svg)$)", "<plot>", name) for name in named}
    assert set(entries(docstring(step), section)) == named


@pytest.mark.parametrize("step", STEPS)
def test_settings_exist(schema, step):
    for name in entries(docstring(step), "Settings"):
        section, _, key = name.partition("/")
        assert section in schema, name
        assert not key or key in schema[section]["properties"], name


def test_every_setting_of_a_section_is_listed_by_a_step(schema):
    listed = {name for step in STEPS for name in entries(docstring(step), "Settings")}
    expected = {
        f"{section}/{key}"
        for section, content in schema.items()
        if section not in ("references", "pars")
        for key in content.get("properties", {})
        if key != "skip"
    }
    assert expected <= listed


def test_limit_of_memory_is_a_setting_of_what_reads_by_block_and_of_the_doctor():
    sources = {step: (ROOT / "scripts" / f"{step}.py").read_text() for step in STEPS}
    reading = {step for step, source in sources.items() if "resources.work_mb" in source}
    listed = {step for step in STEPS if "max_memory_mb" in entries(docstring(step), "Settings")}
    assert listed == reading | {"doctor"}


@pytest.mark.parametrize("step", STEPS)
def test_docstring_begins_with_a_sentence_and_has_its_sections_in_order(step):
    text = docstring(step)
    assert text.splitlines()[0].endswith(".")
    found = re.findall(r"^(\w+)\n-+$", text, re.MULTILINE)
    assert found == [section for section in SECTIONS if section in found]
