"""Reference files of NIRISS SOSS in the formats of the archive."""

import numpy as np

from scripts.simulation.models import FILE_DATE, dated_model
from scripts.simulation.nis_soss_orders import COLUMNS, WHEEL_COMMANDED, WHEEL_EXTENT
from scripts.simulation.nis_soss_scene import KERNEL_HALF_WIDTH, kernel, spatial_profile
from scripts.simulation.references import save_reference

__all__ = [
    "PADDING",
    "calibration",
    "write_pastasoss",
    "write_photom",
    "write_speckernel",
    "write_specprofile",
]

PADDING = 20
_KERNEL_OVERSAMPLING = 10
_WHEEL_BOUNDS = (245.54, 246.04)
_SEPARATION = (0.77, 0.95)
_KERNEL_WAVELENGTHS = (0.5, 3.0, 101)
_MAP_WAVELENGTHS = (0.5, 5.5, 5001)
_FIRST_ROW, _MAP_ROWS = 1792, 300
_PHOTOM_LENGTH = 3000
_PHOTOM_ELEMENTS = {1: 2425, 2: 2276, 3: 1731}
_PHOTOM_MARGIN = 0.02
_LEAST_THROUGHPUT = 1e-5


def write_pastasoss(path, orders):
    """
    Write a PASTASOSS reference: traces, wavelengths and throughputs.

    Parameters
    ----------
    path : Path
        ASDF file.
    orders : sequence of OrderOptics
        The spectral orders.
    """
    model = dated_model("PastasossModel")()
    model.meta.pwcpos_cmd = WHEEL_COMMANDED
    model.meta.pwcpos_bounds = list(_WHEEL_BOUNDS)
    model.meta.order2_separation_cutoff = list(_SEPARATION)
    model.meta.soss_xdim, model.meta.soss_ydim = COLUMNS, _MAP_ROWS
    model.meta.subarray_ymin = _FIRST_ROW
    shortest, longest, model.meta.wavemap_nwl = _MAP_WAVELENGTHS
    model.meta.wavemap_wlmin, model.meta.wavemap_wlmax = shortest, longest
    model.traces = [
        {
            "spectral_order": optics.order,
            "pivot_x": optics.pivot[0],
            "pivot_y": optics.pivot[1],
            "cutoff": optics.cutoff,
            "oversampling": 1,
            "trace": np.stack([optics.columns, optics.rows], axis=-1),
        }
        for optics in orders
    ]
    extents = np.array([[0.0, WHEEL_EXTENT[0]], [float(COLUMNS), WHEEL_EXTENT[1]]])
    model.wavecal_models = [
        {
            "spectral_order": optics.order,
            "polynomial_degree": len(optics.wavelength_terms) - 1,
            "coefficients": optics.coefficients(),
            "scale_extents": extents,
        }
        for optics in orders
    ]
    model.throughputs = [
        {
            "spectral_order": optics.order,
            "wavelength": optics.throughput_table[0],
            "throughput": optics.throughput_table[1],
        }
        for optics in orders
    ]
    model.meta.instrument.filter = "CLEAR"
    save_reference(model, path, "NIRISS", "PASTASOSS", "NIS_SOSS")


def write_specprofile(path, subarray, shape, orders):
    """
    Write a SPECPROFILE reference: the share of a column's light in every pixel, padded around.

    Parameters
    ----------
    path : Path
        FITS file.
    subarray : str
        Name of the subarray.
    shape : tuple of int
        Its rows and columns.
    orders : sequence of OrderLight
        Traces and wavelengths of the spectral orders in the visit.
    """
    from stdatamodels.jwst.datamodels import SpecProfileSingleModel

    model = dated_model("SpecProfileModel")()
    for light in orders:
        trace = np.pad(light.trace + PADDING, PADDING, mode="edge")
        wavelength = np.pad(light.wavelength, PADDING, mode="edge")
        profile = spatial_profile(shape[0] + 2 * PADDING, trace, wavelength)
        single = SpecProfileSingleModel(data=profile.astype(np.float32))
        single.order, single.oversampling, single.padding = light.order, 1, PADDING
        # The file takes its DATE from the last profile, which has the time of its making.
        single.meta.date = FILE_DATE
        model.profile.append(single)
    model.meta.subarray.name, model.meta.instrument.filter = subarray, "CLEAR"
    save_reference(model, path, "NIRISS", "SPECPROFILE", "NIS_SOSS")


