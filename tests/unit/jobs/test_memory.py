import ctypes
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.lib.jobs import memory
from scripts.lib.jobs.memory import keep_freed_memory, peak_memory_mb

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is part of glibc")
def test_the_allocator_of_glibc_is_set():
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("this C library has no mallopt")
    assert keep_freed_memory() is True


@pytest.mark.parametrize("library", [object(), None])
def test_nothing_is_set_in_another_library(monkeypatch, library):
    def load(_name):
        if library is None:
            raise OSError
        return library

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert keep_freed_memory() is False


def test_peak_memory_is_that_of_the_process_not_of_its_parent():
    ours = bytearray(100_000_000)
    code = "from scripts.lib.jobs.memory import peak_memory_mb; print(peak_memory_mb())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert 5 < float(found.stdout) < 60
    assert peak_memory_mb() > len(ours) / 1e6


@pytest.mark.parametrize(("content", "megabytes"), [("VmHWM:\t 3000 kB\n", 3.072), ("", 2.048)])
def test_without_the_line_of_proc_it_is_what_getrusage_says(monkeypatch, content, megabytes):
    usage = SimpleNamespace(ru_maxrss=2000)
    monkeypatch.setattr(memory.Path, "read_text", lambda *_arguments, **_options: content)
    monkeypatch.setattr(resource, "getrusage", lambda _who: usage)
    assert peak_memory_mb() == megabytes


def test_without_proc_it_is_what_getrusage_says(monkeypatch):
    def refuse(*_arguments, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(memory.Path, "read_text", refuse)
    monkeypatch.setattr(resource, "getrusage", lambda _who: SimpleNamespace(ru_maxrss=2000))
    assert peak_memory_mb() == 2.048
