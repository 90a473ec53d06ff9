"""One segment of an exposure as its headers describe it."""

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.fits_headers import read_hdus
from scripts.lib.input_checks import header_oddities, header_problems

SUFFIX = "_calints.fits"
IMAGING = ("NRC_TSIMAGE", "MIR_IMAGE")
_SEGMENT_IN_NAME = re.compile(r"-seg(\d+)")


@dataclass(frozen=True, slots=True)
class Segment:
    """
    A calibrated segment: what the workflow has to know before it reads data.

    Attributes
    ----------
    path : str
        The file, as the association and the configuration name it.
    stem : str
        File name without ``_calints.fits`` and without association id.
    name : str
        Stem and association id: what the names of the segment's products start with.
    exposure_id : str
        Stem without segment and detector.
    number : int
        Number of the segment in its exposure, from 1.
    detector : str
        ``DETECTOR``, empty if there is none.
    exp_type : str
        ``EXP_TYPE``.
    first_integration : int
        ``INTSTART``, 1 if there is none.
    exposure_integrations : int
        ``NINTS``, the integrations of the whole exposure.
    shape : tuple of int
        Shape of the SCI cube (integrations, y, x).
    data_bytes : int
        Length of all data of the file.
    oddities : tuple of str
        What is unusual about the file but does not stop its processing.
    """

    path: str
    stem: str
    name: str
    exposure_id: str
    number: int
    detector: str
    exp_type: str
    first_integration: int
    exposure_integrations: int
    shape: tuple
    data_bytes: int
    oddities: tuple

    @property
    def nints(self):
        """Number of integrations in the file."""
        return self.shape[0]

    @property
    def last_integration(self):
        """Number of the last integration, counted from ``INTSTART``; ``INTEND`` may be wrong."""
        return self.first_integration + self.nints - 1

    @property
    def branch(self):
        """Branch of the peer's pipeline, ``imaging`` or ``spectroscopy``."""
        return "imaging" if self.exp_type in IMAGING else "spectroscopy"

    @property
    def crfints(self):
        """File name of the product with outliers flagged."""
        return f"{self.name}_crfints.fits"

    @property
    def place(self):
        """What the segments of a product are sorted by: exposure, segment, detector."""
        return (self.exposure_id, self.number, self.detector)


def read_segment(path, base_dir, asn_id, further=None):
    """
    Describe a member of an association from its headers.

    Parameters
    ----------
    path : str
        The file, absolute or relative to ``base_dir``.
    base_dir : Path
        Folder that relative paths start from.
    asn_id : str
        Association id.
    further : callable, optional
        Called with the path and the header-data units of a file that has no
        other problems; returns the problems it finds.

    Returns
    -------
    segment : Segment or None
        None if there are problems.
    problems : list of str
        Everything about the file that prevents processing, one line each.
    """
    if not path.endswith(SUFFIX):
        return None, [f"{path}: file name: found {Path(path).name}, expected *{SUFFIX}"]
    if not Path(base_dir, path).is_file():
        return None, [f"{path}: file: found none, expected the member of the association"]
    try:
        hdus = read_hdus(Path(base_dir, path))
    except InputError as error:
        return None, [str(error)]
    problems = header_problems(path, hdus)
    if further is not None and not problems:
        problems = further(path, hdus)
    return (None if problems else _segment(path, hdus, asn_id)), problems


def _segment(path, hdus, asn_id):
    """Describe a file whose headers have no problems."""
    primary = hdus[0].header
    stem = Path(path).name.removesuffix(SUFFIX).replace(f"_{asn_id}", "")
    detector = str(primary.get("DETECTOR") or "")
    in_name = _SEGMENT_IN_NAME.search(stem)
    return Segment(
        path=path,
        stem=stem,
        name=f"{stem}_{asn_id}",
        exposure_id=_SEGMENT_IN_NAME.sub("", stem).removesuffix(f"_{detector.lower()}"),
        number=primary.get("EXSEGNUM") or (int(in_name[1]) if in_name else 1),
        detector=detector,
        exp_type=primary["EXP_TYPE"],
        first_integration=primary.get("INTSTART") or 1,
        exposure_integrations=primary["NINTS"],
        shape=next(hdu.shape for hdu in hdus if hdu.name == "SCI"),
        data_bytes=sum(hdu.data_bytes for hdu in hdus),
        oddities=tuple(header_oddities(hdus)),
    )
