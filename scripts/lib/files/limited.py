"""Read small files that are not trusted: never a pipe or a device, never more than a limit."""

import errno
import os
import stat

__all__ = ["read_limited"]


def read_limited(path, most):
    """
    Read a regular file of limited length.

    Parameters
    ----------
    path : str or Path
        The file; links are followed.
    most : int
        Largest length that is read [bytes].

    Returns
    -------
    content : bytes
        The file.

    Raises
    ------
    OSError
        If the file cannot be read, is no regular file or is longer; ``strerror`` gives the reason.
    """
    # Opening a named pipe would otherwise wait for a writer.
    with open(path, "rb", buffering=0, opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        pieces, length = [], 0
        while piece := file.read(most + 1 - length):
            pieces.append(piece)
            length += len(piece)
            if length > most:
                raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return b"".join(pieces)


def _open_at_once(name, flags):
    """Open a file without waiting; its descriptor."""
    return os.open(name, flags | os.O_NONBLOCK)
