"""YAML read by the compiled parser, with the values that the one in Python gives."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.files.fast_yaml import (
    MOST_LEVELS,
    compose_limited,
    load_limited,
    safe_loader,
)

TEXT = "a: [1, 2.5, true, null, 'é']\nb: &x {c: 2022-07-13}\nd: *x\n"


def test_the_compiled_loader_gives_what_the_one_in_python_gives():
    assert yaml.__with_libyaml__
    assert safe_loader() is yaml.CSafeLoader
    assert yaml.load(TEXT, safe_loader()) == yaml.load(TEXT, yaml.SafeLoader)


def test_without_libyaml_the_loader_is_the_one_in_python(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert safe_loader() is yaml.SafeLoader


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("ab[]{}- ?:#'\"\n", max_size=9)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=3), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([True, False, None]))
def test_values_are_those_that_were_written(value, flow):
    text = yaml.safe_dump(value, default_flow_style=flow).encode()
    assert load_limited(text) == value


def aliases(first, level):
    """Text of lists of nine aliases each, of lists of nine aliases, and so on."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, level)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("first", ["x", "[x, x]", "{x: 1}"])
def test_aliases_of_aliases_are_refused_before_they_are_written_out(first):
    assert load_limited(aliases(first, 3))["a2"][8][8] == yaml.safe_load(first)
    started = time.process_time()
    with pytest.raises(ValueError, match="aliases stand for more than 1000000 nodes"):
        load_limited(aliases(first, 30))
    assert time.process_time() - started < 1


def test_mappings_that_are_merged_again_and_again_are_refused():
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{k}: &a{k} {{<<: [{', '.join([f'*a{k - 1}'] * 9)}]}}" for k in range(1, 12)]
    with pytest.raises(ValueError, match="aliases stand for more than"):
        load_limited("\n".join(lines).encode())


@pytest.mark.parametrize(
    "text", [b"a: &a [*a]", b"&a {b: *a}", b"&a {? *a : b}", b"- &a [[{c: *a}]]"]
)
def test_what_contains_itself_is_refused(text):
    with pytest.raises(ValueError, match="it contains itself"):
        load_limited(text)


@pytest.mark.parametrize(
    "piece", ["[", "{a: ", "- ", "? ", "[{a: "], ids=["list", "map", "block", "key", "both"]
)
def test_levels_without_end_are_refused_and_do_not_crash_the_parser(piece):
    started = time.process_time()
    for text in (piece * 100_000, "a:\n  b: " + piece * 100_000):
        with pytest.raises(
            ValueError, match=r"more than 500 levels|block sequence entries|mapping"
        ):
            load_limited(text.encode())
    assert time.process_time() - started < 5


def test_levels_of_indentation_are_counted():
    def nested(levels):
        return "\n".join(f"{' ' * k}a:" for k in range(levels)).encode()

    compose_limited(nested(MOST_LEVELS))
    with pytest.raises(ValueError, match="more than 500 levels"):
        compose_limited(nested(MOST_LEVELS + 5))


def test_brackets_in_texts_are_no_levels():
    assert load_limited(b"a: '" + b"[" * 2000 + b"'") == {"a": "[" * 2000}
    assert load_limited(b"a: |\n" + b" " * 2000 + b"x") == {"a": "x"}


@pytest.mark.parametrize(
    "text",
    ["a: b".encode("utf-16"), b"a: \xe9", b"a: [", b"a: !!python/object:x y", b"\0", b"a: \x1b"],
)
def test_other_texts_are_one_line(text):
    with pytest.raises(ValueError, match=r".") as caught:
        load_limited(text)
    assert "\n" not in str(caught.value)


def test_an_empty_text_is_none():
    assert load_limited(b"") is None
    assert load_limited(b"# nothing") is None
