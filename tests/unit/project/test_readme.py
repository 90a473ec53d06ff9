"""The README is short, and what it shows exists."""

import re
from pathlib import Path

from scripts.lib.instruments.modes import MODES

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_PAGE = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| [^|]+ \| `(\w[\w-]+)`[^|]*\| [^|]+ \|$", re.MULTILINE)


def test_it_is_short():
    assert len(README.splitlines()) <= 130


def test_its_picture_is_small():
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size < 300_000


def test_its_modes_are_those_of_the_code_and_of_the_first_page():
    head, *types = ROW.findall(README)
    assert head == "EXP_TYPE"
    assert sorted(types) == sorted(MODES)
    assert ROW.findall(FIRST_PAGE) == [head, *types]


def test_its_graph_is_made_of_steps():
    graph = next(block for block in README.split("```") if "outlier_detection ┬" in block)
    names = set(re.findall(r"(?<![\w.])[a-z]\w+", graph)) - {"segments"}
    assert len(names) > 5
    assert names <= {path.stem for path in (ROOT / "scripts").glob("[a-z]*.py")}
