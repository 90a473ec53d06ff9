"""Import photutils' compiled function for the overlap of circle and pixels, without all of photutils."""

import sys
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec

__all__ = ["circular_overlap_grid"]

_PACKAGE, _MODULE, _FUNCTION = "photutils", "photutils.geometry", "circular_overlap_grid"


@cache
def circular_overlap_grid():
    """
    Import ``photutils.geometry.circular_overlap_grid``.

    Returns
    -------
    function : callable
        Called with the edges of a grid relative to the centre (x_min, x_max, y_min, y_max), the
        numbers of its columns and rows, the radius, whether the overlap is exact, and the number of
        subpixels along an axis if it is not; returns the fraction of each pixel that is in the
        circle, (y, x).

    Notes
    -----
    The function is compiled and needs only numpy, but ``photutils`` imports half of astropy. If a
    later version moves the function, or makes it import more, the package is imported as usual.
    """
    if _PACKAGE not in sys.modules:
        with suppress(ImportError, AttributeError), _bare_package():
            return _import_function()
    return _import_function()


def _import_function():
    """Import the function by its public name."""
    return getattr(import_module(_MODULE), _FUNCTION)


@contextmanager
def _bare_package():
    """
    Allow imports of the package's modules without running its ``__init__.py``.

    Compiled modules import each other by their full names, for which Python looks the package up in
    `sys.modules`. It is removed from there at the end, so that a later import is a complete one.
    """
    spec = find_spec(_PACKAGE)
    if spec is None:
        msg = f"no package {_PACKAGE}"
        raise ModuleNotFoundError(msg)
    sys.modules[_PACKAGE] = module_from_spec(spec)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == _PACKAGE]:
            del sys.modules[name]
