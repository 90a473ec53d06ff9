"""Time of writing that products state."""

import os
from datetime import UTC, datetime

from scripts.lib.errors import InputError

__all__ = ["file_date"]


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
