"""Results that jobs share: found where they are the same, computed where anything differs."""

import os
import pickle

import pytest

from scripts.lib.segment_data import wcs_cache
from scripts.lib.segment_data.wcs_cache import Evaluations, forget


def volume(*_sides):
    """Something to have results of."""


def area(*_sides):
    """Something else."""


class Counted:
    """Computes a result and counts how often."""

    def __init__(self, result=3.5):
        self.result, self.calls = result, 0
        # Whose code counts beside the function's.
        self.__module__ = "scripts.lib.segment_data.dq"

    def __call__(self, *_arguments):
        self.calls += 1
        return self.result


@pytest.fixture(autouse=True)
def modules_of_the_project(monkeypatch):
    """The functions here pass for those of a module of the workflow."""
    for function in (volume, area):
        monkeypatch.setattr(function, "__module__", "scripts.lib.provenance.software")


def test_a_result_is_computed_once_for_all_jobs(tmp_path):
    compute = Counted((1.5, None))
    for _ in range(3):
        assert Evaluations(tmp_path / "x").recall(volume, "d", (1, 2.0), compute) == (1.5, None)
    assert compute.calls == 1


@pytest.mark.parametrize(
    ("function", "digest", "arguments"),
    [(area, "d", (1, 2.0)), (volume, "e", (1, 2.0)), (volume, "d", (1, 2.1)), (volume, None, ())],
)
def test_a_result_of_anything_else_is_computed(tmp_path, function, digest, arguments):
    kept = Evaluations(tmp_path)
    kept.recall(volume, "d", (1, 2.0), Counted(1))
    kept.recall(volume, None, (), Counted(1))
    assert kept.recall(function, digest, arguments, Counted(2)) == 2


@pytest.mark.parametrize("name", ["_versions", "_code"])
def test_other_code_computes_anew(tmp_path, monkeypatch, name):
    kept = Evaluations(tmp_path)
    kept.recall(volume, "d", (), Counted(1))
    monkeypatch.setattr(wcs_cache, name, lambda *_: "other")
    assert kept.recall(volume, "d", (), Counted(2)) == 2


def test_the_code_of_a_module_is_its_own_and_that_of_what_it_imports(monkeypatch):
    sources = {"scripts/a.py": "from scripts.b import c\n", "scripts/b.py": "c = 1\n"}
    monkeypatch.setattr(wcs_cache, "_source", sources.__getitem__)
    digests = [wcs_cache._code.__wrapped__("scripts.a")]
    for path in sources:
        sources[path] += "# changed\n"
        digests.append(wcs_cache._code.__wrapped__("scripts.a"))
    assert len(set(digests)) == 3


def test_none_is_computed_each_time(tmp_path):
    compute = Counted(None)
    for _ in range(2):
        assert Evaluations(tmp_path).recall(volume, "d", (), compute) is None
    assert compute.calls == 2


def test_without_a_folder_nothing_is_kept():
    compute = Counted()
    kept = Evaluations()
    assert [kept.recall(volume, "d", (), compute) for _ in range(2)] == [3.5, 3.5]
    assert compute.calls == 2


@pytest.mark.parametrize("content", [b"", b"no pickle", b"cno_such_module\nx\n.", b"\x80\x04K"])
def test_what_cannot_be_read_is_computed_anew(tmp_path, content):
    kept = Evaluations(tmp_path)
    kept.recall(volume, "d", (), Counted(1))
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert kept.recall(volume, "d", (), Counted(2)) == 2
    assert kept.recall(volume, "d", (), Counted(3)) == 2


def test_results_of_another_user_are_not_read(tmp_path, monkeypatch):
    kept = Evaluations(tmp_path)
    kept.recall(volume, "d", (), Counted(1))
    monkeypatch.setattr(os, "getuid", lambda: -1)
    assert kept.recall(volume, "d", (), Counted(2)) == 2


def test_where_nothing_can_be_kept_jobs_go_on(tmp_path):
    (tmp_path / "x").write_text("a file")
    assert Evaluations(tmp_path / "x").recall(volume, "d", (), Counted(4)) == 4


def test_what_fails_leaves_nothing(tmp_path):
    with pytest.raises((AttributeError, pickle.PicklingError)):
        Evaluations(tmp_path).recall(volume, "d", (), Counted(lambda: 1))
    assert list(tmp_path.iterdir()) == []


def test_forgotten_results_are_computed_anew(tmp_path):
    Evaluations(tmp_path / "x").recall(volume, "d", (), Counted(1))
    forget(tmp_path / "x")
    forget(tmp_path / "x")
    assert Evaluations(tmp_path / "x").recall(volume, "d", (), Counted(2)) == 2
