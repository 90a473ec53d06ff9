"""YAML read by the compiled parser, with the values that the one in Python gives."""

import yaml

from scripts.lib.files.fast_yaml import safe_loader

TEXT = "a: [1, 2.5, true, null, 'é']\nb: &x {c: 2022-07-13}\nd: *x\n"


def test_the_compiled_loader_gives_what_the_one_in_python_gives():
    assert yaml.__with_libyaml__
    assert safe_loader() is yaml.CSafeLoader
    assert yaml.load(TEXT, safe_loader()) == yaml.load(TEXT, yaml.SafeLoader)


def test_without_libyaml_the_loader_is_the_one_in_python(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert safe_loader() is yaml.SafeLoader
