"""
Checks of the world coordinates in the ASDF extension of a segment.

The bytes and the tree are looked at first, without any of the packages that
build the coordinates.
"""

import hashlib
import struct

from scripts.lib.compiled_yaml import safe_loader
from scripts.lib.findings import Finding
from scripts.lib.input_checks import IMAGING

_BLOCK_MAGIC = b"\xd3BLK"
# Flags, compression, allocated, used and original length, checksum.
_BLOCK_HEADER = struct.Struct(">I4sQQQ16s")
_TREE_START, _TREE_END = b"\n---", b"\n..."


def needs_wcs(exp_type, skips):
    """
    Tell whether a step needs the world coordinates of a segment.

    Parameters
    ----------
    exp_type : str
        ``EXP_TYPE``.
    skips : callable
        Tells whether a step is left out, by its name in the configuration.

    Returns
    -------
    needed : bool
        False for NIRISS SOSS, whose wavelengths come from references, and
        where the step is left out.
    """
    if exp_type == "NIS_SOSS":
        return False
    return not skips("tso_photometry" if exp_type in IMAGING else "extract_1d")


def extension_findings(path, hdus, needed):
    """
    Find out whether a segment has the extension with the world coordinates.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units.
    needed : bool
        Whether a step needs them.

    Returns
    -------
    findings : list of Finding
        An error if the extension is needed and missing.
    """
    if not needed or any(hdu.name == "ASDF" and hdu.data_bytes for hdu in hdus):
        return []
    return [Finding("error", path, "ASDF", "none", "the world coordinates of assign_wcs")]


def content_findings(path, content, needed):
    """
    Find out whether an ASDF extension is intact and has world coordinates.

    Parameters
    ----------
    path : str
        The file, for the messages.
    content : bytes
        Data of the extension.
    needed : bool
        Whether a step needs the world coordinates.

    Returns
    -------
    findings : list of Finding
        At most one: an error if they are needed, else a warning.

    References
    ----------
    ASDF Standard 1.6, low-level file layout.
    """
    found = _damage(content)
    if found is None:
        return []
    return [unreadable(path, found, needed)]


def unreadable(path, found, needed):
    """
    Make a finding of world coordinates that cannot be read.

    Parameters
    ----------
    path : str
        The file.
    found : str
        What is wrong with them.
    needed : bool
        Whether a step needs them.

    Returns
    -------
    finding : Finding
        An error if they are needed, else a warning.
    """
    effect = "" if needed else "no step needs them"
    severity = "error" if needed else "warning"
    return Finding(severity, path, "ASDF", found, "readable world coordinates (meta.wcs)", effect)


def _damage(content):
    """Describe the first thing that is wrong with an ASDF file, None if nothing."""
    if not content.startswith(b"#ASDF "):
        return f"no ASDF file: it starts with {content[:8]!r}"
    start = content.find(_TREE_START)
    end = content.find(_TREE_END, max(start, 0))
    if start < 0 or end < 0:
        return "an ASDF file without a complete tree"
    blocks = _walk_blocks(content, content.find(b"\n", end + 1) + 1)
    if isinstance(blocks, str):
        return blocks
    return _tree_damage(content[start + 1 : end + 1], blocks)


def _walk_blocks(content, position):
    """Count the binary blocks after the tree; a text if one is damaged."""
    count = 0
    position = content.find(_BLOCK_MAGIC, position)
    while position >= 0 and content[position : position + 4] == _BLOCK_MAGIC:
        size = int.from_bytes(content[position + 4 : position + 6], "big")
        header = content[position + 6 : position + 6 + size]
        if size < _BLOCK_HEADER.size or len(header) < size:
            return f"binary block {count} with a damaged header"
        _, compression, allocated, used, _, checksum = _BLOCK_HEADER.unpack_from(header)
        start = position + 6 + size
        data = content[start : start + used]
        if len(data) < used:
            return f"binary block {count} with {len(data)} of {used} bytes"
        if checksum.strip(b"\0") and not compression.strip(b"\0") and _md5(data) != checksum:
            return f"binary block {count} with a checksum that does not fit"
        position = start + allocated
        count += 1
    return count


def _md5(data):
    """Checksum of a block as ASDF has it."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def _tree_damage(text, n_blocks):
    """Describe what is wrong with the tree: no YAML, no coordinates, arrays without their block."""
    import yaml

    try:
        tree = yaml.compose(text, Loader=safe_loader())
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        return f"a tree that is no YAML ({str(error).splitlines()[0]})"
    coordinates = _entry(_entry(tree, "meta"), "wcs")
    if not isinstance(coordinates, yaml.CollectionNode):
        return "an ASDF file without meta.wcs"
    lost = [number for number in _sources(coordinates) if number >= n_blocks]
    if lost:
        return f"arrays in binary block {lost[0]} of {n_blocks} blocks"
    return None


def _entry(node, name):
    """Value of a key of a mapping node; None if there is none."""
    for key, value in getattr(node, "value", None) or ():
        if key.value == name:
            return value
    return None


def _sources(node):
    """Yield the numbers of the binary blocks that the arrays below a node are in."""
    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node.value, str):
            continue
        seen.add(id(node))
        if node.tag.partition("core/ndarray")[1]:
            source = getattr(_entry(node, "source"), "value", "")
            if isinstance(source, str) and source.isdecimal():
                yield int(source)
        for child in node.value:
            waiting += child if isinstance(child, tuple) else (child,)
