"""Tiny segments and associations for tests that need files but no science."""

import json

import numpy as np
from astropy.io import fits

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


def write_segment(path, shape=(3, 4, 5), planes=None, rows=None, **keywords):
    """
    Write a segment whose planes are zero.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Shape of SCI, ERR and DQ.
    planes : dict of str to (tuple of int or None), optional
        Shapes of single extensions; None leaves the extension out.
    rows : int, optional
        Rows of INT_TIMES, as many as integrations if not given.
    **keywords
        Primary keywords that differ from ``KEYWORDS``; None leaves one out.
    """
    primary = fits.PrimaryHDU()
    primary.header.update({k: v for k, v in (KEYWORDS | keywords).items() if v is not None})
    shapes = {"SCI": shape, "ERR": shape, "DQ": shape} | (planes or {})
    images = [fits.ImageHDU(np.zeros(s, "f4"), name=n) for n, s in shapes.items() if s is not None]
    times = np.zeros(shape[0] if rows is None else rows, [("integration_number", "i4")])
    table = fits.BinTableHDU(times, name="INT_TIMES")
    fits.HDUList([primary, *images, table]).writeto(path, overwrite=True)


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
        place = {"EXSEGNUM": number, "INTSTART": first, "INTEND": first + 2, "NINTS": 3 * segments}
        write_segment(folder / names[-1], **(place | keywords))
    return names
