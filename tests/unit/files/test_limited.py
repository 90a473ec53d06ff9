import os

import pytest

from scripts.lib.files.limited import read_limited


def test_a_file_up_to_the_limit_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_limited(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="it has more than 4 bytes"):
        read_limited(tmp_path / "a", 4)


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_limited(tmp_path / "b", 9) == b"1"


def test_what_is_no_regular_file_is_never_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "zero"):
        with pytest.raises(OSError, match="it is no regular file"):
            read_limited(path, 9)


def test_a_file_that_the_system_makes_up_is_limited_as_well():
    # Its length is said to be 0.
    with pytest.raises(OSError, match="it has more than 10 bytes"):
        read_limited("/proc/self/status", 10)
