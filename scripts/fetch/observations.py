"""Files of an observation in MAST that a run needs, found with ``astroquery``."""

import re
import warnings
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote

from scripts.fetch.download import Download, is_plain_name
from scripts.lib.errors import InputError

__all__ = ["find_downloads", "missing_members", "select_products"]

_INSTALL = "python -m pip install 'astroquery~=0.4.11'"
# Characters that are shown of an error of the server.
_LONGEST = 300
_ASSOCIATION = re.compile(r"(jw\d{5}-o\d{3})_(\d{8}t\d{6})(_tso3_\d{5}_asn\.json)")


def find_downloads(program, observation, folder, only="*"):
    """
    Ask MAST which calibrated segments and associations an observation has.

    Parameters
    ----------
    program, observation : int
        Numbers of the programme and of the observation in it.
    folder : Path
        Where they are to go.
    only : str
        Glob pattern of the segments that are wanted.

    Returns
    -------
    downloads : list of Download
        Associations first, then segments, by name.

    Raises
    ------
    InputError
        Without astroquery, if MAST cannot be reached, does not answer as expected, or has no
        segments.
    """
    rows, server = _query(program, observation)
    selected = select_products(rows, program, observation, only)
    return [
        Download(
            folder / name, f"{server}/api/v0.1/Download/file?uri={quote(uri, safe=':/')}", size
        )
        for name, uri, size in selected
    ]


def _query(program, observation):
    """Name, URI and length of each product of an observation, and the address of MAST."""
    try:
        from astroquery.exceptions import InvalidQueryError, NoResultsWarning, RemoteServiceError
        from astroquery.mast import Observations, conf
        from requests import RequestException
    except ImportError as error:
        msg = f"astroquery: found {error}, expected the package that asks MAST: {_INSTALL}"
        raise InputError(msg) from error
    # The names of products of stage 3, and, where there are none yet, of stage 2.
    patterns = (f"jw{program:05d}-o{observation:03d}*", f"jw{program:05d}{observation:03d}*")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoResultsWarning)
            for pattern in patterns:
                found = Observations.query_criteria(obs_collection="JWST", obs_id=pattern)
                if len(found):
                    break
            else:
                return [], conf.server
            products = Observations.get_unique_product_list(found)
        columns = [products[name].tolist() for name in ("productFilename", "dataURI", "size")]
    except (
        RequestException,
        RemoteServiceError,
        InvalidQueryError,
        TimeoutError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ) as error:
        # An answer that is not of the expected form ends anywhere in astroquery.
        text = f"{type(error).__name__} ({str(error)[:_LONGEST]})"
        msg = f"{conf.server}: answer: found {text}, expected a list of products"
        raise InputError(msg) from error
    return list(zip(*columns, strict=True)), conf.server


def select_products(rows, program, observation, only="*"):
    """
    Choose the calibrated segments of an observation and the associations that name them.

    Parameters
    ----------
    rows : iterable of (str, str, int)
        Name, URI and length in bytes of each product, as MAST lists them; None where it does not say.
    program, observation : int
        Numbers of the programme and of the observation in it.
    only : str
        Glob pattern of the segments that are wanted.

    Returns
    -------
    selected : list of (str, str, int)
        Associations of type ``tso3``, of several of one number the newest, then segments, by name.

    Raises
    ------
    InputError
        If there is no segment, or an answer names a file that leads to another folder, has no
        length, or is in another place than its name says.

    Examples
    --------
    >>> name = "jw01366003001_04101_00001-seg001_nrs1_calints.fits"
    >>> preview = ("jw01366003001_04101_00001-seg001_nrs1_calints.jpg", "mast:x", 1)
    >>> select_products([(name, f"mast:JWST/product/{name}", 2880), preview], 1366, 3)
    [('jw01366003001_04101_00001-seg001_nrs1_calints.fits', 'mast:JWST/product/jw01366003001_04101_00001-seg001_nrs1_calints.fits', 2880)]
    """
    segments, associations, candidate = {}, {}, f"jw{program:05d}-o{observation:03d}"
    for name, uri, size in rows:
        if not isinstance(name, str) or not name.endswith(("_calints.fits", "_asn.json")):
            continue
        if not is_plain_name(name):
            msg = f"MAST: productFilename: found {name!r}, expected a name of the archive"
            raise InputError(msg)
        if name.endswith("_calints.fits"):
            if name.startswith(f"jw{program:05d}{observation:03d}") and fnmatchcase(name, only):
                segments[name] = _checked_row(name, uri, size)
        elif (found := _ASSOCIATION.fullmatch(name)) and found[1] == candidate:
            row = _checked_row(name, uri, size)
            associations[found[3]] = max(associations.get(found[3], ("",)), row)
    if not segments:
        wanted = "" if only == "*" else f" that match {only}"
        msg = (
            f"program {program}, observation {observation}: found no calibrated segments{wanted} in MAST, "
            "expected _calints.fits files, which time series of integrations have"
        )
        raise InputError(msg)
    return [*sorted(associations.values()), *sorted(segments.values())]


def _checked_row(name, uri, size):
    """A product as it is, unless its place or length cannot be right."""
    if not isinstance(uri, str) or not uri.startswith("mast:") or uri.split("/")[-1] != name:
        msg = f"MAST: dataURI: found {uri!r}, expected mast: and the place of {name}"
        raise InputError(msg)
    if not isinstance(size, int) or size <= 0:
        msg = f"MAST: size: found {size!r}, expected the length of {name} in bytes"
        raise InputError(msg)
    return name, uri, size


def missing_members(folder):
    """
    Find segments that associations name and that are not there.

    Parameters
    ----------
    folder : Path
        Where associations and segments are.

    Returns
    -------
    missing : dict of str to list of str
        Names of the missing segments, by the name of the association.

    Raises
    ------
    InputError
        If an association cannot be read.
    """
    from scripts.lib.inputs.association_files import read_association

    found = {}
    for path in sorted(folder.glob("*_tso3_*_asn.json")):
        members = [Path(member) for member in read_association(str(path), ".").members]
        absent = [member.name for member in members if not (folder / member.name).exists()]
        if absent:
            found[path.name] = absent
    return found
