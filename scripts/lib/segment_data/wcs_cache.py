"""
Results of evaluations that several jobs need, kept in a folder for all of them.

A result is found by all that it follows from: the content that was evaluated, the code and the
versions of the packages that did it. So it is the same whether it is found or computed anew, and
the folder may be removed at any time. Results are read by the user alone who wrote them, as a
pickle of somebody else's could do anything.
"""

import hashlib
import os
import pickle
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts.lib.provenance.source_digest import source_digest

# Its name beside the files of the jobs.
FOLDER = ".evaluations"
_PACKAGES = ("asdf", "asdf-astropy", "astropy", "gwcs", "numpy", "scipy", "stdatamodels")
_ROOT = Path(__file__).resolve().parents[3]


class Evaluations:
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
    def are_kept(self):
        """Whether results are looked for and kept."""
        return self._folder is not None

    def recall(self, function, digest, arguments, compute):
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
        compute : callable
            Computes it, called without arguments.

        Returns
        -------
        result : object
            The result. None is not kept, so that each job logs why there is nothing better.
        """
        if not self.are_kept or digest is None:
            return compute()
        code = [_code(module) for module in (function.__module__, compute.__module__)]
        origin = (function.__qualname__, digest, arguments, code, _versions())
        path = self._folder / hashlib.sha256(repr(origin).encode()).hexdigest()
        # What cannot be read is computed anew; damaged pickles raise whatever they stumble over.
        with suppress(Exception):
            if path.stat().st_uid == os.getuid():
                return pickle.loads(path.read_bytes())
        result = compute()
        if result is not None:
            # Without room for it, other jobs compute it, too.
            with suppress(OSError):
                _keep(path, result)
        return result


def _keep(path, result):
    """Write a result whole or not at all; several jobs may do it at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        try:
            pickle.dump(result, part)
            part.close()
            os.replace(part.name, path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def forget(folder):
    """
    Remove all results that are kept.

    Parameters
    ----------
    folder : Path
        Where they are kept, if anywhere.
    """
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
