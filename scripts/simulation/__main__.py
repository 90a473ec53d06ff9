"""Simulate a JWST time-series visit from the command line; ``python -m scripts.simulation --help``."""

import argparse
import logging
import sys
from dataclasses import fields
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.simulation.modes import MODES
from scripts.simulation.options import INT_TIMES_KINDS, SOURCE_TYPES, VisitOptions
from scripts.simulation.trouble import LEVELS
from scripts.simulation.visit import simulate_visit

__all__ = ["main"]

log = logging.getLogger(__name__)


def main(arguments=None):
    """
    Run the command; 1 after a user's mistake.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments of the command; those of the process by default.

    Returns
    -------
    int
        Exit status.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    values = vars(_build_parser().parse_args(arguments))
    try:
        association = simulate_visit(values.pop("outdir"), VisitOptions(**values))
    except InputError as error:
        log.error("%s", error)
        return 1
    log.info("association %s", association)
    return 0


def _build_parser():
    """
    Command-line options; they are those of `VisitOptions`, whose defaults they share.

    Returns
    -------
    argparse.ArgumentParser
        Parser.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Simulate a JWST time-series visit: segments, association, references, truth.",
    )
    parser.add_argument("outdir", type=Path, help="folder to write into")
    parser.add_argument("--mode", choices=sorted(MODES), required=True, help="observing mode")
    default = {item.name: item.default for item in fields(VisitOptions)}
    for flag, kind, text in _VALUED_OPTIONS:
        name = flag.replace("-", "_")
        shown = "" if default[name] is None else f" (default {default[name]})"
        parser.add_argument(f"--{flag}", type=kind, default=default[name], help=text + shown)
    for flag, choices, text in _CHOICES:
        name = flag.replace("-", "_")
        parser.add_argument(f"--{flag}", choices=choices, default=default[name], help=text)
    for flag, text in _SWITCHES:
        parser.add_argument(f"--{flag}", action="store_true", help=text)
    parser.add_argument(
        "--photom",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="flux-calibrated data where the mode has them",
    )
    parser.add_argument(
        "--wavelength-plane",
        action=argparse.BooleanOptionalAction,
        help="WAVELENGTH extension (default: as the mode's real data)",
    )
    return parser


def _frame_size(text):
    """Rows and columns from "32x256"."""
    rows, separator, columns = text.partition("x")
    if not (separator and rows.isdigit() and columns.isdigit()):
        msg = f"found {text!r}, expected ROWSxCOLUMNS such as 32x256"
        raise argparse.ArgumentTypeError(msg)
    return int(rows), int(columns)


def _numbers(text):
    """Integers from "30,20"."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        msg = f"found {text!r}, expected e.g. 30,20"
        raise argparse.ArgumentTypeError(msg) from error


def _position(text):
    """Column and row from "31.6,30.2"."""
    try:
        column, row = (float(part) for part in text.split(","))
    except ValueError as error:
        msg = f"found {text!r}, expected COLUMN,ROW such as 31.6,30.2"
        raise argparse.ArgumentTypeError(msg) from error
    return column, row


def _trouble(text):
    """Trouble of a level from its name."""
    if text not in LEVELS:
        msg = f"found {text!r}, expected one of {', '.join(LEVELS)}"
        raise argparse.ArgumentTypeError(msg)
    return LEVELS[text]


def _names(text):
    """Names from "nrs1,nrs2"."""
    return tuple(text.lower().split(","))


# After the functions that read the values.
_VALUED_OPTIONS = (
    ("integrations", int, "integrations of the exposure"),
    ("segments", int, "segments of equal length"),
    ("segment-lengths", _numbers, "integrations of every segment, e.g. 30,20"),
    (
        "frame-size",
        _frame_size,
        "ROWSxCOLUMNS of an integration, e.g. 32x256 (default: the mode's)",
    ),
    ("detectors", _names, "detectors, e.g. nrs1 (default: all; nrcb1 in NIRCam imaging)"),
    ("disperser", str, "NIRSpec: G395H (default) or PRISM"),
    ("seed", int, "seed of the random numbers"),
    ("radius-ratio", float, "planet's radius in stellar radii"),
    ("impact-parameter", float, "impact parameter in stellar radii"),
    ("transit-fraction", float, "part of the visit in transit"),
    ("cosmic-ray-rate", float, "hits per pixel and integration"),
    ("bad-pixel-rate", float, "part of the pixels that is bad throughout"),
    ("nan-rate", float, "part of the pixels lost in single integrations"),
    ("drift", float, "pointing drift over the visit, pixels"),
    ("jitter", float, "pointing scatter, pixels"),
    ("detector-ramp", float, "response at the start minus the settled one (default: the mode's)"),
    (
        "trouble",
        _trouble,
        "level of what is wrong: A realistic, B stress, T stress with a tilt event, C brutal",
    ),
    ("lost-integration", int, "integration that is NaN throughout"),
    ("source-position", _position, "imaging: COLUMN,ROW of the star from 0 (default: the middle)"),
    ("pointing-error", float, "imaging: pixels right of and above the planned position"),
    ("tilt-event", int, "imaging: integration from which on the star's position and shape differ"),
    ("real-frames", str, "MIRI imaging: HDF5 file of Erebus with the star's image and light"),
    ("pupil-wheel", float, "NIRISS SOSS: position of the pupil wheel, degrees"),
    ("zodiacal-light", float, "NIRISS SOSS: background on its bright side, DN/s"),
    ("real-references", str, "NIRISS SOSS: SPECTRACE reference of SUBSTRIP256, or its folder"),
    ("drop-segment", int, "segment left out of the association"),
    ("program", str, "programme number"),
    ("observation", str, "observation number"),
)


_CHOICES = (
    ("int-times", INT_TIMES_KINDS, "rows of INT_TIMES"),
    ("source-type", SOURCE_TYPES, "SRCTYPE"),
)


_SWITCHES = (
    ("weak-lens", "NIRCam imaging: through the weak lens WLP8"),
    ("reverse-members", "list the members in reverse order"),
    ("background-regions", "subtract a background in the EXTRACT1D reference"),
    ("aperture-correction", "write an APCORR reference"),
    ("point-source-image", "write a PSF reference"),
    ("gain-reference", "write a GAIN reference"),
    ("wavelengthrange-reference", "write a WAVELENGTHRANGE reference"),
)


if __name__ == "__main__":
    sys.exit(main())
