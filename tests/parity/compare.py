"""Compare products of the workflow with those of jwst, value by value and keyword by keyword."""

from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.table import QTable

from scripts.lib.segment_data.step_record import KEYWORDS

# Keywords that say when, from which file or by what software a product was made.
OWN_KEYWORDS = {
    "DATE",
    "FILENAME",
    "CHECKSUM",
    "DATASUM",
    "HISTORY",
    "COMMENT",
    "",
    # jwst fills these from its calibration reference service, which is offline.
    "CRDS_VER",
    "CRDS_CTX",
}
# Keywords that only our products have.
ADDED_KEYWORDS = {"INTSTART", "TIKRESID", "SOSSNGRD", "SOSSDECO", "SOSSBADP"}
ADDED_KEYWORDS |= {keyword for keyword, _ in KEYWORDS.values()}
TIGHT = 1e-12
SPLINE = 1e-9
FITTED = 1e-6
# Difference of fluxes from the models of NIRISS SOSS, relative to the median flux.
MODEL = 1e-6
MODELLED = ("FLUX", "BACKGROUND")


@dataclass(frozen=True)
class Finding:
    """One comparison: product and item, the difference found and the one allowed."""

    product: str
    item: str
    difference: float
    allowed: float
    detail: str = ""

    @property
    def good(self):
        """Whether the difference is allowed; NaN is not."""
        return self.difference <= self.allowed


def relative_difference(ours, jwst):
    """
    Largest relative difference of two arrays.

    Parameters
    ----------
    ours, jwst : ndarray
        Arrays of the same shape.

    Returns
    -------
    difference : float
        Largest ``|ours - jwst| / |jwst|``; infinite where only one is NaN or
        where jwst's value is zero and ours is not, or if shapes differ.
    """
    ours, jwst = np.asarray(ours), np.asarray(jwst)
    if ours.shape != jwst.shape:
        return np.inf
    if ours.dtype.kind not in "fc":
        return 0.0 if np.array_equal(ours, jwst) else np.inf
    ours, jwst = ours.astype(np.float64), jwst.astype(np.float64)
    same = (ours == jwst) | (np.isnan(ours) & np.isnan(jwst))
    if same.all():
        return 0.0
    ours, jwst = ours[~same], jwst[~same]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.abs(ours - jwst) / np.abs(jwst)
    return float(np.nan_to_num(difference, nan=np.inf, posinf=np.inf).max())


def scaled_difference(ours, jwst):
    """
    Largest difference of two arrays relative to the median of jwst's.

    Parameters
    ----------
    ours, jwst : ndarray
        Arrays of the same shape.

    Returns
    -------
    difference : float
        Largest ``|ours - jwst|`` over the median of ``|jwst|``; infinite where
        only one is NaN.
    """
    ours, jwst = np.asarray(ours, dtype=np.float64), np.asarray(jwst, dtype=np.float64)
    if ours.shape != jwst.shape or (np.isnan(ours) != np.isnan(jwst)).any():
        return np.inf
    if not np.nanmax(np.abs(jwst)):
        return 0.0 if not np.nanmax(np.abs(ours)) else np.inf
    return float(np.nanmax(np.abs(ours - jwst)) / np.nanmedian(np.abs(jwst)))


def _planes(product, ours, jwst):
    """Compare all images of two files; they must be identical."""
    findings = []
    for hdu in jwst:
        if not isinstance(hdu, fits.ImageHDU) or hdu.data is None:
            continue
        if hdu.name not in ours:
            findings.append(Finding(product, hdu.name, np.inf, 0, "missing"))
            continue
        mine = ours[hdu.name].data
        identical = mine.shape == hdu.data.shape and np.array_equal(
            mine, hdu.data, equal_nan=hdu.data.dtype.kind == "f"
        )
        same_type = mine.dtype == hdu.data.dtype
        detail = "" if same_type else f"{mine.dtype} is not {hdu.data.dtype}"
        findings.append(Finding(product, hdu.name, float(not (identical and same_type)), 0, detail))
    extra = [hdu.name for hdu in ours if hdu.name and hdu.name not in jwst]
    findings.append(Finding(product, "extensions", len(extra), 0, " ".join(extra)))
    return findings


def _reference_name(path):
    """File name of a reference; jwst records the path it was given."""
    return path.rpartition("/")[2]


