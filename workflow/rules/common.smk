"""Configuration, products and the functions that the rules use."""

import copy
import os
import re
import sys
from functools import cache
from itertools import pairwise

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake.utils import validate

from scripts.lib.planning import resources as predicted
from scripts.lib.inputs.products import survey
from scripts.lib.planning.configuration import contradictions, expand_home, mistake
from scripts.lib.errors import InputError
from scripts.lib.findings import carried_lines, of_error, stop_at_errors, summary_lines
from scripts.lib.inputs.grouping import association_content
from scripts.lib.checks.by_mode import mode_check
from scripts.lib.checks.references import product_findings, reference_findings
from scripts.lib.references.selection import ReferenceFiles
from scripts.lib.provenance.source_digest import source_digest


def asks_doctor():
    """Whether the doctor is asked for, which tells of errors by itself; targets are known later only."""
    folders = ("-d", "--directory", "--profile", "--workflow-profile")
    return any(
        re.fullmatch(r"(\w+_)?doctor", argument) and before not in folders
        for before, argument in pairwise(sys.argv)
    )


def tell_error(message):
    """Tell the user of an error, however quiet the run is to be."""
    if Quietness.ALL in (workflow.output_settings.quiet or ()):
        # The logger would not tell even of errors.
        sys.stderr.write(f"{message}\n")
    else:
        logger.error(message)


def stop(message):
    """End the workflow with a message and nothing else."""
    tell_error(message)
    sys.exit(1)


# A section without any key under it is null in YAML and stands for its defaults.
for section in [name for name, value in config.items() if value is None]:
    del config[section]

# What the user set wins over parameter references; what validation adds does not.
settings_given = copy.deepcopy(config)

try:
    validate(config, schema="../schemas/config.schema.yaml")
except WorkflowError as error:
    stop(mistake(error.__context__))

expand_home(config)

if wrong_settings := contradictions(config, "."):
    stop("\n".join(wrong_settings))


pathvars:
    results=os.path.normpath(config["output_dir"]),


references = ReferenceFiles(config, settings_given)
# The context that is in use is among the settings that jobs and reports record.
config["crds_context"] = references.context


try:
    products, findings = survey(
        config["associations"],
        ".",
        mode_check(".", references),
        os.path.normpath(config["output_dir"]),
    )
    findings = [*reference_findings(config, products, references), *findings]
    if not asks_doctor():
        stop_at_errors(findings)
except InputError as error:
    if not asks_doctor():
        stop(str(error))
    products, findings = [], [of_error("config", error)]

PRODUCTS = {product.name: product for product in products}
SEGMENTS = {
    segment.name: (product, segment) for product in products for segment in product.segments
}

if workflow.is_main_process and not asks_doctor():
    for severity, tell in (("note", logger.info), ("warning", logger.warning)):
        if told := summary_lines([found for found in findings if found.severity == severity]):
            tell("\n".join(told))


def any_of(names):
    """Regular expression of these names; it leaves the numbers of segments open to stay short."""
    escaped = {re.sub(r"-seg\d+", r"-seg\\d+", re.escape(name)) for name in names}
    return "|".join(sorted(escaped)) or "(?!)"


def products_of(branch):
    """Regular expression of the products of one branch."""
    return any_of(name for name, product in PRODUCTS.items() if product.branch == branch)


def segments_of(branch, soss=False):
    """Regular expression of the segments of one branch, either those of NIRISS SOSS or the others."""
    return any_of(
        name
        for name, (product, segment) in SEGMENTS.items()
        if product.branch == branch and (segment.exp_type == "NIS_SOSS") == soss
    )


def all_products(wildcards):
    """Files that all associations together ask for."""
    if errors := [str(finding) for finding in findings if finding.severity == "error"]:
        stop("\n".join(errors))
    if not PRODUCTS:
        stop(
            "No association is configured. Name associations, segments (*_calints.fits) or folders of"
            " them in config.yaml in the working directory, or in a file given with --configfile,"
            " for example\n"
            "associations:\n"
            "  - data\n"
            "references:\n"
            "  extract1d: references/extract1d.json"
        )
    files = [path for product in PRODUCTS.values() for path in product_files(product)]
    return files + summary_files()


def product_files(product):
    """Files that one association asks for."""
    files = [association_of(product)] if product.is_group else []
    if not skips(product, "outlier_detection"):
        files += [f"<results>/{segment.crfints}" for segment in product.segments]
    if product.branch == "imaging" and not skips(product, "tso_photometry"):
        files.append(f"<results>/{product.name}_phot.ecsv")
    if product.branch == "spectroscopy" and not skips(product, "extract_1d"):
        files.append(f"<results>/{product.name}_x1dints.fits")
        if not skips(product, "white_light"):
            files.append(f"<results>/{product.name}_whtlt.ecsv")
    return files + report_files(product)


def segment_of(wildcards):
    """Segment that a wildcard stands for."""
    if wildcards.segment not in SEGMENTS:
        stop(f"{wildcards.segment}: segment: found in no association, expected one of a member")
    return SEGMENTS[wildcards.segment][1]


