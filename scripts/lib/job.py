"""Run the work of one job: its log, and what the user sees when it fails."""

import errno
import gc
import logging
import resource
import sys

from scripts.lib.allocator import keep_freed_memory
from scripts.lib.errors import InputError

# Python looks for garbage after so many new objects. With its own 700, a fifth of the time of large
# imports goes into looking at objects that stay.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
# What the file system refuses for reasons that only the user can change.
_REFUSALS = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT))


def run_job(snakemake, function):
    """
    Call the I/O function of a step script and report its failure.

    Messages of all loggers, and Python warnings, go to the job's log file and
    to standard error. The process ends with exit code 1 when the function
    raises: an :class:`~scripts.lib.errors.InputError`, a folder that cannot
    be written to, a full disk and exhausted memory are reported in one
    message, anything else with the traceback.

    Parameters
    ----------
    snakemake : object
        The ``snakemake`` object of a script. The first item of its ``log``,
        if there is one, is the path of the log file; its ``params`` may have
        a list ``input_warnings`` of what to log before the work starts.
    function : callable
        Called with ``snakemake``.

    Raises
    ------
    SystemExit
        With code 1, if the function raised an exception.
    """
    keep_freed_memory()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _start_logging(snakemake.log)
    log = logging.getLogger(function.__module__)
    for warning in snakemake.params.get("input_warnings", ()):
        log.warning("%s", warning)
    try:
        function(snakemake)
    except InputError as error:
        log.error("%s", error)
        sys.exit(1)
    except Exception as error:
        _log_failure(log, error)
        sys.exit(1)
    _log_cost(log)


def _log_failure(log, error):
    """Log what the machine lacks in one line, and anything else with its traceback."""
    if isinstance(error, MemoryError):
        log.error("out of memory: %s; expected more, or a lower max_memory_mb", error)
    elif isinstance(error, OSError) and error.errno in _REFUSALS:
        log.error("%s: %s", error.filename or "writing", error.strerror)
    else:
        log.error("unexpected error; please report it together with this log", exc_info=error)


def _log_cost(log):
    """Log what the process has cost so far, its imports included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = usage.ru_utime + usage.ru_stime
    log.info("CPU %.2f s, peak memory %d MB", seconds, usage.ru_maxrss * 1024 // 1_000_000)


def _start_logging(paths):
    """Send messages of level INFO and above to standard error and the log file."""
    handlers = [logging.StreamHandler()]
    if paths:
        handlers.append(logging.FileHandler(paths[0], mode="w", encoding="utf-8"))
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(True)
