"""What the command line of a run says before the rules are read: its targets, and its interpreter."""

import re
from itertools import pairwise

__all__ = ["asks_for", "unusable_interpreter"]

# What bash takes for more than a part of a word.
_SHELL_SIGNS = re.compile(r"""[\s'"\\$`&|;<>()*?\[\]{}]""")
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


def unusable_interpreter(executable):
    """
    Say why Snakemake cannot start an interpreter.

    Parameters
    ----------
    executable : str
        Path of the Python that runs Snakemake, which it passes to bash without quotes.

    Returns
    -------
    message : str or None
        One line; None if bash takes the path as one word.
    """
    if not (sign := _SHELL_SIGNS.search(executable)):
        return None
    found = "a blank" if sign[0].isspace() else sign[0]
    return (
        f"{executable}: interpreter: found {found} in its path, expected none: Snakemake starts every "
        "job with it and does not quote it; move or rename the folder, then `make env`"
    )
