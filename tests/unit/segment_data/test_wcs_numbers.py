import pytest

from scripts.lib.files import asdf_tree
from scripts.lib.segment_data.wcs_numbers import wrong_number

TREE = """--- !core/asdf-1.1.0
meta:
  wcs: !<tag:stsci.edu:gwcs/wcs-1.2.0>
    steps:
    - transform: !transform/compose-1.2.0
        inverse: null
        forward:
        - !transform/scale-1.4.0 {factor: %s}
        - !transform/affine-1.3.0 {matrix: [[1.0, %s], [0, 1e-3]], fill_value: .nan}
    - {transform: null}
"""


def found(first, second=2.0):
    return wrong_number(asdf_tree.compose((TREE % (first, second)).encode()))


@pytest.mark.parametrize("text", ["1.5", "-1.5e-03", "+2", "0", "!core/ndarray-1.0.0 {source: 0}"])
def test_numbers_and_arrays_are_none(text):
    assert found(text) is None
    assert found(1, text) is None


@pytest.mark.parametrize(
    "text", ["null", "~", "nan", ".nan", ".inf", "-.inf", "inf", "'x'", "true", "[]"]
)
def test_what_is_no_finite_number_is_named(text):
    shown = text.strip("'")
    if text == "[]":
        assert found(text) is None
        return
    assert found(text) == f"factor: {shown}"
    assert found(1, text) == f"matrix: {shown}"
    assert found("") == "factor: null"
