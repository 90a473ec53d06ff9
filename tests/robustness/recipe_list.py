"""The list of what users reported: how each visit is spoiled, and what is right."""

import json
from dataclasses import dataclass, field

from tests.robustness import recipe_checks as checks
from tests.robustness import recipe_visits as visits
from tests.robustness.recipe_visits import change, set_config

__all__ = ["RECIPES", "Recipe", "refused", "segments", "settings"]


@dataclass(frozen=True)
class Recipe:
    """
    A report of a user.

    Attributes
    ----------
    item : int
        Its number in the list of reports.
    title : str
        What is wrong with the visit.
    base : str
        Visit that it is made of, of `recipe_visits.BASES`.
    spoil : callable
        Takes the folder of the visit and changes it.
    says : tuple of str
        Regular expressions that the run says, or the page of the visit.
    never : tuple of str
        What neither says.
    status : int
        Exit status: 0, or 1 of what is refused.
    dry : bool
        Whether nothing runs but the checks at the start.
    check : callable or None
        Takes the folder and asserts what is right in the products.
    environment : dict
        Variables that differ.
    clone : str
        Name of the folder that the environment is in; ordinary by default.
    command : tuple of str
        Module and command that run the workflow.
    """

    item: int
    title: str
    base: str
    spoil: object
    says: tuple = ()
    never: tuple = ()
    status: int = 0
    dry: bool = False
    check: object = None
    environment: dict = field(default_factory=dict)
    clone: str = ""
    command: tuple = ("snakemake",)


def refused(item, title, base, spoil, *says, **others):
    """
    Make the recipe of something that is refused in one line before any job.

    Parameters
    ----------
    item, title, base, spoil, says
        As of `Recipe`.
    **others
        As well.

    Returns
    -------
    Recipe
        With exit status 1, and without a traceback.
    """
    return Recipe(item, title, base, spoil, says, status=1, dry=True, **others)


def settings(**sections):
    """
    Make a function that changes settings.

    Parameters
    ----------
    **sections
        As of `set_config`.

    Returns
    -------
    spoil : callable
        Takes a folder.
    """
    return lambda folder: set_config(folder, **sections)


def segments(spoil, pattern="*calints.fits"):
    """
    Make a function that changes segments.

    Parameters
    ----------
    spoil, pattern
        As of `change`.

    Returns
    -------
    spoil : callable
        Takes a folder.
    """
    return lambda folder: change(folder, spoil, pattern)


def _lost(name, value):
    """Function that sets all samples of an extension of a segment."""

    def spoil(file):
        file[name].data[:] = value

    return spoil


def _no_errors(file):
    """ERR 0 and VAR_POISSON NaN throughout."""
    file["ERR"].data[:] = 0.0
    file["VAR_POISSON"].data[:] = float("nan")


def _no_barycentric_times(file):
    """All BJD 0."""
    for name in file["INT_TIMES"].columns.names:
        if "BJD" in name:
            file["INT_TIMES"].data[name] = 0.0


def _no_times(file):
    """Without the table of times."""
    del file["INT_TIMES"]


def _extract1d(**changes):
    """Function that changes the apertures of the EXTRACT1D reference; None removes a key."""

    def spoil(folder):
        path = folder / "references" / "nirspec_brightobj_extract1d.json"
        content = json.loads(path.read_text())
        for aperture in content["apertures"]:
            aperture.update(changes)
            for name in [name for name, value in changes.items() if value is None]:
                aperture.pop(name)
        path.write_text(json.dumps(content))

    return spoil


def _both(*spoils):
    """Function that does one after the other."""

    def spoil(folder):
        for each in spoils:
            each(folder)

    return spoil


def _header(**cards):
    """Function that changes the primary header of all segments."""
    return segments(lambda file: file[0].header.update(cards))


def _text(**replaced):
    """Function that appends settings as a user writes them."""

    def spoil(folder):
        path = folder / "config.yaml"
        path.write_text(path.read_text() + "\n".join(f"{k}: {v}" for k, v in replaced.items()))

    return spoil


def _nothing(folder):
    """Leave a visit as it is."""


def _box(folder):
    """Extract NIRISS SOSS in boxes, which is fast."""
    set_config(folder, extract_1d={"soss_atoca": False})


def _named(pattern):
    """Function that makes a run of the files of a pattern."""

    def spoil(folder):
        found = sorted(path.name for path in folder.glob(pattern))
        set_config(folder, associations=found)

    return spoil


_REFERENCE = "references/nirspec_brightobj_extract1d.json"
_ASSOCIATION = "jw01366-o003_20220713t000000_tso3_00001_asn.json"

