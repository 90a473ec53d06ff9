import errno
import logging
import os
import re
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.lib.errors import CONTROLS, InputError
from scripts.lib.files.atomic import atomic_file
from scripts.lib.jobs.job import describe_failure, run_job


@pytest.fixture(autouse=True)
def restored_logging():
    """Leave the loggers as they were, and close what the job opened."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    terminate = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, terminate)
    logging.raiseExceptions = True
    logging.captureWarnings(False)
    for handler in set(root.handlers) - set(handlers):
        with suppress(OSError):
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(name="job")
def snakemake_object(tmp_path):
    return SimpleNamespace(log=[str(tmp_path / "job.log")], params={})


def log_of(job):
    with open(job.log[0], encoding="utf-8") as log:
        return log.read()


@pytest.mark.filterwarnings("default")
def test_messages_and_warnings_go_to_the_log_and_the_terminal(job, capsys):
    def function(snakemake):
        logging.getLogger("any").info("%d integrations", 3)
        warnings.warn("unusual value", RuntimeWarning, stacklevel=1)

    run_job(job, function)
    for text in (log_of(job), capsys.readouterr().err):
        assert "INFO 3 integrations" in text
        assert "unusual value" in text


def test_warnings_about_the_input_come_first(job):
    job.params["input_warnings"] = ["TARGNAME: found none"]
    run_job(job, lambda snakemake: logging.getLogger("any").info("work"))
    first, second, third = log_of(job).splitlines()
    assert first.endswith("WARNING TARGNAME: found none")
    assert second.endswith("INFO work")
    assert re.search(r"INFO CPU \d+\.\d\d s, peak memory [1-9]\d* MB$", third)


def test_a_step_may_leave_them_to_the_job_before(job):
    job.params["input_warnings"] = ["TARGNAME: found none"]
    run_job(job, lambda snakemake: None, logs_input_warnings=False)
    assert "TARGNAME" not in log_of(job)


def test_input_error_is_one_line_without_traceback(job, capsys):
    def function(snakemake):
        raise InputError("a.fits: NINTS: found 1, expected 2 or more")

    with pytest.raises(SystemExit) as caught:
        run_job(job, function)
    assert caught.value.code == 1
    for text in (log_of(job), capsys.readouterr().err):
        (line,) = text.splitlines()
        assert line.endswith("ERROR a.fits: NINTS: found 1, expected 2 or more")


def test_unexpected_error_has_a_traceback(job):
    with pytest.raises(SystemExit) as caught:
        run_job(job, lambda snakemake: 1 / 0)
    assert caught.value.code == 1
    assert "Traceback" in log_of(job)
    assert "ZeroDivisionError" in log_of(job)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "results"),
            "results: Permission denied",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "reading or writing: No space left on device",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "a.json"),
            "a.json: No such file or directory",
        ),
        (
            MemoryError("Unable to allocate 9 TiB"),
            "out of memory: Unable to allocate 9 TiB; expected more, or a lower max_memory_mb",
        ),
        (MemoryError(), "out of memory; expected more, or a lower max_memory_mb"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_machine_refuses_is_one_line(job, error, message):
    def function(snakemake):
        raise error

    with pytest.raises(SystemExit) as caught:
        run_job(job, function)
    assert caught.value.code == 1
    (line,) = log_of(job).splitlines()
    assert line.endswith(f"ERROR {message}")


def test_an_error_of_the_operating_system_without_reason_has_a_traceback(job):
    with pytest.raises(SystemExit):
        run_job(job, lambda snakemake: (_ for _ in ()).throw(OSError("no reason")))
    assert "Traceback" in log_of(job)


@pytest.fixture
def interruptible():
    """SIGINT as in the foreground; a shell starts what is in the background with it ignored."""
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_job_that_is_stopped_removes_what_it_began(job, tmp_path, number, interruptible):
    def function(snakemake):
        with atomic_file(tmp_path / "product") as part:
            part.write_text("ha")
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as caught:
        run_job(job, function)
    assert caught.value.code == 130
    assert os.listdir(tmp_path) == ["job.log"]
    (line,) = log_of(job).splitlines()
    assert line.endswith("ERROR stopped before the end; nothing was written, so run again")


def test_a_log_that_cannot_be_opened_is_one_line(job, tmp_path, capsys):
    job.log[0] = str(tmp_path)
    with pytest.raises(SystemExit) as caught:
        run_job(job, lambda snakemake: pytest.fail("must not run"))
    assert caught.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"ERROR {tmp_path}: Is a directory")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_log_on_a_full_disk_leaves_the_message_on_the_terminal_alone(job, capsys):
    def function(snakemake):
        raise InputError("a.fits: cannot be written: No space left on device")

    job.log[0] = "/dev/full"
    with pytest.raises(SystemExit):
        run_job(job, function)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("a.fits: cannot be written: No space left on device")


def test_a_job_without_log_file_reports_to_the_terminal(capsys):
    run_job(
        SimpleNamespace(log=[], params={}), lambda snakemake: logging.getLogger("any").info("work")
    )
    assert "INFO work" in capsys.readouterr().err


@pytest.mark.parametrize("watched", [True, False])
def test_progress_is_in_the_log_and_on_a_terminal_only(job, capsys, monkeypatch, watched):
    def work(_):
        logging.getLogger("step").info("5 of 9 done", extra={"progress": True})
        logging.getLogger("step").info("result")

    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched)
    run_job(job, work)
    assert "5 of 9 done" in log_of(job)
    terminal = capsys.readouterr().err
    assert ("5 of 9 done" in terminal) == watched
    assert "result" in terminal


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), OSError("no reason")])
def test_a_bug_has_no_description(error):
    assert describe_failure(error) is None


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_log_that_is_a_link_leads_nowhere(job, tmp_path, link):
    target = tmp_path / "target"
    target.write_text("precious")
    getattr(Path(job.log[0]), link)(target)
    run_job(job, lambda snakemake: None)
    assert target.read_text() == "precious"
    assert "peak memory" in log_of(job)
    assert not Path(job.log[0]).is_symlink()


def test_a_log_of_an_earlier_run_is_replaced(job):
    Path(job.log[0]).write_text("earlier")
    run_job(job, lambda snakemake: None)
    assert "earlier" not in log_of(job)


HOSTILE = "a\x1b[2J\r\n2026 INFO all is well\x9b\u202e\udc80"
SHOWN = r"a\x1b[2J\r\n2026 INFO all is well\x9b\u202e\udc80"


@pytest.mark.parametrize(
    "error",
    [
        InputError(f"{HOSTILE}: cannot be read"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", HOSTILE),
        MemoryError(HOSTILE),
        ValueError(HOSTILE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_terminal_would_obey_is_shown_as_escapes(job, capsys, error):
    def function(snakemake):
        logging.getLogger("any").info("%s", HOSTILE)
        raise error

    job.params["input_warnings"] = [HOSTILE]
    with pytest.raises(SystemExit):
        run_job(job, function)
    for text in (log_of(job), capsys.readouterr().err):
        assert CONTROLS.sub("", text) == "".join(text.splitlines())
        assert text.count(SHOWN) == (2 if isinstance(error, ValueError) else 3)
        assert "\n2026 INFO all is well" not in text


def test_each_of_several_errors_is_a_line_of_the_log(job):
    def function(snakemake):
        raise InputError("first\x1b", "second")

    with pytest.raises(SystemExit):
        run_job(job, function)
    first, second = log_of(job).splitlines()
    assert first.endswith("ERROR first\\x1b")
    assert second.endswith("ERROR second")


def test_lines_on_the_terminal_name_rule_and_segment_and_the_cost_is_in_the_log_alone(job, capsys):
    job.rule, job.wildcards = "extract_1d", ["jw1%s-seg001"]
    run_job(job, lambda snakemake: logging.getLogger("any").info("work"))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("INFO extract_1d jw1%s-seg001: work")
    written, cost = log_of(job).splitlines()
    assert written.endswith("INFO work")
    assert "INFO CPU" in cost


def test_errors_on_the_terminal_name_their_file_alone(job, capsys):
    def function(snakemake):
        raise InputError("a.fits: NINTS: found 1, expected 2 or more")

    job.rule, job.wildcards = "extract_1d", ["jw1-seg001"]
    with pytest.raises(SystemExit):
        run_job(job, function)
    assert capsys.readouterr().err.endswith("ERROR a.fits: NINTS: found 1, expected 2 or more\n")
