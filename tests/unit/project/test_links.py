"""Links between the files of the project lead to files and headings that exist."""

import re
from pathlib import Path

import pytest

from docs.tools.repository_links import site_links

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    ROOT / "benchmarks" / "NOTES.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_generated" not in path.parts),
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Files that code, messages and pages name.
NAMED = re.compile(
    r"\b(?:docs|benchmarks|tests|scripts|workflow|envs)/[\w./-]+\.(?:md|py|png|yaml|txt|sh)\b"
)
# What a build writes, and names that stand for others.
MADE = ("docs/_build/", "docs/_generated/")


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def anchors(path):
    """Anchors that GitHub and MyST make of the headings of a page."""
    text = path.read_text(encoding="utf-8")
    included = re.search(r"^```\{include\} (\S+\.md)$", text, re.MULTILINE)
    if included:
        return anchors((path.parent / included[1]).resolve())
    headings = (re.sub(r"[`*]", "", heading) for heading in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path):
    """Links of a page that lead nowhere."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"\w+:", target) or "_generated/" in target:
            continue
        place, _, anchor = target.partition("#")
        found = (path.parent / place).resolve() if place else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            yield target


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path):
    assert list(broken_links(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(path):
    names = set(NAMED.findall(path.read_text(encoding="utf-8")))
    assert [
        name for name in names if not name.startswith(MADE) and not (ROOT / name).exists()
    ] == []


def included_pages():
    """Files of the project that are pages of the site."""
    for page in (ROOT / "docs" / "project").glob("*.md"):
        included = re.match(
            r"```{include} (\S+\.md)$", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        if included:
            yield (page.parent / included[1]).resolve()


def test_included_pages_are_found():
    names = {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/NOTES.md"}
    assert {name_of(path) for path in included_pages()} == names


@pytest.mark.parametrize("path", list(included_pages()), ids=name_of)
def test_links_of_included_pages_lead_somewhere_on_the_site_too(path):
    links = LINK.findall(CODE.sub("", site_links(path.read_text(encoding="utf-8"))))
    # What starts with docs/ the site finds, from the project's own folder alone.
    known = r"\w+:|#|/project/" if path.parent != ROOT else r"\w+:|#|/project/|docs/"
    assert [link for link in links if not re.match(known, link)] == []


def test_pages_that_code_names_exist():
    suffixes = {".py", ".html", ".smk", ".yaml", ".rst"}
    files = [
        path for top in ("scripts", "workflow", "benchmarks") for path in (ROOT / top).rglob("*")
    ]
    for path in files:
        if path.suffix in suffixes:
            names = re.findall(r"\bdocs/[\w/]+\.md\b", path.read_text(encoding="utf-8"))
            assert [name for name in names if not (ROOT / name).exists()] == [], path


def test_a_link_to_a_missing_heading_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One\n\n[a](#one) [b](#two) [c](other.md) `[d](e.md)` [f](https://g.h/i)\n")
    assert list(broken_links(page)) == ["#two", "other.md"]