def write_speckernel(path):
    """
    Write a SPECKERNEL reference: images of a line along the dispersion, each with the sum 1.

    Parameters
    ----------
    path : Path
        FITS file.
    """
    shortest, longest, count = _KERNEL_WAVELENGTHS
    samples = 2 * KERNEL_HALF_WIDTH * _KERNEL_OVERSAMPLING + 1
    offset = np.linspace(-KERNEL_HALF_WIDTH, KERNEL_HALF_WIDTH, samples)[:, None]
    wavelengths = np.tile(np.linspace(shortest, longest, count), (samples, 1))
    kernels = kernel(offset, wavelengths)
    kernels /= kernels.sum(axis=0)
    model = dated_model("SpecKernelModel")(
        wavelengths=wavelengths.astype(np.float32), kernels=kernels.astype(np.float32)
    )
    model.meta.nwave, model.meta.wavemin, model.meta.wavemax = count, shortest, longest
    model.meta.spectral_oversampling = _KERNEL_OVERSAMPLING
    model.meta.halfwidth = KERNEL_HALF_WIDTH
    model.meta.centroid_index = samples // 2
    save_reference(model, path, "NIRISS", "SPECKERNEL", "NIS_SOSS")


def calibration(optics, wavelength, scale):
    """
    Flux density of a star with a smooth spectrum over its light in a column.

    Parameters
    ----------
    optics : OrderOptics
        The order.
    wavelength : ndarray, shape (elements,)
        Wavelength, micron.
    scale : float
        Light in units of the data for a unit of `nis_soss_scene.column_light` whose star has unit
        flux density at every wavelength.

    Returns
    -------
    ndarray, shape (elements,)
        Flux density per unit of the data; large, not infinite, where the throughput vanishes.
    """
    columns = np.arange(float(COLUMNS))
    known = optics.wavelengths(columns, 0.0)[::-1]
    width = np.interp(wavelength, known, np.abs(np.gradient(known)))
    throughput = np.maximum(optics.throughput(wavelength), _LEAST_THROUGHPUT)
    return wavelength / (scale * throughput * width)


def write_photom(path, orders, scale):
    """
    Write a PHOTOM reference: a row for each order, and one of the filter F277W.

    Parameters
    ----------
    path : Path
        FITS file.
    orders : sequence of OrderOptics
        The spectral orders.
    scale : float
        See `calibration`; the unit of the flux density is MJy.
    """
    vectors = [(name, "f4", _PHOTOM_LENGTH) for name in ("wavelength", "relresponse")]
    table = np.zeros(
        len(orders) + 1,
        [
            ("filter", "S12"),
            ("pupil", "S15"),
            ("order", "i2"),
            ("photmj", "f4"),
            ("uncertainty", "f4"),
            ("nelem", "i2"),
            *vectors,
            ("reluncertainty", "f4", _PHOTOM_LENGTH),
        ],
    )
    middle = orders[0].wavelengths(np.array([COLUMNS / 2.0]), 0.0)
    unit = calibration(orders[0], middle, scale)[0]
    table["filter"], table["pupil"], table["photmj"] = "CLEAR", "GR700XD", unit
    for row, optics in zip(table, [*orders, orders[0]], strict=True):
        count = _PHOTOM_ELEMENTS[optics.order]
        ends = optics.wavelengths(np.array([optics.cutoff - 1.0, 0.0]), 0.0)
        wavelength = np.linspace(ends[0] - _PHOTOM_MARGIN, ends[1] + _PHOTOM_MARGIN, count)
        row["order"], row["nelem"] = optics.order, count
        row["wavelength"][:count] = wavelength
        row["relresponse"][:count] = calibration(optics, wavelength, scale) / unit
    table[-1]["filter"] = "F277W"
    model = dated_model("NisSossPhotomModel")(phot_table=table)
    save_reference(model, path, "NIRISS", "PHOTOM", "NIS_SOSS")
