"""
Headers, metadata tables and ASDF tree of an x1dints product.

They come from the data model classes (stdatamodels) with one row of every
table, so that large tables are never in memory.
"""

import logging

import numpy as np

from scripts.lib.files.asdf_tree import set_row_counts, sort_extensions
from scripts.lib.fits.cards import header_bytes, set_card
from scripts.lib.provenance.software import JWST_KEYWORDS, file_date
from scripts.lib.spectra.metadata import blend, header_table, schema_rules

__all__ = ["product_skeleton", "spectral_wcs"]

log = logging.getLogger(__name__)


def _member_metadata(model_class, header):
    """
    Metadata attributes of one segment from its primary header.

    Parameters
    ----------
    model_class : type
        Data model class of the product.
    header : astropy.io.fits.Header
        Primary header of the segment.

    Returns
    -------
    metadata : dict
        Values of the attributes below ``meta`` by dotted name.
    """
    from astropy.io import fits

    with model_class(fits.HDUList([fits.PrimaryHDU(header=header)])) as model:
        flat = model.to_flat_dict(include_arrays=False)
    return {
        name: value
        for name, value in flat.items()
        if name.startswith("meta.") and not name.startswith("meta.wcs")
    }


def spectral_wcs(ra, dec, wavelength):
    """
    World coordinates of one spectrum: constant position, tabulated wavelength.

    Parameters
    ----------
    ra, dec : float
        Position of the source [deg, ICRS].
    wavelength : ndarray
        Wavelength (elements,) [um].

    Returns
    -------
    wcs : gwcs.WCS
        Pixel to (right ascension, declination, wavelength); its inverse is
        set where the wavelengths are strictly monotonic.
    """
    import gwcs
    from astropy import coordinates, units
    from astropy.modeling.models import Const1D, Mapping, Tabular1D
    from gwcs import coordinate_frames as frames

    pixels = frames.CoordinateFrame(
        naxes=1, axes_type=("SPATIAL",), axes_order=(0,), unit=(units.pix,), name="pixel_frame"
    )
    sky = frames.CelestialFrame(name="sky", axes_order=(0, 1), reference_frame=coordinates.ICRS())
    spectral = frames.SpectralFrame(
        name="spectral", axes_order=(2,), unit=(units.micron,), axes_names=("wavelength",)
    )
    world = frames.CompositeFrame([sky, spectral], name="world")
    pixel = np.arange(len(wavelength), dtype=float)
    to_wavelength = Tabular1D(
        points=pixel, lookup_table=wavelength, bounds_error=False, fill_value=None
    )
    transform = Mapping((0, 0, 0)) | Const1D(ra) & Const1D(dec) & to_wavelength
    transform.name = "pixel_to_world"
    steps = np.diff(wavelength)
    if (steps > 0).all() or (steps < 0).all():
        ascending = slice(None) if (steps > 0).all() else slice(None, None, -1)
        inverse = Tabular1D(
            points=wavelength[ascending], lookup_table=pixel[ascending], bounds_error=False
        )
        transform.inverse = Mapping((2,)) | inverse
    return gwcs.WCS([(pixels, transform), (world, None)])


def _first_row_model(spectra, hdu):
    """Data model of an EXTRACT1D table with only its first row: keywords, columns and units."""
    from astropy.io import fits
    from stdatamodels.jwst.datamodels import TSOSpecModel

    cards = list(hdu.cards)
    set_card(cards, "NAXIS2", 1)
    row = np.empty(hdu.header["NAXIS1"], np.uint8)
    spectra.read_into(row, hdu.data_offset)
    table = fits.BinTableHDU.fromstring(header_bytes(cards) + row.tobytes())
    model = TSOSpecModel(fits.HDUList([fits.PrimaryHDU(), table]))
    model.meta.date = file_date()
    if np.isfinite(table.data["MJD-AVG"]).all():
        model.time_scale = "UTC"
    if hdu.header.get("SLIT_RA") is not None and hdu.header.get("SLIT_DEC") is not None:
        wavelength = np.asarray(table.data["WAVELENGTH"][0], dtype=float).reshape(-1)
        model.meta.wcs = spectral_wcs(hdu.header["SLIT_RA"], hdu.header["SLIT_DEC"], wavelength)
    return model


