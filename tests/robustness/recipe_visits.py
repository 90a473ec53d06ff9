"""Small simulated visits, spoiled as in the reports of users."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit

__all__ = [
    "BASES",
    "Visits",
    "change",
    "clone_environment",
    "companion",
    "dummy_member",
    "flare",
    "members",
    "newer_tags",
    "other_files",
    "set_config",
    "two_detectors",
    "two_exposures",
    "two_folders",
    "write_association",
]

_SPECTRA = {"mode": "nrs_brightobj", "frame_size": (16, 128)}
_ONE = _SPECTRA | {"segments": 1, "detectors": ("nrs1",)}
BASES = {
    "nirspec": _SPECTRA | {"integrations": 24},
    "first": _ONE | {"integrations": 10, "observation": "028"},
    "second": _ONE | {"integrations": 20, "observation": "029"},
    "star": {"mode": "nrc_tsimage", "integrations": 24, "frame_size": (48, 48)},
    "transit": {"mode": "nrc_tsimage", "integrations": 60, "segments": 1, "frame_size": (64, 64)},
    "lrs": {"mode": "mir_lrs_slitless", "integrations": 60, "segments": 1},
    "soss": {"mode": "nis_soss", "integrations": 24},
}


class Visits:
    """
    Visits that are simulated once each, and copied to be spoiled.

    Parameters
    ----------
    folder : Path
        Where they are.
    """

    def __init__(self, folder):
        self._folder = folder

    def copy(self, base, name):
        """
        Copy a visit.

        Parameters
        ----------
        base : str
            Key of `BASES`.
        name : str
            Name of the copy.

        Returns
        -------
        folder : Path
            The copy, with its ``config.yaml``.
        """
        source = self._folder / "bases" / base
        if not source.exists():
            simulate_visit(source, VisitOptions(**BASES[base]))
        target = self._folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        return target


def members(folder, pattern="*calints.fits"):
    """
    Segments of a visit.

    Parameters
    ----------
    folder : Path
        The visit.
    pattern : str, optional
        Of their names.

    Returns
    -------
    paths : list of Path
        In the order of their names.
    """
    return sorted(folder.glob(pattern))


def change(folder, spoil, pattern="*calints.fits"):
    """
    Change segments of a visit.

    Parameters
    ----------
    folder : Path
        The visit.
    spoil : callable
        Takes the open HDUList of a segment and changes it.
    pattern : str, optional
        Of the names of those that are changed.
    """
    for path in members(folder, pattern):
        with fits.open(path, mode="update") as file:
            spoil(file)


def set_config(folder, **settings):
    """
    Change settings of a visit.

    Parameters
    ----------
    folder : Path
        The visit.
    **settings
        Sections; those that are mappings are added to.
    """
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    for name, value in settings.items():
        old = config.get(name)
        config[name] = old | value if isinstance(old, dict) and isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(config))


def write_association(folder, names, **changes):
    """
    Write an association in place of the one of a visit.

    Parameters
    ----------
    folder : Path
        The visit.
    names : list of str
        Its members.
    **changes
        Of the association.
    """
    (path,) = folder.glob("*_asn.json")
    association = json.loads(path.read_text()) | changes
    entries = [{"expname": name, "exptype": "science"} for name in names]
    association["products"] = [association["products"][0] | {"members": entries}]
    path.write_text(json.dumps(association))


def two_folders(folder):
    """
    Segments of two detectors under one base name in two folders, both in the association.

    Parameters
    ----------
    folder : Path
        The visit.
    """
    names = []
    for path in members(folder):
        side = "b" if "nrs2" in path.name else "a"
        target = folder / side / path.name.replace("nrs2", "nrs1")
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        names.append(f"{side}/{target.name}")
    write_association(folder, names)


def two_detectors(folder):
    """
    A second detector with the same images, half as bright.

    Parameters
    ----------
    folder : Path
        The visit.
    """
    names = []
    for path in members(folder):
        for detector, factor in (("NRCA1", 1.0), ("NRCA3", 0.5)):
            target = path.with_name(path.name.replace("nrcb1", detector.lower()))
            shutil.copy(path, target)
            with fits.open(target, mode="update") as file:
                file[0].header["DETECTOR"] = detector
                file["SCI"].data *= factor
            names.append(target.name)
        path.unlink()
    write_association(folder, names)


def two_exposures(folder, other):
    """
    Two exposures with numbers from 1 each, the second a day later.

    Parameters
    ----------
    folder, other : Path
        Visits of each.
    """

    def later(file):
        """Move the times by a day."""
        for name in file["INT_TIMES"].columns.names[1:]:
            file["INT_TIMES"].data[name] += 1.0
        for name in ("EXPSTART", "EXPMID", "EXPEND"):
            if name in file[0].header:
                file[0].header[name] += 1.0

    change(other, later)
    for path in members(other):
        shutil.copy(path, folder)
    write_association(folder, [path.name for path in members(folder)])


def companion(file):
    """
    Add a star as bright, 14 pixels to the right.

    Parameters
    ----------
    file : HDUList
        Segment.
    """
    values = file["SCI"].data
    values += np.roll(values - np.nanmedian(values), 14, axis=2)


def flare(file):
    """
    Brighten three integrations by 30 %.

    Parameters
    ----------
    file : HDUList
        Segment.
    """
    file["SCI"].data[4:7] *= 1.3


def newer_tags(folder):
    """
    Write world coordinates with a tag that no software has yet.

    Parameters
    ----------
    folder : Path
        The visit.
    """
    for path in members(folder):
        content = path.read_bytes()
        path.write_bytes(re.sub(rb"gwcs/wcs-\d\.\d\.\d", b"gwcs/wcs-9.9.9", content))


def other_files(folder):
    """
    Fill a folder with files and associations of other stages and pipelines, and what systems leave.

    Parameters
    ----------
    folder : Path
        The folder, which has a visit.
    """
    header = fits.Header({"EXP_TYPE": "NRS_BRIGHTOBJ", "TELESCOP": "JWST"})
    for kind in ("cal", "rate", "rateints", "uncal", "dark"):
        path = folder / f"jw01366003001_04101_00009-seg001_nrs1_{kind}.fits"
        fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(name="SCI")]).writeto(path)
    for kind in ("spec3", "image3", "ami3", "coron3", "spec2"):
        product = {"name": "a", "members": [{"expname": "jw_cal.fits", "exptype": "science"}]}
        content = {"asn_type": kind, "asn_id": "o003", "products": [product]}
        (folder / f"jw01366-o003_{kind}_00001_asn.json").write_text(json.dumps(content))
    first = members(folder)[0]
    for name in (f"._{first.name}", "Thumbs.db", ".DS_Store"):
        (folder / name).write_bytes(b"Mac OS X" * 100)


def dummy_member(folder):
    """
    Add a member with one integration, as the archive has them.

    Parameters
    ----------
    folder : Path
        The visit, of one segment.
    """
    (path,) = members(folder)
    dummy = path.with_name(path.name.replace("_00001-seg001", "_00002-seg001"))
    with fits.open(path) as file:
        for extension in file[1:]:
            if extension.data is not None and getattr(extension.data, "ndim", 0) == 3:
                extension.data = extension.data[:1]
        for name in ("NINTS", "INTSTART", "INTEND"):
            file[0].header[name] = 1
        file.writeto(dummy)
    write_association(folder, [path.name, dummy.name])


def clone_environment(folder):
    """
    Make an environment in a folder that has the packages of this one.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    python : Path
        Its Python.
    """
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("pyvenv.cfg", "lib"):
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(Path(sys.prefix) / name)
    python = folder / "bin" / "python"
    if not python.is_symlink():
        python.symlink_to(Path(sys.executable).resolve())
    return python
