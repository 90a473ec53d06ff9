"""
Cache of evaluations of world coordinates, in a folder that the jobs of a run share.

The name of a result is a digest of all that determines it: the content that was evaluated, the code
and the versions of the packages that evaluated it. So a result is the same whether it is found or
computed, and the folder may be removed at any time. Results are plain numbers and arrays. Files in
the folder are not trusted: anything but a result of the expected form is computed again. A job that
needs what another one computes at the moment waits for it.

The workflow clears the folder, so numpy is imported only inside the functions that use it.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts.lib.provenance.source_digest import source_digest, source_path

__all__ = ["FOLDER", "Floats", "ResultCache", "clear"]

# Name of the folder, next to the files of the jobs.
FOLDER = ".evaluations"
_PACKAGES = ("asdf", "asdf-astropy", "astropy", "gwcs", "numpy", "scipy", "stdatamodels")
_ROOT = Path(__file__).resolve().parents[3]
_SCALARS = {float: "float64", int: "int64"}
# Seconds between looks whether another job has computed a result, and their number: a minute together.
_INTERVAL, _LOOKS = 0.05, 1200
# Ending of the files that are locked; they stay until the folder is cleared.
_LOCK = ".lock"


@dataclass(frozen=True)
class Floats:
    """
    Form of a result that is an array of float64.

    Attributes
    ----------
    shape : tuple of int
        Shape of the array.
    """

    shape: tuple


class ResultCache:
    """
    Cache of the results of slow functions.

    Parameters
    ----------
    folder : Path, optional
        Folder for results; it is made when the first result is computed. Without it nothing is kept.
    """

    def __init__(self, folder=None):
        self._folder = folder

    @property
    def is_enabled(self):
        """Whether results are looked up and kept."""
        return self._folder is not None

    def lookup(self, function, digest, arguments, form, compute):
        """
        Look a result up, or compute and keep it.

        Parameters
        ----------
        function : callable
            Function whose result it is; identifies the result.
        digest : str or None
            Digest of the content that the function evaluates; None if it has none.
        arguments : tuple
            Other arguments of the function: numbers, or tuples of numbers.
        form : type, Floats or tuple
            Form of the result: ``float``, ``int``, an array of `Floats`, or a tuple of forms.
        compute : callable
            Computes the result, called without arguments.

        Returns
        -------
        result : object
            The result. None is not kept, so that each job logs its reason;
            neither is a result of another form.
        """
        if not self.is_enabled or digest is None:
            return compute()
        code = [_code(module) for module in (function.__module__, compute.__module__)]
        origin = (function.__qualname__, digest, arguments, code, _versions())
        name = hashlib.sha256(repr(origin).encode()).hexdigest()
        # numpy and zipfile raise many things when they read damaged files.
        with suppress(Exception):
            return _read(self._folder, name, form)
        claim = None
        # Where there are no locks, several jobs compute the same.
        with suppress(OSError):
            claim = _claim(self._folder, name)
        try:
            with suppress(Exception):
                return _read(self._folder, name, form)
            return self._computed(name, form, compute)
        finally:
            if claim is not None:
                os.close(claim)

    def _computed(self, name, form, compute):
        """Compute a result and keep it."""
        result = compute()
        try:
            arrays = list(_leaves(result, form))
        except (TypeError, OverflowError):
            return result
        # If it cannot be written, other jobs compute it as well.
        with suppress(OSError):
            _write(self._folder, name, arrays)
        return result


def _leaves(result, form):
    """Arrays of a result, in order; TypeError for another form, OverflowError for huge integers."""
    import numpy as np

    if isinstance(form, tuple) and isinstance(result, tuple) and len(result) == len(form):
        for part, part_form in zip(result, form, strict=True):
            yield from _leaves(part, part_form)
        return
    if isinstance(form, Floats):
        fits = isinstance(result, np.ndarray) and _is_like(result, "float64", form.shape)
    else:
        fits = type(result) is form
    if not fits:
        msg = f"a result is {type(result)}, not {form}"
        raise TypeError(msg)
    yield np.asarray(result, _SCALARS.get(form))


def _is_like(array, dtype, shape):
    """Whether an array has a type and a shape."""
    return array.dtype == dtype and array.shape == tuple(shape)


def _rebuild(arrays, form):
    """Rebuild a result from an iterator of its arrays; TypeError if they have another form."""
    if isinstance(form, tuple):
        return tuple(_rebuild(arrays, part) for part in form)
    array, is_array = next(arrays), isinstance(form, Floats)
    dtype, shape = ("float64", form.shape) if is_array else (_SCALARS[form], ())
    if not _is_like(array, dtype, shape):
        msg = f"found {array.dtype} {array.shape}, not {form}"
        raise TypeError(msg)
    return array if is_array else array.item()


@contextmanager
def _open_folder(folder):
    """Open a folder that belongs to this user and is no link; its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.getuid():
            msg = f"{folder}: the folder of another user"
            raise PermissionError(msg)
        yield descriptor
    finally:
        os.close(descriptor)


def _read(folder, name, form):
    """Read a result; any exception if it is not one that this user wrote."""
    import numpy as np

    # Opening a named pipe would otherwise wait for a writer.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with (
        _open_folder(folder) as parent,
        os.fdopen(os.open(name, flags, dir_fd=parent), "rb") as file,
    ):
        _check_own_file(file.fileno(), name)
        with np.load(file, allow_pickle=False) as arrays:
            ordered = [arrays[f"arr_{k}"] for k in range(len(arrays.files))]
    remaining = iter(ordered)
    result = _rebuild(remaining, form)
    if next(remaining, None) is not None:
        msg = f"{name}: more arrays than expected"
        raise TypeError(msg)
    return result


def _claim(folder, name):
    """Lock the name of a result; a descriptor, or None once another job that had it is done, or after a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with _open_folder(folder) as parent:
        descriptor = os.open(f"{name}{_LOCK}", flags, 0o600, dir_fd=parent)
    is_claimed = False
    try:
        _check_own_file(descriptor, name)
        for look in range(_LOOKS):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Who has waited for nothing must not keep others waiting.
                is_claimed = look == 0
                break
            time.sleep(_INTERVAL)
    finally:
        if not is_claimed:
            os.close(descriptor)
    return descriptor if is_claimed else None


def _check_own_file(descriptor, name):
    """Raise PermissionError unless an open file is a regular one of this user."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
        msg = f"{name}: not a regular file of this user"
        raise PermissionError(msg)


def _write(folder, name, arrays):
    """Write a result whole or not at all; several jobs may write it at the same time."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    part = f"{name}.{secrets.token_hex(8)}"
    with _open_folder(folder) as parent:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(file, *arrays)
            os.replace(part, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            # It is gone if it has just got its name, or the folder was cleared.
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=parent)
            raise


def clear(folder):
    """
    Remove all results that are kept.

    Parameters
    ----------
    folder : Path
        Folder of the results, which may be missing. Only the link is removed if it is one.
    """
    if folder.is_symlink():
        with suppress(OSError):
            folder.unlink()
        return
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _code(module):
    """Digest of a module of the workflow and of those that it imports."""
    own = _source(source_path(module))
    return source_digest(module, _source) + hashlib.sha256(own.encode()).hexdigest()


def _source(path):
    """Text of a file of the workflow."""
    return (_ROOT / path).read_text(encoding="utf-8")


@cache
def _versions():
    """Versions of the installed packages that evaluate world coordinates."""
    found = []
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append((name, version(name)))
    return found
