import errno
import os

import pytest

from scripts.lib.planning import output_folder
from scripts.lib.planning.output_folder import (
    existing_folder,
    keep_earlier,
    refusal,
    settle_earlier,
)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_that_takes_files_is_left_as_it_was(tmp_path):
    assert refusal(tmp_path) is None
    assert refusal(tmp_path / "new" / "one") is None
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_folder_that_refuses_files_is_named_with_the_reason(tmp_path, monkeypatch, number):
    def refuse(**_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(output_folder, "NamedTemporaryFile", refuse)
    assert str(refusal(tmp_path / "new")) == (
        f"{tmp_path}: folder: found that no file can be written ({os.strerror(number)}), "
        "expected the right to write and some room"
    )


def test_disk_space_is_tested_by_writing_not_only_by_opening(tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        return open("/dev/full", "wb", buffering=0)

    monkeypatch.setattr(output_folder, "NamedTemporaryFile", full)
    assert "No space left on device" in refusal(tmp_path).found


def test_a_folder_without_access_counts_as_missing(tmp_path, monkeypatch):
    def locked(path, *_arguments, **_options):
        if str(path).startswith(f"{tmp_path}/locked/"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return os.lstat(path)

    (tmp_path / "locked" / "results").mkdir(parents=True)
    monkeypatch.setattr(os, "stat", locked)
    assert existing_folder(tmp_path / "locked" / "results") == tmp_path / "locked"


def test_the_earlier_version_of_a_product_that_is_not_made_again_stays(tmp_path):
    for name in ("a", "b", "other"):
        (tmp_path / name).write_text(f"old {name}")
    names = ["a", "b", "c"]
    keep_earlier(tmp_path, names)
    assert (tmp_path / "a").samefile(tmp_path / ".earlier" / "a")
    for name in ("a", "b"):
        (tmp_path / name).unlink()
    (tmp_path / "a").write_text("new a")
    assert settle_earlier(tmp_path, names) == ["b"]
    kept = {"a": "new a", "other": "old other", ".earlier/b": "old b"}
    assert files(tmp_path) == kept
    # The next run does not lose it when it fails as well.
    keep_earlier(tmp_path, names)
    assert files(tmp_path) == kept | {".earlier/a": "new a"}
    (tmp_path / "b").write_text("new b")
    assert settle_earlier(tmp_path, names) == []
    assert files(tmp_path) == {"a": "new a", "b": "new b", "other": "old other"}


def test_a_later_version_replaces_the_one_kept(tmp_path):
    for text in ("first", "second"):
        (tmp_path / "a").unlink(missing_ok=True)
        (tmp_path / "a").write_text(text)
        keep_earlier(tmp_path, ["a"])
    assert files(tmp_path) == {"a": "second", ".earlier/a": "second"}


def test_products_kept_by_other_runs_stay(tmp_path):
    (tmp_path / "a").write_text("old a")
    keep_earlier(tmp_path, ["a"])
    (tmp_path / "a").unlink()
    (tmp_path / "b").write_text("b")
    keep_earlier(tmp_path, ["b"])
    (tmp_path / ".earlier" / ".b.part").touch()
    assert settle_earlier(tmp_path, ["b"]) == []
    assert files(tmp_path) == {"b": "b", ".earlier/a": "old a"}


def test_nothing_is_kept_if_the_folder_of_second_names_cannot_be_made(tmp_path):
    for name in ("a", ".earlier"):
        (tmp_path / name).write_text(name)
    keep_earlier(tmp_path, ["a"])
    assert settle_earlier(tmp_path, ["a"]) == []
    assert files(tmp_path) == {"a": "a", ".earlier": ".earlier"}


def test_without_products_there_is_nothing_to_keep(tmp_path):
    keep_earlier(tmp_path / "none", ["a"])
    assert settle_earlier(tmp_path / "none", ["a"]) == []
    assert os.listdir(tmp_path) == []


def test_a_file_system_without_links_does_without(tmp_path, monkeypatch):
    def refuse(_source, _target):
        raise OSError(errno.EPERM, "Operation not permitted")

    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(os, "link", refuse)
    keep_earlier(tmp_path, ["a"])
    assert settle_earlier(tmp_path, ["a"]) == []
    assert files(tmp_path) == {"a": "old"}


def test_earlier_products_are_never_in_a_folder_that_a_link_leads_to(tmp_path):
    results, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    results.mkdir()
    elsewhere.mkdir()
    for folder in (results, elsewhere):
        (folder / "a.ecsv").write_text(folder.name)
    (results / ".earlier").symlink_to(elsewhere)
    keep_earlier(results, ["a.ecsv"])
    assert files(elsewhere) == {"a.ecsv": "elsewhere"}
    assert files(results) == {"a.ecsv": "results", ".earlier/a.ecsv": "results"}
    (results / ".earlier" / "a.ecsv").unlink()
    (results / ".earlier").rmdir()
    (results / ".earlier").symlink_to(elsewhere)
    assert settle_earlier(results, ["a.ecsv"]) == []
    assert files(elsewhere) == {"a.ecsv": "elsewhere"}
