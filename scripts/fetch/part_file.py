"""Part of a file that is being fetched, kept from one run to the next to go on where it stopped."""

import errno
import hashlib
import os
import stat
from contextlib import contextmanager, suppress

from scripts.lib.errors import InputError
from scripts.lib.files.atomic import is_at, lock_file

__all__ = ["Part", "open_part"]

_HELD = "another process is fetching it; wait for its end, then run again"


class Part:
    """
    Beginning of a file, in ``.<name>.part`` next to it, and what is known of its version.

    The version is in ``.<name>.version``: bytes of two versions of a file must not be put together.

    Parameters
    ----------
    path : Path
        The finished file.
    file : file object
        The part, open for reading and writing.

    Attributes
    ----------
    version : str
        Checksum of what identifies the version; empty if nothing does.
    """

    def __init__(self, path, file):
        self._path, self._file = path, file
        self._marker = path.with_name(f".{path.name}.version")
        self.version = self._read_version()
        if not self.version:
            self.discard()

    @property
    def length(self):
        """Bytes that the part has."""
        return os.fstat(self._file.fileno()).st_size

    def start(self, version):
        """
        Empty the part, for a version of the file.

        Parameters
        ----------
        version : str
            Identifies the version at the server; empty if it cannot be identified, and the part
            must not be used by a later run.
        """
        self.discard()
        self.version = version
        if version:
            descriptor = os.open(self._marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with open(descriptor, "w", encoding="utf-8") as marker:
                marker.write(_digest(version))
            self.version = _digest(version)

    def is_of(self, version):
        """Return whether the part is of this version, as of :meth:`start`."""
        return bool(version) and self.version == _digest(version)

    def discard(self):
        """Empty the part."""
        self._file.seek(0)
        self._file.truncate()
        self._marker.unlink(missing_ok=True)
        self.version = ""

    def append(self, data):
        """Add bytes to the end."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(data)

    def sha1(self):
        """Checksum of the part, in hexadecimal digits."""
        self._file.seek(0)
        empty = hashlib.sha1(usedforsecurity=False)
        return hashlib.file_digest(self._file, lambda: empty).hexdigest()

    def finish(self):
        """
        Sync the part to disk and give it the name of the file.

        Raises
        ------
        InputError
            If another file has taken its place.
        """
        part = _part_path(self._path)
        os.fsync(self._file.fileno())
        if not is_at(part, self._file.fileno()):
            msg = f"{self._path}: cannot be written: {part.name} was replaced while it was written; run again"
            raise InputError(msg)
        os.replace(part, self._path)
        self._marker.unlink(missing_ok=True)

    def _read_version(self):
        """Version that an earlier run has noted, empty without a note of the expected form."""
        with suppress(OSError, ValueError):
            descriptor = os.open(self._marker, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb") as marker:
                return marker.read(64).decode("ascii")
        return ""


def _digest(version):
    """Text of fixed length for a version."""
    return hashlib.sha256(version.encode()).hexdigest()


def _part_path(path):
    """Path of the part of a file."""
    return path.with_name(f".{path.name}.part")


@contextmanager
def open_part(path):
    """
    Open the part of a file, that of an earlier run if there is one.

    Parameters
    ----------
    path : Path
        The finished file; its folder is made when missing.

    Yields
    ------
    part : Part
        It stays when the ``with`` block is left, unless it is empty or was finished.

    Raises
    ------
    InputError
        If another process is fetching the file, or the system refuses to write it.
    """
    part = _part_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(_locked(part, path), "r+b", buffering=0) as file:
            try:
                yield Part(path, file)
            finally:
                if os.fstat(file.fileno()).st_size == 0:
                    part.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror or error}; remove the cause, then run again"
        raise InputError(msg) from error


def _descriptor(part):
    """Open a part; what is no regular file of this name alone, such as a link, is removed first."""
    for _ in range(2):
        try:
            found = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                raise
        else:
            status = os.fstat(found)
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                return found
            os.close(found)
        part.unlink(missing_ok=True)
    raise OSError(errno.EMLINK, os.strerror(errno.EMLINK), str(part))


def _locked(part, path):
    """Open and lock a part, and return its descriptor."""
    while True:
        found = _descriptor(part)
        try:
            lock_file(found, path, _HELD)
            if is_at(part, found):
                return found
        except BaseException:
            os.close(found)
            raise
        os.close(found)