def _blend_into(product, metadata):
    """Set blended metadata and HDRTAB of the product's model."""
    from astropy.io import fits
    from stdatamodels import fits_support

    rules, columns, ignored = schema_rules(product.schema)
    rules = {name: rule for name, rule in rules.items() if name not in ignored}
    for attribute, value in blend(metadata, rules).items():
        try:
            product[attribute] = value
        except KeyError:
            log.debug("%s is not in the product's schema", attribute)
    table = header_table(metadata, columns)
    datatypes = [
        {
            "name": name,
            "datatype": ["ascii", max(table.dtype[name].itemsize // 4, 1)]
            if table.dtype[name].kind == "U"
            else _datatype(table.dtype[name]),
        }
        for name in table.dtype.names
    ]
    schema = {"title": "Combined header table", "fits_hdu": "HDRTAB", "datatype": datatypes}
    product.add_schema_entry("hdrtab", schema)
    product.hdrtab = fits_support.from_fits_hdu(fits.BinTableHDU.from_columns(table), schema)


def _datatype(dtype):
    """ASDF name of a column's type; booleans are int8, as a schema of a FITS table has no other type for them."""
    return "int8" if dtype.kind == "b" else dtype.name


def product_skeleton(file_name, files, asn_pool, asn_table):
    """
    Make the x1dints product with only the first row of every EXTRACT1D table.

    Parameters
    ----------
    file_name : str
        Name of the product.
    files : list of FitsFile
        Spectra of each segment, in the order of the product.
    asn_pool, asn_table : str
        Names of the association's pool and file.

    Returns
    -------
    hdus : astropy.io.fits.HDUList
        PRIMARY, EXTRACT1D tables of one row, HDRTAB and ASDF; the ASDF tree
        already has the full number of rows.
    """
    from astropy.io import fits
    from stdatamodels import fits_support
    from stdatamodels.jwst.datamodels import TSOMultiSpecModel

    extracted = [spectra for spectra in files if spectra.primary.get("S_EXTR1D") != "SKIPPED"]
    headers = [fits.Header.fromstring("".join(spectra.hdus[0].cards)) for spectra in extracted]
    for header in headers:
        header.update({"ASNPOOL": asn_pool, "ASNTABLE": asn_table, **JWST_KEYWORDS})
        header.setdefault("S_OUTLIR", "SKIPPED")
    product = TSOMultiSpecModel()
    _blend_into(product, [_member_metadata(TSOMultiSpecModel, header) for header in headers])
    tables = [
        (spectra, hdu) for spectra in files for hdu in spectra.hdus if hdu.name == "EXTRACT1D"
    ]
    for spectra, hdu in tables:
        model = _first_row_model(spectra, hdu)
        # The visit's footprint is given once, for searches of the archive.
        if len(product.spec) and model.hasattr("s_region"):
            del model.s_region
        product.spec.append(model)
    product.meta.model_type = "TSOMultiSpecModel"
    product.meta.filename = file_name
    product.meta.date = file_date()
    hdus = fits_support.to_fits(product._instance, product.schema)
    tree = hdus["ASDF"].data["ASDF_METADATA"][0].tobytes()
    tree = set_row_counts(sort_extensions(tree), [hdu.header["NAXIS2"] for _, hdu in tables])
    column = fits.Column(
        array=np.frombuffer(tree, np.uint8)[None, :], format=f"{len(tree)}B", name="ASDF_METADATA"
    )
    hdus["ASDF"] = fits.BinTableHDU.from_columns([column], name="ASDF")
    return hdus
