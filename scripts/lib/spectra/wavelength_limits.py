"""Limits and edges in wavelength next to the wavelengths that spectra have."""

import numpy as np

from scripts.lib.findings import Finding

__all__ = ["edge_findings", "limit_findings"]

_LISTED = 3
_SETTINGS = "white_light/min_wavelength, max_wavelength"
# Limits that stand for none: shorter and longer than any wavelength of JWST [um].
_NO_LIMIT = (0.0, 1.0e9)


def limit_findings(wavelengths, limits, key=_SETTINGS):
    """
    Find spectra of which limits hold no element.

    Parameters
    ----------
    wavelengths : dict of str to ndarray
        Wavelengths (elements,) [um] by the name of the spectrum, NaN where unknown.
    limits : dict of str to (float, float)
        Inclusive lower and upper limit [um] by the same names.
    key : str, optional
        The setting.

    Returns
    -------
    findings : list of Finding
        At most one: an error if no spectrum has an element between the limits, a warning if
        some have none.
    """
    without = [
        name
        for name, values in wavelengths.items()
        if not ((values >= limits[name][0]) & (values <= limits[name][1])).any()
    ]
    if not without:
        return []
    found = _limits_text(*limits[without[0]])
    if len(without) == len(wavelengths):
        expected = f"a part of the spectrum, {_range_text(wavelengths.values())}"
        return [Finding("error", "config", key=key, found=found, expected=expected)]
    names = ", ".join(without)
    expected = (
        f"a part of {_range_text(wavelengths[name] for name in without)}, the spectrum of {names}"
    )
    effect = f"the white light of {names} is NaN"
    return [Finding("warning", "config", key=key, found=found, expected=expected, effect=effect)]


def edge_findings(wavelengths, edges):
    """
    Find bins that hold no element of any spectrum.

    Parameters
    ----------
    wavelengths : dict of str to ndarray
        As for :func:`limit_findings`.
    edges : list of float
        Ascending edges of the bins [um]; a bin includes its lower edge only.

    Returns
    -------
    findings : list of Finding
        At most one: an error if all bins are empty, a warning if some are.
    """
    edges = np.asarray(edges, float)
    counts = np.zeros(len(edges) - 1, int)
    for values in wavelengths.values():
        bins = np.searchsorted(edges, values[np.isfinite(values)], side="right") - 1
        counts += np.bincount(bins[(bins >= 0) & (bins < len(counts))], minlength=len(counts))
    empty = np.flatnonzero(counts == 0)
    if not len(empty):
        return []
    key = "spectroscopic_light_curves/edges"
    expected = f"wavelengths of the spectrum, {_range_text(wavelengths.values())}"
    if len(empty) == len(counts):
        found = f"{edges[0]:g} to {edges[-1]:g}"
        return [Finding("error", "config", key=key, found=found, expected=expected)]
    shown = [f"{edges[k]:g} to {edges[k + 1]:g}" for k in empty[:_LISTED].tolist()]
    more = ", ..." if len(empty) > _LISTED else ""
    found = f"{len(empty)} of {len(counts)} bins without an element ({', '.join(shown)}{more})"
    effect = "they are left out"
    return [Finding("warning", "config", key=key, found=found, expected=expected, effect=effect)]


def _limits_text(low, high):
    """Limits in words."""
    if low <= _NO_LIMIT[0]:
        return f"up to {high:g}"
    return f"from {low:g}" if high >= _NO_LIMIT[1] else f"{low:g} to {high:g}"


def _range_text(arrays):
    """Shortest and longest wavelength in words."""
    known = np.concatenate([values[np.isfinite(values)] for values in arrays])
    return f"{known.min():.4g} to {known.max():.4g} µm" if len(known) else "of unknown wavelengths"
