"""Results that jobs share: found where they are the same, computed where anything differs."""

import errno
import os
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scripts.lib.segment_data import wcs_cache
from scripts.lib.segment_data.wcs_cache import Floats, ResultCache, clear


def volume(*_sides):
    """Something to have results of."""


def area(*_sides):
    """Something else."""


class Counted:
    """Computes a result and counts how often."""

    def __init__(self, result=3.5):
        self.result, self.calls = result, 0
        # Whose code counts as well as the function's.
        self.__module__ = "scripts.lib.segment_data.dq"

    def __call__(self, *_arguments):
        self.calls += 1
        return self.result


@pytest.fixture(autouse=True)
def modules_of_the_project(monkeypatch):
    """The functions here pass for those of a module of the workflow."""
    for function in (volume, area):
        monkeypatch.setattr(function, "__module__", "scripts.lib.provenance.software")


def lookup(folder, result, form=float, digest="d", arguments=(), function=volume):
    """Look a result up that is computed to be this one."""
    return ResultCache(folder).lookup(function, digest, arguments, form, Counted(result))


def results(folder):
    """Files in a folder, without those that are locked."""
    return [path for path in folder.iterdir() if path.suffix != ".lock"]


def only_file(folder):
    """The one result in a folder."""
    (file,) = results(folder)
    return file


def test_a_result_is_computed_once_for_all_jobs(tmp_path):
    compute, form = Counted((1.5, 2)), (float, int)
    for _ in range(3):
        kept = ResultCache(tmp_path / "x")
        assert kept.lookup(volume, "d", (1, 2.0), form, compute) == (1.5, 2)
    assert compute.calls == 1


class Slow(Counted):
    """Computes a result once it may."""

    def __init__(self):
        super().__init__()
        self.begun, self.may_end = Event(), Event()

    def __call__(self, *_arguments):
        self.begun.set()
        assert self.may_end.wait(10)
        return super().__call__()


def test_a_job_waits_for_what_another_computes(tmp_path, monkeypatch):
    slow, other, waits, sleep = Slow(), Counted(), Event(), time.sleep
    monkeypatch.setattr(wcs_cache.time, "sleep", lambda _: waits.set() or sleep(0.01))
    with ThreadPoolExecutor(2) as pool:
        jobs = []
        for compute in (slow, other):
            jobs.append(pool.submit(ResultCache(tmp_path).lookup, volume, "d", (), float, compute))
            assert slow.begun.wait(10)
        assert waits.wait(10)
        slow.may_end.set()
        assert [job.result(10) for job in jobs] == [3.5, 3.5]
    assert (slow.calls, other.calls) == (1, 0)
    assert only_file(tmp_path).suffix == ""


def test_a_job_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(wcs_cache, "_LOOKS", 2)
    slow, other = Slow(), Counted()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(ResultCache(tmp_path).lookup, volume, "d", (), float, slow)
        assert slow.begun.wait(10)
        assert ResultCache(tmp_path).lookup(volume, "d", (), float, other) == 3.5
        slow.may_end.set()
        assert job.result(10) == 3.5
    assert (slow.calls, other.calls) == (1, 1)


def test_jobs_that_waited_for_nothing_do_not_wait_for_each_other(tmp_path, monkeypatch):
    first, others, sleep = Slow(), [Slow(), Slow()], time.sleep
    first.result, waiting, end = None, set(), time.monotonic() + 10
    monkeypatch.setattr(wcs_cache.time, "sleep", lambda _: waiting.add(get_ident()) or sleep(0.01))
    with ThreadPoolExecutor(3) as pool:
        jobs = []
        for compute in (first, *others):
            jobs.append(pool.submit(ResultCache(tmp_path).lookup, volume, "d", (), float, compute))
            assert first.begun.wait(10)
        while len(waiting) < 2:
            sleep(0.01)
            assert time.monotonic() < end
        first.may_end.set()
        # Both compute at the same time.
        assert all(other.begun.wait(10) for other in others)
        for other in others:
            other.may_end.set()
        assert [job.result(10) for job in jobs] == [None, 3.5, 3.5]


def test_what_a_computation_raises_reaches_the_job(tmp_path):
    def fail():
        raise OSError("no more files")

    fail.__module__ = "scripts.lib.segment_data.dq"
    with pytest.raises(OSError, match="no more files"):
        ResultCache(tmp_path).lookup(volume, "d", (), float, fail)


