# JWST stage-3 processing of time-series observations.

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/sources.smk"


from scripts.lib.planning.configuration import file_problem

# Without it the defaults of workflow/schemas/config.schema.yaml and --configfile suffice.
if Path("config.yaml").exists():
    if problem := file_problem("config.yaml"):
        sys.exit(problem)

    configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/doctor.smk"
include: "workflow/rules/segments.smk"
include: "workflow/rules/spectroscopy.smk"
include: "workflow/rules/imaging.smk"
include: "workflow/rules/report_common.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/output_folder.smk"


rule all:
    """Make the products of all associations."""
    default_target: True
    input:
        plan.all_products,
