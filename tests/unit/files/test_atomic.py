import errno
import fcntl
import os
import re
import resource
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.files import atomic
from scripts.lib.files.atomic import atomic_file, open_part, write_arrays, write_text
from scripts.lib.files.ecsv import write_ecsv
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_file_has_its_name_only_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_file(path) as part:
        part.write_text("all")
        assert not path.exists()
    assert content(path.parent) == {"a.txt": "all"}


def test_file_and_folder_are_synced_around_the_renaming(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor):
        done.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    def noted_replace(self, target):
        done.append("renamed")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    with atomic_file(tmp_path / "a.txt") as part:
        part.write_text("all")
    assert done == [".a.txt.part", "renamed", tmp_path.name]


def test_a_file_goes_to_disk_while_it_is_made(tmp_path, monkeypatch):
    synced = threading.Event()
    monkeypatch.setattr(atomic, "_SYNC_SECONDS", 0.001)
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: synced.set())
    with atomic_file(tmp_path / "a.txt") as part:
        part.write_text("all")
        assert synced.wait(10)
    assert content(tmp_path) == {"a.txt": "all"}


def test_a_disk_error_that_only_a_sync_during_the_writing_met_counts(tmp_path, monkeypatch):
    refused = threading.Event()

    def refuse(descriptor):
        refused.set()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write():
        with atomic_file(tmp_path / "a.txt") as part:
            part.write_text("all")
            assert refused.wait(10)

    monkeypatch.setattr(atomic, "_SYNC_SECONDS", 0.001)
    monkeypatch.setattr(os, "fdatasync", refuse)
    with pytest.raises(InputError, match="check the disk"):
        write()
    assert content(tmp_path) == {}


def write_half(path):
    with atomic_file(path) as part:
        part.write_text("ha")
        raise RuntimeError


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(path)
    assert content(tmp_path) == {"a.txt": "old"}


def test_what_a_killed_process_left_is_overwritten(tmp_path):
    path = tmp_path / "a.txt"
    child = os.fork()
    if not child:
        with atomic_file(path) as part:
            part.write_text("much of it")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert content(tmp_path) == {".a.txt.part": "much of it"}
    with atomic_file(path) as part:
        part.write_text("all")
    assert content(tmp_path) == {"a.txt": "all"}


def test_a_second_run_does_not_touch_what_the_first_writes(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_file(path) as part:
        part.write_text("first")
        with pytest.raises(InputError, match="another run is writing it") as caught:
            write_half(path)
        assert part.read_text() == "first"
    assert str(caught.value).startswith(f"{path}: cannot be written: ")
    assert content(tmp_path) == {"a.txt": "first"}


def test_a_lock_taken_while_the_file_was_being_finished_does_not_count(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    part = tmp_path / ".a.txt.part"
    part.write_text("first")
    flock, calls = fcntl.flock, []

    def late_flock(descriptor, operation):
        if not calls:
            # Another process finishes the file between opening and locking it here.
            part.rename(path)
        calls.append(operation)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late_flock)
    with atomic_file(path):
        assert content(tmp_path) == {"a.txt": "first", ".a.txt.part": ""}
    assert len(calls) == 2


def test_a_file_system_without_locks_does(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with atomic_file(tmp_path / "a.txt") as part:
        part.write_text("all")
    assert content(tmp_path) == {"a.txt": "all"}


def test_folders_that_cannot_be_made_are_reported_with_a_remedy(tmp_path, monkeypatch):
    path, make = tmp_path / "new" / "deep" / "a.txt", os.mkdir

    def refuse(folder, *arguments):
        if Path(folder) == tmp_path / "new":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        make(folder, *arguments)

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(InputError) as caught, atomic_file(path):
        pass
    assert str(caught.value) == (
        f"{path}: cannot be written: Permission denied; "
        "make the folder writable, or set another output_dir, then run again"
    )


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room there, or set another output_dir"),
        (errno.EDQUOT, "make room there, or set another output_dir"),
        (errno.EACCES, "make the folder writable, or set another output_dir"),
        (errno.EROFS, "make the folder writable, or set another output_dir"),
        (errno.EIO, "check the disk"),
        (errno.ENAMETOOLONG, "remove the cause"),
    ],
    ids=errno.errorcode.get,
)
@pytest.mark.parametrize("step", ["open", "fsync"])
def test_a_refusal_is_one_line_with_a_remedy(tmp_path, monkeypatch, number, remedy, step):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, refuse)
        with pytest.raises(InputError) as caught, atomic_file(path) as part:
            part.write_text("new")
    expected = f"{path}: cannot be written: {os.strerror(number)}; {remedy}, then run again"
    assert str(caught.value) == expected
    assert content(tmp_path) == {"a.txt": "old"}


