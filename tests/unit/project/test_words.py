"""The project is written in plain English: some words of its first years have better ones."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# What to write instead.
BETTER = {
    "the peer": "jwst",
    "anew": "again, from scratch",
    "lacking": "missing",
    "made up for": "compensated",
    "makes up for": "compensates",
    "stick out": "are outliers",
    "oddity": "warning",
    "oddities": "warnings",
    "beside": "next to, besides",
    "told": "reported, said",
    "tells": "says, reports, returns whether",
}
WORDS = re.compile(rf"\b({'|'.join(BETTER)})\b".replace(" ", r"\s+"), re.IGNORECASE)
# A comment may break between two words.
LINE_START = re.compile(r"\n[ \t]*(?:#:?[ \t]*|[-*][ \t]+|>[ \t]*)?")
FOLDERS = ("scripts", "tso3flow", "workflow", "docs", "tests", "envs")
FILES = ("config.yaml", "Makefile", "Snakefile", "Dockerfile", "CITATION.cff")
SUFFIXES = {
    ".py",
    ".smk",
    ".md",
    ".rst",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".sh",
    ".j2",
    ".txt",
    ".toml",
    ".cff",
}
# Files that need the words, with the reason.
ALLOWED = {
    "tests/unit/project/test_words.py": "names the words",
}


def checked_files():
    """Files of text that the rule is for, in order."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found += [*(ROOT / "benchmarks").glob("*.py"), ROOT / "benchmarks" / "NOTES.md"]
    found += [ROOT / "pyproject.toml", *ROOT.glob("*.md"), *(ROOT / name for name in FILES)]
    texts = {path for path in found if path.is_file() and path.suffix in SUFFIXES | {""}}
    made = {ROOT / name for name in ("tests/parity/products", "docs/_build", "docs/_generated")}
    return sorted(path for path in texts if made.isdisjoint(path.parents))


def name_of(path):
    """Path of a file below the project's folder."""
    return path.relative_to(ROOT).as_posix()


def found_words(text):
    """Words of the list in a text, each as the line number and the word in lower case."""
    joined = LINE_START.sub(lambda start: "\n" + " " * (len(start.group()) - 1), text)
    for match in WORDS.finditer(joined):
        word = " ".join(match.group().lower().split())
        yield joined.count("\n", 0, match.start()) + 1, word


@pytest.mark.parametrize(
    "path", [path for path in checked_files() if name_of(path) not in ALLOWED], ids=name_of
)
def test_plain_words_are_used(path):
    found = found_words(path.read_text(encoding="utf-8"))
    assert [f"line {line}: {word}: write {BETTER[word]}" for line, word in found] == []


@pytest.mark.parametrize("word", sorted(BETTER))
def test_a_word_is_found_over_the_end_of_a_line_and_in_any_case(word):
    first, *rest = word.split()
    broken = "\n    # ".join([first.capitalize(), *rest])
    assert list(found_words(f"x = 1\n# {broken}.")) == [(2, word)]


@pytest.mark.parametrize(
    "text", ["besides", "peer_point_to_point_sigma_ppm", "the_peer", "a tell-tale", "retold"]
)
def test_longer_words_and_names_are_not_found(text):
    assert list(found_words(text)) == []


def test_exceptions_exist_and_are_needed():
    names = [name_of(path) for path in checked_files()]
    assert set(ALLOWED) <= set(names)
    for name in ALLOWED:
        assert list(found_words((ROOT / name).read_text(encoding="utf-8"))), name
