"""Pages show whatever they are given as text."""

from urllib.parse import unquote, urlsplit

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.report.drawing import Drawing
from scripts.lib.report.html import (
    TEMPLATES,
    Figure,
    Link,
    Table,
    number_text,
    render,
    with_error,
)
from tests.support.pages import MARKUP, Page, assert_dead, spoil

DRAWING = Drawing(480.0, 200.0, "alt")
VERDICT = {"level": "look", "headline": "Good.", "noise": ["n1", "n2"], "findings": ["f1"]}


def visit(**changes):
    """What the page of a visit shows, with a text of each kind."""
    table = Table("Noise", ["Metric", "NRS1"], [["Scatter", 123.456], ["Beta", None]], [1])
    values = {
        "product": "jw1",
        "visit": {"target": "WASP-39"},
        "facts": "NIRSPEC.",
        "verdict": VERDICT,
        "dates": "Observed 2022-07-10 UTC.",
        "figures": [Figure("scatter", "Title", [DRAWING], "caption")],
        "metrics": [table],
        "more_metrics": [table],
        "replaced": Table("Samples replaced", ["Detector"], []),
        "products": table,
        "sources": [table, Table("Cost", ["a"], [], without_rows="There are no logs.")],
        "changed": table,
        "settings": table,
        "made_by": "tso3flow",
    }
    return values | changes


def summary(**changes):
    """What the page of all visits shows."""
    rows = [[Link("a_report.html", "a"), "WASP-39", 1.0]]
    values = {
        "headline": "1 visit.",
        "findings": ["f1", "f2"],
        "light_curves": Table("Light curves", ["Visit", "Target", "Scatter"], rows, [2]),
        "costs": Table("Cost", ["Step", "Jobs"], [["extract_1d", 4]], [1]),
        "made_by": "tso3flow",
    }
    return values | changes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.123456, "0.123"),
        (68.08, "68.1"),
        (999.96, "1000"),
        (999.4, "999"),
        (12345.6, "12346"),
        (-1234.5, "−1234"),
        (1.23e-7, "1.23e-07"),
        (123456, "123456"),
        ("1.23456789", "1.23456789"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize("path", ["/etc/passwd", "//example.org/a.svg", "/"])
def test_a_link_to_an_absolute_path_is_refused(path):
    with pytest.raises(ValueError, match="must be relative"):
        Link(path, "text")


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("jw1-o3_plots/scatter.svg", "jw1-o3_plots/scatter.svg"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("a b#c?d.html", "a%20b%23c%3Fd.html"),
        ("\\\\host\\a", "%5C%5Chost%5Ca"),
    ],
)
def test_a_link_is_a_relative_reference(path, href):
    assert Link(path, "text").href == href


@given(st.text().filter(lambda path: not path.startswith("/")))
def test_no_path_can_lead_elsewhere(path):
    href = Link(path, "text").href
    parts = urlsplit(href)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote(href) == path


def test_figure_has_its_drawings_inside_and_says_how_many():
    page = Page(render("visit.html", **visit()))
    (drawing,) = page.of("svg")
    assert (drawing["aria-label"], drawing["viewbox"]) == ("alt", "0 0 480 200")
    assert {"class": "plot", "id": "plot-scatter"} in page.of("div")
    for count, classes in ((2, "plot wide"), (3, "plot wide three")):
        figure = Figure("scatter", "Title", [DRAWING] * count, "caption")
        page = Page(render("visit.html", **visit(figures=[figure])))
        assert {"class": classes, "id": "plot-scatter"} in page.of("div")
        assert len(page.of("svg")) == count


def test_tables_that_few_readers_want_are_folded():
    page = Page(render("visit.html", **visit()))
    # Of the metrics, of the sources and of the settings; a table without rows is a sentence.
    assert len(page.of("details")) == 3
    assert len(page.of("table")) == 6


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (None, 1.0, "–"),
        (float("nan"), 1.0, "–"),
        (12.3, float("nan"), "12.3"),
        (12.34, 0.0, "12.3"),
        (10386.4, 52.3, "10386 ± 52"),
        (-0.01234, 0.00321, "−0.0123 ± 0.0032"),
        (5.0, 1234.0, "5 ± 1234"),
    ],
)
def test_a_value_has_the_decimals_of_its_error(value, error, text):
    assert with_error(value, error) == text


