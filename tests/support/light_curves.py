"""Spectra, models and photometry small enough to sum by head."""

import numpy as np

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.element_sums import Groups, sum_groups
from scripts.lib.light_curves.model_series import model_series
from scripts.lib.light_curves.segment_models import (
    MaskWriter,
    write_image_model,
    write_spectral_models,
)
from scripts.lib.light_curves.spectral_series import open_series
from scripts.lib.moving_profile.images import ImageModel
from scripts.lib.moving_profile.spectra import SpectralModel
from scripts.lib.photometry.table import PhotometryTable
from scripts.lib.spectra.table import COUNT_RATE_UNITS, fill_rows, row_dtype, table_cards

WHOLE = slice(None), slice(None)
NO_OUTLIERS = np.zeros(0, np.int64)


def write_archive(path, flux, time=100.0, detector="NRS1", order=1):
    """
    Write the archive's spectra of a segment.

    Parameters
    ----------
    path : Path
        The file.
    flux : ndarray, shape (integrations, elements)
        Flux; element k has the wavelength k + 1 and the error 2.
    time : float
        Time of the first integration; one follows each day.
    detector, order
        What the table is labelled with.

    Returns
    -------
    path : str
        The file.
    """
    n_integrations, n_elements = flux.shape
    columns = dict.fromkeys(row_dtype(n_elements).names, 0.0)
    columns |= {
        "INT_NUM": np.arange(1, n_integrations + 1),
        "WAVELENGTH": np.arange(1.0, n_elements + 1.0),
        "FLUX": flux,
        "FLUX_ERROR": np.full_like(flux, 2.0),
        "MJD-AVG": time + np.arange(n_integrations),
        "TDB-MID": time + 0.5 + np.arange(n_integrations),
    }
    rows = fill_rows(columns, n_elements)
    with ProductWriter(path) as product:
        product.append_hdu(
            [format_card("SIMPLE", True), format_card("BITPIX", 8), format_card("NAXIS", 0)]
        )
        keywords = {"SPORDER": order, "DETECTOR": detector}
        cards = table_cards(n_integrations, n_elements, COUNT_RATE_UNITS, keywords)
        product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))
    return str(path)


def spectral_model(flux, **changed):
    """
    Model of spectra in which all light is valid and nothing moves.

    Parameters
    ----------
    flux : ndarray, shape (integrations, x)
        Flux.
    **changed
        Other fields than error 3, photon error 2, background 0.

    Returns
    -------
    model : SpectralModel
        The filled sums are the flux.
    """
    flux = np.asarray(flux, dtype=float)
    zero = np.zeros(len(flux))
    fields = {
        "flux": flux,
        "filled": flux,
        "error": np.full(flux.shape, 3.0),
        "photon_error": np.full(flux.shape, 2.0),
        "valid": np.ones(flux.shape),
        "background": np.zeros(flux.shape),
        **dict.fromkeys(("x", "y", "width"), zero),
        **dict.fromkeys(("level", "chi2"), zero + 1.0),
        **dict.fromkeys(("n_outliers", "n_bad"), zero.astype(int)),
        "outliers": NO_OUTLIERS,
    }
    return SpectralModel(**fields | changed)


def image_model(flux, circles=2, **changed):
    """
    Model of images in which the sums over all circles are the flux.

    Parameters
    ----------
    flux : ndarray, shape (integrations,)
        Flux.
    circles : int
        Number of circles.
    **changed
        Other fields than error 3, photon error 2, those of circle k larger by k + 1.

    Returns
    -------
    model : ImageModel
        All light is valid and nothing moves.
    """
    flux = np.asarray(flux, dtype=float)
    zero = np.zeros(len(flux))
    more = np.ones((len(flux), 1)) * (1.0 + np.arange(circles))
    fields = {
        "flux": flux,
        "error": zero + 3.0,
        "photon_error": zero + 2.0,
        "sums": flux[:, None] * np.ones(circles),
        "sum_errors": 3.0 + more,
        "sum_photon_errors": 2.0 + more,
        "valid": zero + 1.0,
        "background": zero + 0.5,
        **dict.fromkeys(("x", "y", "width"), zero),
        **dict.fromkeys(("level", "chi2"), zero + 1.0),
        **dict.fromkeys(("n_outliers", "n_bad"), zero.astype(int)),
        "outliers": NO_OUTLIERS,
    }
    return ImageModel(**fields | changed)