@pytest.mark.parametrize("planted", ["pipe", "link", "folder", "left"])
def test_whatever_is_in_the_place_of_a_lock_a_result_is_computed(tmp_path, planted):
    assert lookup(tmp_path, 3.5) == 3.5
    only_file(tmp_path).unlink()
    (lock,) = tmp_path.iterdir()
    if planted != "left":
        lock.unlink()
    if planted == "pipe":
        os.mkfifo(lock)
    elif planted == "link":
        lock.symlink_to(tmp_path / "target")
    elif planted == "folder":
        lock.mkdir()
    assert lookup(tmp_path, 4.5) == 4.5
    assert not (tmp_path / "target").exists()


def test_without_locks_results_are_kept_as_well(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(wcs_cache.fcntl, "flock", refused)
    assert lookup(tmp_path, 3.5) == 3.5
    assert lookup(tmp_path, 4.5) == 3.5


@given(
    image=arrays(np.float64, (2, 3), elements=st.floats(width=64)),
    numbers=st.tuples(st.floats(), st.integers(-(2**63), 2**63 - 1)),
)
def test_a_result_is_the_same_bits_whether_found_or_computed(tmp_path_factory, image, numbers):
    folder, form = tmp_path_factory.mktemp("kept"), ((float, int), Floats((2, 3)))
    lookup(folder, (numbers, image), form)
    found_numbers, found = lookup(folder, None, form)
    assert found.tobytes() == image.tobytes()
    assert [type(value) for value in found_numbers] == [float, int]
    assert np.array(found_numbers[0]).tobytes() == np.array(numbers[0]).tobytes()
    assert found_numbers[1] == numbers[1]


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_keeps_its_order_in_memory(tmp_path, order):
    image = np.ones((2, 3), order=order)
    lookup(tmp_path, image, Floats((2, 3)))
    found = lookup(tmp_path, None, Floats((2, 3)))
    assert found.flags[f"{order}_CONTIGUOUS"]


@pytest.mark.parametrize(
    ("function", "digest", "arguments"),
    [(area, "d", (1, 2.0)), (volume, "e", (1, 2.0)), (volume, "d", (1, 2.1)), (volume, None, ())],
)
def test_a_result_of_anything_else_is_computed(tmp_path, function, digest, arguments):
    lookup(tmp_path, 1, int, "d", (1, 2.0))
    lookup(tmp_path, 1, int, None, ())
    assert lookup(tmp_path, 2, int, digest, arguments, function) == 2


@pytest.mark.parametrize("name", ["_versions", "_code"])
def test_with_other_code_it_is_computed_again(tmp_path, monkeypatch, name):
    lookup(tmp_path, 1.0)
    monkeypatch.setattr(wcs_cache, name, lambda *_: "other")
    assert lookup(tmp_path, 2.0) == 2.0


def test_the_code_of_a_module_is_its_own_and_that_of_what_it_imports(monkeypatch):
    sources = {"scripts/a.py": "from scripts.b import c\n", "scripts/b.py": "c = 1\n"}
    monkeypatch.setattr(wcs_cache, "_source", sources.__getitem__)
    digests = [wcs_cache._code.__wrapped__("scripts.a")]
    for path in sources:
        sources[path] += "# changed\n"
        digests.append(wcs_cache._code.__wrapped__("scripts.a"))
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("result", "form"),
    [
        (None, float),
        (1, float),
        (np.float64(1.0), float),
        (2**63, int),
        ((1.0,), (float, float)),
        ([1.0, 2.0], (float, float)),
        (np.ones((3, 2)), Floats((2, 3))),
        (np.ones((2, 3), np.float32), Floats((2, 3))),
        (np.full((2, 3), None), Floats((2, 3))),
    ],
)
def test_none_and_a_result_of_another_form_are_computed_each_time(tmp_path, result, form):
    compute = Counted(result)
    for _ in range(2):
        assert ResultCache(tmp_path / "x").lookup(volume, "d", (), form, compute) is result
    assert compute.calls == 2
    assert not results(tmp_path / "x")


def test_without_a_folder_nothing_is_kept():
    compute, kept = Counted(), ResultCache()
    assert [kept.lookup(volume, "d", (), float, compute) for _ in range(2)] == [3.5, 3.5]
    assert compute.calls == 2


def savez(*results):
    """Writes arrays as numpy does."""
    return lambda file: np.savez(file, *map(np.asarray, results))


def save_alone(file):
    """Writes one array without an archive around it."""
    with file.open("wb") as stream:
        np.save(stream, np.array(9.0))


