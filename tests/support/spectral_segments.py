"""Segments of spectra with a simple world coordinate system, for tests of the extraction."""

import io
import math
from functools import cache

import numpy as np
from astropy.io import fits

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards
from scripts.lib.fits.writer import ProductWriter

PRIMARY = {
    "DATAMODL": "SlitModel",
    "EXP_TYPE": "NRS_BRIGHTOBJ",
    "INSTRUME": "NIRSPEC",
    "DETECTOR": "NRS1",
    "GRATING": "G395H",
    "FILTER": "F290LP",
    "NINTS": 6,
    "INTSTART": 1,
    "INTEND": 3,
    "EXSEGNUM": 2,
    "S_OUTLIR": "COMPLETE",
    "CAL_VER": "3.0.0",
    "S_PHOTOM": "COMPLETE",
}
SCI = {
    "SLTNAME": "S1600A1",
    "SRCTYPE": "POINT",
    "SRCXPOS": 0.0,
    "SRCYPOS": 0.25,
    "SOURCEID": 7,
    "DISPAXIS": 1,
    "SPORDER": 1,
    "PIXAR_SR": 0.5,
    "PA_APER": 102.5,
}
_SOURCE = ("DISPAXIS", "SPORDER", "SLTNAME", "SRCXPOS", "SRCYPOS")
TIMES = (
    "int_start_MJD_UTC",
    "int_mid_MJD_UTC",
    "int_end_MJD_UTC",
    "int_start_BJD_TDB",
    "int_mid_BJD_TDB",
    "int_end_BJD_TDB",
)


def linear_wcs():
    """
    Make world coordinates that are linear in the pixels.

    Returns
    -------
    wcs : gwcs.WCS
        (x, y) to right ascension 30 + y/1000 deg, declination -5 + y/1000 deg
        and wavelength 1 + x/10 um, with an inverse.
    """
    import gwcs
    from astropy import coordinates, units
    from astropy.modeling.models import Mapping, Scale, Shift
    from gwcs import coordinate_frames as frames

    forward = Mapping((1, 1, 0)) | (
        (Scale(1e-3) | Shift(30)) & (Scale(1e-3) | Shift(-5)) & (Scale(0.1) | Shift(1))
    )
    forward.inverse = Mapping((2, 0), n_inputs=3) | (
        (Shift(-1) | Scale(10)) & (Shift(-30) | Scale(1000))
    )
    detector = frames.Frame2D(name="detector", axes_order=(0, 1), unit=(units.pix, units.pix))
    sky = frames.CelestialFrame(name="sky", axes_order=(0, 1), reference_frame=coordinates.ICRS())
    spectrum = frames.SpectralFrame(name="spectrum", axes_order=(2,), unit=(units.um,))
    world = frames.CompositeFrame([sky, spectrum], name="world")
    return gwcs.WCS([(detector, forward), (world, None)])


@cache
def asdf_bytes():
    """Bytes of an ASDF file with the world coordinates in its tree."""
    import asdf

    buffer = io.BytesIO()
    asdf.AsdfFile({"meta": {"wcs": linear_wcs()}}).write_to(buffer)
    return buffer.getvalue()


def int_times(numbers):
    """Rows of INT_TIMES: column k of integration n has the time 100 n + k."""
    table = np.zeros(len(numbers), [("integration_number", "i4"), *((t, "f8") for t in TIMES)])
    table["integration_number"] = numbers
    for k, name in enumerate(TIMES):
        table[name] = 100.0 * np.asarray(numbers) + k
    return table


def row_images(n_integrations=3, shape=(6, 5)):
    """Planes of images whose value is the row, plus 100 for each integration; variances 1, 2, 3."""
    rows = np.broadcast_to(np.arange(shape[0])[:, np.newaxis], shape)
    science = rows + 100.0 * np.arange(n_integrations)[:, np.newaxis, np.newaxis]
    planes = {"SCI": science.astype("f4"), "ERR": np.ones(science.shape, "f4")}
    planes["DQ"] = np.zeros(science.shape, "u4")
    for value, name in enumerate(("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"), start=1):
        planes[name] = np.full(science.shape, value, "f4")
    return planes


def write_segment(path, planes=None, times=None, wcs=True, primary=None, **sci):
    """
    Write a segment of spectra.

    Parameters
    ----------
    path : Path
        The file.
    planes : dict of str to ndarray, optional
        Images by extension; those of :func:`row_images` if not given.
    times : ndarray, optional
        Table INT_TIMES; one row for each of three integrations if not given.
    wcs : bool
        Whether there is an ASDF extension with world coordinates.
    primary : dict, optional
        Primary keywords that differ from ``PRIMARY``; None leaves one out.
    **sci
        Keywords of SCI that differ from ``SCI``; None leaves one out.

    Returns
    -------
    path : Path
        The file.
    """
    planes = row_images() if planes is None else planes
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(data, name=name) for name, data in planes.items())]
    for hdu, keywords in ((hdus[0], PRIMARY | (primary or {})), (hdus[1], SCI | sci)):
        hdu.header.update({k: v for k, v in keywords.items() if v is not None})
    hdus.append(
        fits.BinTableHDU(int_times([1, 2, 3]) if times is None else times, name="INT_TIMES")
    )
    if wcs:
        content = np.frombuffer(asdf_bytes(), np.uint8)[None]
        column = fits.Column("ASDF_METADATA", f"{content.shape[1]}B", array=content)
        hdus.append(fits.BinTableHDU.from_columns([column], name="ASDF"))
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def write_empty_segment(path, shape):
    """
    Write a segment of zeros that takes little room on disk: nearly all data are holes of the file.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Integrations, rows and columns.
    """
    # Of no mode, as its wavelengths are those of none.
    primary = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXP_TYPE": "OTHER"}
    more = {"SCI": {keyword: SCI[keyword] for keyword in _SOURCE}, "DQ": {"BZERO": 1 << 31}}
    with ProductWriter(path) as product:
        product.append_hdu(_cards(primary))
        for name in ("SCI", "ERR", "DQ"):
            cards = image_cards(name, shape, 32 if name == "DQ" else -32)
            offset = product.append_hdu([*cards, *_cards(more.get(name, {}))], 4 * math.prod(shape))
            if name == "DQ":
                # No flags; holes are the highest one, as flags are stored with an offset.
                product.write(np.full(shape[1:], -(1 << 31), ">i4"), offset)
        tree = np.frombuffer(asdf_bytes(), np.uint8)
        column = fits.Column("ASDF_METADATA", f"{len(tree)}B", array=tree[None])
        table = fits.BinTableHDU.from_columns([column], name="ASDF")
        cards = [card.image for card in table.header.cards]
        product.write(tree, product.append_hdu(cards, len(tree)))


def _cards(keywords):
    """Cards of keywords."""
    return [format_card(keyword, value) for keyword, value in keywords.items()]
