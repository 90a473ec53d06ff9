"""Parameter reference files (``pars-*``), whose values replace the defaults of steps' parameters."""

from functools import cache
from math import inf

from scripts.lib.errors import InputError
from scripts.lib.files.fast_yaml import load_limited, safe_loader
from scripts.lib.files.limited import read_limited
from scripts.lib.findings import Finding
from scripts.lib.references.settings_schema import read_schema

__all__ = [
    "KINDS",
    "PIPELINE",
    "accept_parameters",
    "convert_parameters",
    "convert_texts",
    "read_parameters",
    "sections_with",
]

# Kind of reference of each section of the configuration.
KINDS = {
    "outlier_detection": "pars-outlierdetectionstep",
    "adaptive_trace_model": "pars-adaptivetracemodelstep",
    "pixel_replace": "pars-pixelreplacestep",
    "extract_1d": "pars-extract1dstep",
    "photom": "pars-photomstep",
    "white_light": "pars-whitelightstep",
    "tso_photometry": "pars-tsophotometrystep",
}
# The pipeline's own file, whose parameters win over those of its steps.
PIPELINE = "pars-tso3pipeline"
# Parameters of every step of `jwst` that concern its files, memory and hooks.
_FRAMEWORK = frozenset(
    [
        "class",
        "in_memory",
        "input_dir",
        "name",
        "output_dir",
        "output_ext",
        "output_file",
        "output_use_index",
        "output_use_model",
        "post_hooks",
        "pre_hooks",
        "search_output_file",
        "suffix",
    ]
)
# Parameters of steps of `jwst` that say what they write, not how they compute.
_SIDE_PRODUCTS = frozenset(
    [
        "save_calibrated_ramp",
        "save_catalog",
        "save_intermediate_results",
        "save_profile",
        "save_residual_image",
        "save_results",
        "save_scene_model",
    ]
)
# Parameters without effect on time series in `jwst`.
_WITHOUT_EFFECT = {
    "outlier_detection": [
        "backg",
        "fillval",
        "ifu_second_check",
        "kernel",
        "kernel_size",
        "pixfrac",
        "pixmap_order",
        "pixmap_stepsize",
        "resample_data",
        "scale",
        "threshold_percent",
        "weight_type",
    ],
    "adaptive_trace_model": ["maximum_cores"],
    "photom": ["inverse", "source_type"],
    "tso_photometry": ["save_results"],
    "white_light": ["save_results"],
    "extract_1d": [
        "bkg_sigma_clip",
        "center_xy",
        "ifu_autocen",
        "ifu_covar_scale",
        "ifu_rfcorr",
        "ifu_rscale",
        "ifu_set_srctype",
    ],
}
_OVERRIDE = "override_"
# Numbers in the texts of parameters that `jwst` reads although they have no effect.
_COUNTS = {"scale": 2}
# Files of CRDS have a few kilobytes.
_MOST_BYTES = 1 << 22
# Settings that name files, which differ from run to run.
_FILES = ("soss_wave_grid_in", "soss_wave_grid_out", "soss_estimate", "soss_modelname")


@cache
def read_parameters(path):
    """
    Read a parameter reference file.

    Parameters
    ----------
    path : str or Path
        ASDF file of a step or of a pipeline.

    Returns
    -------
    parameters : dict of str to dict
        Parameters by the name of the step; those of a file of a single step
        by ``""``.

    Raises
    ------
    InputError
        If the file cannot be read or holds no parameters.
    """
    try:
        tree = load_limited(_tree_text(path), _untagged_loader())
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except ValueError as error:
        msg = f"{path}: not a parameter reference: {error}"
        raise InputError(msg) from error
    tree = tree if isinstance(tree, dict) else {}
    listed = tree.get("steps") if isinstance(tree.get("steps"), list) else []
    steps = {"": tree.get("parameters")} | {
        step.get("name"): step.get("parameters")
        for step in listed
        if isinstance(step, dict) and isinstance(step.get("name"), str)
    }
    steps = {name: values for name, values in steps.items() if isinstance(values, dict)}
    if not steps:
        msg = f"{path}: parameters: found none, expected those of a step or of a pipeline's steps"
        raise InputError(msg)
    return steps


def _tree_text(path):
    """Text of the YAML tree of an ASDF file, without the binary blocks after it."""
    data = read_limited(path, _MOST_BYTES)
    if not data.startswith(b"#ASDF"):
        msg = "it does not start with #ASDF"
        raise ValueError(msg)
    return data.partition(b"\n...\n")[0]


@cache
def _untagged_loader():
    """Loader of YAML that ignores the tags of ASDF."""
    import yaml

    class Loader(safe_loader()):
        """A separate class, so that others keep their constructors."""

    def construct(loader, suffix, node):
        """Build a mapping, sequence or scalar regardless of its tag."""
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    Loader.add_multi_constructor("tag:stsci.edu:", construct)
    return Loader


def _properties(step):
    """Schema of the settings of a step."""
    return read_schema()["properties"][step]["properties"]


