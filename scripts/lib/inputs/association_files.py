"""Association files: which members make which product."""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.files.formats import describe_format
from scripts.lib.files.limited import read_limited
from scripts.lib.findings import Finding
from scripts.lib.inputs.search import MOST_BYTES
from scripts.lib.inputs.segments import UNUSABLE

__all__ = ["Association", "read_association"]

_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,150}")
_POOL = re.compile(r"[ -~]{0,150}")


@dataclass(frozen=True, slots=True)
class Association:
    """
    Content of an association file.

    Attributes
    ----------
    path : str
        The file.
    asn_id, asn_pool, product : str
        Association id, pool (empty if none is named) and name of the product.
    asn_type : object
        Its type, ``tso3`` for time series of stage 3; None if it does not say.
    members : tuple of str
        Paths of the science members.
    others : tuple of str
        Paths of the other members, which are left out.
    findings : tuple of Finding
        Warnings and notes about the file.
    """

    path: str
    asn_id: str
    asn_pool: str
    product: str
    asn_type: object
    members: tuple
    others: tuple
    findings: tuple


def read_association(path, base_dir):
    """
    Read one association file.

    Parameters
    ----------
    path : str
        The file, absolute or relative to ``base_dir``.
    base_dir : str or Path
        The working directory.

    Returns
    -------
    association : Association
        Only the first product counts, as in ``jwst``; the members' paths are
        relative to the association's folder, unless absolute.

    Raises
    ------
    InputError
        If the file is no association, or has no product or science member.
    """
    if UNUSABLE.search(path):
        msg = f"{path}: association: found {path!r}, expected no braces and control characters"
        raise InputError(msg)
    try:
        content = json.loads(read_limited(Path(base_dir, path), MOST_BYTES).decode("utf-8"))
    except OSError as error:
        msg = f"{path}: association: cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except (ValueError, RecursionError) as error:
        what = describe_format(Path(base_dir, path)) or f"no JSON ({error})"
        msg = f"{path}: association: found {what}, expected an association"
        raise InputError(msg) from error
    product = _first_product(path, content)
    names = {"asn_id": content.get("asn_id"), "products/name": product.get("name")}
    for key, name in names.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            msg = f"{path}: {key}: found {name!r}, expected a name without blanks and slashes"
            raise InputError(msg)
    pool = content.get("asn_pool") or ""
    if not isinstance(pool, str) or not _POOL.fullmatch(pool):
        msg = f"{path}: asn_pool: found {pool!r}, expected the name of a file"
        raise InputError(msg)
    science, others = _members(path, product)
    return Association(
        path=path,
        asn_id=content["asn_id"],
        asn_pool=pool,
        product=product["name"],
        asn_type=content.get("asn_type"),
        members=tuple(member for member, _ in science),
        others=tuple(member for member, _ in others),
        findings=tuple(_association_findings(path, len(content["products"]), others)),
    )


def _association_findings(path, products, others):
    """Find more than one product in an association, and members that are not science."""
    findings = []
    if products > 1:
        effect = "the first counts"
        findings.append(
            Finding(
                "warning", path, key="products", found=str(products), expected="one", effect=effect
            )
        )
    kinds = Counter(exptype.lower() for _, exptype in others)
    findings += [
        Finding("note", path, key=f"exptype {kind}", found=f"{count}", effect="left out")
        for kind, count in kinds.items()
    ]
    return findings


def _first_product(path, content):
    """Return the first product of an association's content."""
    products = content.get("products") if isinstance(content, dict) else None
    if not isinstance(products, list) or not products or not isinstance(products[0], dict):
        msg = f"{path}: products: found none, expected the product of an association"
        raise InputError(msg)
    return products[0]


def _members(path, product):
    """Paths and exptypes of the members that are science data, and of the others."""
    members = product.get("members")
    members = members if isinstance(members, list) else []
    fields = [
        (m.get("expname"), m.get("exptype")) if isinstance(m, dict) else (m, None) for m in members
    ]
    unusable = [field for field in fields if not all(isinstance(text, str) for text in field)]
    if unusable:
        msg = f"{path}: members: found {unusable[0]}, expected an expname and an exptype"
        raise InputError(msg)
    folder = os.path.dirname(path)
    members = [(os.path.normpath(os.path.join(folder, name)), kind) for name, kind in fields]
    science, others = [], []
    for member in members:
        (science if member[1].lower() == "science" else others).append(member)
    if not science:
        msg = f"{path}: members: found none of exptype science, expected one or more"
        raise InputError(msg)
    return science, others
