"""Configuration, the plan behind the rules, and the functions that need Snakemake's globals."""

import copy
import os
import sys
from functools import cache

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake.utils import validate

from scripts.lib.checks.by_mode import mode_check
from scripts.lib.checks.references import reference_findings
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding, stop_at_errors, summary_lines
from scripts.lib.inputs.products import survey
from scripts.lib.planning import resources, targets
from scripts.lib.planning.command_line import asks_for, unusable_interpreter
from scripts.lib.planning.configuration import (
    contradictions,
    describe_violation,
    expand_home,
    name_source,
    size_problem,
)
from scripts.lib.planning.plan import Plan
from scripts.lib.planning.start_checks import missing_packages
from scripts.lib.provenance.source_digest import source_digest
from scripts.lib.references.crds_selection import CRDS_VARIABLES
from scripts.lib.references.parameters import accept_parameters, convert_texts
from scripts.lib.references.selection import ReferenceFiles


def config_sources():
    """Names and contents of what makes up the configuration, the winning ones first."""
    files = [*map(str, reversed(workflow.overwrite_configfiles)), *map(str, workflow.configfiles)]
    found = {"--config": dict(workflow.config_settings.config)}
    for path in files:
        shown = os.path.relpath(path)
        found.setdefault(path if shown.startswith("..") else shown, load_configfile(path))
    return [(name, content) for name, content in found.items() if content]


def report_error(message):
    """Report an error to the user, however quiet the run is to be."""
    message = name_source(message, config_sources())
    if Quietness.ALL in (workflow.output_settings.quiet or ()):
        # The logger would not even report errors.
        sys.stderr.write(f"{message}\n")
    else:
        logger.error(message)


def stop(message):
    """End the workflow with a message and nothing else."""
    report_error(message)
    sys.exit(1)


if bad_interpreter := unusable_interpreter(sys.executable):
    stop(bad_interpreter)

# The doctor reports errors by itself: they must not stop its run.
asks_doctor = asks_for("doctor", sys.argv)

if too_large := size_problem(config):
    stop(too_large)

# A section without any key is null in YAML and stands for its defaults.
for section in [name for name, value in config.items() if value is None]:
    del config[section]

notes_on_settings = accept_parameters(config)
convert_texts(config)

# The user's settings win over parameter references; defaults, which validation adds, do not.
settings_given = copy.deepcopy(config)

try:
    validate(config, schema="../schemas/config.schema.yaml")
except WorkflowError as error:
    stop(describe_violation(error.__context__))

expand_home(config)

if wrong_settings := contradictions(config, "."):
    stop("\n".join(wrong_settings))


# In an environment of its own the job has the package.
if not workflow.deployment_settings.deployment_method:
    if packages_missing := missing_packages(config):
        stop("\n".join(packages_missing))


pathvars:
    results=os.path.normpath(config["output_dir"]),


reference_files = ReferenceFiles(config, settings_given)
# The context that is in use is among the settings that jobs and reports record.
config["crds_context"] = reference_files.context

# Jobs on other machines must find the same files.
if reference_files.context:

    envvars:
        *[name for name in CRDS_VARIABLES if name in os.environ],


try:
    products, findings = survey(
        config["associations"],
        ".",
        mode_check(".", reference_files),
        os.path.normpath(config["output_dir"]),
    )
    findings = [
        *notes_on_settings,
        *reference_findings(config, products, reference_files),
        *findings,
    ]
    if not asks_doctor:
        stop_at_errors(findings)
except InputError as error:
    if not asks_doctor:
        stop(str(error))
    products, findings = [], [Finding.from_error("config", error)]

plan = Plan(products, reference_files, config, findings, stop)

if workflow.is_main_process and not asks_doctor:
    findings = [*findings, *plan.spectral_findings()]
    try:
        stop_at_errors(findings)
    except InputError as error:
        stop(str(error))
    for severity, log_line in (("note", logger.info), ("warning", logger.warning)):
        if lines := summary_lines([found for found in findings if found.severity == severity]):
            log_line(name_source("\n".join(lines), config_sources()))


def spare_cores(wildcards):
    """Cores for the job of each segment, more than one if the segments are fewer than the cores."""
    return max((workflow.resource_settings.cores or 1) // max(len(plan.members), 1), 1)


def shared_by_small(wildcards):
    """Group of the jobs of small segments, if a profile shares allocations among them."""
    if "small_segments" not in workflow.group_settings.group_components:
        return None
    return "small_segments" if resources.is_small(plan.members.segment(wildcards)) else None


def code(script):
    """Checksum of the modules and templates that a rule's script uses."""
    return source_digest(f"scripts.{script}", read_source)


@cache
def read_source(path):
    """Text of one of the workflow's files, most of which many scripts use."""
    return Path(workflow.source_path(f"../../{path}")).read_text(encoding="utf-8")