RECIPES = (
    refused(1, "two segments of one name", "nirspec", visits.two_folders, r"b/jw\S+: file name: found that of a/jw"),
    Recipe(
        2, "two detectors in one association", "star", visits.two_detectors,
        ("NRCA1.*NRCA3",), check=checks.detectors_in_turn,
    ),
    Recipe(
        3, "two exposures, numbered 1-10 and 1-20", "first", None, check=checks.thirty_times,
    ),
    Recipe(4, "positions next to the transit", "lrs", _nothing, check=checks.positions),
    refused(
        5, "limits beyond the spectrum", "nirspec",
        settings(white_light={"min_wavelength": 50.0}), "white_light/min_wavelength.*50",
    ),
    refused(
        5, "bins in nanometres", "nirspec",
        settings(spectroscopic_light_curves={"edges": [3000, 3500, 4000]}),
        "spectroscopic_light_curves/edges.*3000",
    ),
    Recipe(
        6, "a companion in the search box", "star", segments(visits.companion),
        ("search_box_width", "pixels"), ("Nothing looks odd",),
    ),
    Recipe(
        7, "an aperture four rows next to the trace", "nirspec",
        settings(extract_1d={"position_offset": 4}), (r"holds [\d.]+ % of its light",),
    ),
    Recipe(
        8, "a flare of 30 %", "nirspec", segments(visits.flare, "*seg002*calints.fits"),
        ("outlier_detection/snr", "1[78].*19"), ("tilt event at",), check=checks.flags_are_named,
    ),
    Recipe(9, "a dip in 60 integrations", "transit", _nothing, check=checks.dip_is_found),
    Recipe(10, "a faint third order", "soss", _box, ("order 3.*photon noise",)),
    Recipe(
        11, "NRS2 all NaN", "nirspec", segments(_lost("SCI", float("nan")), "*nrs2*calints.fits"),
        ("NRS2",), check=checks.other_detector_is_whole,
    ),
    Recipe(
        11, "ERR 0, VAR_POISSON NaN in NRS2", "nirspec", segments(_no_errors, "*nrs2*calints.fits"),
        ("NRS2",), check=checks.other_detector_is_whole,
    ),
    Recipe(
        11, "a SOSS segment all NaN", "soss",
        _both(_box, segments(_lost("SCI", float("nan")), "*seg002*calints.fits")),
        check=checks.spectra_of_nan,
    ),
    refused(
        12, "background rows beyond the array", "nirspec",
        _both(_extract1d(bkg_coeff=[[25], [30]]), settings(extract_1d={"subtract_background": True})),
        "bkg_coeff", "16",
    ),
    refused(
        12, "an aperture beyond the array", "nirspec",
        _extract1d(ystart=40, ystop=45, src_coeff=None), "ystart", "16",
    ),
    *(
        refused(
            13, f"a clone in {clone!r}", "first", _nothing, "interpreter: found .* in its path.*rename the folder",
            clone=clone,
        )
        for clone in ("my clone", "o'x")
    ),
    Recipe(
        14, "world coordinates of newer software", "first", visits.newer_tags,
        ("wcs-9.9.9.*newer",), status=1,
    ),
    Recipe(
        15, "a segment without INT_TIMES", "nirspec",
        segments(_no_times, "*seg002*nrs1*calints.fits"), ("INT_TIMES",),
        check=checks.all_integrations_in_white_light,
    ),
    Recipe(
        16, "companions of macOS, files of other stages", "nirspec",
        _both(visits.other_files, settings(associations=["."])),
        (r"\._jw.*macOS.*left out", "ami3.*left out"), ("Thumbs",), dry=True,
    ),
    *(
        refused(
            16, f"a file {kind}", "first", _both(visits.other_files, _named(f"*{kind}.*")),
            "calwebb_", never=("neither an association nor",),
        )
        for kind in ("_cal", "_rate", "_rateints", "_uncal", "_dark")
    ),
    *(
        refused(
            16, f"an association {kind}", "first",
            _both(visits.other_files, _named(f"*{kind}_0*.json")), "calwebb_",
        )
        for kind in ("spec3", "image3", "ami3", "coron3", "spec2")
    ),
    refused(16, "MIRI MRS", "first", _header(EXP_TYPE="MIR_MRS"), "MIRI MRS are not supported"),
    refused(
        16, "NIRCam DHS", "first",
        _header(INSTRUME="NIRCAM", EXP_TYPE="NRC_TSGRISM", PUPIL="GDHS0", DETECTOR="NRCA1"),
        "NIRCam DHS is not supported",
    ),
    Recipe(
        16, "a member with one integration", "first", visits.dummy_member, ("NINTS",), dry=True,
    ),
    Recipe(
        16, "BJD 0", "first", segments(_no_barycentric_times), ("BJD",), check=checks.no_bjd,
    ),
    Recipe(
        16, "a home that cannot be written", "first", _nothing, ("set XDG_CACHE_HOME",), status=2,
        dry=True, command=("tso3flow", "run"),
        environment={"HOME": "/proc/nohome", "XDG_CACHE_HOME": ""},
    ),
    Recipe(17, "a string for the association", "nirspec", settings(associations=_ASSOCIATION), dry=True),
    Recipe(17, "a number in a string", "first", settings(outlier_detection={"snr": "6.0"}), dry=True),
    Recipe(17, "a pair as jwst takes it", "first", settings(outlier_detection={"snr": "5.0 4.0"}), dry=True),
    refused(
        17, "a misspelt section", "first", settings(outlier_detect={"snr": 5}),
        "outlier_detection",
    ),
    refused(
        17, "a misspelt setting", "first", settings(outlier_detection={"snrr": 5}), "snr",
    ),
    refused(
        17, "a FITS file for JSON", "first",
        settings(references={"extract1d": "jw01366028001_04101_00001-seg001_nrs1_calints.fits"}),
        "FITS", "JSON",
    ),
    refused(17, "a word for a number", "first", settings(outlier_detection={"snr": "lots"}), "config.yaml"),
    Recipe(
        18, "references by EXP_TYPE", "first",
        settings(references={"extract1d": {"NRS_BRIGHTOBJ": _REFERENCE}}), dry=True,
    ),
    refused(
        18, "references by a misspelt EXP_TYPE", "first",
        settings(references={"extract1d": {"NRS_BRIGHTOB": _REFERENCE}}), "NRS_BRIGHTOB",
    ),
    Recipe(
        19, "headers of the light curves; the settings of the SOSS demo", "nirspec", _nothing,
        never=("localrules directive",), check=checks.header_of_light_curves,
    ),
    Recipe(19, "settings of the SOSS demo", "soss", _nothing, never=("WARNING", "warning"), dry=True),
)  # fmt: skip
