"""
Generate comparator programs that give the medians of several consecutive windows.

Consecutive windows share most of their samples. For a group of windows the
samples common to all are sorted once; each half of the group adds the samples
common to that half, each quarter adds its own, down to the single windows. Of
every sorted list only the ranks are kept that can still become the median
when the missing samples have been added. All sorting and merging consists of
minima and maxima of two values, so the program is one fixed sequence of
operations without branches, which works on whole rows of pixels at a time.

The median depends on every sample of its window, so there is a path of minima
and maxima from each sample to it. `numpy.minimum` and `numpy.maximum` pass NaN
along such paths: one NaN in the window makes the median NaN, as in
`numpy.median`.
"""

from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

__all__ = ["MAXIMUM", "MEAN", "MINIMUM", "MedianProgram", "median_program"]

MINIMUM, MAXIMUM, MEAN = range(3)


@dataclass(frozen=True)
class MedianProgram:
    """
    Operations that give the medians of ``group`` consecutive windows.

    Attributes
    ----------
    window : int
        Samples in a window.
    group : int
        Number of windows.
    scratch : int
        Number of scratch registers.
    operations : tuple of tuple of int
        ``(kind, first, second, result)`` in the order of execution; ``kind`` is
        `MINIMUM`, `MAXIMUM` or `MEAN`, the others number registers. Registers
        0 to ``samples - 1`` are the samples in time order (never written),
        the next ``group`` take the medians, the last ``scratch`` are free.
    """

    window: int
    group: int
    scratch: int
    operations: tuple

    @property
    def samples(self):
        """Number of samples the windows of the group cover."""
        return self.window + self.group - 1


class _Network:
    """Operations under construction; values are numbered, the samples first."""

    def __init__(self, samples):
        self.samples = samples
        self.operations = []
        self._known = {}

    def add(self, kind, first, second):
        """Add an operation on two values and return its value; equal operations are added once."""
        key = (kind, *sorted((first, second)))
        if key not in self._known:
            self._known[key] = self.samples + len(self.operations)
            self.operations.append(key)
        return self._known[key]

    def order(self, first, second):
        """Order two values and return the smaller and the larger one."""
        return [self.add(MINIMUM, first, second), self.add(MAXIMUM, first, second)]


@cache
def median_program(window, group):
    """
    Program for the medians of ``group`` consecutive windows.

    Parameters
    ----------
    window : int
        Samples in a window, at least 2. Of an even number the two middle
        values are averaged.
    group : int
        Number of windows; a power of two, not above ``window``.

    Returns
    -------
    program : MedianProgram
        The operations; for 16 windows of 25 samples 27 for each median.

    Raises
    ------
    ValueError
        If the window is shorter than 2 or the group does not suit it.

    References
    ----------
    K. E. Batcher, "Sorting networks and their applications", AFIPS SJCC 32 (1968);
    D. E. Knuth, The Art of Computer Programming 3, section 5.3.4, for the
    odd-even merge of lists of any two lengths.
    """
    if window < 2:
        msg = f"a median window has at least 2 samples, not {window}"
        raise ValueError(msg)
    if not 1 <= group <= window or group & (group - 1):
        msg = f"the group must be a power of two not above the window of {window}, not {group}"
        raise ValueError(msg)
    network = _Network(window + group - 1)
    common = range(group - 1, window)
    medians = _medians(network, window, (0, group), _sort(network, common), len(common))
    operations, scratch = _allocate(network.samples, _needed_operations(network, medians), medians)
    return MedianProgram(window, group, scratch, operations)


def _medians(network, window, windows, common, count):
    """
    Values of the medians of a range of windows, in order.

    ``common`` is the rest of the sorted list of the ``count`` samples that all
    windows of the range ``(first, end)`` contain.
    """
    first, end = windows
    common = _possible_medians(common, count, window)
    if end - first == 1:
        return [common[0] if len(common) == 1 else network.add(MEAN, *common)]
    middle = (first + end) // 2
    earlier = _sort(network, range(middle - 1, end - 1))
    later = _sort(network, range(first + window, middle + window))
    count += middle - first
    return [
        *_medians(network, window, (first, middle), _merge(network, common, earlier), count),
        *_medians(network, window, (middle, end), _merge(network, common, later), count),
    ]


def _possible_medians(values, count, window):
    """
    Cut a sorted list to the values that can be a middle value of the full window.

    Each of the ``window - count`` missing samples either keeps the rank of a
    value or raises it by one. Those of the ``count`` samples that are not in
    ``values`` were cut before, the same number at both ends.
    """
    missing = window - count
    lowest = max((window - 1) // 2 - missing, 0)
    highest = min(window // 2, count - 1)
    surplus = (count - len(values)) // 2
    return values[lowest - surplus : highest + 1 - surplus]


def _sort(network, values):
    """Sort values by merging sorted halves."""
    values = list(values)
    if len(values) < 2:
        return values
    half = len(values) // 2
    return _merge(network, _sort(network, values[:half]), _sort(network, values[half:]))


def _merge(network, first, second):
    """Merge two sorted lists of any lengths by Batcher's odd-even merge."""
    if not first or not second:
        return first or second
    if len(first) == len(second) == 1:
        return network.order(*first, *second)
    even = _merge(network, first[0::2], second[0::2])
    odd = _merge(network, first[1::2], second[1::2])
    merged = even[:1]
    for pair in zip_longest(odd, even[1:]):
        merged += network.order(*pair) if None not in pair else [v for v in pair if v is not None]
    return merged


def _needed_operations(network, medians):
    """Operations on which the medians depend, as (value, kind, first, second)."""
    needed = set(medians)
    live = []
    for i in reversed(range(len(network.operations))):
        kind, first, second = network.operations[i]
        if network.samples + i in needed:
            needed.update((first, second))
            live.append((network.samples + i, kind, first, second))
    return live[::-1]


def _allocate(samples, operations, medians):
    """Assign a register to every value; a register is free after the last use of its value."""
    last_use = {}
    for i, (_, _, first, second) in enumerate(operations):
        last_use[first] = last_use[second] = i
    register = {value: value for value in range(samples)}
    register |= {value: samples + k for k, value in enumerate(medians)}
    fixed = samples + len(medians)
    free, used, program = [], fixed, []
    for i, (value, kind, first, second) in enumerate(operations):
        inputs = (register[first], register[second])
        free += [
            register[operand]
            for operand in {first, second}
            if last_use[operand] == i and register[operand] >= fixed
        ]
        if value not in register:
            if not free:
                free.append(used)
                used += 1
            register[value] = free.pop()
        program.append((kind, *inputs, register[value]))
    return tuple(program), used - fixed
