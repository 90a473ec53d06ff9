"""Records in products of the reference and parameter files that they were made with."""

import hashlib
from pathlib import Path

from scripts.lib.fits.cards import set_card

__all__ = [
    "add_records",
    "checksum",
    "crds_context",
    "crds_keywords",
    "history_lines",
    "record_references",
    "recorded_texts",
    "reference_name",
    "reference_texts",
]

# Text at the start of a record's cards, and room after it in a card of 80 characters.
_FIRST, _NEXT = "HISTORY reference ", "HISTORY reference+"
_LENGTH = 80 - len(_FIRST)


def reference_name(kind, path, names):
    """
    Name under which products record a reference.

    Parameters
    ----------
    kind : str
        Kind of reference.
    path : str or None
        The file; empty if no file is used.
    names : dict of str to str
        Names of some kinds: ``crds://`` and the name, a default, ``N/A``.

    Returns
    -------
    name : str
        The name in ``names``, else that of the file, else ``N/A``.
    """
    return names.get(kind) or (Path(path).name if path else "N/A")


def checksum(path):
    """
    SHA-1 checksum of a file, the kind that CRDS uses.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    digest : str
        Hexadecimal digits.
    """
    with open(path, "rb") as file:
        sha1 = hashlib.sha1(usedforsecurity=False)
        return hashlib.file_digest(file, lambda: sha1).hexdigest()


def record_references(cards, job, paths):
    """
    Record references and parameter files in the HISTORY of a header, and the CRDS context.

    Parameters
    ----------
    cards : list of str
        Cards of the primary header; changed in place.
    job : object
        The job: its ``params`` have ``reference_names`` and
        ``parameter_files``, its ``config`` the context.
    paths : dict of str to str
        File of each kind of reference; empty if no file is used.
    """
    texts = reference_texts(job, paths)
    add_records(cards, texts)
    for keyword, (value, comment) in crds_keywords(crds_context(job), texts).items():
        set_card(cards, keyword, value, comment)


def crds_context(job):
    """
    CRDS context in use.

    It is taken from the configuration, not from the parameters: a job must run again when its files
    change, not when only the context does.

    Parameters
    ----------
    job : object
        The job: its ``config`` has the context.

    Returns
    -------
    context : str or None
        The context.
    """
    return job.config["crds_context"]


def reference_texts(job, paths):
    """
    Records of the files that a job works with.

    Parameters
    ----------
    job, paths
        As for :func:`record_references`.

    Returns
    -------
    texts : list of str
        Kind, name and checksum of each file.
    """
    names = job.params.reference_names
    texts = [
        f"{kind} {reference_name(kind, path, names)} sha1 {checksum(path)}"
        for kind, path in paths.items()
        if path
    ]
    return [*texts, *job.params.parameter_files]


def add_records(cards, texts):
    """
    Add records to the HISTORY of a header.

    Parameters
    ----------
    cards : list of str
        Cards of the primary header; changed in place.
    texts : list of str
        The records.
    """
    for line in history_lines(texts):
        set_card(cards, "HISTORY", line)


def history_lines(texts):
    """
    Lines of HISTORY cards for records.

    Parameters
    ----------
    texts : list of str
        The records; characters that are not ASCII become ``?``.

    Returns
    -------
    lines : list of str
        Lines of at most 72 characters, from which :func:`recorded_texts` restores the records.
    """
    lines = []
    for text in texts:
        rest, start = text.encode("ascii", "replace").decode(), _FIRST
        while rest:
            blank = rest.rfind(" ", 0, _LENGTH) + 1
            end = blank if blank and len(rest) > _LENGTH else _LENGTH
            lines.append(start.removeprefix("HISTORY ") + rest[:end])
            rest, start = rest[end:], _NEXT
    return lines


def recorded_texts(headers):
    """
    Collect the records of the segments of a product.

    Parameters
    ----------
    headers : list of list of str
        Cards of the primary header of each segment.

    Returns
    -------
    texts : list of str
        Each record once, in the order of their first cards.
    """
    texts = []
    for cards in headers:
        for card in cards:
            if card.startswith(_FIRST):
                texts.append(card[len(_FIRST) :])
            elif card.startswith(_NEXT):
                texts[-1] += card[len(_NEXT) :]
    return list(dict.fromkeys(" ".join(text.split()) for text in texts))


def crds_keywords(context, texts):
    """
    Keywords of the CRDS context, if it selected any file.

    Parameters
    ----------
    context : str or None
        CRDS context.
    texts : list of str
        Records of the files.

    Returns
    -------
    keywords : dict of str to (str, str)
        Value and comment of ``CRDS_CTX`` and, if crds is installed, of ``CRDS_VER``.
    """
    if not context or not any(" crds://" in text for text in texts):
        return {}
    # The import takes 30 ms of each job, and most have no context.
    from importlib.metadata import PackageNotFoundError, version

    keywords = {"CRDS_CTX": (context, "CRDS context (.pmap) used to select ref files")}
    try:
        software = version("crds"), "Version of CRDS file selection software used"
    except PackageNotFoundError:
        return keywords
    return keywords | {"CRDS_VER": software}
