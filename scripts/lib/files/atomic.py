"""Write files that appear under their name only when they are complete."""

import errno
import fcntl
import os
import stat
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.lib.errors import InputError

__all__ = ["atomic_file", "is_at", "lock_file", "open_part", "write_arrays", "write_text"]

_NO_ROOM = "make room there, or set another output_dir"
_NO_RIGHT = "make the folder writable, or set another output_dir"
_REMEDIES = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: "raise the limit of the size of files (ulimit -f)",
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
    errno.EIO: "check the disk",
}
_SYNC_SECONDS = 0.2
_HELD = "another run is writing it; wait for its end or set another output_dir, then run again"


@contextmanager
def atomic_file(path):
    """
    Write a file under a temporary name, and rename it when it is complete.

    Parameters
    ----------
    path : str or Path
        Final name of the file; its folder is made when missing.

    Yields
    ------
    part : Path
        ``.<name>.part`` in the same folder, empty, to write to; it is locked,
        so that no other process can write it. Leaving the ``with`` block
        cleanly syncs it to disk and renames it, an exception removes it. It is
        always a new file: what a killed process left there, and links that lead
        elsewhere, are removed first.

    Raises
    ------
    InputError
        If the operating system refuses to write the file, or another process
        is writing it. An earlier file of this name stays unchanged.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    with _explain_refusals(path, part):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path, part)
        try:
            with _sync_meanwhile(lock):
                yield part
            os.fsync(lock)
            if not is_at(part, lock):
                msg = f"{path}: cannot be written: {part.name} was replaced while it was written; run again"
                raise InputError(msg)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        finally:
            os.close(lock)
        _sync_folder(path.parent)


@contextmanager
def _sync_meanwhile(descriptor):
    """Sync a file to disk while it is being written, so that the last sync is short."""
    ended, refusals = threading.Event(), []

    def sync():
        try:
            while not ended.wait(_SYNC_SECONDS):
                os.fdatasync(descriptor)
        except OSError as error:
            # The system reports a failed write only once: the last sync would succeed.
            refusals.append(error)

    thread = threading.Thread(target=sync, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if refusals:
        raise refusals[0]


@contextmanager
def _explain_refusals(path, part):
    """Turn the system's refusal to write a file into a message that says what to do."""
    try:
        yield
    except OSError as error:
        # An error that names another file comes from reading that file.
        own = (part, path, *path.parents)
        if error.filename is not None and Path(error.filename) not in own:
            raise
        reason = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno, "remove the cause")
        msg = f"{path}: cannot be written: {reason}; {remedy}, then run again"
        raise InputError(msg) from error


def open_part(part, mode, **options):
    """
    Open the part of a file to be written; unlike Python's ``open``, through no link.

    Parameters
    ----------
    part : Path
        What :func:`atomic_file` yields.
    mode : str
        Mode, as of ``open``.
    **options
        Further arguments of ``open``.

    Returns
    -------
    file : file object
        The file, empty or as it was written before.

    Raises
    ------
    OSError
        If a link has taken the place of the part.
    """
    return open(part, mode, opener=_open_without_links, **options)


def _open_without_links(name, flags):
    """Open an existing file that has this name alone; its descriptor."""
    descriptor = os.open(name, flags & ~(os.O_CREAT | os.O_TRUNC) | os.O_NOFOLLOW)
    if os.fstat(descriptor).st_nlink != 1:
        os.close(descriptor)
        raise OSError(errno.EMLINK, os.strerror(errno.EMLINK), name)
    return descriptor


def _lock(path, part):
    """Make and lock the part, and return its descriptor. A killed process leaves no lock behind."""
    while True:
        _remove_earlier(path, part)
        try:
            lock = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        except FileExistsError:
            # Another process was faster: its lock decides.
            continue
        try:
            lock_file(lock, path, _HELD)
            if is_at(part, lock):
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _remove_earlier(path, part):
    """Remove what is in the place of the part, unless another process is writing it."""
    try:
        found = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        part.unlink(missing_ok=True)
        return
    try:
        status = os.fstat(found)
        # A second name leads to a file elsewhere, whose locks mean nothing here.
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            lock_file(found, path, _HELD)
        # Before the lock was free, its holder may have renamed the part to the finished file.
        if is_at(part, found):
            part.unlink(missing_ok=True)
    finally:
        os.close(found)


def is_at(part, descriptor):
    """
    Return whether an open file is the one of a name.

    Parameters
    ----------
    part : Path
        The name.
    descriptor : int
        Of the open file.

    Returns
    -------
    there : bool
        False if the name is that of another file, or of none.
    """
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(part))
    except FileNotFoundError:
        return False


def lock_file(lock, path, held):
    """
    Take the lock of a file that is to be written; go on without one if the file system has none.

    Before the lock was free, its holder may have renamed the file: see :func:`is_at`.

    Parameters
    ----------
    lock : int or file object
        The open file.
    path : Path
        What it is to become, for the message.
    held : str
        What another process does that has the lock, and the cure.

    Raises
    ------
    InputError
        If another process has it.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        msg = f"{path}: cannot be written: {held}"
        raise InputError(msg) from error
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise


def _sync_folder(folder):
    """Sync a new name in a folder to disk, if the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_arrays(path, arrays):
    """
    Write named arrays, whole or not at all.

    Parameters
    ----------
    path : Path
        File of numpy's format ``.npz``.
    arrays : dict of str to ndarray
        The arrays; no object arrays.

    Raises
    ------
    InputError
        As :func:`atomic_file`.
    """
    # Its import takes 0.1 s, most of the time of a job that writes only text.
    import numpy as np

    with atomic_file(path) as part, open_part(part, "wb") as file:
        np.savez(file, **arrays)


def write_text(path, text):
    """
    Write a text file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        Content, written in UTF-8.

    Raises
    ------
    InputError
        As :func:`atomic_file`.
    """
    with atomic_file(path) as part, open_part(part, "w", encoding="utf-8") as file:
        file.write(text)