def _keywords(product, name, ours, jwst):
    """Count keywords of jwst's header that are missing in ours or have another value there."""
    different = []
    for keyword, value in jwst.items():
        if keyword in OWN_KEYWORDS or keyword.startswith("NAXIS"):
            continue
        mine = ours.get(keyword)
        if isinstance(value, float) and isinstance(mine, int | float):
            equal = relative_difference(np.float64(mine), np.float64(value)) <= TIGHT
        elif keyword.startswith("R_") and isinstance(mine, str):
            equal = _reference_name(mine) == _reference_name(value)
        else:
            equal = mine == value
        if not equal:
            different.append(f"{keyword}={mine!r} not {value!r}")
    surplus = set(ours) - set(jwst) - OWN_KEYWORDS - ADDED_KEYWORDS
    different += sorted(f"{keyword} is not in jwst's" for keyword in surplus)
    return Finding(product, f"{name} keywords", len(different), 0, "; ".join(different))


def _table(product, name, ours, jwst, allowed, scaled=False):
    """Compare two binary tables: names, formats and units of columns, then every value."""
    layout = [(c.name, c.format, c.unit, c.bzero) for c in ours.columns]
    expected = [(c.name, c.format, c.unit, c.bzero) for c in jwst.columns]
    wrong = [
        f"{mine} not {theirs}"
        for mine, theirs in zip(layout, expected, strict=False)
        if mine != theirs
    ]
    wrong += [f"{len(layout)} columns not {len(expected)}"] * (len(layout) != len(expected))
    findings = [Finding(product, f"{name} layout", len(wrong), 0, "; ".join(wrong))]
    for column in {c.name for c in jwst.columns} & {c.name for c in ours.columns}:
        difference = relative_difference(ours.data[column], jwst.data[column])
        limit = allowed
        if scaled and column in MODELLED and difference > allowed:
            difference, limit = scaled_difference(ours.data[column], jwst.data[column]), MODEL
        findings.append(Finding(product, f"{name} {column}", difference, limit))
    return sorted(findings, key=lambda finding: finding.item)


def compare_crfints(ours, jwst):
    """
    Compare two crfints files: every plane identical, keywords equal.

    Parameters
    ----------
    ours, jwst : Path
        The files.

    Returns
    -------
    findings : list of Finding
        One for each plane, table and header.
    """
    product = jwst.name
    with fits.open(ours) as mine, fits.open(jwst) as theirs:
        findings = _planes(product, mine, theirs)
        if "INT_TIMES" in theirs and theirs["INT_TIMES"].header["NAXIS2"]:
            findings += _table(product, "INT_TIMES", mine["INT_TIMES"], theirs["INT_TIMES"], 0)
        for name in ("PRIMARY", "SCI"):
            findings.append(_keywords(product, name, mine[name].header, theirs[name].header))
    return findings


def compare_x1dints(ours, jwst, allowed=TIGHT, int_times=True, scaled=False):
    """
    Compare two x1dints files.

    Parameters
    ----------
    ours, jwst : Path
        The files.
    allowed : float
        Largest relative difference of the columns.
    int_times : bool
        Whether INT_TIMES is expected to be equal (see the README's table of
        differences).
    scaled : bool
        Whether differences of fluxes count relative to the median flux, as
        for the models of NIRISS SOSS.

    Returns
    -------
    findings : list of Finding
        One for each column and header.
    """
    product = jwst.name
    with fits.open(ours) as mine, fits.open(jwst) as theirs:
        findings = [_keywords(product, "PRIMARY", mine[0].header, theirs[0].header)]
        names = [[hdu.name for hdu in file] for file in (mine, theirs)]
        # A second detector's INT_TIMES is an extension of its own in ours.
        extra = names[0].count("INT_TIMES") - names[1].count("INT_TIMES")
        for _ in range(extra):
            names[0].remove("INT_TIMES")
        findings.append(
            Finding(product, "HDU order", float(names[0] != names[1]), 0, f"{names[0]}")
        )
        findings += _spectra(product, mine, theirs, allowed, scaled)
        if int_times:
            # jwst keeps those of the last detector.
            last = mine["INT_TIMES", 1 + extra]
            findings += _table(product, "INT_TIMES", last, theirs["INT_TIMES"], 0)
        findings += _header_tables(product, mine["HDRTAB"].data, theirs["HDRTAB"].data)
    return findings