def test_table_has_headings_numbers_and_dashes():
    text = render("visit.html", **visit(metrics=[], more_metrics=[], sources=[]))
    assert '<th scope="col">Metric</th>\n<th scope="col" class="number">NRS1</th>' in text
    assert '<th scope="row">Scatter</th>\n<td class="number">123</td>' in text
    assert '<th scope="row">Beta</th>\n<td class="number">–</td>' in text


def test_table_without_rows_is_a_sentence():
    text = render("visit.html", **visit())
    assert "<p>There are no logs.</p>" in text
    assert "Cost" not in text


def test_a_text_that_looks_like_a_link_is_none_and_a_link_is():
    rows = [[Link("a.html", "<i>a</i>"), '<a href="b.html">b</a>']]
    page = Page(render("summary.html", **summary(light_curves=Table("T", ["A", "B"], rows))))
    links = [link["href"] for link in page.of("a") if not link["href"].startswith("#")]
    assert links == ["a.html"]
    assert '<a href="b.html">b</a>' in page.text
    assert "<i>a</i>" in page.text


def test_verdict_without_findings_has_no_list_of_them():
    good = VERDICT | {"findings": [], "level": "good"}
    assert "To look at" in render("visit.html", **visit())
    assert "To look at" not in render("visit.html", **visit(verdict=good))


@pytest.mark.parametrize(
    ("target", "title"), [("WASP-39", "WASP-39 jw1: report"), (None, "jw1: report")]
)
def test_title_has_the_target_if_it_is_known(target, title):
    text = render("visit.html", **visit(visit={"target": target}))
    assert f"<title>{title}</title>" in text
    assert f"<h1>{target or 'Unknown target'}: jw1</h1>" in text


@pytest.mark.parametrize(("template", "values"), [("visit.html", visit), ("summary.html", summary)])
class TestEveryPage:
    def test_a_value_that_is_not_given_is_an_error(self, template, values):
        for name in values():
            given = values()
            del given[name]
            with pytest.raises(jinja2.UndefinedError, match=name):
                render(template, **given)

    def test_policy_allows_no_script_and_no_network(self, template, values):
        page = Page(render(template, **values()))
        (policy,) = [meta for meta in page.of("meta") if "http-equiv" in meta]
        assert policy["http-equiv"] == "Content-Security-Policy"
        rules = dict(rule.split(" ", 1) for rule in policy["content"].split("; "))
        assert rules == {
            "default-src": "'none'",
            "style-src": "'unsafe-inline'",
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        # A policy holds for what comes after it.
        names = [name for name, _ in page.tags]
        assert names.index("meta") < names.index("style")

    def test_style_is_the_file(self, template, values):
        assert (TEMPLATES / "page.css").read_text() in render(template, **values())

    def test_links_within_the_page_have_a_target(self, template, values):
        page = Page(render(template, **values()))
        targets = {attributes.get("id") for _, attributes in page.tags}
        links = [link["href"][1:] for link in page.of("a") if link["href"].startswith("#")]
        assert set(links) <= targets
        assert len(links) > 2

    def test_markup_in_every_text_is_dead(self, template, values):
        table = Table(*spoil(["Noise", ["a", "b"], [["c", "d"], ["e", "f"]], [1], "g"]))
        empty = Table(*spoil(["Noise", ["a", "b"], [], [1], "g"]))
        link = Link(MARKUP.replace("/", ""), MARKUP)
        drawing = Drawing(10.0, 10.0, MARKUP)
        drawing.add("text", MARKUP)
        figure = Figure(MARKUP, MARKUP, [drawing], MARKUP)
        given = spoil(values()) | {
            "metrics": [table, empty],
            "more_metrics": [table, empty],
            "replaced": table,
            "sources": [table],
            "products": table,
            "changed": empty,
            "settings": table,
            "figures": [figure],
            "light_curves": Table(MARKUP, [MARKUP] * 2, [[link, MARKUP]]),
        }
        text = render(template, **given)
        page = Page(text)
        assert_dead(page)
        # As many elements as a page has whose texts are plain.
        plain = text.replace(str(jinja2.filters.escape(MARKUP)), "x").replace(link.href, "x")
        assert Page(plain).structure() == page.structure()
        assert page.text.count(MARKUP) > 5
