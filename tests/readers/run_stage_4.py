"""Run Stage 4 of Eureka! on a folder of its input: FOLDER EVENT OUTPUT; needs Eureka! alone."""

import json
import sys

import numpy as np
from eureka.S4_generate_lightcurves import s4_genLC
from eureka.S4_generate_lightcurves.s4_meta import S4MetaClass

SETTINGS = {
    "nspecchan": 1,
    "compute_white": True,
    "mad_sigma": None,
    "clip_unbinned": False,
    "clip_binned": False,
    "isplots_S4": 0,
    "verbose": False,
}


def main(folder, event, output):
    """Print the light curve as JSON on the last line."""
    meta = S4MetaClass(
        folder=None,
        file=None,
        eventlabel=event,
        topdir="/",
        inputdir=folder,
        outputdir=output,
        **SETTINGS,
    )
    _, curve, meta = s4_genLC.genlc(event, input_meta=meta)
    white = ("data", "err") if meta.photometry else ("flux_white", "err_white")
    flux, error = (np.ravel(curve[name].values).tolist() for name in white)
    time = curve.time.values.tolist()
    sys.stdout.write(f"\n{json.dumps({'flux': flux, 'error': error, 'time': time})}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
