"""Simulate a JWST time-series visit: segments, association, references, configuration and truth."""

import json
import logging
from dataclasses import fields
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.simulation.associations import write_association
from scripts.simulation.exposure import Exposure
from scripts.simulation.keywords import common_keywords, member_name
from scripts.simulation.members import write_member
from scripts.simulation.modes import MODES
from scripts.simulation.references import gain_image, write_gain
from scripts.simulation.trouble_motion import star_motion
from scripts.simulation.troubled_exposure import TroubledExposure
from scripts.simulation.truth import write_truth

__all__ = ["simulate_visit"]

log = logging.getLogger(__name__)

_REFERENCES_FOLDER = "references"
_STEP_OF_REFERENCE = {
    "extract1d": "extract_1d",
    "apcorr": "extract_1d",
    "psf": "extract_1d",
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
    "point_source_image": "psf",
    "wavelengthrange_reference": "wavelengthrange",
}
# With the defaults of jwst, the models of so few integrations of NIRISS SOSS reach the limit of their grid.
_SETTINGS = {"nis_soss": {"extract_1d": {"soss_rtol": 0.1, "soss_tikfac": 1e-9}}}


def simulate_visit(outdir, options):
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
        msg = f"mode: found {options.mode!r}, expected one of {', '.join(MODES)}"
        raise InputError(msg)
    mode = MODES[options.mode]
    _refuse_options_of_other_modes(options, mode)
    offsets = _motion(options, mode)
    kind = Exposure if options.trouble is None else TroubledExposure
    folder = Path(outdir)
    references = _write_references(folder, options, mode)
    members = {}
    truths = {}
    for index, detector in _chosen_detectors(options, mode):
        view = mode.view(options, detector)
        exposure = kind(options, mode, view, index)
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


def _motion(options, mode):
    """Pointing in every integration, as the exposure takes it."""
    if options.trouble is None:
        return mode.pointing(options)
    scale = mode.scale(options)
    return star_motion(options.trouble, options.total_integrations, options.seed, scale)


def _refuse_options_of_other_modes(options, mode):
    """Refuse options that would have no effect in the mode."""
    for item in fields(options):
        foreign = item.name in _OPTIONS_OF_SOME_MODES and item.name not in mode.options
        if foreign and getattr(options, item.name) != item.default:
            msg = (
                f"{item.name}: found {getattr(options, item.name)!r}, "
                f"expected none: {options.mode} has no such option"
            )
            raise InputError(msg)


def _chosen_detectors(options, mode):
    """Numbers and names of the detectors to simulate, in the mode's order."""
    available = mode.detectors(options)
    wanted = options.detectors or available
    unknown = sorted(set(wanted) - set(available))
    if unknown:
        msg = f"detectors: found {', '.join(unknown)}, expected any of {', '.join(available)}"
        raise InputError(msg)
    return [(index, name) for index, name in enumerate(available) if name in wanted]


def _write_segment(folder, exposure, detector, number, offsets, truth):
    """Write one segment of one detector; its file name."""
    options = exposure.options
    name = member_name(options, detector, number)
    planes = exposure.segment(number, offsets, truth)
    keywords = common_keywords(options, exposure.mode, exposure.clock, number)
    write_member(
        folder / name, exposure.mode, exposure.view, planes, exposure.int_times(number), keywords
    )
    log.info("%s: %d integrations", name, len(planes.sci))
    return name


def _listed_members(options, members):
    """Members of the association in its order: by segment, then by detector."""
    numbers = [
        number for number in range(len(options.lengths)) if number + 1 != options.drop_segment
    ]
    listed = [names[number] for number in numbers for names in members.values()]
    return listed[::-1] if options.reverse_members else listed


def _write_references(folder, options, mode):
    """Write the reference files; their paths relative to the folder, by reference type."""
    home = folder / _REFERENCES_FOLDER
    home.mkdir(parents=True, exist_ok=True)
    names = mode.references(options, home)
    if options.gain_reference and "gain" not in names:
        names["gain"] = f"{options.mode}_gain.fits"
        write_gain(home / names["gain"], gain_image(mode.gain, mode.shape(options)))
    for option, kind in _OPTIONAL_REFERENCES.items():
        if getattr(options, option) and kind not in names:
            msg = f"{option}: {options.mode} has no {kind.upper()} reference"
            raise InputError(msg)
    return {kind: f"{_REFERENCES_FOLDER}/{name}" for kind, name in names.items()}


def _write_configuration(folder, options, references, association):
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
    config |= _SETTINGS.get(options.mode, {})
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    steps = {}
    for kind, path in references.items():
        steps.setdefault(_STEP_OF_REFERENCE[kind], {})[f"override_{kind}"] = path
    (folder / "steps.json").write_text(json.dumps(steps, indent=2) + "\n")
