"""
Corrupt the inputs of small visits in hundreds of ways, and count what becomes of them.

``python -m tests.robustness.campaign`` processes more than 8,000 cases in all six modes and prints the counts by class of corruption and
outcome; it ends with code 1 if any case ended in a traceback, a hang or a wrong product. Options choose the seed, one class and where
the messages that users see are written. With ``--record`` it may be stopped and started again, and does not repeat a case.
"""

import argparse
import json
import math
import os
import re
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from tests.robustness.corruptions import all_cases
from tests.robustness.files import VISITS
from tests.robustness.outcomes import attempt, make_visits

# The last one is a fault of the campaign itself.
FAULTS = ("wrong", "traceback", "hang", "campaign")
RESULTS = ("refused", "failed", "product", *FAULTS)


def run_cases(names, seed, home, expected):
    """
    Run the cases with these numbers; cases themselves cannot be sent to another process.

    Parameters
    ----------
    names : sequence of int
        Numbers of cases in `all_cases`.
    seed : int
        Seed of the campaign.
    home : Path
        Folder of the simulated visits.
    expected : dict
        Products of the undisturbed visits.

    Returns
    -------
    outcomes : list of tuple
        Number of the case, result, message, seconds.
    """
    cases = all_cases()
    outcomes = []
    for number in names:
        try:
            outcome = attempt(cases[number], seed, home, expected)
        except Exception as error:
            text = "".join(traceback.format_exception(error)[-4:])
            outcomes.append((number, "campaign", text, 0.0))
            continue
        outcomes.append((number, outcome.result, outcome.message, outcome.seconds))
    return outcomes


def table_of_counts(outcomes):
    """Lines of a table: classes of corruption, counts of each result, longest time."""
    counts, longest = defaultdict(Counter), defaultdict(float)
    for case, result, _, seconds in outcomes:
        for kind in (case.kind, "all"):
            counts[kind][result] += 1
            longest[kind] = max(longest[kind], seconds)
    lines = [f"{'class':20}{'cases':>7}" + "".join(f"{name:>11}" for name in RESULTS) + "  longest"]
    for kind, found in counts.items():
        numbers = "".join(f"{found[name]:11}" for name in RESULTS)
        lines.append(f"{kind:20}{found.total():7}{numbers}{longest[kind]:7.1f} s")
    total = lines.pop(1 + list(counts).index("all"))
    return [*lines, total]


def classes_of_messages(outcomes):
    """One message of each class, messages that differ in numbers and names alone being one class."""
    classes = {}
    for case, _, message, _ in outcomes:
        for line in filter(None, message.splitlines()):
            shape = re.sub(r"'[^']*'|[-+]?\d[\w.+-]*|jw\S+", "#", line)
            classes.setdefault(shape, (case.kind, line))
    return sorted(set(classes.values()))


def parsed(arguments, kinds):
    """Options of the command line; those of an unknown class end the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20220713)
    parser.add_argument("--kind", help="one class of corruption alone")
    parser.add_argument("--visit", choices=VISITS, help="one visit alone")
    parser.add_argument("--every", type=int, default=1, help="every so many-th case alone")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--minutes", type=float, help="stop after so many; all cases if not given")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--record", type=Path, help="file of outcomes; cases in it are not repeated"
    )
    parser.add_argument("--messages", type=Path, help="file for one message of each class")
    options = parser.parse_args(arguments)
    if options.kind not in (None, *kinds):
        parser.error(f"--kind: found {options.kind}, expected one of: {'; '.join(kinds)}")
    return options


def recorded(path, cases):
    """
    Read the outcomes of an earlier part of a campaign.

    Parameters
    ----------
    path : Path or None
        File of one outcome a line, with class, name and visit of its case.
    cases : list of Case
        All cases; outcomes of others are left out.

    Returns
    -------
    outcomes : dict of int to tuple
        Result, message and seconds by the number of the case.
    """
    if path is None or not path.exists():
        return {}
    numbers = {(case.kind, case.name, case.visit): k for k, case in enumerate(cases)}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        numbers[tuple(key)]: tuple(outcome) for *key, _, outcome in lines if tuple(key) in numbers
    }


def run_all(cases, numbers, options, record):
    """
    Run cases in several processes.

    Parameters
    ----------
    cases : list of Case
        All cases.
    numbers : list of int
        Those to run, in order.
    options : argparse.Namespace
        Seed, number of processes and time.
    record : file
        Where outcomes are written, one a line.

    Returns
    -------
    outcomes : dict of int to tuple
        As `recorded` reads them.
    """
    end = math.inf if options.minutes is None else time.monotonic() + 60 * options.minutes
    pieces = [numbers[first : first + 8] for first in range(0, len(numbers), 8)]
    outcomes = {}
    with (
        tempfile.TemporaryDirectory() as home,
        ProcessPoolExecutor(options.processes) as pool,
    ):
        # Files of one visit take the place of those of others.
        expected = make_visits(Path(home))
        run = partial(run_cases, seed=options.seed, home=Path(home), expected=expected)
        for piece in pool.map(run, pieces):
            for number, *outcome in piece:
                outcomes[number] = tuple(outcome)
                case, (result, message, _) = cases[number], outcome
                line = (case.kind, case.name, case.visit, options.seed, outcome)
                record.write(json.dumps(line) + "\n")
                if result in FAULTS:
                    text = f"{result}: {case.visit}: {case.kind}: {case.name}\n{message}\n"
                    print(text, flush=True)
            record.flush()
            if time.monotonic() > end:
                pool.shutdown(cancel_futures=True)
                break
    return outcomes


def main(arguments=None):
    """Run the campaign; 1 if any case did not end as it should."""
    cases = all_cases()
    options = parsed(arguments, sorted({case.kind for case in cases}))
    numbers = [
        k
        for k, case in enumerate(cases)
        if options.kind in (None, case.kind) and options.visit in (None, case.visit)
    ]
    # Cases of all kinds follow each other, and those of one visit are not all in one process.
    numbers = np.random.default_rng(options.seed).permutation(numbers).tolist()
    done = recorded(options.record, cases)
    numbers = [k for k in numbers[options.first :: options.every] if k not in done]
    with open(options.record or os.devnull, "a", encoding="utf-8") as record:
        done |= run_all(cases, numbers, options, record)
    outcomes = [(cases[number], *outcome) for number, outcome in done.items()]
    print("\n".join(table_of_counts(outcomes)))
    if options.messages:
        lines = [f"[{kind}] {line}\n" for kind, line in classes_of_messages(outcomes)]
        options.messages.write_text("".join(lines), encoding="utf-8")
    return 1 if any(outcome[1] in FAULTS for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
