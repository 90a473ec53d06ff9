"""The targets of a run by its command line, before the rules are read."""

import re
from itertools import pairwise

__all__ = ["asks_for"]

_FOLDERS = ("-d", "--directory", "--profile", "--workflow-profile")


def asks_for(rule, arguments):
    """
    Return whether a rule is a target of a run.

    Parameters
    ----------
    rule : str
        Name of the rule; where the workflow is a module of another, the name
        may follow a prefix and ``_``.
    arguments : sequence of str
        The command line.

    Returns
    -------
    asked : bool
        Whether an argument is that rule; names of folders do not count.
    """
    named = re.compile(rf"(\w+_)?{re.escape(rule)}")
    return any(
        named.fullmatch(argument) and before not in _FOLDERS
        for before, argument in pairwise(arguments)
    )
