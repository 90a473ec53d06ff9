"""Read the parts of an ASDF file without the packages that build objects from them."""

import hashlib
import re
import struct
from typing import NamedTuple

from scripts.lib.files.fast_yaml import compose_limited, safe_loader

__all__ = [
    "Block",
    "array_sources",
    "blocks",
    "checksum",
    "compose",
    "entry",
    "nodes_below",
    "plain_value",
    "set_row_counts",
    "sort_extensions",
    "split",
    "versions",
]

_BLOCK_MAGIC = b"\xd3BLK"
# Flags, compression, allocated, used and original length, checksum.
_BLOCK_HEADER = struct.Struct(">I4sQQQ16s")
_STREAMED = 1
_TREE_START, _TREE_END = b"\n---", b"\n..."
_BLOCK_INDEX = b"#ASDF BLOCK INDEX"
# The list of extensions that a file was written with, and where each of its entries starts.
_EXTENSIONS = re.compile(rb"^history:\n  extensions:\n((?:  - .*\n(?:    .*\n)*)+)", re.MULTILINE)
_ENTRY = re.compile(rb"^(?=  - )", re.MULTILINE)


class Block(NamedTuple):
    """
    Binary block of an ASDF file.

    Attributes
    ----------
    is_streamed : bool
        Whether the data continue to the end of the file, so that their length is not known.
    compression : bytes
        Name of the compression; zeros if the data are not compressed.
    checksum : bytes
        MD5 of the data as stored; zeros if it is not known.
    data : bytes
        The data as stored.
    """

    is_streamed: bool
    compression: bytes
    checksum: bytes
    data: bytes


def split(content):
    """
    Split an ASDF file into its tree and its blocks.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    tree : bytes
        The file up to the end of its tree, which is YAML with two comments at its start; empty if
        the file has no complete tree.
    position : int
        Offset of the first byte after the tree.

    References
    ----------
    ASDF Standard 1.6, low-level file layout.
    """
    start = content.find(_TREE_START)
    end = content.find(_TREE_END, max(start, 0))
    if start < 0 or end < 0:
        return b"", len(content)
    return content[: end + 1], content.find(b"\n", end + 1) + 1


def versions(tree):
    """
    Versions of ASDF that a tree names in the comments at its start.

    Parameters
    ----------
    tree : bytes
        Tree, as :func:`split` returns it.

    Returns
    -------
    comments : bytes
        All bytes before the YAML.
    """
    return tree.partition(_TREE_START)[0]


def blocks(content, position):
    """
    Go through the binary blocks of an ASDF file.

    Parameters
    ----------
    content : bytes
        The file.
    position : int
        Offset of the first byte after the tree.

    Yields
    ------
    block : Block
        Each block, in the order of the file.

    Raises
    ------
    ValueError
        If the file ends within a block, or a header is too short.
    """
    number = 0
    position = content.find(_BLOCK_MAGIC, position)
    while position >= 0 and content[position : position + 4] == _BLOCK_MAGIC:
        size = int.from_bytes(content[position + 4 : position + 6], "big")
        header = content[position + 6 : position + 6 + size]
        if size < _BLOCK_HEADER.size or len(header) < size:
            msg = f"binary block {number} with a damaged header"
            raise ValueError(msg)
        flags, compression, allocated, used, _, checksum = _BLOCK_HEADER.unpack_from(header)
        start = position + 6 + size
        data = content[start : start + used]
        if len(data) < used:
            msg = f"binary block {number} with {len(data)} of {used} bytes"
            raise ValueError(msg)
        yield Block(bool(flags & _STREAMED), compression, checksum, data)
        position = start + allocated
        number += 1


def checksum(data):
    """MD5 of the data of a block, by which damage is found."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def compose(tree):
    """
    Parse a tree to the nodes of YAML.

    Parameters
    ----------
    tree : bytes
        Text of the tree.

    Returns
    -------
    node : yaml.Node
        Root of the tree.

    Raises
    ------
    ValueError
        If the text is not YAML, or larger than
        :func:`~scripts.lib.files.fast_yaml.compose_limited` allows.
    """
    return compose_limited(tree)


def plain_value(node):
    """
    Convert a node to the value that it stands for.

    Parameters
    ----------
    node : yaml.Node
        The node.

    Returns
    -------
    value : object
        Mappings, lists, texts, numbers, booleans and None.

    Raises
    ------
    ValueError
        If the node contains anything else, such as an array.
    """
    import yaml

    loader = safe_loader()(b"")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    finally:
        loader.dispose()


def entry(node, *names):
    """
    Look up a key in a node, or a path of keys.

    Parameters
    ----------
    node : yaml.Node or None
        Any node.
    *names : str
        The key, then the keys below it.

    Returns
    -------
    value : yaml.Node or None
        Node of the value, the last one if a key is repeated; None if the node is no mapping or
        has no such key.
    """
    for name in names:
        if getattr(node, "id", None) != "mapping":
            return None
        node = next((value for key, value in reversed(node.value) if key.value == name), None)
    return node


def nodes_below(node):
    """
    Go through a node and all nodes below it.

    Parameters
    ----------
    node : yaml.Node
        The node.

    Yields
    ------
    node : yaml.Node
        Each node once, also where the tree refers to it several times; the order depends only on
        the tree.
    """
    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if not isinstance(node.value, str):
            for child in node.value:
                waiting += child if isinstance(child, tuple) else (child,)


def array_sources(node):
    """
    Go through the sources of the arrays below a node.

    Parameters
    ----------
    node : yaml.Node
        The node.

    Yields
    ------
    source : str
        Text of the array's ``source``, normally the number of a binary block; empty if the values
        are in the tree.
    """
    for below in nodes_below(node):
        if below.tag.partition("core/ndarray")[1]:
            source = getattr(entry(below, "source"), "value", "")
            yield source if isinstance(source, str) else ""


def sort_extensions(content):
    """
    Sort the list of extensions that an ASDF file was written with.

    asdf writes the list in the order of a Python set, which differs from run to run; the order
    has no meaning.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    content : bytes
        The file, of the same length, with the list sorted; unchanged if it has no such list.
    """
    found = _EXTENSIONS.search(content)
    if found is None:
        return content
    entries = sorted(entry for entry in _ENTRY.split(found[1]) if entry)
    return content[: found.start(1)] + b"".join(entries) + content[found.end(1) :]


def set_row_counts(tree, counts):
    """
    Set the numbers of rows of the EXTRACT1D tables in an ASDF file.

    Parameters
    ----------
    tree : bytes
        ASDF file whose tree refers to tables of one row each.
    counts : list of int
        Number of rows of each EXTRACT1D table.

    Returns
    -------
    tree : bytes
        The file with the shapes replaced and without its block index, which
        the ASDF standard makes optional.

    Raises
    ------
    ValueError
        If the tree does not refer to one of the tables.
    """
    for version, count in enumerate(counts, start=1):
        pattern = rb"(source: ['\"]?fits:EXTRACT1D,%d['\"]?\b.*?shape: \[)1(\])" % version
        tree, found = re.subn(pattern, rb"\g<1>%d\2" % count, tree, count=1, flags=re.DOTALL)
        if not found:
            msg = f"the ASDF tree does not refer to EXTRACT1D number {version}"
            raise ValueError(msg)
    return tree.partition(_BLOCK_INDEX)[0]