def convert_parameters(step, parameters, path):
    """
    Convert the parameters of a reference file to settings of a step.

    Parameters
    ----------
    step : str
        Section of the configuration.
    parameters : dict
        Parameters of the step of ``jwst``; texts such as ``"5.0 4.0"`` for
        ``snr`` and ``"3.0"`` are converted to numbers.
    path : str
        The file, for the messages.

    Returns
    -------
    settings : dict
        Parameters that the step has here.
    findings : list of Finding
        A warning for each parameter that is left out although it has an
        effect: it is unknown, or its value is not supported.
    """
    settings, findings = {}, []
    properties = _properties(step)
    for name, value in parameters.items():
        if name in _FRAMEWORK | _SIDE_PRODUCTS or name in _WITHOUT_EFFECT.get(step, ()):
            continue
        if name not in properties or name in _FILES:
            if value not in (None, False, "", "None"):
                findings.append(_left_out(path, step, name, value, "no such setting here"))
            continue
        converted = _convert(value, name, properties[name])
        if _is_valid(converted, properties[name]):
            settings[name] = converted
        else:
            findings.append(_left_out(path, step, name, value, "the default or setting is kept"))
    return settings, findings


def convert_texts(config):
    """
    Convert texts in a configuration to the types of its settings, in place.

    On the command line, Snakemake takes numbers below a section for texts.

    Parameters
    ----------
    config : dict
        The configuration as the user gave it, not validated: ``"6.0"`` and ``jwst``'s ``"5.0 4.0"``
        become a number where one is expected, ``true`` and ``none`` their values, and one
        association a list of it. What cannot be converted stays.
    """
    if isinstance(config.get("associations"), str):
        config["associations"] = [config["associations"]]
    for section, schema in read_schema()["properties"].items():
        if section not in config:
            continue
        if "properties" not in schema:
            config[section] = _convert(config[section], section, schema)
        elif isinstance(config[section], dict):
            properties = schema["properties"]
            for name in set(config[section]) & set(properties):
                value = config[section][name]
                config[section][name] = _convert(value, name, properties[name])


def sections_with(name):
    """
    Name the sections of the configuration that have a setting.

    Parameters
    ----------
    name : str
        The setting.

    Returns
    -------
    sections : list of str
        Their names, in order.
    """
    sections = read_schema()["properties"].items()
    return [section for section, schema in sections if name in schema.get("properties", ())]


def accept_parameters(config):
    """
    Take parameters of `jwst` that have no effect here out of the configuration, in place.

    Files of ``override_<kind>`` become ``references/<kind>``.

    Parameters
    ----------
    config : dict
        The configuration of the user.

    Returns
    -------
    findings : list of Finding
        A note for each parameter that is taken out; an error if `jwst` could not read it.
    """
    findings = []
    for step in KINDS:
        section = config.get(step)
        if not isinstance(section, dict):
            continue
        properties = _properties(step)
        for name, value in list(section.items()):
            if isinstance(value, str) and name in _COUNTS:
                findings += _number_errors(step, name, value)
            effect = "" if name in properties else _why_ignored(step, name)
            if name.startswith(_OVERRIDE):
                effect = _take_reference(config, name.removeprefix(_OVERRIDE), value)
            if effect:
                del section[name]
                key = f"{step}/{name}"
                findings.append(
                    Finding("note", "config", key=key, found=repr(value), effect=effect)
                )
    return findings


def _take_reference(config, kind, path):
    """Make a file that overrides a reference one of the configuration; say so, or nothing."""
    known = _properties("references")
    references = config.setdefault("references", {}) or {}
    if kind not in known or references.get(kind) not in (None, path):
        return ""
    config["references"] = references | {kind: path}
    return f"it is taken for references/{kind}"


def _why_ignored(step, name):
    """Say why a parameter of `jwst` does not matter; empty if it may."""
    if name in _WITHOUT_EFFECT.get(step, ()):
        return "it has no effect on time series, here as in jwst"
    return "names, memory and hooks are those of this workflow" if name in _FRAMEWORK else ""


def _number_errors(step, name, text):
    """Find a text that does not hold the numbers of its parameter, at which `jwst` dies."""
    try:
        count = len([float(part) for part in text.split()])
    except ValueError:
        count = 0
    if count == _COUNTS[name]:
        return []
    expected = f"{_COUNTS[name]} numbers"
    return [Finding("error", "config", key=f"{step}/{name}", found=repr(text), expected=expected)]


def _types(schema):
    """Names of the types that a setting may have."""
    types = schema.get("type", ())
    return {types} if isinstance(types, str) else set(types)


def _is_valid(value, schema):
    """Return whether the schema of a setting allows a value."""
    if "enum" in schema:
        return value in schema["enum"]
    known = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    types, found = _types(schema), known.get(type(value))
    if found not in types and not (found == "integer" and "number" in types):
        return False
    return found not in ("integer", "number") or (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and not value <= schema.get("exclusiveMinimum", -inf)
    )


def _left_out(path, step, name, value, effect):
    """Warn about a parameter that is left out."""
    expected = f"a parameter of {step} that is supported"
    return Finding(
        "warning",
        path,
        key=name,
        found=repr(value),
        expected=expected,
        effect=f"it is left out, {effect}",
    )


def _convert(value, name, schema):
    """Convert the value of a parameter to the type of the setting; texts may stand for others."""
    types = _types(schema)
    if isinstance(value, list) and "items" in schema:
        return [_convert(item, name, schema["items"]) for item in value]
    if not isinstance(value, str) or "string" in types:
        return value
    text = value.split()[0] if name == "snr" and value.split() else value
    words = {"none": None, "true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(text) if "integer" in types else float(text) if "number" in types else value
    except ValueError:
        return value
