"""
Time series of JWST from Python: arithmetic on plain arrays, and the products of a run.

Names are imported when they are first used, because every job of the workflow imports this
package when it is installed. `docs/reference/python.md` shows them in a notebook.
"""

from importlib import import_module

__all__ = [
    "ApertureSums",
    "Bins",
    "InputError",
    "LightCurve",
    "Photometry",
    "Product",
    "Spectra",
    "aperture_photometry",
    "flag_outliers",
    "noise_report",
    "open_product",
    "sum_aperture",
    "white_light",
]

_PRODUCT_NAMES = {"Bins", "LightCurve", "Product", "Spectra", "open_product"}


def __getattr__(name):
    if name == "__version__":
        from scripts import __version__

        return __version__
    if name == "InputError":
        from scripts.lib.errors import InputError

        return InputError
    if name in __all__:
        home = "products" if name in _PRODUCT_NAMES else "arrays"
        return getattr(import_module(f"{__name__}.{home}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__():
    return [*__all__, "__version__"]
