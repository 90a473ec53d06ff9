"""
Plan a campaign of thousands of segments, and measure what planning costs.

``python -m tests.scale.campaign`` writes the files of 50 visits with 40
segments each, headers as simulated and data that take no room on the disk,
makes a dry-run of all of them and of one visit, and prints time and memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from scripts.lib.fits.cards import header_bytes, set_card
from scripts.lib.fits.headers import read_hdus
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit

ROOT = Path(__file__).resolve().parents[2]
DETECTORS = ("nrs1", "nrs2")
PRODUCT = "jw{:05d}-o003_t001_nirspec_f290lp-g395h-s1600a1-sub2048"


def write_campaign(folder, visits, segments, shape=(400, 32, 2048), **config):
    """
    Write visits of NIRSpec bright object time series without their data.

    Parameters
    ----------
    folder : Path
        Where to write: segments, associations and ``config.yaml``.
    visits : int
        Number of visits.
    segments : int
        Segments of each visit, both detectors counted; even.
    shape : tuple of int
        (integrations, y, x) of a segment.
    **config
        Further settings.
    """
    templates = [_template(folder / "template", detector) for detector in DETECTORS]
    for visit in range(1, visits + 1):
        members = []
        for number in range(1, segments // 2 + 1):
            for detector, hdus in zip(DETECTORS, templates, strict=True):
                members.append(
                    f"jw{visit:05d}003001_04101_00001-seg{number:03d}_{detector}_calints.fits"
                )
                numbers = {
                    "EXSEGNUM": number,
                    "INTSTART": (number - 1) * shape[0] + 1,
                    "INTEND": number * shape[0],
                    "NINTS": shape[0] * segments // 2,
                }
                _write_sparse(folder / members[-1], hdus, shape, numbers)
        entries = [{"expname": name, "exptype": "science"} for name in members]
        product = {"name": PRODUCT.format(visit), "members": entries}
        association = {"asn_id": "o003", "asn_pool": "pool.csv", "products": [product]}
        (folder / f"jw{visit:05d}_tso3_asn.json").write_text(json.dumps(association))
    (folder / "config.yaml").write_text(yaml.safe_dump({"associations": ["*_asn.json"], **config}))


def _template(folder, detector):
    """Headers of a simulated segment of one detector."""
    options = {"segment_lengths": (3,), "frame_size": (16, 64), "detectors": (detector,)}
    simulate_visit(folder / detector, VisitOptions(mode="nrs_brightobj", **options))
    (path,) = (folder / detector).glob("*_calints.fits")
    return read_hdus(path)


def _write_sparse(path, hdus, shape, numbers):
    """Write headers for cubes of another shape, and nothing where the data would be."""
    with path.open("wb") as file:
        for hdu in hdus:
            cards, data_bytes = list(hdu.cards), hdu.data_bytes
            if hdu.name == "PRIMARY":
                for keyword, value in numbers.items():
                    set_card(cards, keyword, value)
            elif hdu.name == "INT_TIMES":
                set_card(cards, "NAXIS2", shape[0])
                data_bytes = shape[0] * hdu.header["NAXIS1"]
            elif len(hdu.shape) == len(shape):
                for axis, length in enumerate(reversed(shape), start=1):
                    set_card(cards, f"NAXIS{axis}", length)
                data_bytes = 4 * shape[0] * shape[1] * shape[2]
            file.write(header_bytes(cards))
            file.truncate(file.tell() + -(-data_bytes // 2880) * 2880)
            file.seek(0, 2)


def plan(folder, *targets):
    """
    Make a dry-run.

    Parameters
    ----------
    folder : Path
        Folder of the campaign.
    *targets
        Further arguments of Snakemake, such as files to make.

    Returns
    -------
    jobs : int
        Number of jobs.
    seconds : float
        Elapsed time.
    peak_mb : float
        Largest memory of any process that this one has waited for so far [MB].
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", *targets]
    begin = time.monotonic()
    done = subprocess.run(
        [*command, "--directory", folder, "--dry-run", "--quiet", "rules"],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - begin
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    totals = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("total")]
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    return int(totals[0].split()[1]), seconds, peak_mb


def main():
    """Write the campaign in a temporary folder, plan it and print jobs, times and memory."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--visits", type=int, default=50, help="number of visits (default 50)")
    parser.add_argument("--segments", type=int, default=40, help="segments a visit (default 40)")
    options = parser.parse_args()
    one = f"results/{PRODUCT.format(1)}_whtlt.ecsv"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_campaign(folder, options.visits, options.segments)
        cases = {
            "everything": (),
            "batch 1 of 10": ("--batch", "all=1/10"),
            "one visit by its product": (one,),
            "one visit by its association": (
                one,
                "--config",
                'associations=["jw00001_tso3_asn.json"]',
            ),
        }
        print(f"{options.visits} visits of {options.segments} segments")
        for title, arguments in reversed(cases.items()):
            jobs, seconds, peak_mb = plan(folder, *arguments)
            print(f"{title:30s} {jobs:6d} jobs {seconds:6.1f} s {peak_mb:6.0f} MB")


if __name__ == "__main__":
    main()
