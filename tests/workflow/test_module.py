"""The workflow as a module of another."""

from tests.support.builders import write_association, write_exposure
from tests.workflow.test_dag import ARCHIVE_ONLY, LRS, ROOT, STEPS, planned, snakemake

MODULE = """
module {name}:
    snakefile: "{root}/Snakefile"
    config: {config}
use rule * from {name} as {name}_*
"""
TARGET = """
rule compare:
    default_target: True
    input: {inputs}
    output: "compared.txt"
    shell: "cat {{input}} > {{output}}"
"""
JOBS = {"outlier_detection": 2, "extract_1d": 2, "collect_spectra": 1, "white_light": 1}


def write_workflow(folder, **modules):
    """Write a workflow with the threshold of each of its modules, and a visit."""
    text = ""
    for name, snr in modules.items():
        config = {"associations": ["asn.json"], "output_dir": name, **ARCHIVE_ONLY}
        config["outlier_detection"] = {"snr": snr}
        text += MODULE.format(name=name, config=config, root=ROOT)
    inputs = [f"{name}/{LRS}_whtlt.ecsv" for name in modules]
    text += TARGET.format(inputs=", ".join(f'"{path}"' for path in inputs))
    (folder / "Snakefile").write_text(text)
    write_association(folder / "asn.json", write_exposure(folder), LRS)


def test_two_settings_side_by_side(tmp_path):
    write_workflow(tmp_path, strict=4.0, loose=9.0)
    jobs = planned(tmp_path, snakefile=tmp_path / "Snakefile")
    expected = {f"{name}_{step}": JOBS[step] for name in ("strict", "loose") for step in STEPS}
    assert jobs == expected | {"compare": 1}


def test_memory_and_time_are_those_of_the_module(tmp_path):
    write_workflow(tmp_path, strict=4.0)
    printed = snakemake(tmp_path, "--dry-run", snakefile=tmp_path / "Snakefile").stdout
    assert printed.count("work_mb=64") == JOBS["outlier_detection"] + JOBS["extract_1d"]
    assert printed.count("runtime=6") == sum(JOBS.values())


def test_a_rule_of_the_module_is_changed(tmp_path):
    write_workflow(tmp_path, strict=4.0)
    with (tmp_path / "Snakefile").open("a") as file:
        file.write(
            "use rule outlier_detection from strict as strict_outlier_detection with:\n"
            "    resources:\n        mem_mb=1234,\n        work_mb=64,\n"
        )
    printed = snakemake(tmp_path, "--dry-run", snakefile=tmp_path / "Snakefile").stdout
    assert printed.count("mem_mb=1234") == JOBS["outlier_detection"]
