"""Say what is to be fetched, ask, and fetch it."""

import logging
import sys

from scripts.fetch.download import fetch_file, open_session
from scripts.lib.errors import InputError, printable
from scripts.lib.planning.machine_needs import free_bytes, size_text

__all__ = ["Consent", "fetch_all"]

log = logging.getLogger(__name__)


class Consent:
    """
    Whether files are fetched that have been listed.

    Parameters
    ----------
    given : bool
        Whether the user has agreed beforehand.
    only_lists : bool
        Whether nothing is to be fetched.
    ask : callable, optional
        Returns the user's answer to a question; None where nobody can answer.
    """

    def __init__(self, given=False, only_lists=False, ask=None):
        self._given, self._only_lists, self._ask = given, only_lists, ask

    def __call__(self, question):
        """
        Ask, unless the answer is known.

        Parameters
        ----------
        question : str
            What is about to be done.

        Returns
        -------
        agreed : bool
            Whether to do it.

        Raises
        ------
        InputError
            If nobody can answer.
        """
        if self._only_lists or self._given:
            return not self._only_lists
        if self._ask is None:
            msg = "found no terminal to ask, expected --yes to fetch what is listed, or --dry-run"
            raise InputError(msg)
        return self._ask(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def fetch_all(downloads, folder, agrees, token="", replaces=False, waits=None):
    """
    Fetch files after the user has seen their names and sizes; those that are there are left alone.

    Parameters
    ----------
    downloads : list of Download
        The files.
    folder : Path
        The folder in which all of them go, or which has their folders.
    agrees : callable
        A :class:`Consent`.
    token : str
        As for :func:`~scripts.fetch.download.open_session`.
    replaces : bool
        Whether files of another length than expected are replaced.
    waits : sequence of float, optional
        As for :func:`~scripts.fetch.download.fetch_file`.

    Returns
    -------
    complete : bool
        Whether all files are there; False if the user did not agree.

    Raises
    ------
    InputError
        If files are in the way, the disk is too full, or some could not be fetched: a line for
        each. The others are fetched all the same.
    """
    wanted = [download for download in downloads if not _is_there(download)]
    if not replaces and (in_the_way := [item for item in wanted if item.path.exists()]):
        raise InputError(*map(_in_the_way, in_the_way))
    total = sum(download.size or 0 for download in wanted)
    lines = [f"{size_text(item.size or 0):>9}  {item.path.name}" for item in wanted]
    if len(wanted) < len(downloads):
        lines.append(f"{len(downloads) - len(wanted)} of {len(downloads)} files are there already")
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
    sys.stdout.flush()
    if not wanted:
        return True
    _check_room(total, folder)
    if not agrees(f"Fetch {len(wanted)} files, {size_text(total)}, into {folder}?"):
        return False
    options = {} if waits is None else {"waits": waits}
    _fetch(wanted, token, options)
    return True


def _is_there(download):
    """Whether a file of the expected length has the name."""
    path = download.path
    return path.is_file() and download.size in (None, path.stat().st_size)


def _in_the_way(download):
    """Message about a file that is not the expected one."""
    found = f"{download.path.stat().st_size} bytes" if download.path.is_file() else "no file"
    return (
        f"{download.path}: size: found {found}, expected {download.size}: it is another version; "
        "move it away, or replace it with --replace"
    )


def _check_room(total, folder):
    """Refuse to fetch what does not fit on the disk."""
    free = free_bytes(folder, ".")
    if total > free:
        msg = f"{folder}: disk space: found {size_text(free)} free, expected {size_text(total)} for the files"
        raise InputError(msg)


def _fetch(wanted, token, options):
    """Fetch files one after the other; those that fail are reported at the end."""
    failures = []
    with open_session(token) as session:
        for number, download in enumerate(wanted, 1):
            log.info("%d of %d: %s", number, len(wanted), printable(download.path.name))
            try:
                fetch_file(session, download, **options)
            except InputError as error:
                failures += error.args
    if failures:
        raise InputError(*failures)
