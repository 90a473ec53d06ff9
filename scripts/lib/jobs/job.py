"""Run the work of one job: its log, and what the user sees when it fails."""

import gc
import logging
import os
import resource
import signal
import stat
import sys
import textwrap
from contextlib import suppress

from scripts.lib.errors import InputError, printable
from scripts.lib.jobs.memory import keep_freed_memory, peak_memory_mb
from scripts.lib.jobs.progress import hide_progress

__all__ = ["describe_failure", "run_job"]

# Number of new objects after which Python collects garbage. With the default of 700, a fifth of the
# time of large imports is spent on examining objects that stay.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
# Their messages have several lines.
_PYTHON_WARNINGS = "py.warnings"
# Exit code that shells report for a process that Ctrl-C ended.
_INTERRUPTED = 130


def run_job(snakemake, function, logs_input_warnings=True):
    """
    Call the I/O function of a step script, and report its failure.

    Messages of all loggers, and Python warnings, go to the job's log file and
    to standard error. The process ends with exit code 1 when the function
    raises: an :class:`~scripts.lib.errors.InputError`, a refusal of the
    operating system and exhausted memory are reported in one message,
    anything else with the traceback. A job that is interrupted or terminated
    removes its unfinished files, logs that and ends with code 130.

    Parameters
    ----------
    snakemake : object
        The ``snakemake`` object of a script. The first item of its ``log``,
        if there is one, is the path of the log file; its ``params`` may have
        a list ``input_warnings``.
    function : callable
        Called with ``snakemake``.
    logs_input_warnings : bool
        Whether to log the warnings about the input before calling the function.

    Raises
    ------
    SystemExit
        With code 1 if the function raised an exception, 130 if it was stopped.
    """
    keep_freed_memory()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log = logging.getLogger(function.__module__)
    try:
        _start_logging(snakemake.log, _job_name(snakemake))
        if logs_input_warnings:
            for warning in snakemake.params.get("input_warnings", ()):
                log.warning("%s", warning)
        function(snakemake)
    except KeyboardInterrupt:
        log.error("stopped before the end; nothing was written, so run again")
        sys.exit(_INTERRUPTED)
    except Exception as error:
        message = describe_failure(error)
        if message is None:
            message = "unexpected error; please report it together with this log"
            log.error(message, exc_info=error)
        else:
            for line in message.split("\n"):
                log.error("%s", line)
        sys.exit(1)
    _log_cost(log)


def describe_failure(error):
    """
    Describe a failure that the user or the administrator of the machine can remedy.

    Parameters
    ----------
    error : Exception
        Exception that was raised.

    Returns
    -------
    message : str or None
        One message without traceback; None if the failure is a bug.
    """
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        wanted = f": {error}" if str(error) else ""
        return printable(f"out of memory{wanted}; expected more, or a lower max_memory_mb")
    if isinstance(error, OSError) and error.strerror:
        return printable(f"{error.filename or 'reading or writing'}: {error.strerror}")
    return None


def _log_cost(log):
    """Log CPU time and peak memory of the process so far, including its imports."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = usage.ru_utime + usage.ru_stime
    cost = {"cost": True}
    log.info("CPU %.2f s, peak memory %d MB", seconds, peak_memory_mb(), extra=cost)


def _job_name(snakemake):
    """Rule of a job, and what it works on."""
    wildcards = getattr(snakemake, "wildcards", None)
    return " ".join([getattr(snakemake, "rule", None) or "", *(wildcards or ())]).strip()


def _start_logging(paths, name=""):
    """Send messages of level INFO and above to standard error, there with the job's name, and the log file."""
    # A log on a full disk must not bury the message in tracebacks of its own.
    logging.raiseExceptions = False
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, force=True)
    terminal = logging.getLogger().handlers[0]
    terminal.addFilter(_show_controls)
    terminal.addFilter(lambda record: not getattr(record, "cost", False))
    if name:
        terminal.setFormatter(_JobFormatter(name))
    if not sys.stderr.isatty():
        terminal.addFilter(hide_progress)
    logging.captureWarnings(True)
    if paths:
        file = logging.FileHandler(paths[0], mode=_make_room(paths[0]), encoding="utf-8")
        file.setFormatter(logging.Formatter(_LOG_FORMAT))
        file.addFilter(_show_controls)
        logging.getLogger().addHandler(file)


class _JobFormatter(logging.Formatter):
    """Put the name of the job before messages, but for errors, which name their file."""

    def __init__(self, name):
        super().__init__(_LOG_FORMAT)
        shown = printable(name).replace("%", "%%")
        self._named = logging.Formatter(_LOG_FORMAT.replace("%(message)s", f"{shown}: %(message)s"))

    def format(self, record):
        """Write a record."""
        if record.levelno >= logging.ERROR:
            return super().format(record)
        return self._named.format(record)


def _show_controls(record):
    """Show characters of a record that a terminal would obey as escapes; every record passes."""
    kept = "\n" if record.name == _PYTHON_WARNINGS else ""
    record.msg, record.args = printable(record.getMessage(), kept), ()
    if record.exc_info:
        text = printable(logging.Formatter().formatException(record.exc_info), "\n\t")
        # No line of a traceback may look like a record.
        record.exc_text = textwrap.indent(text, "  ")
    return True


def _make_room(path):
    """Remove a former log, or a link that would lead a new one elsewhere; mode to open the log with."""
    with suppress(FileNotFoundError):
        if stat.S_ISCHR(os.lstat(path).st_mode):
            return "w"
        os.unlink(path)
    return "x"
