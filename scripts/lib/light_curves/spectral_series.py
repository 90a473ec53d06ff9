"""Spectra of one detector and order over all segments, read by block."""

import logging
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.columns import parse_form
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.extraction_regions import read_statistics
from scripts.lib.light_curves.frame_statistics import spread_indices

__all__ = ["Part", "SpectralSeries", "open_series", "series_times", "sum_spectra", "valid_share"]

log = logging.getLogger(__name__)

_VALUES = ("FLUX", "FLUX_ERROR", "FLUX_VAR_POISSON")
# A sample with more missing light than this is NaN instead of scaled up.
_MOST_MISSING = 0.5
_BLOCK_BYTES = 1 << 24
# Integrations from which the median spectrum is computed.
_SAMPLE = 101


@dataclass(frozen=True)
class Part:
    """
    Spectra of one segment.

    Attributes
    ----------
    path : str
        File of the segment's spectra.
    version : int
        Number of the table among those of the file.
    rows : slice
        Its rows in the series.
    segment : int
        Number of the segment.
    first : int
        Number of its first integration.
    statistics : str
        File of the segment's statistics.
    """

    path: str
    version: int
    rows: slice
    segment: int
    first: int
    statistics: str


@dataclass
class SpectralSeries:
    """
    Spectra of one detector and spectral order.

    Attributes
    ----------
    detector : str
        Detector.
    order : int
        Spectral order.
    unit : str
        Unit of the flux.
    n_elements : int
        Number of spectral elements.
    wavelength : ndarray, shape (elements,)
        Wavelength [um].
    parts : list of Part
        The segments in order of time.
    replaced : bool
        Whether missing pixels were replaced before the sum, so that nothing is compensated.
    """

    detector: str
    order: int
    unit: str
    n_elements: int
    wavelength: np.ndarray
    parts: list = field(default_factory=list)
    replaced: bool = False

    @property
    def n_integrations(self):
        """Number of integrations."""
        return self.parts[-1].rows.stop

    def blocks(self, chosen=None):
        """
        Go through the spectra, corrected for missing pixels.

        Parameters
        ----------
        chosen : list of slice, optional
            Rows of the series to read; all by default.

        Yields
        ------
        rows : slice
            Rows of the block in the series.
        values : dict of str to ndarray
            ``FLUX``, ``FLUX_ERROR``, ``FLUX_VAR_POISSON`` float64
            (integrations, elements), divided by the part of the light that is
            in valid pixels; NaN where that is less than a half. ``raw`` is
            the flux without this correction, ``missing`` the fraction. Where the
            spectra have no photon variances (NIRISS SOSS), they follow from
            the errors.
        """
        for part in self.parts:
            pieces = list(self._pieces(part.rows, chosen))
            if not pieces:
                continue
            missing, photon_part = self._corrections(part)
            with open_fits(part.path) as file:
                for rows in pieces:
                    local = slice(rows.start - part.rows.start, rows.stop - part.rows.start)
                    values = file.read_columns("EXTRACT1D", list(_VALUES), part.version, local)
                    values = {name: array.reshape(len(array), -1) for name, array in values.items()}
                    if photon_part is not None and not values["FLUX_VAR_POISSON"].any():
                        values["FLUX_VAR_POISSON"] = values["FLUX_ERROR"] ** 2 * photon_part
                    yield rows, _compensate(values, None if missing is None else missing[local])

    def _corrections(self, part):
        """Missing light, and photons' part of the variance, from a segment's statistics; else None."""
        statistics = read_statistics(part.statistics, self.order, ("missing", "photon_part"))
        missing, photon_part = (
            values if values is not None and values.shape[-1] == self.n_elements else None
            for values in map(statistics.get, ("missing", "photon_part"))
        )
        return (None if self.replaced else missing), photon_part

    def _pieces(self, rows, chosen):
        """Wanted parts of a range of rows, each short enough for a block."""
        step = max(1, _BLOCK_BYTES // (8 * self.n_elements * len(_VALUES)))
        for wanted in chosen or [rows]:
            first, last = max(rows.start, wanted.start), min(rows.stop, wanted.stop)
            for start in range(first, last, step):
                yield slice(start, min(start + step, last))

    @cached_property
    def template(self):
        """Median spectrum (elements,) of some integrations; NaN where more than half of them are."""
        indices = spread_indices(self.n_integrations, _SAMPLE)
        chosen = [slice(index, index + 1) for index in indices.tolist()]
        sample = np.concatenate([values["FLUX"] for _, values in self.blocks(chosen)])
        finite = np.isfinite(sample)
        template = np.full(self.n_elements, np.nan)
        often = finite.sum(axis=0) * 2 >= len(sample)
        template[often] = np.nanmedian(np.where(finite, sample, np.nan)[:, often], axis=0)
        return template


def valid_share(missing):
    """
    Share of the light in valid pixels, to divide fluxes by.

    Parameters
    ----------
    missing : ndarray
        Fraction of the light that is in missing pixels.

    Returns
    -------
    share : ndarray
        1 minus `missing`, of the same shape; NaN where it is a half or less.
    """
    return np.where(missing < _MOST_MISSING, 1.0 - missing, np.nan)


def _compensate(values, missing):
    """Divide the samples by their share of valid light, as if no pixel were missing."""
    values["raw"] = values["FLUX"]
    if missing is None:
        values["missing"] = np.zeros_like(values["FLUX"], dtype=np.float32)
        return values
    share = valid_share(missing)
    values["FLUX"] = values["FLUX"] / share
    values["FLUX_ERROR"] = values["FLUX_ERROR"] / share
    values["FLUX_VAR_POISSON"] = values["FLUX_VAR_POISSON"] / share**2
    values["missing"] = missing
    return values


def open_series(spectra, segments, statistics, replaced=False):
    """
    Sort the spectra of all segments by detector and order.

    Parameters
    ----------
    spectra : list of str
        Files of the segments' spectra.
    segments : list of dict
        ``number``, ``detector`` and ``first`` integration of each.
    statistics : list of str
        Files of the segments' statistics.
    replaced : bool, optional
        Whether missing pixels were replaced before the sum.

    Returns
    -------
    series : list of SpectralSeries
        One for each detector and order, in the order in which they are met. A segment whose
        spectra have another number of elements than the first is left out
        with a warning.

    Raises
    ------
    InputError
        If no segment has a spectrum.
    """
    found = {}
    for path, segment, statistics_path in zip(spectra, segments, statistics, strict=True):
        with open_fits(path) as file:
            count = sum(hdu.name == "EXTRACT1D" for hdu in file.hdus)
            for version in range(1, count + 1):
                series = _find_series(file, version, segment, found)
                if series is None:
                    continue
                start = series.parts[-1].rows.stop if series.parts else 0
                rows = slice(start, start + file.header("EXTRACT1D", version)["NAXIS2"])
                numbers = segment["number"], segment["first"]
                series.parts.append(Part(path, version, rows, *numbers, statistics_path))
    filled = [series for series in found.values() if series.parts and series.n_integrations]
    if not filled:
        msg = f"{spectra[0]}: EXTRACT1D: found no spectrum in any segment, expected one or more"
        raise InputError(msg)
    for series in filled:
        series.replaced = replaced
    return filled


def _find_series(file, version, segment, found):
    """Series to which a table belongs; None if its number of elements differs from the first's."""
    header = file.header("EXTRACT1D", version)
    order = header.get("SPORDER") or 1
    detector = str(header.get("DETECTOR") or segment["detector"] or "")
    numbers = {header[f"TTYPE{number}"]: number for number in range(1, header["TFIELDS"] + 1)}
    n_elements = parse_form(header[f"TFORM{numbers['FLUX']}"]).count
    if (detector, order) not in found:
        rows = slice(0, 1)
        wavelength = file.read_columns("EXTRACT1D", ["WAVELENGTH"], version, rows)["WAVELENGTH"]
        found[detector, order] = SpectralSeries(
            detector,
            order,
            str(header.get(f"TUNIT{numbers['FLUX']}") or ""),
            n_elements,
            wavelength.reshape(-1) if wavelength.size else np.full(n_elements, np.nan),
        )
    series = found[detector, order]
    if series.n_elements != n_elements:
        log.warning(
            "%s: %d spectral elements, not %d as before it; left out of tables and report",
            file.path,
            n_elements,
            series.n_elements,
        )
        return None
    return series


def series_times(series):
    """
    Times and numbers of the integrations of a series.

    Parameters
    ----------
    series : SpectralSeries
        The series.

    Returns
    -------
    columns : dict of str to ndarray
        ``mjd_utc`` and ``bjd_tdb`` (MJD of the barycentric TDB) [d], NaN
        where unknown; ``segment`` and ``integration``.
    """
    names = {"mjd_utc": "MJD-AVG", "bjd_tdb": "TDB-MID"}
    columns = {name: np.full(series.n_integrations, np.nan) for name in names}
    columns |= {
        name: np.zeros(series.n_integrations, np.int64) for name in ("segment", "integration")
    }
    for part in series.parts:
        with open_fits(part.path) as file:
            times = file.read_columns("EXTRACT1D", list(names.values()), part.version)
        for name, stored in names.items():
            columns[name][part.rows] = times[stored]
        columns["segment"][part.rows] = part.segment
        columns["integration"][part.rows] = part.first + np.arange(part.rows.stop - part.rows.start)
    return columns


def sum_spectra(values, template, used):
    """
    Sum spectra over elements; missing samples are compensated.

    Parameters
    ----------
    values : dict of str to ndarray
        ``FLUX``, ``FLUX_ERROR``, ``FLUX_VAR_POISSON``, ``raw``, ``missing``
        (integrations, elements).
    template : ndarray of float, shape (elements,)
        Median spectrum; NaN leaves an element out of all sums.
    used : ndarray of bool, shape (elements,)
        Elements to sum.

    Returns
    -------
    columns : dict of str to ndarray
        Each (integrations,): ``flux_raw``, sum of the finite samples as
        ``jwst`` takes it; ``flux``, the sum times the ratio of the template's
        light to that in the finite samples; ``flux_error`` propagated from
        the errors and ``photon_error`` from the Poisson variances, scaled
        likewise; ``missing``, the fraction of light that is in missing pixels
        and samples. NaN where half of the light or more is in missing samples.
    """
    chosen = used & np.isfinite(template)
    raw = values["raw"][:, used]
    flux = values["FLUX"][:, chosen]
    finite = np.isfinite(flux)
    light = np.abs(template[chosen])
    total = light.sum() if light.sum() > 0 else np.inf
    share = finite @ light / total
    valid = (finite * (1.0 - values["missing"][:, chosen])) @ light / total
    share = np.where(share > _MOST_MISSING, share, np.nan)
    error = np.where(finite, values["FLUX_ERROR"][:, chosen], 0.0)
    photon = np.where(finite, values["FLUX_VAR_POISSON"][:, chosen], 0.0)
    return {
        "flux_raw": np.where(np.isfinite(raw).any(axis=1), np.nansum(raw, axis=1), np.nan),
        "flux": np.where(finite, flux, 0.0).sum(axis=1) / share,
        "flux_error": np.sqrt(np.nansum(error**2, axis=1)) / share,
        "photon_error": np.sqrt(np.nansum(photon, axis=1)) / share,
        "missing": np.clip(1.0 - valid, 0.0, 1.0),
    }
