"""Reference files in the formats of the archive."""

import json

import numpy as np

from scripts.simulation.models import dated_model, save_model
from scripts.simulation.scene import enclosed_share

__all__ = [
    "gain_image",
    "save_reference",
    "write_extract1d",
    "write_gain",
    "write_miri_lrs_apcorr",
    "write_nirspec_apcorr",
    "write_psf",
    "write_wavelengthrange",
]

_USEAFTER = "2022-01-01T00:00:00"


def write_extract1d(path, instrument, exposure_type, aperture):
    """
    Write an EXTRACT1D reference with an unused aperture before the one given.

    Parameters
    ----------
    path : Path
        JSON file.
    instrument, exposure_type : str
        Instrument and EXP_TYPE that the reference is for.
    aperture : dict
        Keys of the aperture.
    """
    content = {
        "reftype": "EXTRACT1D",
        "instrument": instrument,
        "telescope": "JWST",
        "exp_type": exposure_type,
        "pedigree": "DUMMY",
        "descrip": "Extraction parameters for simulated data",
        "author": "tso3flow",
        "history": "Simulated",
        "useafter": _USEAFTER,
        "apertures": [{"id": "dummy", "region_type": "target"}, aperture],
    }
    path.write_text(json.dumps(content, indent=4) + "\n")


def write_nirspec_apcorr(path, keys, scale, width):
    """
    Write an APCORR reference of NIRSpec slits: sizes in arcsec, wavelengths ascending.

    Parameters
    ----------
    path : Path
        FITS file.
    keys : sequence of tuple of str
        Filter, grating and slit of every row.
    scale : float
        Arcsec per pixel.
    width : callable
        Standard deviation of the star's image (pixels) at wavelengths in micron.
    """
    wavelength = np.linspace(0.5, 5.5, 26)
    pixels = np.array([2.0, 4.0, 6.0, 8.0, 10.0, 14.0, 20.0])
    phase = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    share = enclosed_share(pixels[:, None, None], width(wavelength)[:, None], phase - 0.5)
    shape = share.shape
    columns = [
        ("filter", "S12"),
        ("grating", "S15"),
        ("slit", "S15"),
        ("wavelength", "f4", shape[1]),
        ("nelem_wl", "i2"),
        ("size", "f4", shape[:2]),
        ("nelem_size", "i2"),
        ("pixphase", "f4", shape[2]),
        ("apcorr", "f4", shape),
        ("apcorr_err", "f4", shape),
    ]
    table = np.zeros(len(keys), columns)
    for row, key in zip(table, keys, strict=True):
        row["filter"], row["grating"], row["slit"] = key
    table["wavelength"], table["nelem_wl"] = wavelength, shape[1]
    table["size"], table["nelem_size"] = np.repeat(pixels[:, None] * scale, shape[1], 1), shape[0]
    table["pixphase"], table["apcorr"] = phase, 1.0 / share
    model = dated_model("NrsFsApcorrModel")(apcorr_table=table)
    model.sizeunit = "arcsec"
    save_reference(model, path, "NIRSPEC", "APCORR", "NRS_BRIGHTOBJ")


def write_miri_lrs_apcorr(path, subarrays, width):
    """
    Write an APCORR reference of MIRI LRS: sizes in pixels, wavelengths descending, padded.

    Parameters
    ----------
    path : Path
        FITS file.
    subarrays : sequence of str
        Subarray of every row.
    width : callable
        Standard deviation of the star's image (pixels) at wavelengths in micron.
    """
    wavelength = np.linspace(14.5, 4.0, 43)
    pixels = np.array([3, 5, 7, 9, 11, 12, 15, 19, 25])
    used, sizes = wavelength.size, pixels.size
    padded, padded_sizes = used + 5, sizes + 3
    share = enclosed_share(pixels, width(wavelength)[:, None], 0.0)
    columns = [
        ("subarray", "S17"),
        ("wavelength", "f4", padded),
        ("nelem_wl", "i2"),
        ("size", "u1", padded_sizes),
        ("nelem_size", "i2"),
        ("apcorr", "f4", (padded, padded_sizes)),
        ("apcorr_err", "f4", (padded, padded_sizes)),
    ]
    table = np.zeros(len(subarrays), columns)
    table["subarray"] = subarrays
    table["wavelength"][:, :used], table["nelem_wl"] = wavelength, used
    table["size"][:, :sizes], table["nelem_size"] = pixels, sizes
    table["apcorr"][:, :used, :sizes] = 1.0 / share
    model = dated_model("MirLrsApcorrModel")(apcorr_table=table)
    model.sizeunit = "pixels"
    save_reference(model, path, "MIRI", "APCORR", "MIR_LRS-SLITLESS")


