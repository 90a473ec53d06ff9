"""The visits that the workflow and jwst are measured on."""

import json
import shutil
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

import yaml

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit

# Steps of the workflow that jwst does not have.
REPORT_OFF = {
    name: {"skip": True} for name in ("light_curve", "spectroscopic_light_curves", "report")
}


@dataclass(frozen=True)
class Visit:
    """
    A simulated visit.

    Attributes
    ----------
    name : str
        Short name.
    mode : str
        Mode of the simulator.
    lengths : tuple of int
        Integrations of each segment.
    frame : tuple of int
        Rows and columns of an integration.
    detectors : int
        Detectors, each with these segments.
    parameters : dict
        Parameters of steps, by step, for both sides.
    """

    name: str
    mode: str
    lengths: tuple
    frame: tuple
    detectors: int = 1
    parameters: dict = field(default_factory=dict)

    @property
    def integrations(self):
        """Integrations of all detectors together."""
        return sum(self.lengths) * self.detectors

    @property
    def title(self):
        """Name, segments and size of a frame."""
        rows, columns = self.frame
        return f"{self.name} {len(self.lengths)}x{self.lengths[0]} x ({rows}x{columns})"

    def divided(self, divisor):
        """Return the visit with segments shorter by a factor, but of at least 30 integrations if they had as many."""
        lengths = tuple(max(length // divisor, min(length, 30)) for length in self.lengths)
        return replace(self, lengths=lengths)


VISITS = {
    visit.name: visit
    for visit in (
        Visit("BOTS", "nrs_brightobj", (600, 600), (32, 512), detectors=2),
        Visit("LRS", "mir_lrs_slitless", (500,) * 4, (416, 72)),
        # As long as a real one: 4.3 GB, for which jwst takes 6.2 GB of memory.
        Visit("LRSLONG", "mir_lrs_slitless", (1000,) * 6, (416, 72)),
        Visit("TSGRISM", "nrc_tsgrism", (150,) * 4, (64, 2048)),
        Visit("TSIMAGE", "nrc_tsimage", (2000, 2000), (64, 64)),
        # At its default tolerance, 1e-4, jwst takes hours or runs out of memory.
        Visit(
            "SOSS",
            "nis_soss",
            (100, 100),
            (256, 2048),
            parameters={"extract_1d": {"soss_rtol": 0.1}},
        ),
    )
}


def prepare(visit, folder):
    """
    Simulate a visit unless the folder has it, and write the settings of both sides.

    Parameters
    ----------
    visit : Visit
        The visit.
    folder : Path
        Where to. ``benchmark.yaml`` is the configuration of the workflow without
        reports, ``benchmark_report.yaml`` with them, ``benchmark_steps.json``
        holds the parameters of jwst.
    """
    stamp = folder / "options.json"
    options = {"mode": visit.mode, "segment_lengths": visit.lengths, "frame_size": visit.frame}
    text = json.dumps(options)
    if not stamp.exists() or stamp.read_text() != text:
        shutil.rmtree(folder, ignore_errors=True)
        _simulate(folder, options)
        stamp.write_text(text)
    config = yaml.safe_load((folder / "config.yaml").read_text()) | visit.parameters
    (folder / "benchmark_report.yaml").write_text(yaml.safe_dump(config))
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(config | REPORT_OFF))
    steps = json.loads((folder / "steps.json").read_text())
    for step, parameters in visit.parameters.items():
        steps.setdefault(step, {}).update(parameters)
    (folder / "benchmark_steps.json").write_text(json.dumps(steps, indent=2))


def association(folder):
    """Path of the association of a prepared folder."""
    return folder / yaml.safe_load((folder / "config.yaml").read_text())["associations"][0]


def _simulate(folder, options):
    """Simulate in a process of its own: a child's peak memory starts from that of its parent."""
    arguments = (Path(folder), VisitOptions(**options))
    simulation = get_context("spawn").Process(target=simulate_visit, args=arguments)
    simulation.start()
    simulation.join()
    if simulation.exitcode:
        msg = f"{folder}: the simulation failed"
        raise RuntimeError(msg)
