"""Drawings are well-formed, escape every text, and have nothing but shapes."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.report.drawing import Drawing, escaped, number, points_path, side_by_side
from scripts.lib.report.html import environment
from tests.support.pages import MARKUP

CIRCLE = "m-1 0a1 1 0 1 0 2 0"


def tags(svg):
    """Names of all elements of a drawing."""
    return [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()]


def test_path_is_interrupted_where_a_point_is_not_known():
    x, y = np.array([0.0, 1.0, np.nan, 3.0, 4.0]), np.array([0.5, 1.0, 2.0, 3.0, np.nan])
    assert points_path(x, y) == "M0 0.5L1 1M3 3"
    assert points_path(x[:2], y[:2], closed=True) == "M0 0.5L1 1Z"
    assert points_path(x[2:3], y[2:3], closed=True) == ""


@pytest.mark.parametrize(("value", "text"), [(0.04, "0"), (-0.06, "-0.1"), (1200.0, "1200")])
def test_coordinates_have_one_decimal_where_they_have_any(value, text):
    assert number(value) == text


def test_marks_have_titles_and_those_without_a_place_are_left_out():
    drawing = Drawing(10.0, 10.0)
    drawing.marks(np.array([1.0, np.nan]), np.array([2.0, 3.0]), CIRCLE, ["a < b", "c"], fill="red")
    svg = drawing.svg()
    assert (
        '<g fill="red"><path d="M1 2m-1 0a1 1 0 1 0 2 0"><title>a &lt; b</title></path></g>' in svg
    )
    assert "<title>c</title>" not in svg


@given(st.text())
def test_any_text_makes_a_well_formed_drawing_that_shows_it(text):
    drawing = Drawing(10.0, 10.0, text)
    drawing.add("text", text, x=1)
    drawing.marks(np.zeros(1), np.zeros(1), CIRCLE, [text])
    root = ElementTree.fromstring(drawing.svg(alone=True))
    shown = [element.text or "" for element in root.iter() if element.tag.endswith("}text")]
    # XML reads an end of line of any kind as a line feed.
    assert shown[0].replace("\n", "") == plain(text).replace("\r", "").replace("\n", "")


def plain(text):
    """Text without the characters that XML does not allow, as escaped and read again."""
    return ElementTree.fromstring(f"<a>{escaped(text)}</a>").text or ""


def test_markup_is_text_in_labels_titles_and_attributes():
    drawing = Drawing(10.0, 10.0, MARKUP)
    drawing.add("text", MARKUP, x=1, fill=MARKUP)
    drawing.marks(np.zeros(1), np.zeros(1), CIRCLE, [MARKUP])
    assert tags(drawing.svg(alone=True)) == ["svg", "rect", "text", "g", "path", "title"]


@pytest.mark.parametrize("tag", ["script", "a", "style", "foreignObject", "use"])
def test_a_drawing_takes_no_element_that_does_more_than_draw(tag):
    with pytest.raises(ValueError, match="no element of a drawing"):
        Drawing(1.0, 1.0).add(tag)


def test_templates_take_a_drawing_as_it_is_and_a_text_like_one_as_text():
    drawing = Drawing(10.0, 5.0, "alt")
    template = environment().from_string("{{ value }}")
    assert template.render(value=drawing) == drawing.svg()
    assert "<svg" not in template.render(value=drawing.svg())


def test_drawings_are_put_into_rows():
    parts = [Drawing(10.0, 4.0, "first"), Drawing(10.0, 6.0), Drawing(10.0, 5.0)]
    whole = side_by_side(parts)
    assert (whole.width, whole.height, whole.alt) == (20.0, 11.0, "first")
    svg = whole.svg(alone=True)
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="20" height="11"')
    assert svg.count("<svg") == 4
    assert '<svg x="0" y="6"' in svg


def test_an_image_is_inside_the_drawing():
    drawing = Drawing(10.0, 5.0)
    drawing.image(b"\x89PNG", x=0.0, y=0.0, width=2.0, height=2.0)
    assert 'href="data:image/png;base64,iVBORw=="' in drawing.svg()
