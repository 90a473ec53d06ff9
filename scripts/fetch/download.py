"""
Download files over HTTP that appear under their name only when they are complete.

The transfer is done by ``requests``, which knows proxies, certificates and redirects. What is added
here is what a long transfer from an archive needs, and neither ``astroquery`` nor ``crds`` has:
going on after a cut, in this run or the next, and a check of the length and the checksum before the
file gets its name.
"""

import ipaddress
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scripts.fetch.part_file import open_part
from scripts.lib.errors import InputError, printable

__all__ = ["Download", "check_address", "fetch_file", "is_plain_name", "open_session"]

log = logging.getLogger(__name__)

# What a cut loses at most [bytes].
_CHUNK = 1 << 16
_TIMEOUT = (30, 120)
# Waits [s] after failures in a row; what brings new bytes starts them again.
_WAITS = (1, 4, 15, 60)
_LONGEST_WAIT = 120
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_REFUSED = {
    401: "the archive asks for a login: data that are not public need the variable MAST_API_TOKEN",
    403: "the archive refuses it: data that are not public need the variable MAST_API_TOKEN",
    404: "the archive has no such file",
    410: "the archive has no such file any more",
}
_PARTIAL, _OK, _BEYOND = 206, 200, 416
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,149}")
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Download:
    """
    A file to be fetched.

    Attributes
    ----------
    path : Path
        Where it goes.
    url : str
        Where it comes from.
    size : int or None
        Its length in bytes; None takes the one that the server announces.
    sha1 : str
        Its checksum in hexadecimal digits; empty if it is not known.
    """

    path: Path
    url: str
    size: int | None
    sha1: str = ""


class _TryAgainError(Exception):
    """A fault that may pass; its second argument is the wait that the server asks for, or None."""


def is_plain_name(name):
    """
    Return whether a text is a file name of an archive.

    Parameters
    ----------
    name : str
        Name from a server's answer.

    Returns
    -------
    plain : bool
        False for anything that leads to another folder, is hidden, or that a terminal would obey.

    Examples
    --------
    >>> is_plain_name("jw01366003001_04101_00001-seg001_nrs1_calints.fits")
    True
    >>> is_plain_name("../.bashrc")
    False
    """
    return bool(_NAME.fullmatch(name))


def check_address(url):
    """
    Refuse addresses that are not encrypted, unless they are of this machine.

    Parameters
    ----------
    url : str
        Address of a server or file.

    Raises
    ------
    InputError
        If it is neither ``https://`` nor ``http://`` with a loopback address.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and (host == "localhost" or _is_loopback(host)):
        return
    msg = f"{url}: address: found {parts.scheme or 'no protocol'}, expected https"
    raise InputError(msg)


def _is_loopback(host):
    """Whether a host is given as a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_session(token=""):
    """
    Open a session for downloads.

    Parameters
    ----------
    token : str
        Token of MAST for data that are not public; it is not sent to other hosts that the server
        redirects to.

    Returns
    -------
    session : requests.Session
        A context manager.
    """
    import requests

    session = requests.Session()
    # A compressed transfer could not be continued, and its length says nothing.
    session.headers["Accept-Encoding"] = "identity"
    if token:
        session.headers["Authorization"] = f"token {token}"
    return session


def fetch_file(session, wanted, waits=_WAITS):
    """
    Fetch one file, from where an earlier attempt stopped.

    Parameters
    ----------
    session : requests.Session
        As of :func:`open_session`.
    wanted : Download
        The file. One of this name is replaced.
    waits : sequence of float
        Seconds to wait after the first, second, ... fault in a row that may pass.

    Raises
    ------
    InputError
        If the server does not have it, has another one (length or checksum), sends it from an
        address that is not encrypted, or faults go on. What has arrived stays for the next run,
        unless it is wrong.
    """
    check_address(wanted.url)
    with open_part(wanted.path) as part:
        faults, most = 0, part.length
        while True:
            try:
                _attempt(session, wanted, part)
                break
            except _TryAgainError as error:
                fault, asked = error.args
                faults, most = 1 if part.length > most else faults + 1, max(part.length, most)
                if faults > len(waits):
                    msg = f"{wanted.path.name}: found {fault}, expected the file; {_kept(part)}"
                    raise InputError(msg) from error
                wait = min(max(asked or 0, waits[faults - 1]), _LONGEST_WAIT)
                log.info("%s: %s, again in %.3g s", wanted.path.name, printable(fault), wait)
                time.sleep(wait)
        _check_content(wanted, part)
        part.finish()


