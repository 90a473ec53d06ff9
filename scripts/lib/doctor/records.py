"""Records of products and segments for the doctor's page and its JSON; standard library only."""

from datetime import datetime, timedelta

from scripts.lib.findings import severity_counts
from scripts.lib.instruments.modes import mode_of
from scripts.lib.planning.machine_needs import core_seconds, file_bytes, memory_mb
from scripts.lib.planning.wanted_files import has_report, product_steps

__all__ = ["product_record", "segment_record", "utc_text", "verdict"]

_MJD_ZERO = datetime(1858, 11, 17)


def product_record(product, config, references):
    """
    Describe a product, and how the workflow will make it.

    Parameters
    ----------
    product : Product
        Product that the workflow will make.
    config : dict
        The validated configuration, with the settings of the steps for it.
    references : dict of str to str
        Names of the reference files by their kind.

    Returns
    -------
    record : dict
        Name, association, branch and its reason, steps, reference files,
        predicted memory, time and size, and a list of segments; ready for
        JSON.
    """
    segment_steps, collecting_steps = product_steps(product, config)
    reports = ["report"] if has_report(product, config) else []
    return {
        "name": product.name,
        "association": product.asn_path,
        "branch": product.branch,
        "reason": _reason(product, config),
        "steps": [*segment_steps, *collecting_steps, *reports],
        "references": references,
        "memory_mb": memory_mb(product, config),
        "core_seconds": round(core_seconds(product, config), 1),
        "bytes": sum(file_bytes(product, config).values()),
        "segments": [segment_record(segment) for segment in product.segments],
    }


def _reason(product, config):
    """Why a product takes its branch."""
    exp_type = product.exp_type
    if product.branch == "imaging":
        return f"EXP_TYPE {exp_type} is a time series of images: aperture photometry"
    if mode_of(exp_type).is_soss:
        how = "models of the orders (ATOCA)" if config["extract_1d"]["soss_atoca"] else "box"
        return f"EXP_TYPE {exp_type} has overlapping spectral orders: {how}"
    return f"EXP_TYPE {exp_type} is a time series of spectra: sum over the aperture"


def segment_record(segment):
    """
    Describe a segment.

    Parameters
    ----------
    segment : Segment
        The segment, with ``facts`` if its headers have been read in full.

    Returns
    -------
    record : dict
        File, detector, integrations, times, size and versions; None for values
        that the file does not have.
    """
    facts = segment.facts
    keywords = facts.keywords if facts else {}
    return {
        "file": segment.path,
        "segment": segment.number,
        "detector": segment.detector,
        "first_integration": segment.first_integration,
        "last_integration": segment.last_integration,
        "exposure_integrations": segment.exposure_integrations,
        "shape": list(segment.shape),
        "utc": [utc_text(time) for time in facts.utc] if facts and facts.utc else None,
        "bjd_tdb": list(facts.tdb) if facts and facts.tdb else None,
        "bytes": facts.file_bytes if facts else segment.data_bytes,
        "cal_ver": keywords.get("CAL_VER"),
        "crds_ctx": keywords.get("CRDS_CTX"),
        "datamodl": keywords.get("DATAMODL"),
        "instrument": segment.instrument,
        "optical_path": segment.optical_path,
        "target": segment.target,
    }


def utc_text(mjd):
    """
    Write a modified Julian date as date and time.

    Parameters
    ----------
    mjd : float
        Modified Julian date, UTC [d].

    Returns
    -------
    text : str
        ISO date and time to the second; the number itself outside of the
        calendar's range.
    """
    try:
        moment = _MJD_ZERO + timedelta(days=mjd)
    except OverflowError:
        return str(mjd)
    return moment.isoformat(sep=" ", timespec="seconds")


def verdict(findings):
    """
    Summarise the findings in one line.

    Parameters
    ----------
    findings : list of Finding
        All of them.

    Returns
    -------
    line : str
        Number of errors and warnings, and whether a run can start.
    """
    counts = " and ".join(severity_counts(findings, ("error", "warning")))
    if any(finding.severity == "error" for finding in findings):
        return f"{counts}: a run would stop or fail; fix the errors first"
    if counts:
        return f"{counts}: a run can start; read the warnings first"
    return "all well: a run can start"