def test_a_refusal_to_read_another_file_is_not_one_to_write(tmp_path):
    def read_another():
        with atomic_file(tmp_path / "a.txt"):
            (tmp_path / "none").read_text()

    with pytest.raises(FileNotFoundError, match="none"):
        read_another()
    assert content(tmp_path) == {}


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.mkdir()
    with pytest.raises(InputError, match="Is a directory"), atomic_file(path):
        pass
    assert os.listdir(tmp_path) == ["a.txt"]


def write_fits(path):
    with ProductWriter(path) as product:
        offset = product.append_hdu([format_card("SIMPLE", True)], 200_000)
        product.write(np.zeros(200_000, np.uint8), offset)


WRITERS = {
    "fits": write_fits,
    "npz": lambda path: write_arrays(path, {"a": np.zeros(200_000)}),
    "html": lambda path: write_text(path, "a" * 200_000),
    "ecsv": lambda path: write_ecsv(path, {"a": np.arange(5000.0)}, {}, {}, {}),
}


@pytest.fixture(name="small_files")
def limit_size_of_files():
    """Let no file grow beyond 2000 bytes, as if the disk were full there."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal, so that writing fails with EFBIG.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.usefixtures("small_files")
def test_every_kind_of_product_survives_a_disk_that_fills_up(tmp_path, kind):
    path = tmp_path / f"product.{kind}"
    path.write_text("old")
    with pytest.raises(InputError, match=re.escape(f"{path}: cannot be written: File too large")):
        WRITERS[kind](path)
    assert content(tmp_path) == {path.name: "old"}


LINKS = {
    "symbolic": lambda part, target: part.symlink_to(target),
    "dangling": lambda part, target: part.symlink_to(target.with_name("none")),
    "hard": lambda part, target: part.hardlink_to(target),
    "pipe": lambda part, _: os.mkfifo(part),
}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("kind", WRITERS)
def test_a_planted_part_leads_nowhere(tmp_path, kind, link):
    target, path = tmp_path / "elsewhere" / "target", tmp_path / "results" / f"product.{kind}"
    target.parent.mkdir()
    path.parent.mkdir()
    target.write_text("precious")
    LINKS[link](path.with_name(f".{path.name}.part"), target)
    WRITERS[kind](path)
    assert content(target.parent) == {"target": "precious"}
    assert path.is_file()
    assert not path.is_symlink()
    assert path.stat().st_nlink == 1
    assert not list(tmp_path.glob("**/.*.part"))


def test_a_link_in_the_place_of_a_product_is_replaced(tmp_path):
    target, path = tmp_path / "target", tmp_path / "a.txt"
    target.write_text("precious")
    path.symlink_to(target)
    write_text(path, "new")
    assert content(tmp_path) == {"target": "precious", "a.txt": "new"}
    assert not path.is_symlink()


@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_a_link_planted_during_the_writing_is_not_followed(tmp_path, link):
    path, target = tmp_path / "a.txt", tmp_path / "target"
    target.write_text("precious")

    def write():
        with atomic_file(path) as part:
            part.unlink()
            LINKS[link](part, target)
            with open_part(part, "w") as file:
                file.write("new")

    with pytest.raises(InputError, match="cannot be written: Too many"):
        write()
    assert content(tmp_path) == {"target": "precious"}


def test_a_part_that_was_replaced_does_not_become_the_product(tmp_path):
    path, target = tmp_path / "a.txt", tmp_path / "target"
    path.write_text("old")
    target.write_text("precious")

    def write():
        with atomic_file(path) as part:
            part.write_text("new")
            part.unlink()
            part.symlink_to(target)

    with pytest.raises(InputError, match="was replaced while it was written; run again"):
        write()
    assert content(tmp_path) == {"a.txt": "old", "target": "precious"}
