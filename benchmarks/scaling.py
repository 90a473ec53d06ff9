"""
Measure how time and memory of the steps grow with the number of integrations.

``python -m benchmarks.scaling`` repeats the integrations of simulated segments up to 16000 times,
runs each step on them in a process of its own, and fits the exponent of its CPU time. It also
measures threads, and the memory of frames of 2048 x 2048 pixels against the request of the rules.
The files are temporary: at most two of 3.2 GB at a time.
"""

import argparse
import json
import math
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks.measure import machine, measure
from benchmarks.step_process import WORK_MB, run_step
from benchmarks.tables import draw_scaling, machine_line, scaling_table
from benchmarks.visits import Visit, prepare
from scripts.lib.fits.cards import set_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.tables import table_dtype
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.planning.resources import peak_mb, work_mb

ROOT = Path(__file__).resolve().parents[1]
LENGTHS = (250, 1000, 4000, 16000)
SHORTEST = 50
# Integrations of these small frames that fill any block of any step.
LONGEST_BLOCK = 1000
VISITS = {
    "spectra": Visit("BOTS", "nrs_brightobj", (250,), (32, 256), detectors=2),
    "images": Visit("TSIMAGE", "nrc_tsimage", (250,), (64, 64)),
}
STEPS = {"spectra": ("outlier_detection", "extract_1d"), "images": ("tso_photometry",)}
FULL_FRAMES = (30, 2048, 2048)
FULL_IMAGES = Visit("images", "nrc_tsimage", (5,), (2048, 2048))


def repeat_segment(source_path, path, length):
    """
    Write a segment of any length that repeats the integrations of another.

    Parameters
    ----------
    source_path : Path
        The segment to repeat.
    path : Path
        File to write.
    length : int
        Integrations to have.
    """
    with open_fits(source_path) as source, ProductWriter(path) as product:
        count = source.shape("SCI")[0]
        for hdu in source.hdus:
            cards = list(hdu.cards)
            if hdu.name == "PRIMARY":
                for keyword in ("NINTS", "INTEND"):
                    set_card(cards, keyword, length)
            if hdu.name == "INT_TIMES":
                rows = _repeated_times(source, length)
                set_card(cards, "NAXIS2", length)
                product.write(rows, product.append_hdu(cards, len(rows)))
            elif len(hdu.shape) == 3 and hdu.shape[0] == count:
                set_card(cards, "NAXIS3", length)
                frame_bytes = hdu.data_bytes // count
                data = np.empty(hdu.data_bytes, np.uint8)
                source.read_into(data, hdu.data_offset)
                offset = product.append_hdu(cards, length * frame_bytes)
                for first in range(0, length, count):
                    frames = min(count, length - first)
                    product.write(data[: frames * frame_bytes], offset + first * frame_bytes)
            else:
                product.copy_data(source, hdu, product.append_hdu(cards, hdu.data_bytes))


def _repeated_times(source, length):
    """Bytes of INT_TIMES with its rows repeated and numbered on."""
    rows = np.frombuffer(source.read_bytes("INT_TIMES"), table_dtype(source.header("INT_TIMES")))
    rows = rows[np.arange(length) % len(rows)]
    rows["integration_number"] = np.arange(1, length + 1)
    return rows.view(np.uint8)


def median_run(repeats, *arguments, **more):
    """Median of each cost of several runs of :func:`run_step`."""
    costs = []
    for _ in range(repeats):
        # The system slows down writers while much data waits to be written.
        os.sync()
        costs.append(run_step(*arguments, **more))
    return pd.DataFrame(costs).median().to_dict()


def measure_visit(kind, folder, lengths, repeats):
    """
    Measure the steps of one kind of data at all lengths.

    Parameters
    ----------
    kind : str
        ``spectra`` or ``images``.
    folder : Path
        Folder of the simulated visits.
    lengths : sequence of int
        Numbers of integrations.
    repeats : int
        Runs of each.

    Returns
    -------
    results : list of dict
        For each step its title, costs by length, CPU seconds ``fixed`` that a
        further segment of an exposure costs in any case, and the fitted
        ``exponent``; ``user_exponent`` is that of the CPU time outside the
        system, whose pages cost more the more of them are in use.
    """
    visit = VISITS[kind]
    prepare(visit, folder / f"scaling_{kind}")
    source = sorted((folder / f"scaling_{kind}").glob("*_calints.fits"))[0]
    extract1d = sorted((folder / f"scaling_{kind}" / "references").glob("*extract1d.json"))
    references = {"extract1d": str(extract1d[0])} if extract1d else {}
    costs = {step: {} for step in STEPS[kind]}
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path, output = Path(scratch) / "segment.fits", Path(scratch) / "out.fits"
        warming = Path(scratch) / "warming.fits"
        for length in (SHORTEST, *lengths):
            repeat_segment(source, path, length)
            # After it, a process has all the memory that it needs.
            repeat_segment(source, warming, min(length, LONGEST_BLOCK))
            for step in STEPS[kind]:
                cost = median_run(repeats, step, [warming, path], output, references=references)
                target = Path(scratch) / "copy.fits"
                copy = measure(["cp", path, target], output.with_suffix(".log"))
                cost |= {"integrations": length, "copy_seconds": copy["seconds"]}
                target.unlink()
                costs[step][length] = cost
                if step == "outlier_detection":
                    # The steps after it work on its product.
                    output.replace(path)
    return [_result(visit, step, costs[step], lengths) for step in STEPS[kind]]


