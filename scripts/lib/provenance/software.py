"""What products state about the software that made them, and when."""

import os
from datetime import UTC, datetime

from scripts import __version__
from scripts.lib.errors import InputError

__all__ = ["JWST_KEYWORDS", "JWST_VERSION", "SOFTWARE", "file_date", "history_line"]
SOFTWARE = f"tso3flow {__version__}"
# The software whose products these equal, and its keywords; HISTORY names the one that made them.
JWST_VERSION = "3.0.0"
JWST_KEYWORDS = {"CAL_VER": JWST_VERSION, "CAL_VCS": "RELEASE"}


def history_line(what):
    """
    Line of the HISTORY that says what made a product.

    Parameters
    ----------
    what : str
        What was done, in a few words.

    Returns
    -------
    line : str
        It, after name and version of the software.
    """
    return f"{SOFTWARE}: {what}"


def file_date():
    """
    Time for the ``DATE`` keyword of a product.

    Returns
    -------
    date : str
        UTC as ``2022-07-13T12:34:56.789``: the time given by the environment
        variable ``SOURCE_DATE_EPOCH`` in seconds since 1970, so that equal
        work makes equal bytes, and else now.

    Raises
    ------
    InputError
        If the variable is set to something other than such a number.

    References
    ----------
    reproducible-builds.org, SOURCE_DATE_EPOCH specification.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        date = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        msg = f"SOURCE_DATE_EPOCH: found {epoch!r}, expected a number of seconds since 1970"
        raise InputError(msg) from error
    return date.replace(tzinfo=None).isoformat(timespec="milliseconds")