@pytest.mark.parametrize(
    "write",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"no archive"),
        lambda file: file.write_bytes(file.read_bytes()[:-30]),
        lambda file: file.write_bytes(file.read_bytes().replace(b"NUMPY", b"numpy")),
        lambda file: file.write_bytes(pickle.dumps(9.0)),
        save_alone,
        savez(),
        savez(9),
        savez(np.float32(9.0)),
        savez([9.0]),
        savez(9.0, 9.0),
        savez(np.array(9.0, dtype=object)),
        lambda file: np.savez(file, other=np.array(9.0)),
    ],
)
def test_what_is_not_exactly_what_is_expected_is_computed_again(tmp_path, write):
    lookup(tmp_path, 1.0)
    file = only_file(tmp_path)
    plain = file.with_name("written.npz")
    plain.write_bytes(file.read_bytes())
    write(plain)
    plain.replace(file)
    assert lookup(tmp_path, 2.0) == 2.0
    assert lookup(tmp_path, 3.0) == 2.0


class Exploding:
    """What a pickle of it does when it is loaded."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_pickle_is_never_loaded(tmp_path):
    lookup(tmp_path, 1.0)
    file = only_file(tmp_path)
    with file.open("wb") as stream:
        np.savez(stream, np.array([Exploding()], dtype=object))
    assert lookup(tmp_path, 2.0) == 2.0


def test_a_link_is_not_followed(tmp_path):
    folder = tmp_path / "kept"
    lookup(folder, 1.0)
    only_file(folder).rename(tmp_path / "elsewhere")
    (folder / only_name(tmp_path, folder)).symlink_to(tmp_path / "elsewhere")
    assert lookup(folder, 2.0) == 2.0


def only_name(tmp_path, folder):
    """Name under which a result is looked up in a folder."""
    lookup(tmp_path / "other", 1.0)
    return only_file(tmp_path / "other").name


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkdir(tmp_path / "kept")
    os.mkfifo(tmp_path / "kept" / only_name(tmp_path, tmp_path / "kept"))
    assert lookup(tmp_path / "kept", 2.0) == 2.0


def test_a_folder_that_is_a_link_is_neither_read_nor_written(tmp_path):
    lookup(tmp_path / "real", 1.0)
    (tmp_path / "link").symlink_to("real")
    assert lookup(tmp_path / "link", 2.0) == 2.0
    assert lookup(tmp_path / "link", 3.0, arguments=(1,)) == 3.0
    assert lookup(tmp_path / "real", 4.0) == 1.0
    assert len(results(tmp_path / "real")) == 1


@pytest.mark.parametrize("owner", ["folder", "file"])
def test_results_of_another_user_are_not_read(tmp_path, monkeypatch, owner):
    lookup(tmp_path, 1.0)
    is_other, fstat = {"folder": os.path.isdir, "file": os.path.isfile}[owner], os.fstat

    def foreign(descriptor):
        status = fstat(descriptor)
        if not is_other(f"/proc/self/fd/{descriptor}"):
            return status
        return os.stat_result([*status[:4], status.st_uid + 1, *status[5:10]])

    monkeypatch.setattr(wcs_cache.os, "fstat", foreign)
    assert lookup(tmp_path, 2.0) == 2.0


def test_where_nothing_can_be_kept_jobs_go_on(tmp_path):
    (tmp_path / "x").write_text("a file")
    assert lookup(tmp_path / "x", 4.0) == 4.0


def test_what_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(file, *_):
        file.write(b"some")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert lookup(tmp_path, 1.0) == 1.0
    assert results(tmp_path) == []


def test_an_interruption_after_the_last_step_stops_the_job(tmp_path, monkeypatch):
    replace = os.replace

    def interrupted(*names, **folders):
        replace(*names, **folders)
        raise KeyboardInterrupt

    monkeypatch.setattr(wcs_cache.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lookup(tmp_path, 1.0)
    assert lookup(tmp_path, 2.0) == 1.0


def test_results_that_were_cleared_are_computed_again(tmp_path):
    lookup(tmp_path / "x", 1.0)
    clear(tmp_path / "x")
    clear(tmp_path / "x")
    assert lookup(tmp_path / "x", 2.0) == 2.0


def test_of_a_link_the_link_alone_is_cleared(tmp_path):
    lookup(tmp_path / "real", 1.0)
    (tmp_path / "link").symlink_to("real")
    clear(tmp_path / "link")
    assert not (tmp_path / "link").is_symlink()
    assert lookup(tmp_path / "real", 2.0) == 1.0