def compare_saved_spectra(ours, jwst, allowed=TIGHT, scaled=False):
    """
    Compare two files of the spectra of a segment, after extraction or calibration.

    Parameters
    ----------
    ours, jwst, allowed, scaled
        As for :func:`compare_x1dints`. Ours has no metadata in ASDF.

    Returns
    -------
    findings : list of Finding
        One for each column and header.
    """
    product = jwst.name
    with fits.open(ours) as mine, fits.open(jwst) as theirs:
        names = [hdu.name for hdu in mine], [hdu.name for hdu in theirs if hdu.name != "ASDF"]
        findings = [Finding(product, "HDU order", float(names[0] != names[1]), 0, f"{names[0]}")]
        findings += [_keywords(product, "PRIMARY", mine[0].header, theirs[0].header)]
        findings += _spectra(product, mine, theirs, allowed, scaled)
        return findings + _table(product, "INT_TIMES", mine["INT_TIMES"], theirs["INT_TIMES"], 0)


def _spectra(product, mine, theirs, allowed, scaled):
    """Compare all EXTRACT1D tables of two open files."""
    findings = []
    for k in range(1, sum(hdu.name == "EXTRACT1D" for hdu in theirs) + 1):
        pair = mine["EXTRACT1D", k], theirs["EXTRACT1D", k]
        findings += _table(product, f"EXTRACT1D,{k}", *pair, allowed, scaled)
        findings.append(_keywords(product, f"EXTRACT1D,{k}", pair[0].header, pair[1].header))
    return findings


def _header_tables(product, ours, jwst):
    """Compare the metadata of the members, kept in HDRTAB."""
    different = [
        name
        for name in jwst.names
        if name not in OWN_KEYWORDS
        and (name not in ours.names or not _equal_cells(name, ours[name], jwst[name]))
    ]
    return [Finding(product, "HDRTAB", len(different), 0, " ".join(different))]


def _equal_cells(name, ours, jwst):
    """Whether two columns of a metadata table agree, NaN being equal to NaN."""
    if name.startswith("R_"):
        return [_reference_name(path) for path in ours] == [_reference_name(path) for path in jwst]
    if ours.shape != jwst.shape:
        return False
    if jwst.dtype.kind == "f":
        return relative_difference(ours.astype(float), jwst) <= TIGHT
    return bool((ours == jwst).all())


def compare_tables(ours, jwst, allowed=TIGHT, fitted=FITTED):
    """
    Compare two ECSV light curves: columns, units, types, meta and values.

    Parameters
    ----------
    ours, jwst : Path
        The files.
    allowed : float
        Largest relative difference.
    fitted : float
        Largest relative difference of the fitted flux and widths of a star.

    Returns
    -------
    findings : list of Finding
        One for each column, one for the layout, one for the meta.
    """
    product = jwst.name
    mine, theirs = QTable.read(ours), QTable.read(jwst)
    layout = [
        [(n, str(t[n].dtype), str(getattr(t[n], "unit", None))) for n in t.colnames]
        for t in (mine, theirs)
    ]
    wrong = [f"{a} not {b}" for a, b in zip(*layout, strict=False) if a != b]
    wrong += [f"{len(layout[0])} columns not {len(layout[1])}"] * (len(layout[0]) != len(layout[1]))
    meta = [
        f"{k}={mine.meta.get(k)!r} not {v!r}"
        for k, v in theirs.meta.items()
        if mine.meta.get(k) != v
    ]
    findings = [
        Finding(product, "layout", len(wrong), 0, "; ".join(wrong)),
        Finding(product, "meta", len(meta), 0, "; ".join(meta)),
    ]
    for name in theirs.colnames:
        if name in mine.colnames:
            pair = [getattr(t[name], "value", t[name]) for t in (mine, theirs)]
            limit = fitted if name.startswith("psf_") else allowed
            findings.append(Finding(product, name, relative_difference(*pair), limit))
    return findings


def compare_images(ours, jwst):
    """
    Compare the images SCI of two files.

    Parameters
    ----------
    ours, jwst : Path
        The files.

    Returns
    -------
    findings : list of Finding
        The largest difference relative to the largest value of jwst's.
    """
    mine, theirs = (np.asarray(fits.getdata(path, "SCI"), float) for path in (ours, jwst))
    if mine.shape != theirs.shape or (np.isnan(mine) != np.isnan(theirs)).any():
        return [Finding(jwst.name, "SCI", np.inf, 0, f"{mine.shape}, {theirs.shape}, or NaN")]
    difference = np.nanmax(np.abs(mine - theirs)) / np.nanmax(np.abs(theirs))
    return [Finding(jwst.name, "SCI", float(difference), FITTED)]
