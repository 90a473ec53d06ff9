"""
Simulate a JWST time-series visit: segments, association, references, configuration and truth.

Run ``python -m scripts.simulate_visit --help`` for the options.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from scripts.lib.errors import InputError
from scripts.simulation.associations import write_association
from scripts.simulation.exposure import Exposure
from scripts.simulation.keywords import common_keywords, member_name
from scripts.simulation.members import write_member
from scripts.simulation.mode import Mode
from scripts.simulation.modes import MODES
from scripts.simulation.options import INT_TIMES_KINDS, SOURCE_TYPES, VisitOptions
from scripts.simulation.references import gain_image, write_gain
from scripts.simulation.truth import DetectorTruth, write_truth

logger = logging.getLogger(__name__)

REFERENCES_FOLDER = "references"
_STEP_OF_REFERENCE = {
    "extract1d": "extract_1d",
    "apcorr": "extract_1d",
    "gain": "tso_photometry",
    "wavelengthrange": "white_light",
    "pastasoss": "extract_1d",
    "specprofile": "extract_1d",
    "speckernel": "extract_1d",
    "photom": "photom",
}
_OPTIONS_OF_SOME_MODES = (
    "background_regions",
    "disperser",
    "pointing_error",
    "pupil_wheel",
    "real_frames",
    "real_references",
    "source_position",
    "source_type",
    "tilt_event",
    "wavelength_plane",
    "weak_lens",
    "zodiacal_light",
)
_OPTIONAL_REFERENCES = {
    "aperture_correction": "apcorr",
    "wavelengthrange_reference": "wavelengthrange",
}


def simulate_visit(outdir: str | Path, options: VisitOptions) -> Path:
    """
    Write a visit that the workflow and the reference pipeline can run on.

    Written into `outdir`: the members ``jw..._calints.fits``, the association ``jw..._asn.json``,
    ``references/``, ``config.yaml`` for a workflow run in `outdir`, ``steps.json`` (parameters of
    the reference pipeline, reference files relative to the association) and the truth,
    ``truth.json`` and ``truth.npz``. Equal options give equal data and headers. One segment of one detector
    is held in memory at a time.

    Parameters
    ----------
    outdir : str or Path
        Folder to write into, made when missing.
    options : VisitOptions
        The visit.

    Returns
    -------
    Path
        The association.

    Raises
    ------
    InputError
        The mode, a detector or the disperser is unknown, or the mode has no option or no reference
        of a type asked for, or the file of real frames cannot be used.
    """
    if options.mode not in MODES:
        raise InputError(f"mode: found {options.mode!r}, expected one of {', '.join(MODES)}")
    mode = MODES[options.mode]
    _refuse_options_of_other_modes(options, mode)
    offsets = mode.pointing(options)
    folder = Path(outdir)
    references = _write_references(folder, options, mode)
    members: dict[str, list[str]] = {}
    truths: dict[str, DetectorTruth] = {}
    for index, detector in _chosen_detectors(options, mode):
        view = mode.view(options, detector)
        exposure = Exposure(options, mode, view, index)
        truths[detector] = exposure.begin_truth()
        members[detector] = [
            _write_segment(folder, exposure, detector, number, offsets, truths[detector])
            for number in range(1, len(options.lengths) + 1)
        ]
    write_truth(folder, options, offsets, members, truths)
    listed = _listed_members(options, members)
    association = write_association(folder, options, mode.optical_path(options), listed)
    _write_configuration(folder, options, references, association)
    return association


def _refuse_options_of_other_modes(options: VisitOptions, mode: Mode) -> None:
    """Refuse options that would have no effect in the mode."""
    for item in fields(options):
        foreign = item.name in _OPTIONS_OF_SOME_MODES and item.name not in mode.options
        if foreign and getattr(options, item.name) != item.default:
            raise InputError(
                f"{item.name}: found {getattr(options, item.name)!r}, "
                f"expected none: {options.mode} has no such option"
            )


def _chosen_detectors(options: VisitOptions, mode: Mode) -> list[tuple[int, str]]:
    """Numbers and names of the detectors to simulate, in the mode's order."""
    available = mode.detectors(options)
    wanted = options.detectors or available
    unknown = sorted(set(wanted) - set(available))
    if unknown:
        raise InputError(
            f"detectors: found {', '.join(unknown)}, expected any of {', '.join(available)}"
        )
    return [(index, name) for index, name in enumerate(available) if name in wanted]


