"""Software and time recorded in products."""

import os
from datetime import UTC, datetime

from scripts import __version__
from scripts.lib.errors import InputError

__all__ = ["JWST_KEYWORDS", "JWST_VERSION", "SOFTWARE", "file_date", "history_line"]

SOFTWARE = f"tso3flow {__version__}"
# Products equal those of this version of jwst and have its keywords; HISTORY names this software.
JWST_VERSION = "3.0.0"
JWST_KEYWORDS = {"CAL_VER": JWST_VERSION, "CAL_VCS": "RELEASE"}


def history_line(what):
    """
    Line of HISTORY that names the software of a product.

    Parameters
    ----------
    what : str
        Description of the work in a few words.

    Returns
    -------
    line : str
        Name and version of the software, and the description.
    """
    return f"{SOFTWARE}: {what}"


def file_date():
    """
    Time for the ``DATE`` keyword of a product.

    Returns
    -------
    date : str
        UTC as ``2022-07-13T12:34:56.789``: the present time or, if the
        environment variable ``SOURCE_DATE_EPOCH`` is set, that number of
        seconds since 1970, so that equal work makes equal bytes.

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
