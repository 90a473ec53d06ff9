"""Checks of NIRISS SOSS segments and their references before any job; standard library only."""

import re
from functools import cache, partial
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.fits.headers import read_hdus
from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.soss import SHAPES, TOO_MANY_ROWS, soss_layout, why_not_extracted

__all__ = ["soss_check"]

_ORDERS = (1, 2)
_LONGEST_TREE = 1 << 22
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_BOUNDS = re.compile(
    rf"pwcpos_bounds:[^\n\[\-]*(?:\[\s*|\s*-\s+){_NUMBER}(?:\s*,\s*|\s*\n\s*-\s+){_NUMBER}"
)


def soss_check(base_dir, references):
    """
    Make the check of NIRISS SOSS segments.

    Parameters
    ----------
    base_dir : str or Path
        Folder that relative paths start from.
    references : ReferenceFiles
        Reference files and settings of each segment, registered before.

    Returns
    -------
    check : callable
        Takes the path and the header-data units of a segment and returns its
        errors, a list of Finding: images or spatial profiles of another
        shape than the subarray's, a position of the pupil wheel where the
        traces are not valid, and references without order 1 or 2. Empty where
        nothing is extracted; missing files are not reported here.
    """
    headers, trees = cache(read_hdus), cache(_read_tree)

    def check(path, hdus):
        primary = hdus[0].header
        mode = mode_of(primary.get("EXP_TYPE"))
        if not mode.is_soss or why_not_extracted(primary):
            return []
        if references.settings(mode.settings, path)["skip"]:
            return []
        layout = soss_layout(primary["SUBARRAY"])
        error = partial(Finding, "error", path)
        errors = _shape_errors(error, hdus, layout)
        for kind, find in (("pastasoss", _trace_errors), ("specprofile", _profile_errors)):
            name = references.reference(kind, path).path
            if name and Path(base_dir, name).is_file():
                read = trees if kind == "pastasoss" else headers
                try:
                    content = read(Path(base_dir, name))
                except (InputError, OSError):
                    # Reported by `reference_findings`.
                    continue
                errors += find(error, name, content, primary, layout)
        return errors

    return check


def _shape_errors(error, hdus, layout):
    """Find images of another shape than the subarray's."""
    shape = next(hdu.shape for hdu in hdus if hdu.name == "SCI")
    if shape[1:] == SHAPES[layout]:
        return []
    expected = "(integrations, {}, {})".format(*SHAPES[layout])
    return [error(key="SCI", found=f"shape {shape}", expected=f"{expected} for {layout}")]


def _read_tree(path):
    """Read the text of an ASDF file's tree, before its blocks."""
    with path.open("rb") as file:
        return file.read(_LONGEST_TREE).partition(b"\n...")[0].decode("utf-8", "replace")


def _trace_errors(error, name, tree, primary, _):
    """Find a pupil wheel out of bounds, or traces that are missing."""
    errors, bounds = [], _BOUNDS.search(tree)
    orders = {int(number) for number in re.findall(r"spectral_order:\s*(\d+)", tree)}
    if orders and not orders.issuperset(_ORDERS):
        expected = "at least 1 and 2"
        errors = [
            Finding(
                "error", name, key="spectral_order", found=str(sorted(orders)), expected=expected
            )
        ]
    if bounds:
        low, high = (float(bound) for bound in bounds.groups())
        position = primary.get("PWCPOS")
        if not isinstance(position, int | float) or not low <= position <= high:
            expected = f"{low} to {high}, the bounds of {name}"
            errors.append(error(key="PWCPOS", found=str(position), expected=expected))
    return errors


def _list_text(orders):
    """List orders, some of which may not be numbers, as text."""
    return f"[{', '.join(sorted(map(str, orders)))}]"


def _profile_errors(_, name, hdus, __, layout):
    """Find profiles that are missing or do not fit the subarray."""
    images = [hdu for hdu in hdus if hdu.name == "ORDER" and len(hdu.shape) == 2]
    found = {hdu.header.get("ORDER") or number: hdu for number, hdu in enumerate(images, start=1)}
    errors = []
    for order in _ORDERS:
        if order not in found:
            key, expected = "ORDER", "at least 1 and 2"
            errors.append(
                Finding("error", name, key=key, found=_list_text(found), expected=expected)
            )
            break
        excess = [a - b for a, b in zip(found[order].shape, SHAPES[layout], strict=True)]
        if any(extra < 0 or extra % 2 for extra in excess) or excess[0] >= TOO_MANY_ROWS:
            expected = f"{SHAPES[layout]} of {layout}, with equal padding on opposite sides"
            key = f"ORDER {order}"
            errors.append(
                Finding(
                    "error", name, key=key, found=f"shape {found[order].shape}", expected=expected
                )
            )
    return errors
