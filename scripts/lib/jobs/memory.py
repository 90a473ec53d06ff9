"""Settings of the memory allocator for jobs that work block by block, and their peak memory."""

import ctypes
import re
import resource
from pathlib import Path

__all__ = ["keep_freed_memory", "peak_memory_mb"]

# Parameters of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST_TRIM_THRESHOLD = (1 << 31) - 1
_LARGEST_MMAP_THRESHOLD = 1 << 25


def keep_freed_memory():
    """
    Keep freed memory for the next arrays instead of returning it to the system.

    The arrays of one block of data have the sizes of those of the block before.
    By default glibc maps new pages for each, and clearing these takes longer
    than the arithmetic. Peak memory does not change, but is kept to the end.

    Returns
    -------
    kept : bool
        False where the C library has no ``mallopt``; nothing is changed there.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    mapped = mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
    trimmed = mallopt(_M_TRIM_THRESHOLD, _LARGEST_TRIM_THRESHOLD)
    return bool(mapped and trimmed)


def peak_memory_mb():
    """
    Peak memory of this process.

    Returns
    -------
    memory : float
        Peak resident memory [MB]. Without ``/proc`` it is at least the memory
        of the parent when that started this process.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        status = ""
    match = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    # getrusage keeps the parent's peak, /proc does not. Both count units of 1024 bytes.
    peak = int(match[1]) if match else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * 1024 / 1e6
