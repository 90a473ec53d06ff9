"""Optional products of NIRISS SOSS: trace models, model spectra and wavelength grids."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import format_card, set_card
from scripts.lib.fits.extensions import column_cards, image_cards, table_shape_cards
from scripts.lib.fits.reader import open_fits
from scripts.lib.soss.atoca.detector_model import OrderOptics, build_model, column_amplitudes
from scripts.lib.spectra.table import row_dtype

__all__ = [
    "ModelSpectra",
    "TraceModelWriter",
    "append_model_spectrum",
    "append_wave_grid",
    "product_cards",
    "read_estimate",
    "read_wave_grid",
]

_LAST_VECTOR = "NPIXELS"
_DN_PER_SECOND = ("FLUX", "FLUX_ERROR", "BACKGROUND")
_SIGN_BIT = 1 << 31
# A cubic spline needs as many.
_FEWEST_VALUES = 4


def product_cards(cards, model_type, file_name):
    """
    Primary header of a product from that of its segment.

    Parameters
    ----------
    cards : list of str
        Primary cards of the segment.
    model_type, file_name : str
        DATAMODL and FILENAME.

    Returns
    -------
    cards : list of str
        A changed copy.
    """
    cards = list(cards)
    set_card(cards, "DATAMODL", model_type, "Type of data model")
    set_card(cards, "FILENAME", file_name, "Name of the file")
    return cards


class TraceModelWriter:
    """
    Write models and weights of all orders (SossExtractModel).

    Parameters
    ----------
    product : ProductWriter
        Open product.
    cards : list of str
        Primary cards of the segment.
    scene : Scene
        Apertures.
    optics : dict of int to OrderOptics
        Profiles that were used.
    n_integrations : int
        Number of integrations.
    """

    def __init__(self, product, cards, scene, optics, n_integrations):
        self._product, self._weights = product, scene.weights
        inside = ~scene.outside_all
        self._profiles = {order: optics[order].profile * inside for order in scene.weights}
        self._shape = (n_integrations, *inside.shape)
        size = 4 * int(np.prod(self._shape))
        product.append_hdu(product_cards(cards, "SossExtractModel", product.path.name))
        self._offsets = {
            name: product.append_hdu(image_cards(name, self._shape, -32), size)
            for kind in ("ORDER", "APER")
            for name in (f"{kind}{order}" for order in scene.weights)
        }

    def write(self, amplitudes, first):
        """
        Write the models of some integrations.

        Parameters
        ----------
        amplitudes : dict of int to ndarray
            Amplitudes (integrations, columns) of each order; none without models.
        first : int
            Index of the first integration.
        """
        for order, values in amplitudes.items():
            model = self._profiles[order] * np.nan_to_num(values)[:, None]
            self._write_block(f"ORDER{order}", model, first)
            weights = np.broadcast_to(self._weights[order], model.shape)
            self._write_block(f"APER{order}", weights, first)

    def _write_block(self, name, block, first):
        """Write one block of images as float32."""
        offset = self._offsets[name]
        self._product.write_block(block.astype(np.float32), offset, self._shape, first)


class ModelSpectra:
    """
    Spectra on the wavelength grids, integrated over the columns of their orders.

    Parameters
    ----------
    scene : Scene
        Traces and masks.
    models : TunedModels
        Models of the segment.
    """

    def __init__(self, scene, models):
        closed = scene.outside_all.all(axis=0)
        self._joint = []
        for position, order in enumerate((1, 2)):
            wavelength, columns = scene.geometry[order].native_grid
            optics, kernel = models.optics[order], models.joint.kernels[position]
            line = OrderOptics(
                wavelength, np.ones((1, len(wavelength))), optics.throughput, optics.kernel
            )
            grid = models.joint.grid[slice(*models.joint.bounds[position])]
            binned = build_model([line], grid, [closed[columns][None]])
            self._joint.append((order, wavelength, binned, kernel))
        self._singles = []
        for order, single in models.singles.items():
            wavelength, columns = scene.geometry[order].native_grid
            # The grid has three points for each column, and one more at the end.
            fits = np.searchsorted(wavelength, single.fit.grid[-1], side="right")
            wavelength, columns = wavelength[:fits], columns[:fits]
            line = OrderOptics(wavelength, np.ones((1, len(wavelength))))
            binned = build_model([line], single.fit.grid, [closed[columns][None]])
            self._singles.append((order, wavelength, binned, None))

    def for_integration(self, joint, singles):
        """
        Spectra of one integration.

        Parameters
        ----------
        joint : ndarray
            Spectrum (points,) of orders 1 and 2.
        singles : dict of int to ndarray
            Spectra (points,) of blue order 2 and of order 3.

        Returns
        -------
        spectra : list of tuple
            Order, wavelengths in µm and flux in DN/s, without NaN.
        """
        found = []
        for order, wavelength, binned, kernel in (*self._joint, *self._singles):
            spectrum = singles[order] if kernel is None else kernel @ joint
            flux = column_amplitudes(binned, spectrum)[0]
            flux[binned.mask[0]] = np.nan
            valid = np.isfinite(flux)
            found.append((order, wavelength[valid], flux[valid]))
        return found


def append_model_spectrum(product, spectrum, integration, version):
    """
    Append one spectrum to an AtocaSpectra product.

    Parameters
    ----------
    product : ProductWriter
        Open product.
    spectrum : tuple
        Order, wavelengths in µm and flux in DN/s.
    integration : int
        Number of the integration in the segment, from 1.
    version : int
        Number of the extension.
    """
    order, wavelength, flux = spectrum
    names = row_dtype(1).names
    names = names[1 : names.index(_LAST_VECTOR) + 1]
    dtype = np.dtype([(name, row_dtype(1)[name].base) for name in names])
    rows = np.zeros(len(wavelength), dtype)
    rows["WAVELENGTH"], rows["FLUX"], rows["DQ"] = wavelength, flux, -_SIGN_BIT
    cards = table_shape_cards(dtype, len(rows))
    units = {"WAVELENGTH": "um"} | dict.fromkeys(_DN_PER_SECOND, "DN/s")
    for number, name in enumerate(names, start=1):
        zero = _SIGN_BIT if name == "DQ" else None
        cards += column_cards(number, name, dtype[name], units.get(name), zero)
    cards += [
        format_card("EXTNAME", "EXTRACT1D", "extension name"),
        format_card("EXTVER", version, "extension value"),
        format_card("SPORDER", order, "Spectral order number"),
        format_card("INT_NUM", integration, "Integration number"),
    ]
    product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))


def append_wave_grid(product, cards, grid):
    """
    Write a wavelength grid (SossWaveGridModel).

    Parameters
    ----------
    product : ProductWriter
        Open product.
    cards : list of str
        Primary cards of the segment.
    grid : ndarray
        Wavelengths (points,) in µm.
    """
    product.append_hdu(product_cards(cards, "SossWaveGridModel", product.path.name))
    offset = product.append_hdu(image_cards("WAVEGRID", grid.shape, -64), grid.nbytes)
    product.write(grid.astype(">f8"), offset)


def read_wave_grid(path):
    """
    Read a wavelength grid.

    Parameters
    ----------
    path : str or Path
        FITS file with an extension WAVEGRID.

    Returns
    -------
    grid : ndarray
        Wavelengths (points,) in µm, float64.

    Raises
    ------
    InputError
        If it is not a list of ascending wavelengths.
    """
    with open_fits(path) as file:
        hdu = file.hdu("WAVEGRID")
        grid = np.empty(hdu.shape, f">f{abs(hdu.header['BITPIX']) // 8}")
        file.read_into(grid, hdu.data_offset)
    grid = grid.astype(np.float64)
    if grid.ndim != 1 or len(grid) < 2 or not (np.diff(grid) > 0).all():
        msg = f"{path}[WAVEGRID]: found shape {grid.shape}, expected ascending wavelengths"
        raise InputError(msg)
    return grid


def read_estimate(path):
    """
    Read the estimate of a spectrum.

    Parameters
    ----------
    path : str or Path
        FITS file with a table EXTRACT1D of WAVELENGTH and FLUX.

    Returns
    -------
    estimate : callable
        Cubic spline of the flux by wavelength [µm] through the finite values.

    Raises
    ------
    InputError
        If there are fewer than four, or their wavelengths do not ascend.
    """
    from scipy.interpolate import UnivariateSpline

    with open_fits(path) as file:
        table = file.read_table("EXTRACT1D")
    wavelength, flux = table["WAVELENGTH"], table["FLUX"]
    wavelength, flux = (values[np.isfinite(flux)] for values in (wavelength, flux))
    if len(wavelength) < _FEWEST_VALUES or not (np.diff(wavelength) > 0).all():
        msg = (
            f"{path}[EXTRACT1D]: WAVELENGTH: found {len(wavelength)} values with a finite flux, "
            f"expected {_FEWEST_VALUES} or more, ascending"
        )
        raise InputError(msg)
    return UnivariateSpline(wavelength, flux, k=3, s=0, ext=0)
