"""YAML read by the compiled parser, with the values that the one in Python gives."""

import pytest
import yaml

from scripts.lib.files.fast_yaml import compiled_yaml, safe_loader

TEXT = "a: [1, 2.5, true, null, 'é']\nb: &x {c: 2022-07-13}\nd: *x\n"


def test_the_compiled_loader_gives_what_the_one_in_python_gives():
    assert yaml.__with_libyaml__
    assert safe_loader() is yaml.CSafeLoader
    assert yaml.load(TEXT, safe_loader()) == yaml.load(TEXT, yaml.SafeLoader)


def test_without_libyaml_the_loader_is_the_one_in_python(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert safe_loader() is yaml.SafeLoader


def test_a_library_reads_with_the_compiled_parser_while_the_context_lasts():
    in_python = yaml.SafeLoader
    with compiled_yaml():
        assert yaml.SafeLoader is yaml.CSafeLoader
        assert yaml.safe_load("a: [1, 2]") == {"a": [1, 2]}
    assert yaml.SafeLoader is in_python


def fail_while_reading():
    with compiled_yaml():
        yaml.safe_load("a: ]")


def test_a_failure_restores_the_parser_in_python():
    in_python = yaml.SafeLoader
    with pytest.raises(yaml.YAMLError):
        fail_while_reading()
    assert yaml.SafeLoader is in_python
