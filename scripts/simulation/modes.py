"""Table of the observing modes that can be simulated."""

from __future__ import annotations

from scripts.simulation import mir_lrs_slitless, nrc_tsgrism, nrs_brightobj
from scripts.simulation.mode import Mode

MODES: dict[str, Mode] = {
    "mir_lrs_slitless": mir_lrs_slitless.MODE,
    "nrc_tsgrism": nrc_tsgrism.MODE,
    "nrs_brightobj": nrs_brightobj.MODE,
}
