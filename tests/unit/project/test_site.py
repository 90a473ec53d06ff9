"""What builds the pages of the site."""

import doctest
import importlib
import json
from pathlib import Path

import pytest
import yaml

from docs.tools import api, examples, product_tables, settings
from docs.tools.keywords import is_structural

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
MODULES = ["examples", "keywords", "product_tables", "repository_links", "settings"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    failed, attempted = doctest.testmod(importlib.import_module(f"docs.tools.{name}"))
    assert attempted > 0
    assert failed == 0


def test_every_setting_of_the_schema_has_a_row_with_its_default():
    page = settings.settings_page(SCHEMA)
    for name, item in SCHEMA["properties"].items():
        if "properties" not in item:
            assert f"| `{name}` | `{json.dumps(item['default'])}` |" in page
            continue
        section = page.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
        for key, setting in item["properties"].items():
            assert f"| `{key}` | `{json.dumps(setting['default'])}` |" in section, (name, key)
            assert settings.escape_markdown(setting["description"]) in section, (name, key)


def test_limits_of_a_setting_are_in_words():
    setting = {"type": "array", "items": {"type": "number"}, "minItems": 2}
    assert settings.values_of(setting) == "list (number), at least 2 items"
    setting = {"type": "integer", "minimum": 1, "maximum": 9}
    assert settings.values_of(setting) == "whole number, at least 1, at most 9"


def test_every_module_of_the_library_has_a_place_in_the_pages():
    text = "\n".join(api.api_pages(ROOT).values())
    found = {line.split()[-1] for line in text.splitlines() if line.startswith(".. automodule")}
    paths = [*(ROOT / "scripts").glob("[a-z]*.py"), *(ROOT / "scripts/lib").rglob("[a-z]*.py")]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    assert found == modules


def test_blocks_of_a_page_run_in_one_session(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\na = 1\n```\n\ntext\n\n```python\nprint(a + 1)\n```\n")
    assert examples.run_examples(page, tmp_path) == "2\n"


def test_a_block_that_fails_names_its_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\n1 / 0\n```\n")
    with pytest.raises(RuntimeError, match=r"page\.md: an example failed: division by zero"):
        examples.run_examples(page, tmp_path)


def test_tables_under_other_headings_are_not_of_a_product():
    page = "## `_a.fits`\n\n| meta | m |\n|---|---|\n| `x` | one |\n\n## Else\n\n| meta | m |\n|---|---|\n| `y` | |\n"
    assert product_tables.documented_products(page) == {"_a.fits": {("meta", "x"): "one"}}


@pytest.mark.parametrize(
    ("keyword", "structural"),
    [("BITPIX", True), ("TFORM3", True), ("", True), ("EXTVERS", False), ("HISTORY", False)],
)
def test_keywords_about_storage_are_left_out(keyword, structural):
    assert is_structural(keyword) is structural
