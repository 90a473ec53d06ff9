"""World coordinates of JWST data: the gwcs object inside the ASDF extension of a FITS file."""

import hashlib
import io
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files import asdf_tree
from scripts.lib.segment_data.wcs_cache import ResultCache
from scripts.lib.segment_data.wcs_numbers import wrong_number

__all__ = [
    "WorldCoordinates",
    "bounding_box",
    "check_sky",
    "cross_dispersion_scale",
    "evaluation_errors",
    "read_wcs",
    "sky_position",
    "wavelength_image",
    "wcs_digest",
]

_YAML = "yaml.org"


# Messages of astropy list whole transforms.
_LONGEST = 300
# A degree; that of the telescope is a third of it.
_FIELD_OF_VIEW = 1.0


class WorldCoordinates:
    """
    World coordinates of a file, built from its ASDF extension only when they are evaluated.

    Building them imports gwcs and astropy, which takes a second. Segments of an exposure have the
    same world coordinates, so the result that one job computes serves the others.

    Parameters
    ----------
    file : FitsFile
        Open file of a JWST data model.
    cache : ResultCache, optional
        Cache of results; without it every result is computed.
    """

    def __init__(self, file, cache=None):
        self._file = file
        self._cache = ResultCache() if cache is None else cache

    def evaluate(self, form, function, *arguments):
        """
        Evaluate a function of the world coordinates, or look its result up.

        Parameters
        ----------
        form : type, Floats or tuple
            Form of the result, as for `ResultCache.lookup`.
        function : callable
            Called with the gwcs object and the arguments.
        *arguments
            Numbers, or tuples of numbers.

        Returns
        -------
        result : object
            Result of the function; its arrays must not be changed.

        Raises
        ------
        InputError
            If the file has no world coordinates that can be read and evaluated.
        """
        digest = self._digest if self._cache.is_enabled else None
        return self._cache.lookup(
            function, digest, arguments, form, lambda: self._compute(function, *arguments)
        )

    def _compute(self, function, *arguments):
        """Evaluate a function of the gwcs object; InputError whatever a damaged one raises."""
        wcs = self._wcs
        with evaluation_errors(self._file.path):
            return function(wcs, *arguments)

    @cached_property
    def _wcs(self):
        """The gwcs object."""
        return read_wcs(self._file)

    @cached_property
    def _digest(self):
        """Digest of the world coordinates, without the rest of the ASDF extension."""
        return wcs_digest(self._file.read_bytes("ASDF")) if "ASDF" in self._file else None