def _write_segment(
    folder: Path,
    exposure: Exposure,
    detector: str,
    number: int,
    offsets: np.ndarray,
    truth: DetectorTruth,
) -> str:
    """Write one segment of one detector; its file name."""
    options = exposure.options
    name = member_name(options, detector, number)
    planes = exposure.segment(number, offsets, truth)
    keywords = common_keywords(options, exposure.mode, exposure.clock, number)
    write_member(
        folder / name, exposure.mode, exposure.view, planes, exposure.int_times(number), keywords
    )
    logger.info("%s: %d integrations", name, len(planes.sci))
    return name


def _listed_members(options: VisitOptions, members: dict[str, list[str]]) -> list[str]:
    """Members of the association in its order: by segment, then by detector."""
    numbers = [
        number for number in range(len(options.lengths)) if number + 1 != options.drop_segment
    ]
    listed = [names[number] for number in numbers for names in members.values()]
    return listed[::-1] if options.reverse_members else listed


def _write_references(folder: Path, options: VisitOptions, mode: Mode) -> dict[str, str]:
    """Write the reference files; their paths relative to the folder, by reference type."""
    home = folder / REFERENCES_FOLDER
    home.mkdir(parents=True, exist_ok=True)
    names = mode.references(options, home)
    if options.gain_reference and "gain" not in names:
        names["gain"] = f"{options.mode}_gain.fits"
        write_gain(home / names["gain"], gain_image(mode.gain, mode.shape(options)))
    for option, kind in _OPTIONAL_REFERENCES.items():
        if getattr(options, option) and kind not in names:
            raise InputError(f"{option}: {options.mode} has no {kind.upper()} reference")
    return {kind: f"{REFERENCES_FOLDER}/{name}" for kind, name in names.items()}


def _write_configuration(
    folder: Path, options: VisitOptions, references: dict[str, str], association: Path
) -> None:
    """
    Write the workflow's configuration and the reference pipeline's parameters.

    The workflow needs a gain in DN/s alone; the reference pipeline reads one in any unit.
    """
    import yaml

    with_gain = options.gain_reference or not options.photom
    needed = {kind: path for kind, path in references.items() if kind != "gain" or with_gain}
    if "extract1d" in references:
        needed.setdefault("apcorr", "N/A")
    config = {"associations": [association.name], "references": needed}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    steps: dict[str, dict[str, str]] = {}
    for kind, path in references.items():
        steps.setdefault(_STEP_OF_REFERENCE[kind], {})[f"override_{kind}"] = path
    (folder / "steps.json").write_text(json.dumps(steps, indent=2) + "\n")


def _frame_size(text: str) -> tuple[int, int]:
    """Rows and columns from "32x256"."""
    rows, separator, columns = text.partition("x")
    if not (separator and rows.isdigit() and columns.isdigit()):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected ROWSxCOLUMNS such as 32x256")
    return int(rows), int(columns)


def _numbers(text: str) -> tuple[int, ...]:
    """Integers from "30,20"."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected e.g. 30,20") from error


def _position(text: str) -> tuple[float, float]:
    """Column and row from "31.6,30.2"."""
    try:
        column, row = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"found {text!r}, expected COLUMN,ROW such as 31.6,30.2"
        ) from error
    return column, row


def _names(text: str) -> tuple[str, ...]:
    """Names from "nrs1,nrs2"."""
    return tuple(text.lower().split(","))


def build_parser() -> argparse.ArgumentParser:
    """Command-line options; they are those of `VisitOptions`, whose defaults they share."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulate_visit", description=__doc__.strip().splitlines()[0]
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


_VALUED_OPTIONS: tuple[tuple[str, Any, str], ...] = (
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
    ("lost-integration", int, "integration that is NaN throughout"),
    ("source-position", _position, "imaging: COLUMN,ROW of the star from 0 (default: the middle)"),
    ("pointing-error", float, "imaging: pixels right of and above the planned position"),
    ("tilt-event", int, "imaging: integration from which on place and shape of the star differ"),
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
    ("gain-reference", "write a GAIN reference"),
    ("wavelengthrange-reference", "write a WAVELENGTHRANGE reference"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 after a mistake of the user."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    values = vars(build_parser().parse_args(arguments))
    try:
        association = simulate_visit(values.pop("outdir"), VisitOptions(**values))
    except InputError as error:
        logger.error("%s", error)
        return 1
    logger.info("association %s", association)
    return 0


if __name__ == "__main__":
    sys.exit(main())
