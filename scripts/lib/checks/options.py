"""Checks of optional steps against the mode of a product, before any job; standard library only."""

from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.trace_models import why_no_trace_model

__all__ = ["option_findings"]


def option_findings(product, settings, has_psf=False):
    """
    Find optional steps that fail in the mode of a product, or that change its light curve.

    Parameters
    ----------
    product : Product
        Segments of one mode.
    settings : callable
        Takes a section of the configuration and returns its settings for the product.
    has_psf : bool, optional
        Whether there is the image of a point source that can be fitted.

    Returns
    -------
    findings : list of Finding
        Errors where jwst 3.0.0 would die, warnings where it does something else than is asked for,
        or what spoils a light curve.
    """
    if product.branch != "spectroscopy" or settings("extract_1d")["skip"]:
        return []
    findings = _trace_findings(product, settings("adaptive_trace_model"), settings("pixel_replace"))
    return findings + (_fit_findings(product, settings("extract_1d")) if has_psf else [])


def _fit_findings(product, extraction):
    """Findings about the fit of a point source's image."""
    kind, mode = extraction["extraction_type"], mode_of(product.segments[0].exp_type)
    if kind == "box" or mode.is_soss:
        return []
    key = "extract_1d/extraction_type"
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
    return [
        Finding("warning", "config", key=key, found=str(kind), effect=effect) for effect in effects
    ]


def _trace_findings(product, model, replacement):
    """Findings about trace models and pixels replaced by them."""
    first, findings = product.segments[0], []
    primary = {"EXP_TYPE": first.exp_type, "DATAMODL": "SlitModel"}
    if first.facts is not None:
        primary["DATAMODL"] = first.facts.keywords.get("DATAMODL")
    reason, mode = why_no_trace_model(primary), mode_of(first.exp_type)
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
    if replacement["skip"] or replacement["algorithm"] != "trace_model":
        return findings
    effect = (
        "new pixels have the median level of their segment, whatever the light of their "
        "integration: a transit is diluted by their share of the light"
    )
    if reason is not None:
        effect = f"mingrad is used, as no trace can be modelled ({reason})"
    key = "pixel_replace/algorithm"
    return [*findings, Finding("warning", "config", key=key, found="trace_model", effect=effect)]
