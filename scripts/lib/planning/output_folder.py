"""The folder of the products: whether it can be written to, and what a run would replace."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from scripts.lib.findings import Finding

# A hidden folder, so that it is none in which users keep files of their own.
KEPT = ".earlier"
_PROBE_BYTES = 1 << 16


def refusal(folder):
    """
    Find out by writing whether a folder, or the one it would be made in, takes a small file.

    Parameters
    ----------
    folder : str or Path
        The folder; it need not exist.

    Returns
    -------
    problem : Finding or None
        An error that names the folder that refused, the reason and a remedy.
    """
    place = existing_folder(folder)
    try:
        with NamedTemporaryFile(dir=place, prefix=".room-", buffering=0) as probe:
            probe.write(bytes(_PROBE_BYTES))
            os.fsync(probe.fileno())
    except OSError as error:
        found = f"that no file can be written ({error.strerror})"
        expected = "the right to write and some room"
        return Finding("error", str(place.resolve()), key="folder", found=found, expected=expected)
    return None


def existing_folder(folder):
    """
    Go up to the first file or folder that is there.

    Parameters
    ----------
    folder : str or Path
        A folder that may not exist yet.

    Returns
    -------
    path : Path
        It, or its nearest ancestor that exists and may be looked at; absolute.
    """
    path = Path(folder).absolute()
    # Unlike Path.exists, os.path.exists takes what is in a locked folder for missing.
    while not os.path.exists(path) and path != path.parent:
        path = path.parent
    return path


def keep_earlier(folder, names):
    """
    Give the products of earlier runs a second name, as Snakemake deletes what it makes again.

    Parameters
    ----------
    folder : str or Path
        Folder of the products. The second names are hard links in its folder
        ``.earlier`` and take no room; file systems without them do without.
    names : iterable of str
        File names of products.
    """
    for name in names:
        product, kept = Path(folder, name), Path(folder, KEPT, name)
        if not product.is_file():
            continue
        new = _unfinished(kept)
        with suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            new.unlink(missing_ok=True)
            os.link(product, new)
            new.replace(kept)


def _unfinished(kept):
    """Name under which a second name is made."""
    return kept.with_name(f".{kept.name}.part")


def settle_earlier(folder, names):
    """
    Drop the second names of products that are there.

    Parameters
    ----------
    folder : str or Path
        Folder of the products.
    names : iterable of str
        File names of products.

    Returns
    -------
    kept : list of str
        Products that are not there but whose earlier version is kept.
    """
    kept = []
    for name in names:
        earlier = Path(folder, KEPT, name)
        is_made = Path(folder, name).is_file()
        with suppress(OSError):
            _unfinished(earlier).unlink(missing_ok=True)
            if is_made:
                earlier.unlink(missing_ok=True)
        if not is_made and earlier.is_file():
            kept.append(name)
    with suppress(OSError):
        # Products that other runs have kept may still be in it.
        Path(folder, KEPT).rmdir()
    return kept