def packed_segments():
    """Names of the segments that are compressed."""
    return [name for name, (_, segment) in SEGMENTS.items() if segment.is_compressed]


def packed_calints(wildcards):
    """Compressed file of a segment."""
    return segment_of(wildcards).path


def unpacked_file():
    """Decompressed segment as output of a rule; kept only if no crfints takes its place."""
    path = "<results>/segments/{segment}_calints.fits"
    return path if config["outlier_detection"]["skip"] else temp(path)


def calibrated(segment):
    """Calibrated file of a segment, decompressed."""
    if segment.is_compressed:
        return f"<results>/segments/{segment.name}_calints.fits"
    return segment.path


def grouped_products():
    """Names of the products whose association the workflow writes."""
    return [name for name, product in PRODUCTS.items() if product.is_group]


def grouped_association(wildcards):
    """Content of the association of a product."""
    return association_content(PRODUCTS[wildcards.product], config["output_dir"])


def calints(wildcards):
    """Calibrated file of a segment."""
    return calibrated(segment_of(wildcards))


def flagged_segment(wildcards):
    """File of a segment with outliers flagged, or the calibrated one if that is skipped."""
    if skips(product_of(wildcards), "outlier_detection"):
        return calints(wildcards)
    return f"<results>/{wildcards.segment}_crfints.fits"


def flagged_segments(wildcards):
    """Files of all segments of a product in order, with outliers flagged unless that is skipped."""
    segments = PRODUCTS[wildcards.product].segments
    if skips(PRODUCTS[wildcards.product], "outlier_detection"):
        return [calibrated(segment) for segment in segments]
    return [f"<results>/{segment.crfints}" for segment in segments]


def segment_spectra(wildcards):
    """Spectra of all segments of a product in order."""
    segments = PRODUCTS[wildcards.product].segments
    return [f"<results>/segments/{segment.name}_extract1d.fits" for segment in segments]


def segment_photometry(wildcards):
    """Photometry of all segments of a product in order."""
    segments = PRODUCTS[wildcards.product].segments
    return [f"<results>/segments/{segment.name}_photometry.fits" for segment in segments]


def association_of(product):
    """Association file of a product."""
    return f"<results>/{product.asn_table}" if product.is_group else product.asn_path


def association(wildcards):
    """Association file of the product that the wildcards stand for."""
    return association_of(PRODUCTS[wildcards.product])


def asn_pool(wildcards):
    """Association pool of a product or segment."""
    return product_of(wildcards).asn_pool


def asn_table(wildcards):
    """File name of the association of a product or segment."""
    return product_of(wildcards).asn_table


def product_of(wildcards):
    """Product that the wildcards stand for or belong to."""
    if "segment" in wildcards.keys():
        return SEGMENTS[wildcards.segment][0]
    return PRODUCTS[wildcards.product]


def input_warnings(wildcards):
    """What the job's log and its products are to say about the input."""
    if "segment" in wildcards.keys():
        oddities = segment_of(wildcards).oddities
        return [found.text for found in oddities if found.severity == "warning"]
    return product_warnings(wildcards.product)


@cache
def product_warnings(name):
    """What the products of an association are to say about their input and references."""
    product = PRODUCTS[name]
    oddities = [found for segment in product.segments for found in segment.oddities]
    return carried_lines([*product_findings(product, references), *product.oddities, *oddities])


def segments_of_job(wildcards):
    """Segments that a job works on."""
    if "segment" in wildcards.keys():
        return [segment_of(wildcards)]
    return PRODUCTS[wildcards.product].segments


def work_mb(wildcards):
    """Working memory in MB that a job may take."""
    return predicted.work_mb(segments_of_job(wildcards), config["max_memory_mb"])


def memory_of(step):
    """Memory in MB to ask for a step's jobs, more at each attempt."""
    return lambda wildcards, attempt: attempt * predicted.request_mb(
        step, segments_of_job(wildcards), config["max_memory_mb"]
    )


def runtime_of(step):
    """Time in minutes to ask for a step's jobs, more at each attempt."""
    return lambda wildcards, attempt: attempt * predicted.request_minutes(
        step, segments_of_job(wildcards)
    )


# What steps without figures of their own ask for.
mem_mb, runtime = memory_of("other"), runtime_of("other")


def spare_cores(wildcards):
    """Cores for the job of each segment, more than one where there are fewer segments than cores."""
    return max((workflow.resource_settings.cores or 1) // max(len(SEGMENTS), 1), 1)


def shared_by_small(wildcards):
    """Group of the jobs of small segments, if a profile shares allocations among them."""
    shared = "small_segments" in workflow.group_settings.group_components
    return "small_segments" if shared and predicted.is_small(segment_of(wildcards)) else None


def code(script):
    """Checksum of the modules and templates that a rule's script uses."""
    return source_digest(f"scripts.{script}", read_source)


def read_source(path):
    """Text of one of the workflow's files."""
    return Path(workflow.source_path(f"../../{path}")).read_text(encoding="utf-8")