def write_spectra_model(path, model, factors=None, region="all"):
    """
    Write the model of a segment of spectra with four rows.

    Parameters
    ----------
    path : Path
        The file.
    model : SpectralModel or int
        The model, or the number of integrations of which nothing is known.
    factors : ndarray, optional
        Factors of the columns; 1 if not given, in five columns if the model is unknown.
    region : str
        Name of the region.

    Returns
    -------
    path : str
        The file.
    """
    known = isinstance(model, SpectralModel)
    count, width = model.flux.shape if known else (model, 5)
    factors = np.ones(width) if factors is None else factors
    masks = MaskWriter((count, 4, width), (4, width), WHOLE, False)
    parts = [{region: model}] if known else ()
    write_spectral_models(path, (count, 4, width), {region: factors}, parts, masks)
    return str(path)


def write_images_model(path, model, circles=("large", "small"), factor=1.0, origin=(0, 0)):
    """
    Write the model of a segment of images.

    Parameters
    ----------
    path : Path
        The file.
    model : ImageModel or int
        The model, or the number of integrations of which nothing is known.
    circles : tuple of str
        Names of its circles.
    factor : float
        Factor to the archive's unit.
    origin : tuple of int
        X0 and Y0.

    Returns
    -------
    path : str
        The file.
    """
    known = isinstance(model, ImageModel)
    count = len(model.flux) if known else model
    keywords = {"X0": origin[0], "Y0": origin[1], "FACTOR": factor}
    masks = MaskWriter((count, 8, 9), (8, 9), WHOLE, False)
    write_image_model(path, keywords, count, list(circles), [model] if known else None, masks)
    return str(path)


def series_of(folder, models, reference=None, columns=None, factors=None):
    """
    Put models of segments next to archive spectra of the same flux.

    Parameters
    ----------
    folder : Path
        Takes the files.
    models : list of SpectralModel
        Model of each segment.
    reference : SpectralReference, optional
        Reference of the visit.
    columns : ndarray of int, optional
        Column of each element; all of them if not given.
    factors : ndarray, optional
        Factors of the columns.

    Returns
    -------
    series : ModelSeries
        The series.
    """
    segments, paths, found, first = [], [], {}, 1
    width = models[0].flux.shape[1]
    columns = np.arange(width) if columns is None else columns
    for number, model in enumerate(models, start=1):
        flux = np.nan_to_num(model.flux[:, columns])
        paths.append(write_archive(folder / f"spectra{number}.fits", flux, 100.0 * number))
        found[paths[-1]] = write_spectra_model(folder / f"model{number}.fits", model, factors)
        segments.append({"number": number, "detector": "NRS1", "first": first})
        first += len(flux)
    (archive,) = open_series(paths, segments)
    references = {} if reference is None else {"all": reference}
    return model_series(archive, found, references, columns, False)


def photometry(net, **columns):
    """
    Archive photometry and statistics of a segment of two integrations.

    Parameters
    ----------
    net : list of float
        Net sums; their errors are 2.
    **columns
        Further columns.

    Returns
    -------
    table : PhotometryTable
        The table.
    statistics : dict of str to ndarray
        One of four pixels is flagged in the second integration, and two are missing.
    """
    columns |= {"MJD": np.array([1.0, 2.0]), "BJD_TDB": np.array([1.1, 2.1])}
    columns |= {"net_aperture_sum": np.array(net), "net_aperture_sum_err": np.array([2.0, 2.0])}
    statistics = {
        "class_sizes": np.array([4, 0, 0]),
        "outliers": np.array([[0.0], [1.0]]),
        "invalid": np.array([[0.0], [2.0]]),
    }
    return PhotometryTable(columns, {}, {}), statistics


def sum_of_columns(flux, template, error=None, members=None):
    """Sums of groups of columns, by default one of all, of which only flux and errors are known."""
    names = ("filled", "error", "photon_error", "background")
    values = dict.fromkeys(names, np.ones(flux.shape) if error is None else error)
    values |= {"flux": flux, "valid": np.isfinite(flux).astype(float)}
    numbers = np.zeros(flux.shape[1], int) if members is None else np.where(members, 0, -1)
    sums = sum_groups(values, template, Groups.from_numbers(numbers))
    return {name: found[:, 0] for name, found in sums.items()}
