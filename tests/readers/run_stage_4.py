"""Run Stage 4 of Eureka! on its input in Stage3 of a folder: FOLDER EVENT; needs Eureka! alone."""

import json
import os
import sys
from pathlib import Path

import numpy as np
from eureka.S4_generate_lightcurves import s4_genLC

CONTROL = """\
nspecchan      1
compute_white  True
mad_sigma      None
clip_unbinned  False
clip_binned    False
isplots_S4     0
verbose        False
topdir         {folder}
inputdir       Stage3
outputdir      Stage4
"""


def main(folder, event):
    """Print the light curve as JSON on the last line."""
    # Eureka! asks CRDS for its context; no reference is fetched.
    os.environ.setdefault("CRDS_SERVER_URL", "https://jwst-crds.stsci.edu")
    Path(folder, f"S4_{event}.ecf").write_text(CONTROL.format(folder=folder), encoding="utf-8")
    _, curve, meta = s4_genLC.genlc(event, ecf_path=folder)
    white = ("data", "err") if meta.photometry else ("flux_white", "err_white")
    flux, error = (np.ravel(curve[name].values).tolist() for name in white)
    time = curve.time.values.tolist()
    sys.stdout.write(f"\n{json.dumps({'flux': flux, 'error': error, 'time': time})}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
