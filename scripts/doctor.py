"""
Examine the segments with their data, and report what a run would make of them.

The page is printed, and kept as ``doctor.txt`` and ``doctor.json`` next to the products.

Settings
--------
associations
    Associations, segments and folders that are examined.
output_dir
    Folder of the products and of the page; the products must fit on its disk.
max_memory_mb
    Memory of a job's blocks, from which its need is predicted.
"""

import json
import logging
import os
import sys
from pathlib import Path

from scripts import __version__
from scripts.lib.doctor.examination import examine_products
from scripts.lib.doctor.page import page
from scripts.lib.doctor.records import product_record, segment_record, verdict
from scripts.lib.errors import InputError
from scripts.lib.files.atomic import write_text
from scripts.lib.findings import Finding
from scripts.lib.inputs.segments import read_segment
from scripts.lib.planning import machine_needs as machine
from scripts.lib.planning.output_folder import refusal
from scripts.lib.provenance.software import file_date

log = logging.getLogger(__name__)


def _machine_report(products, configs, output_dir):
    """
    Compare the resources that the products need with those of the machine.

    Parameters
    ----------
    products, configs
        As for :func:`examine_products`.
    output_dir : str
        The output folder.

    Returns
    -------
    report : dict
        Bytes to be written and free, memory and cores.
    findings : list of Finding
        Errors and warnings about resources that do not suffice.
    """
    report = {
        "output_dir": output_dir,
        "missing_bytes": machine.missing_bytes(products, configs, "."),
        "free_bytes": machine.free_bytes(output_dir, "."),
        "machine_mb": round(machine.machine_memory_mb()),
        "cores": os.cpu_count() or 1,
    }
    pairs, refused = zip(products, configs, strict=True), refusal(output_dir)
    peak = max((machine.memory_mb(product, config) for product, config in pairs), default=0)
    return report, [
        *([refused] if refused else []),
        *machine.disk_findings(report["missing_bytes"], output_dir, "."),
        *machine.memory_findings(peak, report["machine_mb"], report["cores"]),
    ]


def write_report(report, output_dir):
    """
    Write the page and the JSON to the output folder.

    Parameters
    ----------
    report : dict
        As for :func:`~scripts.lib.doctor.page.page`, with findings as objects.
    output_dir : str
        The folder.

    Returns
    -------
    text : str
        The page.
    """
    text = page(report)
    content = report | {"findings": [finding.as_dict() for finding in report["findings"]]}
    contents = {"doctor.txt": text, "doctor.json": json.dumps(content, indent=1) + "\n"}
    try:
        for name, written in contents.items():
            write_text(Path(output_dir, name), written)
    except InputError as error:
        log.warning("the page is not kept: %s", error)
    return text


def process(snakemake):
    """Examine the input, print the page and fail if anything is an error."""
    params = snakemake.params
    loose = [segment for path in params.loose_segments if (segment := read_segment(path, ".")[0])]
    products, examined = examine_products(params.products, params.configs, loose)
    report, unmet = _machine_report(products, params.configs, params.output_dir)
    findings = [*params.findings, *examined, *unmet]
    if not products and not any(finding.severity == "error" for finding in findings):
        expected = "associations, segments or folders of them"
        findings.append(
            Finding("error", "config", key="associations", found="none", expected=expected)
        )
    records = zip(products, params.configs, params.references, strict=True)
    report |= {
        "version": __version__,
        "made": file_date(),
        "products": [product_record(*record) for record in records],
        "others": [segment_record(segment) for segment in loose],
        "findings": findings,
        "verdict": verdict(findings),
    }
    sys.stdout.write(write_report(report, params.output_dir) + "\n")
    sys.stdout.flush()
    if any(finding.severity == "error" for finding in findings):
        msg = f"doctor: {report['verdict']}"
        raise InputError(msg)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
