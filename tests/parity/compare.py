"""Compare products of the workflow with those of jwst, value by value and keyword by keyword."""

from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.table import QTable

# Keywords that tell when, by which file or by what software a product was made.
OWN_KEYWORDS = {
    *("DATE", "FILENAME", "CHECKSUM", "DATASUM", "HISTORY", "COMMENT", ""),
    # The peer fills these from its calibration reference service, which is offline.
    *("CRDS_VER", "CRDS_CTX"),
}
# What ours tell beyond the peer's.
ADDED_KEYWORDS = {"INTSTART", "TIKRESID", "SOSSNGRD", "SOSSDECO", "SOSSBADP"}
TIGHT = 1e-12
SPLINE = 1e-9
FITTED = 1e-6
# Of the fluxes that come of the models of NIRISS SOSS, relative to the median flux.
MODEL = 1e-6
MODELLED = ("FLUX", "BACKGROUND")


@dataclass(frozen=True)
class Finding:
    """One comparison: what was compared, the difference found and the one allowed."""

    product: str
    item: str
    difference: float
    allowed: float
    detail: str = ""

    @property
    def good(self):
        """Whether the difference is allowed; NaN is not."""
        return self.difference <= self.allowed


def relative_difference(ours, peer):
    """
    Largest relative difference of two arrays.

    Parameters
    ----------
    ours, peer : ndarray
        Arrays of the same shape.

    Returns
    -------
    difference : float
        Largest ``|ours - peer| / |peer|``; infinite where only one is NaN or
        where the peer's value is zero and ours is not, or if shapes differ.
    """
    ours, peer = np.asarray(ours), np.asarray(peer)
    if ours.shape != peer.shape:
        return np.inf
    if ours.dtype.kind not in "fc":
        return 0.0 if np.array_equal(ours, peer) else np.inf
    ours, peer = ours.astype(np.float64), peer.astype(np.float64)
    same = (ours == peer) | (np.isnan(ours) & np.isnan(peer))
    if same.all():
        return 0.0
    ours, peer = ours[~same], peer[~same]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.abs(ours - peer) / np.abs(peer)
    return float(np.nan_to_num(difference, nan=np.inf, posinf=np.inf).max())


def scaled_difference(ours, peer):
    """
    Largest difference of two arrays relative to the median of the peer's.

    Parameters
    ----------
    ours, peer : ndarray
        Arrays of the same shape.

    Returns
    -------
    difference : float
        Largest ``|ours - peer|`` over the median of ``|peer|``; infinite where
        only one is NaN.
    """
    ours, peer = np.asarray(ours, dtype=np.float64), np.asarray(peer, dtype=np.float64)
    if ours.shape != peer.shape or (np.isnan(ours) != np.isnan(peer)).any():
        return np.inf
    if not np.nanmax(np.abs(peer)):
        return 0.0 if not np.nanmax(np.abs(ours)) else np.inf
    return float(np.nanmax(np.abs(ours - peer)) / np.nanmedian(np.abs(peer)))


def _planes(product, ours, peer):
    """Compare all images of two files; they must be identical."""
    findings = []
    for hdu in peer:
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
    extra = [hdu.name for hdu in ours if hdu.name and hdu.name not in peer]
    findings.append(Finding(product, "extensions", len(extra), 0, " ".join(extra)))
    return findings


def _reference_name(path):
    """File name of a reference; the peer records the path it was given."""
    return path.rpartition("/")[2]


def _keywords(product, name, ours, peer):
    """Count keywords of the peer's header that ours lacks or gives another value."""
    different = []
    for keyword, value in peer.items():
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
    surplus = set(ours) - set(peer) - OWN_KEYWORDS - ADDED_KEYWORDS
    different += sorted(f"{keyword} is not in the peer's" for keyword in surplus)
    return Finding(product, f"{name} keywords", len(different), 0, "; ".join(different))


