"""How far fits of the star's width and flux are from a tightly converged fit of the same pixels."""

import numpy as np
from astropy.table import QTable
from scipy.optimize import least_squares
from scipy.special import erf

from scripts.lib.fits.reader import open_fits
from scripts.lib.photometry.centroids import background_levels, centres_of_mass, source_disc
from scripts.lib.photometry.gaussian_fit import cut_out
from scripts.lib.photometry.measurement import Settings
from scripts.tso_photometry import open_series
from tests.parity.compare import Finding

COLUMNS = ("psf_flux", "psf_width_x", "psf_width_y")
SIGMA = 1.0 / (2.0 * np.sqrt(2.0 * np.log(2.0)))
# A tight fit takes some 20 ms; this many integrations of a segment are fitted.
FITTED_INTEGRATIONS = 8
# Both fits are as good as float64 allows below this distance.
RESOLVED = 1e-9


def compare_star_fits(segments, gain, options, ours, jwst):
    """
    Compare the fits of both sides with a tightly converged one.

    Parameters
    ----------
    segments : list of Path
        Files with outliers flagged, in the order of the tables.
    gain : Path or None
        Gain reference.
    options : dict
        Section ``tso_photometry`` of the configuration.
    ours, jwst : Path
        Photometry tables.

    Returns
    -------
    findings : list of Finding
        Largest distance of ours and of jwst's from the tight fit, and how
        often jwst's is nearer.
    """
    tables = [QTable.read(path) for path in (ours, jwst)]
    if "psf_flux" not in tables[1].colnames or not np.isfinite(tables[1]["psf_flux"].value).any():
        return []
    distances, first = [], 0
    for path in segments:
        rows, tight, n_integrations = _tight_fits(path, gain, Settings.from_options(options))
        for k, fit in zip(rows, tight, strict=True):
            row = [[table[name][first + k].value for name in COLUMNS] for table in tables]
            distances.append([np.abs(np.divide(values, fit) - 1).max() for values in row])
        first += n_integrations
    mine, theirs = np.array(distances).T
    nearer = ((theirs < mine) & (mine > RESOLVED)).sum()
    return [
        Finding(jwst.name, "star fit, ours to the minimum", mine.max(), 1e-6),
        Finding(jwst.name, "star fit, jwst to the minimum", theirs.max(), np.inf),
        Finding(jwst.name, "star fits in which jwst is nearer", float(nearer), 0),
    ]


def _tight_fits(path, gain, settings):
    """Integrations of a segment, their tight fits, and the segment's length."""
    with open_fits(path) as source:
        series, _ = open_series(source, gain)
        header = source.header("SCI")
        length = source.shape("SCI")[0]
        images = series.plane("SCI", slice(0, length))
        bad = series.bad(slice(0, length), images)
    planned = header["XREF_SCI"] - 1.0, header["YREF_SCI"] - 1.0
    guess = [
        np.nanmedian(c)
        for c in _centroids(images, bad, planned, settings, settings.search_box_width)[1:]
    ]
    levels, x, y = _centroids(images, bad, guess, settings, settings.fit_box_width)
    rows = np.flatnonzero(np.isfinite(x))[:FITTED_INTEGRATIONS]
    cutouts = cut_out(
        images[rows], bad[rows], levels[rows], x[rows], y[rows], settings.fit_box_width
    )
    return rows, [_tight_fit(cutouts, k) for k in range(len(rows))], length


def _centroids(images, bad, centre, settings, width):
    """Background levels and centres of mass with the box at a centre."""
    outside = ~source_disc(images.shape[1:], *centre, settings.radius_inner)
    levels = background_levels(images, outside)
    return levels, *centres_of_mass(images, bad, levels, *centre, width)


def _tight_fit(cutouts, k):
    """Flux and widths of one integration where no step improves them any more."""
    good, width = cutouts.good[k], float(cutouts.good.shape[-1])
    scale = np.abs(cutouts.values[k]).max()
    values = cutouts.values[k][good] / scale

    def residuals(parameters):
        flux, *fwhm = parameters
        x, y = (
            np.diff(erf(edges[k] / (np.sqrt(2) * SIGMA * one)))
            for edges, one in zip((cutouts.x_edges, cutouts.y_edges), fwhm, strict=True)
        )
        return flux / 4 * np.outer(y, x)[good] - values

    bounds = ([0, 0, 0], [np.inf, width, width])
    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 3000, "jac": "3-point"}
    fit = least_squares(residuals, [values.sum(), width / 2, width / 2], bounds=bounds, **tight)
    flux, *fwhm = fit.x
    return [flux * scale, *(SIGMA * one for one in fwhm)]
