"""What a run says at its end: a sentence on each visit, and where its report is."""

import json
import os

from scripts.lib.planning import targets

__all__ = ["verdict_lines"]

_MOST_BYTES = 1 << 26


def verdict_lines(folder, diagnostics):
    """
    Say of each visit what its report says first, and where the report is.

    Parameters
    ----------
    folder : str
        Folder of the products.
    diagnostics : iterable of str
        Diagnostics of the products that have a report, as `targets.DIAGNOSTICS` names them.

    Returns
    -------
    lines : list of str
        One for each visit whose diagnostics can be read, with the absolute path of its report: the
        user may stand in another folder than ``--directory`` says.

    Examples
    --------
    >>> verdict_lines("nowhere", ["<results>/jw01366_diagnostics.json"])
    []
    """
    ending = targets.DIAGNOSTICS.partition("{product}")[2]
    lines = []
    for path in map(targets.in_output_folder, diagnostics):
        name = path.removesuffix(ending)
        report = targets.in_output_folder(targets.REPORT).format(product=name)
        try:
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                headline = json.loads(file.read(_MOST_BYTES))["verdict"]["headline"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        lines.append(f"{name}: {headline} Report: {os.path.abspath(os.path.join(folder, report))}")
    return lines