@contextmanager
def evaluation_errors(path):
    """
    Turn what damaged world coordinates raise when they are evaluated into one line.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    InputError
        In place of any other exception: transforms of damaged numbers, or without an inverse,
        raise all kinds.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST]
        msg = f"{path}[ASDF]: world coordinates (meta.wcs): cannot be evaluated ({reason}), expected those of assign_wcs"
        raise InputError(msg) from error


def wcs_digest(content):
    """
    Digest of the world coordinates in an ASDF file, without the rest of its tree.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    digest : str or None
        Two files with equal digests have equal ``meta.wcs``, written by the same version of ASDF;
        None if the tree has no ``meta.wcs``, if the file is damaged, or if other files are needed
        to build it.
    """
    tree, position = asdf_tree.split(content)
    try:
        wcs = asdf_tree.entry(asdf_tree.compose(tree), "meta", "wcs")
        stored = list(asdf_tree.blocks(content, position))
    except ValueError:
        return None
    if wcs is None:
        return None
    nodes = list(asdf_tree.nodes_below(wcs))
    if any(map(_refers_elsewhere, nodes)):
        return None
    positions = {id(node): position for position, node in enumerate(nodes)}
    contents = [(node.tag, _shallow_value(node, positions)) for node in nodes]
    digest = hashlib.sha256(asdf_tree.versions(tree) + repr(contents).encode())
    for source in filter(None, asdf_tree.array_sources(wcs)):
        if not source.isdecimal() or int(source) >= len(stored):
            return None
        block = stored[int(source)]
        if block.is_streamed:
            return None
        digest.update(repr((block.compression, len(block.data))).encode())
        digest.update(block.data)
    return digest.hexdigest()


def _refers_elsewhere(node):
    """Whether the value of a node is neither in the tree nor in a block that an array names."""
    if "external" in node.tag or asdf_tree.entry(node, "$ref") is not None:
        return True
    return "core/ndarray" not in node.tag and asdf_tree.entry(node, "source") is not None


def _shallow_value(node, positions):
    """Value of a node, with positions in place of its child nodes."""
    if isinstance(node.value, str):
        return node.value
    return [
        tuple(positions[id(part)] for part in child)
        if isinstance(child, tuple)
        else positions[id(child)]
        for child in node.value
    ]


def read_wcs(file):
    """
    Read the gwcs object of a FITS file.

    Only the branch ``meta.wcs`` of the ASDF tree is built, and no data model.

    Parameters
    ----------
    file : FitsFile
        Open file of a JWST data model.

    Returns
    -------
    wcs : gwcs.WCS
        World coordinates; pixels are counted from 0.

    Raises
    ------
    InputError
        If the file has no ASDF extension, or none with a WCS that can be read.
    """
    import asdf

    if "ASDF" not in file:
        msg = f"{file.path}: extension ASDF is missing; expected the world coordinates (meta.wcs) in it"
        raise InputError(msg)
    content = file.read_bytes("ASDF")
    try:
        # The parser that asdf uses crashes on trees that are nested too deeply, which this refuses.
        node = asdf_tree.entry(asdf_tree.compose(asdf_tree.split(content)[0]), "meta", "wcs")
        if wrong := node and wrong_number(node):
            msg = f"found {wrong} in a transform, expected a number"
            raise ValueError(msg)
        options = {"lazy_tree": True, "lazy_load": False, "validate_checksums": True}
        with asdf.open(io.BytesIO(content), **options) as tree:
            wcs = tree.tree.get("meta", {}).get("wcs")
    # On a damaged tree the parsers of several packages raise exceptions of any kind.
    except Exception as error:
        reason = _unknown_tag(content) or f"{type(error).__name__}: {error}".splitlines()[0]
        msg = f"{file.path}[ASDF]: world coordinates (meta.wcs): cannot be read ({reason}), expected those of assign_wcs"
        raise InputError(msg) from error
    if not callable(wcs) or not hasattr(wcs, "bounding_box"):
        if newer := _unknown_tag(content):
            msg = f"{file.path}[ASDF]: world coordinates (meta.wcs): {newer}"
            raise InputError(msg)
        msg = f"{file.path}[ASDF]: no world coordinates (meta.wcs) found; expected those of assign_wcs"
        raise InputError(msg)
    return wcs


def _unknown_tag(content):
    """Say which part of the world coordinates the installed packages do not know; None if there is none."""
    import asdf

    try:
        wcs = asdf_tree.entry(asdf_tree.compose(asdf_tree.split(content)[0]), "meta", "wcs")
    except ValueError:
        return None
    manager = asdf.AsdfFile().extension_manager
    tags = sorted({node.tag for node in asdf_tree.nodes_below(wcs)} if wcs else ())
    # The tags of plain YAML are none of the extensions'.
    unknown = [tag for tag in tags if _YAML not in tag and not manager.handles_tag(tag)]
    if not unknown:
        return None
    name, _, number = unknown[0].rpartition("-")
    known = {tag.tag_uri for extension in manager.extensions for tag in extension.tags}
    versions = [tag.rpartition("-")[2] for tag in known if tag.rpartition("-")[0] == name]
    newest = max(versions, key=_version_key, default=None)
    installed = " and ".join(f"{package} {version(package)}" for package in ("gwcs", "asdf"))
    if newest is None or _version_key(number) < _version_key(newest):
        return f"found the tag {unknown[0]}, expected one that {installed} know"
    return (
        f"found the tag {unknown[0]}, expected {newest} at most, the newest that {installed} know: "
        "the file is newer than they are; install newer ones"
    )


def _version_key(number):
    """Parts of a version as numbers, to compare it with others."""
    return [int(part) for part in number.split(".") if part.isdecimal()]


def bounding_box(wcs, shape):
    """
    Pixel range in which a WCS is valid.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates with pixel inputs x and y.
    shape : tuple of int
        Shape (y, x) of the image, whose edges are the range if the WCS has none.

    Returns
    -------
    x_range, y_range : tuple of float
        Inclusive limits [pixels].
    """
    box = wcs.bounding_box
    if box is None:
        return (-0.5, shape[1] - 0.5), (-0.5, shape[0] - 0.5)
    return tuple(tuple(float(limit) for limit in box[axis]) for axis in (0, 1))


def wavelength_image(wcs, shape):
    """
    Wavelength at every pixel of an image.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates (right ascension, declination, wavelength, ...).
    shape : tuple of int
        Shape (y, x).

    Returns
    -------
    wavelength : ndarray
        Wavelength (y, x) in the unit of the WCS [um]; NaN outside its
        bounding box.
    """
    y, x = np.indices(shape, dtype=float)
    return np.asarray(wcs(x, y)[2], dtype=float)


def sky_position(wcs, x, y):
    """
    Position on the sky of one pixel position.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates.
    x, y : float
        Position [pixels].

    Returns
    -------
    position : tuple of float or None
        Right ascension and declination [deg]; None if any coordinate there,
        the wavelength included, is NaN.
    """
    coordinates = [float(value) for value in wcs(x, y)]
    return None if np.isnan(coordinates).any() else (coordinates[0], coordinates[1])


def check_sky(path, primary, position):
    """
    Check that a position on the sky is near the target.

    Parameters
    ----------
    path : str or Path
        The file, for the message.
    primary : dict
        Keywords of the primary header; without TARG_RA and TARG_DEC nothing is checked.
    position : tuple of float or None
        Right ascension and declination of the source [deg]; None and NaN are accepted.

    Raises
    ------
    InputError
        If it is a degree or more from the target, further than the field of view of the telescope.
    """
    target = primary.get("TARG_RA"), primary.get("TARG_DEC")
    if position is None or None in target or np.isnan(position).any():
        return
    (lon, lat), (other, other_lat) = np.radians(position), np.radians(target)
    cosine = np.sin(lat) * np.sin(other_lat)
    cosine += np.cos(lat) * np.cos(other_lat) * np.cos(lon - other)
    distance = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    if not distance < _FIELD_OF_VIEW:
        found = f"the source at RA {position[0]:.4f}, Dec {position[1]:.4f}, {distance:.3g} deg from the target"
        expected = f"it near TARG_RA {target[0]}, TARG_DEC {target[1]}"
        msg = f"{path}[ASDF]: world coordinates (meta.wcs): found {found}, expected {expected}"
        raise InputError(msg)


def cross_dispersion_scale(wcs, position, wavelength, dispersion_axis):
    """
    Size of a pixel on the sky across dispersion.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates with an inverse.
    position : tuple of float
        Right ascension and declination [deg].
    wavelength : float
        Wavelength [um].
    dispersion_axis : int
        1 if dispersion runs along x, 2 if along y.

    Returns
    -------
    scale : float
        Great-circle distance [arcsec] between the position and one pixel
        next to it across dispersion; NaN if the inverse is NaN.
    """
    from astropy.coordinates import angular_separation

    x, y = wcs.invert(*position, wavelength, with_bounding_box=False)[:2]
    step_x, step_y = (0, 1) if dispersion_axis == 1 else (1, 0)
    world = wcs(
        np.array([x, x + step_x], dtype=float),
        np.array([y, y + step_y], dtype=float),
        with_bounding_box=False,
    )
    (lon, next_lon), (lat, next_lat) = np.radians(world[0]), np.radians(world[1])
    return float(np.degrees(angular_separation(lon, lat, next_lon, next_lat)) * 3600.0)
