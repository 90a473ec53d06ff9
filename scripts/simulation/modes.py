"""Table of the observing modes that can be simulated."""

from scripts.simulation import (
    mir_image,
    mir_lrs_slitless,
    nis_soss,
    nrc_tsgrism,
    nrc_tsimage,
    nrs_brightobj,
)

__all__ = ["MODES"]

MODES = {
    "mir_image": mir_image.MODE,
    "mir_lrs_slitless": mir_lrs_slitless.MODE,
    "nis_soss": nis_soss.MODE,
    "nrc_tsgrism": nrc_tsgrism.MODE,
    "nrc_tsimage": nrc_tsimage.MODE,
    "nrs_brightobj": nrs_brightobj.MODE,
}