def write_psf(path, instrument, exposure_type, width, wavelength, horizontal):
    """
    Write a PSF reference: a Gaussian image of a point source, centred, with five positions a pixel.

    Parameters
    ----------
    path : Path
        FITS file.
    instrument, exposure_type : str
        Instrument and EXP_TYPE that the reference is for.
    width : callable
        Standard deviation of the star's image (pixels) at wavelengths in micron.
    wavelength : ndarray
        Wavelengths of the image (micron).
    horizontal : bool
        Whether dispersion runs along x.
    """
    steps, reach = 5, 100
    position = np.arange(-reach, reach + 1)[:, None] / steps
    image = np.exp(-0.5 * (position / width(wavelength)) ** 2)
    model = dated_model("SpecPsfModel")()
    model.apertures.append(
        {
            "name": "ANY",
            "subpix": float(steps),
            "center_row": float(reach) if horizontal else 0.0,
            "center_col": 0.0 if horizontal else float(reach),
            "data": image if horizontal else image.T.copy(),
            "wave": np.asarray(wavelength, float),
        }
    )
    save_reference(model, path, instrument, "PSF", exposure_type)


def gain_image(gain, shape):
    """
    Gain of every pixel, with a slope of one per cent along the rows.

    Parameters
    ----------
    gain : float
        Mean gain, electrons per DN.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Electrons per DN.
    """
    slope = np.linspace(0.995, 1.005, shape[1], dtype=np.float32)
    return np.broadcast_to(gain * slope, shape).astype(np.float32)


def write_gain(path, gain, first_pixel=(1, 1)):
    """
    Write a GAIN reference.

    Parameters
    ----------
    path : Path
        FITS file.
    gain : ndarray of float32, shape (rows, columns)
        Electrons per DN.
    first_pixel : tuple of int
        1-based column and row of the detector where it begins.
    """
    model = dated_model("GainModel")(data=gain)
    model.meta.subarray.xstart, model.meta.subarray.ystart = first_pixel
    model.meta.subarray.ysize, model.meta.subarray.xsize = gain.shape
    save_reference(model, path, "ANY", "GAIN", "ANY")


def write_wavelengthrange(path, instrument, exposure_type, ranges):
    """
    Write a WAVELENGTHRANGE reference.

    Parameters
    ----------
    path : Path
        ASDF file.
    instrument, exposure_type : str
        Instrument and EXP_TYPE that the reference is for.
    ranges : sequence of tuple
        Spectral order, filter, shortest and longest wavelength (micron).
    """
    import astropy.units as u

    filters = sorted({row[1] for row in ranges})
    orders = sorted({row[0] for row in ranges})
    model = dated_model("WavelengthrangeModel")(
        wrange=[list(row) for row in ranges],
        wrange_selector=filters,
        order=orders,
        extract_orders=[[name, orders[:1]] for name in filters],
        wunits=u.micron,
    )
    save_reference(model, path, instrument, "WAVELENGTHRANGE", exposure_type)


def save_reference(model, path, instrument, kind, exposure_type):
    """
    Complete the keywords of a reference file and write it.

    Parameters
    ----------
    model : stdatamodels.jwst.datamodels.JwstDataModel
        Reference file in memory; changed in place.
    path : Path
        File to write.
    instrument, kind, exposure_type : str
        Values of INSTRUME, REFTYPE and EXP_TYPE.
    """
    model.meta.telescope = "JWST"
    model.meta.instrument.name = instrument
    model.meta.exposure.type = exposure_type
    model.meta.reftype = kind
    model.meta.author = "tso3flow"
    model.meta.description = "Simulated"
    model.meta.pedigree = "DUMMY"
    model.meta.useafter = _USEAFTER
    save_model(model, path)
    model.close()
