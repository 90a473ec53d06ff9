"""What Snakemake's main process does at the start of a run, in the test's own process."""

import copy
import os
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from scripts.lib.checks.by_mode import mode_check
from scripts.lib.checks.references import reference_findings
from scripts.lib.errors import InputError
from scripts.lib.files.fast_yaml import safe_loader
from scripts.lib.findings import stop_at_errors
from scripts.lib.inputs.products import survey
from scripts.lib.planning.configuration import (
    contradictions,
    describe_violation,
    expand_home,
    file_problem,
    size_problem,
)
from scripts.lib.planning.plan import Plan
from scripts.lib.references.parameters import accept_parameters, convert_texts
from scripts.lib.references.selection import ReferenceFiles
from tests.support.steps import ROOT

CONFIG = "config.yaml"


@dataclass(frozen=True)
class Started:
    """
    A run that has been planned.

    Attributes
    ----------
    config : dict
        The complete configuration.
    product : Product
        What the run makes.
    findings : list of Finding
        Warnings and notes about the input.
    warnings : list of str
        Those that the products record.
    """

    config: dict
    product: object
    findings: list
    warnings: list


def start_run():
    """
    Read the configuration of the current folder, check the input and plan, as ``common.smk`` does.

    Returns
    -------
    started : Started or None
        None if there is nothing to make.

    Raises
    ------
    InputError
        With what the user sees when a run is refused.
    """
    config, given, notes = _read_config()
    references = ReferenceFiles(config, given, ".", {})
    config["crds_context"] = references.context
    output_dir = os.path.normpath(config["output_dir"])
    products, found = survey(config["associations"], ".", mode_check(".", references), output_dir)
    findings = [*notes, *reference_findings(config, products, references), *found]
    stop_at_errors(findings)
    plan = Plan(products, references, config, findings)
    findings += plan.spectral_findings()
    stop_at_errors(findings)
    if not products:
        plan.all_products(None)
    warnings = plan.input_warnings(SimpleNamespace(product=products[0].name))
    return Started(config, products[0], findings, warnings)


def _read_config():
    """Complete configuration, the part of it that the user gave, and notes on both."""
    if problem := file_problem(CONFIG):
        raise InputError(problem)
    with open(CONFIG, encoding="utf-8") as file:
        config = yaml.load(file, safe_loader()) or {}
    if too_large := size_problem(config):
        raise InputError(too_large)
    config = {name: value for name, value in config.items() if value is not None}
    notes = accept_parameters(config)
    convert_texts(config)
    given = copy.deepcopy(config)
    try:
        _validator().validate(config)
    except ValidationError as error:
        raise InputError(describe_violation(error)) from error
    expand_home(config)
    if wrong := contradictions(config, "."):
        raise InputError(*wrong)
    return config, given, notes


@cache
def _validator():
    """Validator of configurations that fills in the defaults, as Snakemake's does."""
    path = ROOT / "workflow" / "schemas" / "config.schema.yaml"
    schema = yaml.load(path.read_text(encoding="utf-8"), safe_loader())
    check_properties = Draft202012Validator.VALIDATORS["properties"]

    def fill_in(validator, properties, instance, schema):
        for name, content in properties.items():
            if "default" in content and isinstance(instance, dict):
                instance.setdefault(name, copy.deepcopy(content["default"]))
        yield from check_properties(validator, properties, instance, schema)

    return validators.extend(Draft202012Validator, {"properties": fill_in})(schema)
