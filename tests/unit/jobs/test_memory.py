import ctypes
import sys

import pytest

from scripts.lib.jobs.memory import keep_freed_memory


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is part of glibc")
def test_sets_the_allocator_of_glibc():
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("this C library has no mallopt")
    assert keep_freed_memory() is True


@pytest.mark.parametrize("library", [object(), None])
def test_does_nothing_elsewhere(monkeypatch, library):
    def load(_name):
        if library is None:
            raise OSError
        return library

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert keep_freed_memory() is False
