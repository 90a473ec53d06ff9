"""
Measure light curves of real data, of which no truth is known but what others published.

``python -m benchmarks.real_data FOLDER`` takes the cut-outs of MIRI imaging that Connors et al. (2025) made of
TRAPPIST-1 b's first visit (``TRAPPIST-1b_visit_1_jw01177007001.h5``, HDF5 of their program Erebus; ``h5py`` is
needed to read it). They are normalised images of 11 by 11 pixels without errors; these are taken
from the differences of consecutive images. The scatter is that of a fit of a line, an exponential ramp and the
published shape of the eclipse, with points beyond four robust standard deviations left out.
"""

import argparse
from pathlib import Path

import numpy as np

from scripts.lib.light_curves.spectral_curves import free_of_motion
from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.images import model_images
from scripts.lib.moving_profile.reference_images import ImageOptions, image_reference
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations
from scripts.lib.moving_profile.segment import Extent
from scripts.lib.moving_profile.tie import choose_flux, shape_terms, slow_width, tie_flux

_FILE = "TRAPPIST-1b_visit_1_jw01177007001.h5"
_RAMPS = (0.02, 0.05, 0.1, 0.2, 0.5)
_LIMIT, _CLIPS = 4.0, 3


def read_cutouts(path):
    """
    Read a result of Erebus.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    cube : ndarray of float64, shape (integrations, y, x)
        Images in units of a millionth of the median light.
    time, model : ndarray of float64, shape (integrations,)
        Time [d] and the published eclipse.
    """
    import h5py

    with h5py.File(path) as file:
        flux, time, model = (file[name][()] for name in ("raw_flux", "time", "flux_model"))
        # Integrations that were left out at the start have images only.
        frames = file["frames"][()][-len(flux) :]
    return 1e6 * frames.astype(float) * flux[:, None, None], time, model


def planes_of(cube):
    """
    Give images errors from their differences.

    Parameters
    ----------
    cube : ndarray of float64, shape (integrations, y, x)
        Images; pixels without light are bad.

    Returns
    -------
    planes : Planes
        Without photon variance.
    """
    sigma = 1.4826 * np.median(np.abs(np.diff(cube, axis=0)), axis=0) / np.sqrt(2.0)
    error = np.where(sigma > 0, sigma, np.median(sigma[sigma > 0]))
    bad = np.broadcast_to(cube.mean(axis=0) <= 0, cube.shape)
    errors = np.broadcast_to(error, cube.shape).astype(np.float32)
    nothing = np.zeros(cube.shape, np.float32)
    return Planes(cube.astype(np.float32), errors, bad.astype(np.uint32), nothing)


def scatter_ppm(flux, time, model):
    """
    Scatter about line, ramp and eclipse.

    Parameters
    ----------
    flux, time, model : ndarray of float64, shape (integrations,)
        Light curve, time and published eclipse.

    Returns
    -------
    scatter : float
        The least for some time scales of the ramp [ppm].
    clipped : int
        Points that were left out.
    """
    relative, x = flux / np.nanmedian(flux), (time - time[0]) / np.ptp(time)
    shape, found = (model - model.min()) / np.ptp(model), []
    for scale in _RAMPS:
        design = np.column_stack([np.ones(len(x)), x, np.exp(-x / scale), shape])
        kept = np.isfinite(relative)
        for _ in range(_CLIPS):
            fit = np.linalg.lstsq(design[kept], relative[kept], rcond=None)[0]
            rest = np.abs(relative - design @ fit)
            kept = np.isfinite(relative) & (rest < _LIMIT * 1.4826 * np.median(rest[kept]))
        residual = (relative - design @ fit)[kept]
        found.append((1e6 * float(np.std(residual, ddof=design.shape[1])), int((~kept).sum())))
    return min(found)


def candidates(cube):
    """
    Light curves of cut-outs, and what is chosen of them.

    Parameters
    ----------
    cube : ndarray of float64, shape (integrations, y, x)
        Images.

    Returns
    -------
    curves : dict of str to ndarray of float64, shape (integrations,)
        Tied sums and profile flux, ``ours``, the chosen one without motion, and the plain sums of the
        archive's aperture (r = 3 pixels) and of everything.
    facts : dict
        ``chosen``, ``outliers`` and the ``decorrelation``.
    """
    planes, sample = planes_of(cube), sample_integrations(len(cube))
    options = ImageOptions(background=False)
    reference = image_reference(planes[sample], consecutive_pairs(sample), options)
    model = model_images([planes], Extent(len(cube)), reference)
    names, largest = list(reference.circles), model.sums[:, 0]
    terms, _ = shape_terms(model.x, model.y, squares=True)
    width = slow_width(model.width)
    series = {names[0]: largest}
    series |= {
        name: tie_flux(flux, largest, terms, width)
        for name, flux in zip(names[1:], model.sums.T[1:], strict=True)
    }
    series["profile"] = tie_flux(model.flux, largest, terms, width)
    chosen, _ = choose_flux(series)
    ours, decorrelation = free_of_motion(series[chosen], model.x, model.y, squares=True)
    y, x = np.indices(cube.shape[1:])
    near = np.hypot(x - reference.x, y - reference.y) <= 3.0
    plain = {
        "sum r=3 (archive)": (cube * near).sum(axis=(1, 2)),
        "sum of all": cube.sum(axis=(1, 2)),
    }
    facts = {
        "chosen": chosen,
        "outliers": len(model.outliers),
        "decorrelation": {name: found["applied"] for name, found in decorrelation.items()},
    }
    return plain | series | {"ours": ours}, facts


def main(arguments=None):
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("folder", type=Path, help=f"folder with {_FILE}")
    cube, time, model = read_cutouts(parser.parse_args(arguments).folder / _FILE)
    curves, facts = candidates(cube)
    for name, flux in curves.items():
        scatter, clipped = scatter_ppm(flux, time, model)
        print(f"{name:20s} {scatter:6.0f} ppm, {clipped} left out")
    print(facts)


if __name__ == "__main__":
    main()
