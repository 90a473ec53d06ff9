"""Configuration, products and the functions that the rules use."""

import os
import re

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import validate

from scripts.lib.associations import load_products, oddity_lines
from scripts.lib.configuration import mistake
from scripts.lib.errors import InputError
from scripts.lib.input_checks import check_references
from scripts.lib.source_digest import source_digest

# A section without any key under it is null in YAML and stands for its defaults.
for section in [name for name, value in config.items() if value is None]:
    del config[section]

try:
    validate(config, schema="../schemas/config.schema.yaml")
except WorkflowError as error:
    raise InputError(mistake(error.__context__)) from None


pathvars:
    results=os.path.normpath(config["output_dir"]),


PRODUCTS = {product.name: product for product in load_products(config["associations"], os.getcwd())}
SEGMENTS = {s.name: (product, s) for product in PRODUCTS.values() for s in product.segments}
MISSING_REFERENCES = check_references(config, PRODUCTS.values(), os.getcwd())
# Memory in MB of an interpreter with its libraries and of the Snakemake around it in a cluster job.
BASE_MB = 400

if workflow.is_main_process:
    for line in [*MISSING_REFERENCES, *oddity_lines(PRODUCTS.values())]:
        logger.warning(line)


def any_of(names):
    """Regular expression that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def products_of(branch):
    """Regular expression of the products of one branch."""
    return any_of(name for name, product in PRODUCTS.items() if product.branch == branch)


def segments_of(branch):
    """Regular expression of the segments of one branch."""
    return any_of(name for name, (product, _) in SEGMENTS.items() if product.branch == branch)


def all_products(wildcards):
    """Files that all associations together ask for."""
    if not PRODUCTS:
        raise InputError(
            "no association is configured. Name one or more in config.yaml in the working directory,"
            " or in a file given with --configfile, for example\n"
            "associations:\n"
            "  - data/*_tso3_*_asn.json\n"
            "references:\n"
            "  extract1d: references/extract1d.json"
        )
    return [path for product in PRODUCTS.values() for path in product_files(product)]


def product_files(product):
    """Files that one association asks for."""
    files = []
    if not config["outlier_detection"]["skip"]:
        files += [f"<results>/{segment.crfints}" for segment in product.segments]
    if product.branch == "spectroscopy" and not config["extract_1d"]["skip"]:
        files.append(f"<results>/{product.name}_x1dints.fits")
        if not config["white_light"]["skip"]:
            files.append(f"<results>/{product.name}_whtlt.ecsv")
    return files


def calints(wildcards):
    """Calibrated file of a segment."""
    return SEGMENTS[wildcards.segment][1].path


def flagged_segment(wildcards):
    """File of a segment with outliers flagged, or the calibrated one if that is skipped."""
    if config["outlier_detection"]["skip"]:
        return calints(wildcards)
    return f"<results>/{wildcards.segment}_crfints.fits"


def segment_spectra(wildcards):
    """Spectra of all segments of a product in order."""
    segments = PRODUCTS[wildcards.product].segments
    return [f"<results>/segments/{segment.name}_extract1d.fits" for segment in segments]


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


def wavelength_ranges(wildcards):
    """Wavelength ranges of the light curves, which have them for NIRISS SOSS only."""
    return reference("wavelengthrange", used=product_of(wildcards).exp_type == "NIS_SOSS")


def input_warnings(wildcards):
    """What the job's log is to say about its input."""
    if "segment" in wildcards.keys():
        return list(SEGMENTS[wildcards.segment][1].oddities)
    return list(PRODUCTS[wildcards.product].oddities)


def working_mb(wildcards):
    """Working memory in MB that a job may take: four times its data, up to the limit."""
    if "segment" in wildcards.keys():
        segments = [SEGMENTS[wildcards.segment][1]]
    else:
        segments = PRODUCTS[wildcards.product].segments
    data_mb = sum(segment.data_bytes for segment in segments) // 1_000_000
    return min(config["max_memory_mb"], 64 + 4 * data_mb)


def mem_mb(wildcards, attempt):
    """Memory in MB of a job, more at each attempt."""
    return attempt * (BASE_MB + working_mb(wildcards))


def code(script):
    """Checksum of the modules that a rule's script imports."""
    return source_digest(f"scripts.{script}", read_module)


def read_module(name):
    """Source text of one of the workflow's modules."""
    path = workflow.source_path(f"../../{name.replace('.', '/')}.py")
    return Path(path).read_text(encoding="utf-8") if os.path.exists(path) else ""
