"""Read plain values and arrays of ASDF files without asdf, whose extensions take a second to import."""

import numpy as np

from scripts.lib.files import asdf_tree

__all__ = ["plain_entries"]

_DTYPES = {
    **{f"float{8 * size}": f"f{size}" for size in (4, 8)},
    **{f"int{8 * size}": f"i{size}" for size in (1, 2, 4, 8)},
}
_ORDERS = {"little": "<", "big": ">"}
_ARRAY_KEYS = {"source", "datatype", "byteorder", "shape"}


def plain_entries(content, names):
    """
    Read entries of the tree of an ASDF file that have plain values and simple arrays.

    Parameters
    ----------
    content : bytes
        The file.
    names : iterable of str
        Entries to read; those that are missing are left out.

    Returns
    -------
    entries : dict of str to object
        Mappings, lists, texts, numbers, booleans and None; arrays in native
        byte order.

    Raises
    ------
    ValueError
        If the file is damaged, or an entry contains anything else: objects, arrays whose values
        are in the tree, compressed or masked arrays. asdf may be able to read it.

    References
    ----------
    ASDF Standard 1.6, low-level file layout and core/ndarray-1.1.0.
    """
    tree, position = asdf_tree.split(content)
    if not tree.startswith(b"#ASDF "):
        msg = f"it starts with {content[:8]!r}, or has no complete tree"
        raise ValueError(msg)
    root, blocks = asdf_tree.compose(tree), list(asdf_tree.blocks(content, position))
    nodes = {name: asdf_tree.entry(root, name) for name in names}
    try:
        return {name: _build(node, blocks) for name, node in nodes.items() if node is not None}
    except TypeError as error:
        # A damaged tree may have a list where a name belongs.
        raise ValueError(str(error)) from error


def _build(node, blocks):
    """Value of a node."""
    if "core/ndarray" in node.tag:
        return _array(node, blocks)
    if not node.tag.startswith("tag:yaml.org,2002:"):
        msg = f"found {node.tag}, expected a plain value"
        raise ValueError(msg)
    if node.id == "mapping":
        return {key.value: _build(value, blocks) for key, value in node.value}
    if node.id == "sequence":
        return [_build(value, blocks) for value in node.value]
    return asdf_tree.plain_value(node)


def _array(node, blocks):
    """Array that a node describes, from its binary block."""
    if node.id != "mapping" or {key.value for key, _ in node.value} != _ARRAY_KEYS:
        msg = "found an array that is not simple"
        raise ValueError(msg)
    source, datatype, order, shape = (
        asdf_tree.plain_value(asdf_tree.entry(node, key))
        for key in ("source", "datatype", "byteorder", "shape")
    )
    if datatype not in _DTYPES or order not in _ORDERS or source not in range(len(blocks)):
        msg = f"found an array of {datatype} in {source}"
        raise ValueError(msg)
    block = blocks[source]
    if block.compression.strip(b"\0") or block.is_streamed:
        msg = f"found a compressed or streamed block {source}"
        raise ValueError(msg)
    if block.checksum.strip(b"\0") and block.checksum != asdf_tree.checksum(block.data):
        msg = f"found block {source} with a checksum that does not fit"
        raise ValueError(msg)
    dtype = np.dtype(_ORDERS[order] + _DTYPES[datatype])
    return np.frombuffer(block.data, dtype).astype(dtype.newbyteorder("=")).reshape(shape)
