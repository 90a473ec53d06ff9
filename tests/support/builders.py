"""Tiny segments and associations for tests that need files but no science."""

import json

import numpy as np
from astropy.io import fits

from scripts.lib.findings import stop_at_errors
from scripts.lib.inputs.products import survey

KEYWORDS = {
    "EXP_TYPE": "MIR_LRS-SLITLESS",
    "DETECTOR": "MIRIMAGE",
    "TSOVISIT": True,
    "TARGNAME": "WASP-0",
    "NINTS": 6,
    "EXSEGNUM": 1,
    "INTSTART": 1,
    "INTEND": 3,
}
TIMES = (
    "int_start_MJD_UTC",
    "int_mid_MJD_UTC",
    "int_end_MJD_UTC",
    "int_start_BJD_TDB",
    "int_mid_BJD_TDB",
    "int_end_BJD_TDB",
)
PLANES = ("SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")


def int_times(first, rows):
    """
    Make a table INT_TIMES of integrations of a minute without pauses.

    Parameters
    ----------
    first, rows : int
        Number of the first integration, and how many.

    Returns
    -------
    table : ndarray
        Structured array; integration 1 starts at MJD 59000 UTC, and 5 minutes
        later at the barycentre.
    """
    table = np.zeros(rows, [("integration_number", "i4"), *((name, "f8") for name in TIMES)])
    table["integration_number"] = first + np.arange(rows)
    for k, name in enumerate(TIMES):
        minutes = table["integration_number"] - 1 + 0.5 * (k % 3) + 5 * (k // 3)
        table[name] = 59000 + minutes / 1440
    return table


def write_segment(path, shape=(3, 4, 5), planes=None, rows=None, times=None, **keywords):
    """
    Write a segment without peculiarities whose planes are zero.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Shape of SCI, ERR, DQ and the variances.
    planes : dict of str to (tuple of int or None), optional
        Shapes of single extensions; None leaves the extension out.
    rows : int, optional
        Rows of INT_TIMES, as many as integrations if not given.
    times : ndarray, optional
        INT_TIMES itself; that of :func:`int_times` if not given.
    **keywords
        Primary keywords that differ from ``KEYWORDS``; None leaves one out.
    """
    known = {k: v for k, v in (KEYWORDS | keywords).items() if v is not None}
    primary = fits.PrimaryHDU()
    primary.header.update(known)
    images = [
        fits.ImageHDU(np.zeros(size, "u4" if name == "DQ" else "f4"), name=name)
        for name, size in (dict.fromkeys(PLANES, shape) | (planes or {})).items()
        if size is not None
    ]
    for image in images:
        if image.name in ("SCI", "ERR"):
            image.header["BUNIT"] = "DN/s"
    if times is None:
        first = known.get("INTSTART")
        rows = shape[0] if rows is None else rows
        times = int_times(first if isinstance(first, int) else 1, rows)
    table = fits.BinTableHDU(times, name="INT_TIMES")
    column = fits.Column("ASDF_METADATA", "8B", array=np.frombuffer(b"#ASDF 1.", np.uint8)[None])
    wcs = fits.BinTableHDU.from_columns([column], name="ASDF")
    fits.HDUList([primary, *images, table, wcs]).writeto(path, overwrite=True)


def write_association(path, members, name="jw00001-o003_t001_miri_p750l", asn_id="o003", **content):
    """
    Write an association of science members.

    Parameters
    ----------
    path : Path
        The file.
    members : list of (str or dict)
        Names of science members, or whole entries.
    name, asn_id : str
        Name of the product and association id.
    **content
        Further or replaced keys at the top level.
    """
    entries = [m if isinstance(m, dict) else {"expname": m, "exptype": "science"} for m in members]
    products = [{"name": name, "members": entries}]
    path.write_text(
        json.dumps({"asn_id": asn_id, "asn_pool": "pool", "products": products} | content)
    )


def write_exposure(folder, segments=2, **keywords):
    """
    Write the segments of one exposure, three integrations each.

    Parameters
    ----------
    folder : Path
        Where to write.
    segments : int
        How many.
    **keywords
        Primary keywords of all segments.

    Returns
    -------
    names : list of str
        File names in order.
    """
    detector = keywords.get("DETECTOR", KEYWORDS["DETECTOR"])
    names = []
    for number in range(1, segments + 1):
        first = 3 * number - 2
        names.append(f"jw00001003001_04101_00001-seg{number:03d}_{detector.lower()}_calints.fits")
        numbers = {
            "EXSEGNUM": number,
            "INTSTART": first,
            "INTEND": first + 2,
            "NINTS": 3 * segments,
        }
        write_segment(folder / names[-1], **(numbers | keywords))
    return names


def load_products(patterns, base_dir, extra_check=None, output_dir=None):
    """
    Survey the products that a run would make, and stop at errors as it does.

    Parameters
    ----------
    patterns, base_dir, extra_check, output_dir
        As for :func:`scripts.lib.inputs.products.survey`.

    Returns
    -------
    products : list of Product
        The products.

    Raises
    ------
    InputError
        If anything prevents processing; every problem has a line.
    """
    products, findings = survey(patterns, base_dir, extra_check, output_dir)
    stop_at_errors(findings)
    return products
