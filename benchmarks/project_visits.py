"""Visits of the project's simulator with all that is wrong with them, processed by the workflow."""

import json
import math
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from scripts.simulation.options import VisitOptions
from scripts.simulation.trouble import LEVELS
from scripts.simulation.visit import simulate_visit

ROOT = Path(__file__).resolve().parents[1]
INTEGRATIONS = 300
SEGMENTS = 3
# A visit in transit for that share of it.
_TRANSIT = 0.3
_LAST_LINES = 30


@dataclass(frozen=True)
class ProjectMode:
    """
    What is simulated of a mode, and how it is processed.

    Attributes
    ----------
    mode : str
        Mode of the simulator.
    depth : float
        Area of the planet over that of the star.
    options : dict
        Options of the visit that differ from those of the simulator.
    settings : dict
        Settings of the workflow.
    share : float
        Integrations over those of the other modes.
    """

    mode: str
    depth: float
    options: dict
    settings: dict = field(default_factory=dict)
    share: float = 1.0


PROJECT_MODES = {
    "BOTS": ProjectMode("nrs_brightobj", 0.02, {"frame_size": (32, 512), "detectors": ("nrs1",)}),
    "LRS": ProjectMode("mir_lrs_slitless", 0.015, {}),
    # Narrower frames have too few dark columns for a measurement of the stripes.
    "GRISM": ProjectMode("nrc_tsgrism", 0.02, {}),
    "NIRCAM": ProjectMode("nrc_tsimage", 0.015, {}),
    "WLP8": ProjectMode("nrc_tsimage", 0.015, {"weak_lens": True}),
    # The ramp of the detector is no subject here.
    "MIRI": ProjectMode("mir_image", 0.015, {"detector_ramp": 0.0}),
    # The default tolerance of the models takes long, and changes little of the sum.
    "SOSS": ProjectMode(
        "nis_soss",
        0.015,
        {"zodiacal_light": 2.0, "photom": False},
        {"extract_1d": {"soss_tikfac": 1e-9, "soss_rtol": 0.1}},
        share=0.2,
    ),
}


def visit_options(mode, level, seed, integrations=INTEGRATIONS, segments=SEGMENTS, **changes):
    """
    Options of a visit.

    Parameters
    ----------
    mode, level : str
        Keys of `PROJECT_MODES` and `scripts.simulation.trouble.LEVELS`.
    seed : int
        Seed of the simulation.
    integrations, segments : int, optional
        Size of the visit; NIRISS SOSS has a fifth of the integrations.
    **changes
        ``depth``, ``ingredients``, what differs from the level of trouble, and options of
        `VisitOptions` that differ.

    Returns
    -------
    VisitOptions
        The visit.
    """
    kind = PROJECT_MODES[mode]
    trouble = replace(LEVELS[level], **changes.pop("ingredients", {}))
    depth = changes.pop("depth", None) or kind.depth
    return VisitOptions(
        kind.mode,
        integrations=max(round(kind.share * integrations), segments),
        segments=segments,
        seed=seed,
        trouble=trouble,
        radius_ratio=math.sqrt(depth),
        transit_fraction=_TRANSIT,
        **kind.options | changes,
    )


def make_visit(folder, options, settings=None, masks=True):
    """
    Simulate a visit and process it with the workflow on one core.

    Parameters
    ----------
    folder : Path
        Empty folder for the visit; products are in its folder ``results``.
    options : VisitOptions
        The visit.
    settings : dict, optional
        Settings of the workflow.
    masks : bool, optional
        Whether to ask for the masks of outliers of each segment.

    Raises
    ------
    RuntimeError
        The workflow failed; the message has its last lines.
    """
    folder = folder.resolve()
    simulate_visit(folder, options)
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text()) | (settings or {}) | {"report": {"skip": True}}
    if masks:
        config["improved"] = {"save_masks": True}
    path.write_text(yaml.safe_dump(config))
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    where = ["--cores", "1", "--directory", str(folder), "--configfile", str(path)]
    streams = {"capture_output": True, "text": True, "cwd": ROOT}
    done = subprocess.run([*snakemake, *where], check=False, **streams)
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()[-_LAST_LINES:]
        msg = f"{folder}: the workflow failed:\n" + "\n".join(lines)
        raise RuntimeError(msg)


def members(folder):
    """
    File names of the segments of each detector of a simulated visit.

    Parameters
    ----------
    folder : Path
        Its folder.

    Returns
    -------
    dict of str to list of str
        Names in the order of time, by detector in lower case.
    """
    return json.loads((folder / "truth.json").read_text())["members"]
