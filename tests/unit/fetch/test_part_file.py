import os

import pytest

from scripts.fetch import part_file
from scripts.fetch.part_file import open_part
from scripts.lib.errors import InputError


@pytest.fixture(name="path")
def finished_path(tmp_path):
    return tmp_path / "data" / "a.fits"


@pytest.fixture(name="elsewhere")
def file_elsewhere(tmp_path, path):
    """A file that is none of the program's business, and the folder of the data."""
    path.parent.mkdir()
    (tmp_path / "precious").write_text("precious")
    return tmp_path / "precious"


def begin(path, version="v1"):
    """Leave a part of three bytes."""
    with open_part(path) as part:
        part.start(version)
        part.append(b"abc")


def test_a_part_is_found_again_with_its_version(path):
    begin(path)
    with open_part(path) as part:
        assert part.length == 3
        assert part.is_of("v1")
        assert not part.is_of("v2")
        assert not part.is_of("")
        part.append(b"def")
        part.finish()
    assert path.read_bytes() == b"abcdef"
    assert os.listdir(path.parent) == [path.name]


def test_a_part_without_a_version_is_not_used(path):
    begin(path, "")
    with open_part(path) as part:
        assert part.length == 0
    assert os.listdir(path.parent) == []


def test_a_part_starts_from_scratch_for_another_version(path):
    begin(path)
    with open_part(path) as part:
        part.start("v2")
        assert (part.length, part.is_of("v2")) == (0, True)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 1000, b"v1"])
def test_a_note_that_somebody_else_wrote_is_no_version(path, content):
    begin(path)
    path.with_name(".a.fits.version").write_bytes(content)
    with open_part(path) as part:
        assert not part.is_of("v1")


@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_a_planted_link_is_removed_and_not_followed(path, elsewhere, plant):
    plant(elsewhere, path.with_name(".a.fits.part"))
    begin(path)
    assert elsewhere.read_text() == "precious"
    assert path.with_name(".a.fits.part").read_bytes() == b"abc"


def test_a_planted_link_to_a_version_is_not_followed(path, elsewhere):
    os.symlink(elsewhere, path.with_name(".a.fits.version"))
    begin(path)
    assert elsewhere.read_text() == "precious"
    with open_part(path) as part:
        assert part.is_of("v1")


def test_a_planted_pipe_does_not_stop_the_program(path):
    path.parent.mkdir()
    os.mkfifo(path.with_name(".a.fits.part"))
    begin(path)
    assert path.with_name(".a.fits.part").read_bytes() == b"abc"


def test_a_link_in_the_place_of_the_file_is_replaced(path, elsewhere):
    os.symlink(elsewhere, path)
    begin(path)
    with open_part(path) as part:
        part.finish()
    assert elsewhere.read_text() == "precious"
    assert path.read_bytes() == b"abc"
    assert not path.is_symlink()


def test_two_processes_do_not_fetch_one_file(path):
    with open_part(path), pytest.raises(InputError, match="another process is fetching it"):
        begin(path)


def test_a_part_that_was_replaced_meanwhile_gets_no_name(path):
    with open_part(path) as part:
        part.start("v1")
        path.with_name(".a.fits.part").unlink()
        path.with_name(".a.fits.part").write_text("other")
        with pytest.raises(InputError, match="was replaced while it was written"):
            part.finish()
    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(InputError, match=r"data/a.fits: cannot be written: File exists"):
        begin(tmp_path / "data" / "a.fits")


def test_a_file_that_is_finished_before_its_part_is_locked_stays(path, monkeypatch):
    begin(path)
    lock, opened = part_file.lock_file, []

    def finished_before(file, *others):
        if not opened:
            opened.append(file)
            # Another process gives the part its name between our opening and our lock.
            os.replace(path.with_name(".a.fits.part"), path)
            path.with_name(".a.fits.version").unlink()
        lock(file, *others)

    monkeypatch.setattr(part_file, "lock_file", finished_before)
    with open_part(path) as part:
        assert part.length == 0
    assert path.read_bytes() == b"abc"