def _kept(part):
    """What the user can do after faults that went on."""
    if part.length and part.version:
        return f"{part.length} bytes of it are kept: the same command goes on from there"
    return "try again later"


def _attempt(session, wanted, part):
    """Get the rest of a file, all of it if there is no beginning; see :func:`fetch_file`."""
    import requests

    start = part.length
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        with session.get(wanted.url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            for answer in (*response.history, response):
                check_address(answer.url)
            size = _begin(response, wanted, part)
            for chunk in response.iter_content(_CHUNK):
                part.append(chunk)
                if part.length > size:
                    part.discard()
                    msg = f"{wanted.path.name}: size: found more than {size} bytes, expected {size}"
                    raise InputError(msg)
    except (ValueError, requests.TooManyRedirects) as error:
        # An address that no request can be made of.
        msg = f"{wanted.path.name}: address: found {error}, expected a file"
        raise InputError(msg) from error
    except requests.RequestException as error:
        raise _TryAgainError(_fault(error), None) from error
    if part.length < size:
        msg = f"the transfer cut after {part.length} of {size} bytes"
        raise _TryAgainError(msg, None)


def _fault(error):
    """Short text about a fault of the transfer."""
    import requests

    kinds = {
        requests.exceptions.SSLError: "a certificate that is not valid",
        requests.Timeout: "no answer in time",
        requests.exceptions.ChunkedEncodingError: "the transfer cut",
        requests.ConnectionError: "no connection",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), str(error))


def _begin(response, wanted, part):
    """Look at the head of an answer, and make the part ready for its content; the file's length."""
    status = response.status_code
    if status in _TEMPORARY:
        raise _TryAgainError(f"status {status} of the server", _asked_wait(response))
    if status == _BEYOND and part.length:
        part.discard()
        raise _TryAgainError("another version of the file", None)
    if status not in (_OK, _PARTIAL):
        reason = _REFUSED.get(status, "the archive does not send it")
        msg = (
            f"{wanted.path.name}: found status {status} of the server, expected the file: {reason}"
        )
        raise InputError(msg)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        msg = f"{wanted.path.name}: found a compressed transfer, expected the file as it is"
        raise InputError(msg)
    if status == _PARTIAL:
        return _continue(response, wanted, part)
    total = _length(response)
    size = _checked_size(total, wanted)
    part.start(_version(response, total))
    return size


def _continue(response, wanted, part):
    """Make sure that an answer goes on where the part ends, in the same version; the file's length."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    total = int(found[2]) if found else None
    same = not part.version or part.is_of(_version(response, total))
    if not found or int(found[1]) != part.length or not same:
        part.discard()
        raise _TryAgainError("another version of the file", None)
    return _checked_size(total, wanted)


def _checked_size(total, wanted):
    """Length of a file, from the server's announcement or as expected; refused if they differ."""
    if total is None and wanted.size is None:
        msg = f"{wanted.path.name}: size: found none, expected the server to announce one"
        raise InputError(msg)
    if total is not None and wanted.size is not None and total != wanted.size:
        msg = f"{wanted.path.name}: size: found {total} bytes at the server, expected {wanted.size}"
        raise InputError(msg)
    return wanted.size if total is None else total


def _length(response):
    """Length that an answer announces, or None."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdecimal() else None


def _version(response, total):
    """Text that identifies the version of a file at the server; empty if the server gives none."""
    tag, time_changed = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    mark = "" if tag.startswith("W/") else tag
    return f"{mark or time_changed} {total}" if mark or time_changed else ""


def _asked_wait(response):
    """Seconds that the server asks to wait, or None."""
    text = response.headers.get("Retry-After", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _check_content(wanted, part):
    """Compare the checksum of a complete part with the one that is known."""
    if not wanted.sha1:
        return
    found = part.sha1()
    if found != wanted.sha1:
        part.discard()
        msg = f"{wanted.path.name}: sha1: found {found}, expected {wanted.sha1}"
        raise InputError(msg)