def _table(product, name, ours, peer, allowed, scaled=False):
    """Compare two binary tables: names, formats and units of columns, then every value."""
    layout = [(c.name, c.format, c.unit, c.bzero) for c in ours.columns]
    expected = [(c.name, c.format, c.unit, c.bzero) for c in peer.columns]
    wrong = [
        f"{mine} not {theirs}"
        for mine, theirs in zip(layout, expected, strict=False)
        if mine != theirs
    ]
    wrong += [f"{len(layout)} columns not {len(expected)}"] * (len(layout) != len(expected))
    findings = [Finding(product, f"{name} layout", len(wrong), 0, "; ".join(wrong))]
    for column in {c.name for c in peer.columns} & {c.name for c in ours.columns}:
        difference = relative_difference(ours.data[column], peer.data[column])
        limit = allowed
        if scaled and column in MODELLED and difference > allowed:
            difference, limit = scaled_difference(ours.data[column], peer.data[column]), MODEL
        findings.append(Finding(product, f"{name} {column}", difference, limit))
    return sorted(findings, key=lambda finding: finding.item)


def compare_crfints(ours, peer):
    """
    Compare two crfints files: every plane identical, keywords equal.

    Parameters
    ----------
    ours, peer : Path
        The files.

    Returns
    -------
    findings : list of Finding
        One for each plane, table and header.
    """
    product = peer.name
    with fits.open(ours) as mine, fits.open(peer) as theirs:
        findings = _planes(product, mine, theirs)
        if "INT_TIMES" in theirs and theirs["INT_TIMES"].header["NAXIS2"]:
            findings += _table(product, "INT_TIMES", mine["INT_TIMES"], theirs["INT_TIMES"], 0)
        for name in ("PRIMARY", "SCI"):
            findings.append(_keywords(product, name, mine[name].header, theirs[name].header))
    return findings


def compare_x1dints(ours, peer, allowed=TIGHT, int_times=True, scaled=False):
    """
    Compare two x1dints files.

    Parameters
    ----------
    ours, peer : Path
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
    product = peer.name
    with fits.open(ours) as mine, fits.open(peer) as theirs:
        findings = [_keywords(product, "PRIMARY", mine[0].header, theirs[0].header)]
        names = [[hdu.name for hdu in file] for file in (mine, theirs)]
        # A second detector's INT_TIMES is an extension of its own in ours.
        extra = names[0].count("INT_TIMES") - names[1].count("INT_TIMES")
        for _ in range(extra):
            names[0].remove("INT_TIMES")
        findings.append(
            Finding(product, "HDU order", float(names[0] != names[1]), 0, f"{names[0]}")
        )
        count = sum(name == "EXTRACT1D" for name in names[1])
        for k in range(1, count + 1):
            pair = mine["EXTRACT1D", k], theirs["EXTRACT1D", k]
            findings += _table(product, f"EXTRACT1D,{k}", *pair, allowed, scaled)
            findings.append(_keywords(product, f"EXTRACT1D,{k}", pair[0].header, pair[1].header))
        if int_times:
            # The peer keeps those of the last detector.
            last = mine["INT_TIMES", 1 + extra]
            findings += _table(product, "INT_TIMES", last, theirs["INT_TIMES"], 0)
        findings += _header_tables(product, mine["HDRTAB"].data, theirs["HDRTAB"].data)
    return findings


def _header_tables(product, ours, peer):
    """Compare the metadata of the members, kept in HDRTAB."""
    different = [
        name
        for name in peer.names
        if name not in OWN_KEYWORDS
        and (name not in ours.names or not _equal_cells(name, ours[name], peer[name]))
    ]
    return [Finding(product, "HDRTAB", len(different), 0, " ".join(different))]


def _equal_cells(name, ours, peer):
    """Whether two columns of a metadata table agree, NaN being equal to NaN."""
    if name.startswith("R_"):
        return [_reference_name(path) for path in ours] == [_reference_name(path) for path in peer]
    if ours.shape != peer.shape:
        return False
    if peer.dtype.kind == "f":
        return relative_difference(ours.astype(float), peer) <= TIGHT
    return bool((ours == peer).all())


def compare_tables(ours, peer, allowed=TIGHT, fitted=FITTED):
    """
    Compare two ECSV light curves: columns, units, types, meta and values.

    Parameters
    ----------
    ours, peer : Path
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
    product = peer.name
    mine, theirs = QTable.read(ours), QTable.read(peer)
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
