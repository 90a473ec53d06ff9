"""What can be known of a run from its command line, before the rules are read."""

import re
from itertools import pairwise

_FOLDERS = ("-d", "--directory", "--profile", "--workflow-profile")


def asks_for(rule, arguments):
    """
    Find out whether a rule is a target of a run.

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
        Whether an argument other than the name of a folder is that rule.
    """
    named = re.compile(rf"(\w+_)?{re.escape(rule)}")
    return any(
        named.fullmatch(argument) and before not in _FOLDERS
        for before, argument in pairwise(arguments)
    )
