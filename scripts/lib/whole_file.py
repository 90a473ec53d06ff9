"""Files that appear under their name only when they are complete."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path):
    """
    Have a file written beside its place, and put it there when it is complete.

    Parameters
    ----------
    path : str or Path
        Final name of the file; its folder is made when missing.

    Yields
    ------
    part : Path
        ``.<name>.part`` in the same folder, to write to. Leaving the ``with``
        block cleanly syncs it to disk and renames it, an exception removes it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
