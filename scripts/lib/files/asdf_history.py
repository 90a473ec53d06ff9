"""Order of what an ASDF file says about its making."""

import re

_EXTENSIONS = re.compile(rb"^history:\n  extensions:\n((?:  - .*\n(?:    .*\n)*)+)", re.MULTILINE)
_START = re.compile(rb"^(?=  - )", re.MULTILINE)


def sort_extensions(content):
    """
    Sort the list of extensions that an ASDF file was written with.

    asdf writes it in the order of a Python set, which differs from run to run;
    it has no meaning.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    content : bytes
        The file, of the same length, with the list sorted; as it was if it
        has none.
    """
    found = _EXTENSIONS.search(content)
    if found is None:
        return content
    entries = sorted(entry for entry in _START.split(found[1]) if entry)
    return content[: found.start(1)] + b"".join(entries) + content[found.end(1) :]
