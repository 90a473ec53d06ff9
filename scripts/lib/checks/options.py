"""Checks of optional steps against the mode of a product, before any job; standard library only."""

from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.trace_models import why_no_trace_model
from scripts.lib.references.settings_schema import setting_defaults

__all__ = ["option_findings"]

_SCENES = ("save_profile", "save_scene_model", "save_residual_image")
_SAVES = ("save_results", "save_intermediate_results")
_LIMITS = ("fit_threshold", "slope_limit", "psf_optimal")


def option_findings(product, settings, has_psf=False, has_apertures=True):
    """
    Find optional steps that fail or do nothing in the mode of a product, or change its light curve.

    Parameters
    ----------
    product : Product
        Segments of one mode.
    settings : callable
        Takes a section of the configuration and returns its settings for the product.
    has_psf : bool, optional
        Whether there is the image of a point source that can be fitted.
    has_apertures : bool, optional
        Whether there are apertures, without which nothing is fitted.

    Returns
    -------
    findings : list of Finding
        Errors where jwst 3.0.0 would die, warnings where it does something else than is asked for,
        or what spoils a light curve.
    """
    first = product.segments[0]
    mode = mode_of(first.exp_type)
    model, replacement = settings("adaptive_trace_model"), settings("pixel_replace")
    if product.branch != "spectroscopy":
        return [
            _unused(section, "skip", "false", f"{mode.exp_type} has no spectra")
            for section, values in (("adaptive_trace_model", model), ("pixel_replace", replacement))
            if not values["skip"]
        ]
    extraction = settings("extract_1d")
    if extraction["skip"]:
        return []
    findings = [
        *_trace_findings(first, model, replacement),
        *_source_findings(mode, extraction),
        *_photom_findings(mode, settings("photom")),
    ]
    if mode.is_soss:
        return findings + _soss_findings(mode, extraction, model)
    if not has_psf or extraction["extraction_type"] == "box":
        return findings
    if not has_apertures:
        why = "without apertures (references/extract1d) the sum is over the whole array"
        unused = _changed("extract_1d", extraction, ("extraction_type",))
        return findings + [_unused("extract_1d", *option, why) for option in unused]
    return findings + _fit_findings(mode, extraction)


def _unused(section, name, value, why):
    """Warn of an option that does nothing."""
    return Finding(
        "warning",
        "config",
        key=f"{section}/{name}",
        found=value,
        effect=f"it has no effect, here as in jwst: {why}",
    )


def _changed(section, values, names):
    """Those of some settings that are not the defaults, with their values as text."""
    defaults = setting_defaults()[section]
    changed = [name for name in names if values.get(name, defaults[name]) != defaults[name]]
    return [
        (name, "null" if values[name] is None else str(values[name]).lower()) for name in changed
    ]


def _soss_findings(mode, extraction, model):
    """Options of the extraction by boxes and of trace models, of which NIRISS SOSS has none."""
    names = (*_SCENES, "extraction_type")
    unused = [("extract_1d", *option) for option in _changed("extract_1d", extraction, names)]
    if not model["skip"]:
        saves = _changed("adaptive_trace_model", model, _SAVES)
        unused += [("adaptive_trace_model", *option) for option in saves]
    return [_unused(*option, f"{mode.exp_type} has an extraction of its own") for option in unused]


def _photom_findings(mode, photom):
    """Options of the calibration of spectra, which only those of NIRISS SOSS still need."""
    if mode.is_soss:
        return []
    names = ("skip", "apply_time_correction", "save_results")
    why = f"the data of {mode.exp_type} are calibrated before"
    return [_unused("photom", *option, why) for option in _changed("photom", photom, names)]


