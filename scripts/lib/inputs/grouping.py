"""Segments without an association: which are science, and what belongs together."""

import os
import re
from pathlib import Path

from scripts.lib.findings import Finding
from scripts.lib.inputs.product_names import product_name
from scripts.lib.instruments.modes import mode_of
from scripts.lib.provenance.software import SOFTWARE

__all__ = ["association_content", "group_segments", "left_out", "product_key"]

# Exposures of target acquisition, by the part of EXP_TYPE after the instrument.
_ACQUISITION = ("TACQ", "TACONFIRM", "CONFIRM", "MSATA", "TASLIT", "VERIFY", "WATA")
_PART = re.compile(r"[A-Za-z0-9]{1,20}")


def left_out(path, primary):
    """
    Say why a segment found in a folder or by a pattern belongs to no product.

    Parameters
    ----------
    path : str
        The file.
    primary : dict
        Keywords of its primary header.

    Returns
    -------
    notes : list of Finding
        Empty for science, else one note: target acquisition, background, no
        time series, or optical elements that the archive's rule for time series
        excludes.
    """
    exp_type = str(primary.get("EXP_TYPE") or "")
    mode = mode_of(exp_type)
    is_series = primary.get("TSOVISIT") is True or mode.is_always_time_series
    reasons = [
        ("EXP_TYPE", exp_type.partition("_")[2] in _ACQUISITION and "target acquisition"),
        ("BKGDTARG", primary.get("BKGDTARG") is True and "background"),
        ("TSOVISIT", bool(exp_type) and not is_series and "no time series"),
        ("NINTS", primary.get("NINTS") == 1 and "no time series"),
        *(
            (keyword, primary.get(keyword) in values and reason)
            for keyword, values, reason in (*mode.left_out, *mode.unsupported)
        ),
    ]
    notes = [
        Finding("note", path, key=key, found=f"{primary.get(key)!r}", effect=f"{reason}; left out")
        for key, reason in reasons
        if reason
    ]
    return notes[:1]


def product_key(segment):
    """Return the key of a segment's product: program, association, instrument, optical path."""
    return segment.program, segment.asn_id, segment.instrument, segment.optical_path


def group_segments(segments):
    """
    Group segments into products as the archive does.

    Parameters
    ----------
    segments : list of Segment
        Segments of science, in any order.

    Returns
    -------
    products : dict of str to list of Segment
        Segments by the name of the product, that is by program, observation,
        instrument and optical path; the visits of an observation are one
        product.
    findings : list of Finding
        Errors: segments whose program or observation is unknown.
    """
    products, findings = {}, []
    for segment in segments:
        parts = {
            "PROGRAM": segment.program,
            "OBSERVTN": segment.observation,
            "INSTRUME": segment.instrument,
        }
        unusable = {key: part for key, part in parts.items() if not _PART.fullmatch(part)}
        findings += [
            Finding(
                "error",
                segment.path,
                key=key,
                found=repr(part) if part else "none",
                expected="letters and digits, which name its product",
            )
            for key, part in unusable.items()
        ]
        if not unusable:
            name = product_name(
                segment.program, segment.asn_id, segment.instrument, segment.optical_path
            )
            products.setdefault(name, []).append(segment)
    return dict(sorted(products.items())), findings


def association_content(product, folder):
    """
    Make the association of a product that was grouped from segments.

    Parameters
    ----------
    product : Product
        The product.
    folder : str or Path
        Folder in which the association is written; the paths of members are
        relative to it.

    Returns
    -------
    content : dict
        What the file holds, by the schema of level-3 associations.
    """
    first = product.segments[0]
    members = [
        {
            "expname": _member_path(segment.path, folder),
            "exptype": "science",
            "exposerr": None,
            "asn_candidate": f"[('{product.asn_id}', 'observation')]",
        }
        for segment in product.segments
    ]
    return {
        "asn_type": "tso3",
        "asn_rule": "candidate_Asn_Lv3TSO",
        "version_id": None,
        "code_version": SOFTWARE,
        "degraded_status": "No known degraded exposures in association.",
        "program": first.program,
        "constraints": "segments grouped by program, observation, instrument and optical path",
        "asn_id": product.asn_id,
        "target": product.name.split("_")[1],
        "asn_pool": product.asn_pool,
        "products": [{"name": product.name, "members": members}],
    }


def _member_path(path, folder):
    """Path of a member relative to the folder of its association; absolute ones stay."""
    if os.path.isabs(path):
        return path
    return Path(os.path.relpath(path, folder)).as_posix()