def _result(visit, step, costs, lengths):
    """Fixed cost and exponents of one step."""
    rows, columns = visit.frame
    fixed, exponent = _fit(costs, lengths, "cpu_seconds")
    return {
        "title": f"{visit.name} ({rows}x{columns}): {step}",
        "costs": [costs[length] for length in lengths],
        "fixed": fixed,
        "exponent": exponent,
        "user_exponent": _fit(costs, lengths, "user_seconds")[1],
    }


def _fit(costs, lengths, key):
    """Seconds that any segment costs, and exponent of the rest."""
    seconds = {length: cost[key] for length, cost in costs.items()}
    longest = lengths[-1]
    each = (seconds[longest] - seconds[SHORTEST]) / (longest - SHORTEST)
    fixed = max(seconds[SHORTEST] - SHORTEST * each, 0.0)
    logarithms = np.log([[length, seconds[length] - fixed] for length in lengths])
    return fixed, float(np.polyfit(*logarithms.T, 1)[0])


def measure_threads(folder, cores, repeats):
    """Wall seconds of outlier detection on one segment of 1000 integrations by threads."""
    source = sorted((folder / "scaling_spectra").glob("*_calints.fits"))[0]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path, output = Path(scratch) / "long.fits", Path(scratch) / "out.fits"
        repeat_segment(source, path, LENGTHS[1])
        return {
            threads: median_run(repeats, "outlier_detection", [path, path], output, threads=threads)
            for threads in range(1, cores + 1)
        }


def measure_full_frames(folder):
    """Peak memory of steps on frames of 2048 x 2048, and the request of their rules [MB]."""
    from tests.support.spectral_segments import write_empty_segment

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path, images = Path(scratch) / "frames.fits", Path(scratch) / "images"
        prepare(FULL_IMAGES, images)
        write_empty_segment(path, FULL_FRAMES)
        segments = {
            "outlier_detection": (path, FULL_FRAMES),
            "extract_1d": (path, FULL_FRAMES),
            "tso_photometry": (
                *images.glob("*_calints.fits"),
                (*FULL_IMAGES.lengths, *FULL_IMAGES.frame),
            ),
        }
        results = {}
        for step, (source, shape) in segments.items():
            segment = SimpleNamespace(shape=shape, data_bytes=12 * math.prod(shape))
            peak = run_step(step, [source], Path(scratch) / "out.fits")["peak_mb"]
            allowed = peak_mb(step, [segment], work_mb([segment], WORK_MB))
            results[step] = {"peak_mb": peak, "mem_mb": allowed}
    return results


def main():
    """Measure, print the tables, write the results and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "visits")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "scaling.json")
    parser.add_argument("--figure", type=Path, default=ROOT / "benchmarks" / "scaling.png")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--table", action="store_true", help="only print the stored results")
    arguments = parser.parse_args()
    if not arguments.table:
        folder = arguments.folder.resolve()
        about = {"date": datetime.now(UTC).isoformat(timespec="seconds")}
        about |= {"machine": machine(1), "load": os.getloadavg()[0]}
        steps = [
            result
            for kind in VISITS
            for result in measure_visit(kind, folder, arguments.lengths, arguments.repeats)
        ]
        about |= {"threads": measure_threads(folder, arguments.cores, arguments.repeats)}
        about |= {"full_frames": measure_full_frames(folder), "steps": steps}
        arguments.results.write_text(json.dumps(about, indent=1) + "\n")
    found = json.loads(arguments.results.read_text())
    print(f"{machine_line([found])}; load {found['load']:.1f}\n\n{scaling_table(found['steps'])}\n")
    for threads, cost in found["threads"].items():
        print(f"outlier_detection, {threads} threads: {cost['seconds']:.2f} s")
    for step, cost in found["full_frames"].items():
        print(f"2048 x 2048, {step}: {cost['peak_mb']:.0f} MB, asked for {cost['mem_mb']:.0f} MB")
    draw_scaling(found["steps"], arguments.figure)


if __name__ == "__main__":
    main()
