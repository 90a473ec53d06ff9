import hashlib
import io
import itertools

import asdf
import numpy as np
import pytest

from scripts.lib.files.asdf_tree import (
    array_sources,
    blocks,
    compose,
    entry,
    nodes_below,
    plain_value,
    set_row_counts,
    sort_extensions,
    split,
    versions,
)
from tests.support.spectral_segments import asdf_bytes

ENTRIES = (
    b"  - !core/extension_metadata-1.0.0\n    extension_class: a.A\n    software: {name: x}\n",
    b"  - !core/extension_metadata-1.0.0\n    extension_class: a.B\n",
    b"  - !core/extension_metadata-1.0.0\n    extension_class: b.A\n      continued\n",
)


@pytest.mark.parametrize("order", list(itertools.permutations(ENTRIES)))
def test_every_order_gives_the_same(order):
    head, tail = (
        b"#ASDF\nhistory:\n  extensions:\n",
        b"meta:\n  - b\n  - a\n...\nblock  - z\n  - a\n",
    )
    assert sort_extensions(head + b"".join(order) + tail) == head + b"".join(ENTRIES) + tail


@pytest.mark.parametrize("content", [b"", b"#ASDF\nmeta:\n  - b\n  - a\n"])
def test_file_without_extensions_stays(content):
    assert sort_extensions(content) == content


def test_file_that_asdf_wrote_still_opens():
    content = asdf_bytes()
    ordered = sort_extensions(content)
    classes = [line for line in ordered.splitlines() if b"extension_uri" in line]
    assert len(classes) > 3
    assert classes == sorted(classes)
    assert sorted(ordered.splitlines()) == sorted(content.splitlines())
    with asdf.open(io.BytesIO(ordered)) as file:
        assert file["meta"]["wcs"](1.0, 2.0) == pytest.approx((30.002, -4.998, 1.1))


@pytest.mark.parametrize(
    "content",
    [b"", b"no tree", b"#ASDF 1.0.0\n--- {a: 1}\n", b"\n...\n#ASDF 1.0.0\n--- {a: 1}"],
)
def test_a_file_without_a_complete_tree_has_an_empty_one(content):
    assert split(content) == (b"", len(content))


def test_a_file_is_split_after_its_tree():
    head = b"#ASDF 1.0.0\n#ASDF_STANDARD 1.6.0\n%YAML 1.1"
    content = head + b"\n--- {a: 1}\n...\nblocks"
    tree, position = split(content)
    assert tree == head + b"\n--- {a: 1}\n"
    assert content[position:] == b"blocks"
    assert versions(tree) == head


def test_blocks_are_those_that_asdf_wrote():
    arrays, buffer = [np.arange(5.0), np.arange(3, dtype=">i2")], io.BytesIO()
    asdf.AsdfFile({"a": arrays}).write_to(buffer, all_array_storage="internal")
    content = buffer.getvalue()
    found = list(blocks(content, split(content)[1]))
    assert [block.data for block in found] == [array.tobytes() for array in arrays]
    assert [block.is_streamed for block in found] == [False, False]
    assert [block.compression for block in found] == [bytes(4), bytes(4)]
    assert found[0].checksum == hashlib.md5(found[0].data, usedforsecurity=False).digest()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-1], "binary block 0 with 39 of 40 bytes"),
        (lambda content: content[:20], "binary block 0 with a damaged header"),
        (lambda content: content[:4] + b"\0\1" + content[6:], "damaged header"),
    ],
)
def test_a_block_that_is_cut_is_named(damage, message):
    header = b"\xd3BLK\0\x30" + bytes(8) + 3 * (40).to_bytes(8, "big") + bytes(16)
    content = header + np.arange(5.0).tobytes()
    (block,) = blocks(content, 0)
    assert block.data == content[54:]
    with pytest.raises(ValueError, match=message):
        list(blocks(damage(content), 0))


TREE = compose(b"a: {b: 7, b: [1, x]}\nc: &same [true, null]\nd: *same\n")


def test_entries_are_found_by_their_path_and_the_last_of_repeated_keys_counts():
    assert plain_value(entry(TREE, "a", "b")) == [1, "x"]
    assert plain_value(entry(TREE, "c")) == [True, None]
    assert plain_value(TREE) == {"a": {"b": [1, "x"]}, "c": [True, None], "d": [True, None]}


@pytest.mark.parametrize("names", [("z",), ("a", "z"), ("c", "b"), ("a", "b", "c")])
def test_an_entry_that_is_missing_is_none(names):
    assert entry(TREE, *names) is None
    assert entry(None, *names) is None


def test_a_node_that_is_referred_to_twice_is_met_once():
    found = list(nodes_below(entry(TREE, "d")))
    assert [node.value for node in found[1:]] == ["null", "true"]
    assert len(found) == 3
    # The root, its keys, {b: 7, b: [1, x]} with its keys, values and members, [true, null].
    assert len(list(nodes_below(TREE))) == 1 + 3 + (1 + 2 + 2 + 2) + 3


@pytest.mark.parametrize("text", [b"a: ]", b"\xff", b"a: [", 3000 * b"["])
def test_text_that_is_no_yaml_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        compose(text)


def test_a_node_with_an_array_has_no_plain_value():
    tree = compose(b"a: !core/ndarray-1.1.0 {source: 0}\n")
    with pytest.raises(ValueError, match="ndarray"):
        plain_value(tree)


def test_sources_of_arrays_are_blocks_files_or_the_tree_itself():
    tree = compose(
        b"- !core/ndarray-1.1.0 {source: 3}\n"
        b"- {other: !core/ndarray-1.1.0 {source: 'fits:SCI,1'}}\n"
        b"- !core/ndarray-1.1.0 [1, 2]\n"
        b"- !core/ndarray-1.1.0 {source: [1]}\n"
        b"- {source: 5}\n"
    )
    assert sorted(array_sources(tree)) == ["", "", "3", "fits:SCI,1"]


def test_the_rows_of_every_table_are_set_and_the_index_of_blocks_is_left_out():
    tree = b"".join(
        b"- !core/ndarray-1.1.0\n  source: fits:EXTRACT1D,%d\n  shape: [1]\n" % k for k in (1, 2)
    )
    patched = set_row_counts(tree + b"#ASDF BLOCK INDEX\nold", [60, 7])
    assert patched == tree.replace(b"shape: [1]", b"shape: [60]", 1).replace(
        b"shape: [1]", b"shape: [7]"
    )


def test_a_tree_without_one_of_the_tables_is_refused():
    tree = b"- !core/ndarray-1.1.0\n  source: fits:EXTRACT1D,1\n  shape: [1]\n"
    with pytest.raises(ValueError, match="does not refer to EXTRACT1D number 2"):
        set_row_counts(tree, [60, 7])
