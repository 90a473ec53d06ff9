"""The folder of the products: whether it can be written to, and earlier products in it."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from scripts.lib.findings import Finding

__all__ = ["KEPT_FOLDER", "existing_folder", "keep_earlier", "refusal", "settle_earlier"]

# Hidden, so that it is not one in which users keep their own files.
KEPT_FOLDER = ".earlier"
_PROBE_BYTES = 1 << 16


def refusal(folder):
    """
    Check by writing that a folder, or the one in which it would be made, accepts a small file.

    Parameters
    ----------
    folder : str or Path
        The folder; it need not exist.

    Returns
    -------
    problem : Finding or None
        An error that names the folder that refused, the reason and a remedy.
    """
    existing = existing_folder(folder)
    try:
        with NamedTemporaryFile(dir=existing, prefix=".room-", buffering=0) as probe:
            probe.write(bytes(_PROBE_BYTES))
            os.fsync(probe.fileno())
    except OSError as error:
        found = f"that no file can be written ({error.strerror})"
        expected = "the right to write and some room"
        return Finding(
            "error", str(existing.resolve()), key="folder", found=found, expected=expected
        )
    return None


def existing_folder(folder):
    """
    Go up to the first file or folder that exists.

    Parameters
    ----------
    folder : str or Path
        A folder that may not exist yet.

    Returns
    -------
    path : Path
        The folder, or its nearest ancestor that exists and may be accessed; absolute.
    """
    path = Path(folder).absolute()
    # Unlike Path.exists, os.path.exists returns False for what is in a locked folder.
    while not os.path.exists(path) and path != path.parent:
        path = path.parent
    return path


def keep_earlier(folder, names):
    """
    Give the products of earlier runs a second name, because Snakemake deletes files to be remade.

    Parameters
    ----------
    folder : str or Path
        Folder of the products. The second names are hard links in its folder
        ``.earlier`` and take no space; on file systems without hard links nothing
        is kept.
    names : iterable of str
        File names of products.
    """
    for name in names:
        product, kept = Path(folder, name), Path(folder, KEPT_FOLDER, name)
        if not product.is_file():
            continue
        new = _unfinished_path(kept)
        with suppress(OSError):
            _remove_link(kept.parent)
            kept.parent.mkdir(exist_ok=True)
            new.unlink(missing_ok=True)
            os.link(product, new)
            new.replace(kept)


def _remove_link(folder):
    """Remove a link in the place of a folder of files to be replaced: they would be those elsewhere."""
    if folder.is_symlink():
        folder.unlink()


def _unfinished_path(kept):
    """Path under which a second name is made."""
    return kept.with_name(f".{kept.name}.part")


def settle_earlier(folder, names):
    """
    Remove the second names of products that exist.

    Parameters
    ----------
    folder : str or Path
        Folder of the products.
    names : iterable of str
        File names of products.

    Returns
    -------
    kept : list of str
        Products that do not exist but whose earlier version is kept.
    """
    kept = []
    with suppress(OSError):
        _remove_link(Path(folder, KEPT_FOLDER))
    for name in names:
        earlier = Path(folder, KEPT_FOLDER, name)
        is_made = Path(folder, name).is_file()
        with suppress(OSError):
            _unfinished_path(earlier).unlink(missing_ok=True)
            if is_made:
                earlier.unlink(missing_ok=True)
        if not is_made and earlier.is_file():
            kept.append(name)
    with suppress(OSError):
        # It stays if it has products that other runs have kept.
        Path(folder, KEPT_FOLDER).rmdir()
    return kept
