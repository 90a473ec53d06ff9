"""Configuration, products and the functions that the rules use."""

import os
import re
import sys

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import validate

from scripts.lib import resources as predicted
from scripts.lib.associations import load_products, oddity_lines
from scripts.lib.configuration import contradictions, mistake
from scripts.lib.errors import InputError
from scripts.lib.imaging_inputs import imaging_check
from scripts.lib.input_checks import check_references
from scripts.lib.source_digest import source_digest


def stop(message):
    """End the workflow with a message and nothing else."""
    logger.error(message)
    sys.exit(1)


# A section without any key under it is null in YAML and stands for its defaults.
for section in [name for name, value in config.items() if value is None]:
    del config[section]

try:
    validate(config, schema="../schemas/config.schema.yaml")
except WorkflowError as error:
    stop(mistake(error.__context__))

if wrong_settings := contradictions(config, "."):
    stop("\n".join(wrong_settings))


pathvars:
    results=os.path.normpath(config["output_dir"]),


try:
    products = load_products(config["associations"], ".", imaging_check(config, "."))
    oddities = [*check_references(config, products, "."), *oddity_lines(products)]
except InputError as error:
    stop(str(error))

PRODUCTS = {product.name: product for product in products}
SEGMENTS = {
    segment.name: (product, segment) for product in products for segment in product.segments
}

if workflow.is_main_process and oddities:
    logger.warning("\n".join(oddities))


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
    if not PRODUCTS:
        stop(
            "No association is configured. Name one or more in config.yaml in the working directory,"
            " or in a file given with --configfile, for example\n"
            "associations:\n"
            "  - data/*_tso3_*_asn.json\n"
            "references:\n"
            "  extract1d: references/extract1d.json"
        )
    files = [path for product in PRODUCTS.values() for path in product_files(product)]
    return files + summary_files()


def product_files(product):
    """Files that one association asks for."""
    files = []
    if not config["outlier_detection"]["skip"]:
        files += [f"<results>/{segment.crfints}" for segment in product.segments]
    if product.branch == "imaging" and not config["tso_photometry"]["skip"]:
        files.append(f"<results>/{product.name}_phot.ecsv")
    if product.branch == "spectroscopy" and not config["extract_1d"]["skip"]:
        files.append(f"<results>/{product.name}_x1dints.fits")
        if not config["white_light"]["skip"]:
            files.append(f"<results>/{product.name}_whtlt.ecsv")
    return files + report_files(product)


def segment_of(wildcards):
    """Segment that a wildcard stands for."""
    if wildcards.segment not in SEGMENTS:
        stop(f"{wildcards.segment}: segment: found in no association, expected one of a member")
    return SEGMENTS[wildcards.segment][1]


def calints(wildcards):
    """Calibrated file of a segment."""
    return segment_of(wildcards).path


def flagged_segment(wildcards):
    """File of a segment with outliers flagged, or the calibrated one if that is skipped."""
    if config["outlier_detection"]["skip"]:
        return calints(wildcards)
    return f"<results>/{wildcards.segment}_crfints.fits"


def flagged_segments(wildcards):
    """Files of all segments of a product in order, with outliers flagged unless that is skipped."""
    segments = PRODUCTS[wildcards.product].segments
    if config["outlier_detection"]["skip"]:
        return [segment.path for segment in segments]
    return [f"<results>/{segment.crfints}" for segment in segments]


def segment_spectra(wildcards):
    """Spectra of all segments of a product in order."""
    segments = PRODUCTS[wildcards.product].segments
    return [f"<results>/segments/{segment.name}_extract1d.fits" for segment in segments]


def segment_photometry(wildcards):
    """Photometry of all segments of a product in order."""
    segments = PRODUCTS[wildcards.product].segments
    return [f"<results>/segments/{segment.name}_photometry.fits" for segment in segments]


def association(wildcards):
    """Association file of a product."""
    return PRODUCTS[wildcards.product].asn_path


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


def reference(name, used=True):
    """Reference file, or nothing if it is not given or not used."""
    path = config["references"][name]
    return os.path.normpath(path) if path and used else []


def soss_input(option):
    """File that an option of the SOSS extraction names, or nothing."""
    path = config["extract_1d"][option]
    return os.path.normpath(path) if path else []


def soss_output(option, kind):
    """File of each segment that an option of the SOSS extraction asks for, or nothing."""
    name = config["extract_1d"][option]
    return f"<results>/{{segment}}_{name}_{kind}.fits" if name else []


def wavelength_ranges(wildcards):
    """Wavelength ranges of the light curves, which have them for NIRISS SOSS only."""
    return reference("wavelengthrange", used=product_of(wildcards).exp_type == "NIS_SOSS")


def input_warnings(wildcards):
    """What the job's log is to say about its input."""
    if "segment" in wildcards.keys():
        return list(segment_of(wildcards).oddities)
    return list(PRODUCTS[wildcards.product].oddities)


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


def shared_by_small(wildcards):
    """Group of the jobs of small segments, if a profile shares allocations among them."""
    shared = "small_segments" in workflow.group_settings.group_components
    return "small_segments" if shared and predicted.is_small(segment_of(wildcards)) else None


def code(script):
    """Checksum of the modules that a rule's script imports."""
    return source_digest(f"scripts.{script}", read_module)


def read_module(name):
    """Source text of one of the workflow's modules."""
    path = workflow.source_path(f"../../{name.replace('.', '/')}.py")
    return Path(path).read_text(encoding="utf-8")