def _source_findings(mode, extraction):
    """Findings about the position of the source where a mode does not know it."""
    if extraction.get("use_source_posn") is not True or mode.source_from or mode.is_soss:
        return []
    if not mode.row_stripes:
        why = f"nothing gives the position of the source of {mode.exp_type}, the aperture stays"
        return [_unused("extract_1d", "use_source_posn", "true", why)]
    return [
        Finding(
            "error",
            "config",
            key="extract_1d/use_source_posn",
            found="true",
            expected=f"false or null for {mode.exp_type}",
            effect="its world coordinates do not say where the source is along a slit",
        )
    ]


def _fit_findings(mode, extraction):
    """Findings about the fit of a point source's image."""
    kind, key = extraction["extraction_type"], "extract_1d/extraction_type"
    if mode.row_stripes:
        effect = "its world coordinates do not say where the source is along a slit"
        expected = f"box for {mode.exp_type}"
        return [
            Finding("error", "config", key=key, found=str(kind), expected=expected, effect=effect)
        ]
    effects = []
    if kind == "optimal" and not extraction["optimize_psf_location"]:
        effects = ["the profile is off by half a pixel and more, as in jwst: fluxes are wrong"]
    else:
        effects = ["each segment has a place of its own: the flux may step from one to the next"]
    effects.append(
        "weights are equal, not by the noise, and BKGD_VAR and BKGD_ERROR of columns with a bad "
        "pixel are NaN if a background is fitted"
    )
    findings = [
        Finding("warning", "config", key=key, found=str(kind), effect=effect) for effect in effects
    ]
    return findings + _unused_by_fit(mode, extraction)


def _unused_by_fit(mode, extraction):
    """Options that the fit of a point source's image does not take."""
    if extraction["extraction_type"] is None:
        return []
    why = "the background is a polynomial that is fitted with the image of the point source"
    found = _changed("extract_1d", extraction, ("bkg_fit", "smoothing_length"))
    unused = [("extract_1d", *option, why) for option in found if option[1] != "poly"]
    if mode.source_from is None or extraction.get("use_source_posn") is False:
        why = "without the position of the source its image is in the middle"
        moved = _changed("extract_1d", extraction, ("position_offset",))
        unused += [("extract_1d", *option, why) for option in moved]
    return [_unused(*option) for option in unused]


def _trace_findings(first, model, replacement):
    """Findings about trace models and replaced pixels."""
    findings, mode = [], mode_of(first.exp_type)
    primary = {"EXP_TYPE": first.exp_type, "DATAMODL": "SlitModel"}
    if first.facts is not None:
        primary["DATAMODL"] = first.facts.keywords.get("DATAMODL")
    reason = why_no_trace_model(primary)
    if not model["skip"] and reason is not None:
        dies = mode.trace_fit is None and not mode.is_soss
        findings.append(
            Finding(
                "error" if dies else "warning",
                "config",
                key="adaptive_trace_model/skip",
                found="false",
                expected=f"true for {first.exp_type}",
                effect=f"no trace can be modelled ({reason})",
            )
        )
    if replacement["skip"]:
        return findings
    return findings + _replacement_findings(model, replacement, reason)


def _replacement_findings(model, replacement, reason):
    """Findings about replaced pixels, if a trace cannot be modelled for a reason."""
    if replacement["algorithm"] == "fit_profile" and replacement["n_adjacent_cols"] < 1:
        value = str(replacement["n_adjacent_cols"])
        why = "without neighbours fit_profile replaces nothing"
        return [_unused("pixel_replace", "n_adjacent_cols", value, why)]
    if replacement["algorithm"] != "trace_model":
        return []
    findings, effect = [], f"mingrad is used, as no trace can be modelled ({reason})"
    if reason is None:
        effect = (
            "new pixels have the median level of their segment, whatever the light of their "
            "integration: a transit is diluted by their share of the light"
        )
        if model["skip"]:
            why = "the step is skipped, and pixel_replace models the trace with the defaults"
            found = _changed("adaptive_trace_model", model, _LIMITS)
            findings = [_unused("adaptive_trace_model", *option, why) for option in found]
    key = "pixel_replace/algorithm"
    return [Finding("warning", "config", key=key, found="trace_model", effect=effect), *findings]
