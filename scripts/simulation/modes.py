"""Table of the observing modes that can be simulated."""

from __future__ import annotations

from scripts.simulation import nrs_brightobj
from scripts.simulation.mode import Mode

MODES: dict[str, Mode] = {
    "nrs_brightobj": nrs_brightobj.MODE,
}
