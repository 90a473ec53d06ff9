"""
Results of evaluations that several jobs need, kept in a folder for all of them.

A result is found by all that it follows from: the content that was evaluated, the code and the
versions of the packages that did it. So it is the same whether it is found or computed, and the
folder may be removed at any time. Results are plain numbers and arrays. What lies in the folder is
data that anybody may have put there: whatever is not exactly what is expected is computed again.

The rules clear the folder: numpy is imported only where it is used, for their sake.
"""

import hashlib
import os
import secrets
import shutil
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts.lib.provenance.source_digest import source_digest

# Its name next to the files of the jobs.
FOLDER = ".evaluations"
_PACKAGES = ("asdf", "asdf-astropy", "astropy", "gwcs", "numpy", "scipy", "stdatamodels")
_ROOT = Path(__file__).resolve().parents[3]
_SCALARS = {float: "float64", int: "int64"}


@dataclass(frozen=True)
class Floats:
    """
    Form of a result that is an array of float64.

    Attributes
    ----------
    shape : tuple of int
        Its shape.
    """

    shape: tuple


class ResultCache:
    """
    Results of functions that are slow to compute.

    Parameters
    ----------
    folder : Path, optional
        Where results are kept; it is made when there is one. Nothing is kept if not given.
    """

    def __init__(self, folder=None):
        self._folder = folder

    @property
    def is_enabled(self):
        """Whether results are looked up and kept."""
        return self._folder is not None

    def lookup(self, function, digest, arguments, form, compute):
        """
        Find a result, or compute and keep it.

        Parameters
        ----------
        function : callable
            What the result is of.
        digest : str or None
            Digest of the content that it follows from; None if that is not known.
        arguments : tuple
            Further numbers that it follows from.
        form : type, Floats or tuple
            What the result is: ``float``, ``int``, an array of `Floats`, or a tuple of forms.
        compute : callable
            Computes it, called without arguments.

        Returns
        -------
        result : object
            The result. None is not kept, so that each job logs why there is nothing better;
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
        result = compute()
        try:
            arrays = list(_leaves(result, form))
        except TypeError:
            return result
        # Without room for it, other jobs compute it, too.
        with suppress(OSError):
            _write(self._folder, name, arrays)
        return result


def _leaves(result, form):
    """Arrays of which a result consists; TypeError if it has another form."""
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
    """Result from an iterator of its arrays; TypeError if they have another form."""
    if isinstance(form, tuple):
        return tuple(_rebuild(arrays, part) for part in form)
    array, is_array = next(arrays), isinstance(form, Floats)
    dtype, shape = ("float64", form.shape) if is_array else (_SCALARS[form], ())
    if not _is_like(array, dtype, shape):
        msg = f"found {array.dtype} {array.shape}, not {form}"
        raise TypeError(msg)
    return array if is_array else array.item()


@contextmanager
def _opened(folder):
    """Descriptor of a folder that is this user's and no link."""
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

    # A named pipe, which waits for a writer otherwise, is opened at once.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with (
        _opened(folder) as parent,
        os.fdopen(os.open(name, flags, dir_fd=parent), "rb") as file,
    ):
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            msg = f"{name}: not a regular file of this user"
            raise PermissionError(msg)
        with np.load(file, allow_pickle=False) as arrays:
            ordered = [arrays[f"arr_{k}"] for k in range(len(arrays.files))]
    remaining = iter(ordered)
    result = _rebuild(remaining, form)
    if next(remaining, None) is not None:
        msg = f"{name}: more arrays than expected"
        raise TypeError(msg)
    return result


def _write(folder, name, arrays):
    """Write a result whole or not at all; several jobs may do it at a time."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    part = f"{name}.{secrets.token_hex(8)}"
    with _opened(folder) as parent:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(file, *arrays)
            os.replace(part, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            os.unlink(part, dir_fd=parent)
            raise


def clear(folder):
    """
    Remove all results that are kept.

    Parameters
    ----------
    folder : Path
        Where they are kept, if anywhere. Of a symbolic link, the link alone is removed.
    """
    if folder.is_symlink():
        with suppress(OSError):
            folder.unlink()
        return
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _code(module):
    """Digest of a module of the workflow and of those that it imports."""
    own = _source(f"{module.replace('.', '/')}.py")
    return source_digest(module, _source) + hashlib.sha256(own.encode()).hexdigest()


def _source(path):
    """Text of a file of the workflow."""
    return (_ROOT / path).read_text(encoding="utf-8")


@cache
def _versions():
    """Versions of the packages that evaluate."""
    found = []
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append((name, version(name)))
    return found
