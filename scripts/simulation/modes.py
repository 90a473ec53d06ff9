"""Table of the observing modes that can be simulated."""

from __future__ import annotations

from scripts.simulation import (
    mir_image,
    mir_lrs_slitless,
    nis_soss,
    nrc_tsgrism,
    nrc_tsimage,
    nrs_brightobj,
)
from scripts.simulation.mode import Mode

MODES: dict[str, Mode] = {
    "mir_image": mir_image.MODE,
    "mir_lrs_slitless": mir_lrs_slitless.MODE,
    "nis_soss": nis_soss.MODE,
    "nrc_tsgrism": nrc_tsgrism.MODE,
    "nrc_tsimage": nrc_tsimage.MODE,
    "nrs_brightobj": nrs_brightobj.MODE,
}
