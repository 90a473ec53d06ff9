import io
import itertools

import pytest

from scripts.lib.files.asdf_tree import sort_extensions
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
    import asdf

    content = asdf_bytes()
    ordered = sort_extensions(content)
    classes = [line for line in ordered.splitlines() if b"extension_uri" in line]
    assert len(classes) > 3
    assert classes == sorted(classes)
    assert sorted(ordered.splitlines()) == sorted(content.splitlines())
    with asdf.open(io.BytesIO(ordered)) as file:
        assert file["meta"]["wcs"](1.0, 2.0) == pytest.approx((30.002, -4.998, 1.1))
