"""Our spectra of one detector and order over all segments, read by block."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from scripts.lib.light_curves.extraction_regions import SINGLE
from scripts.lib.light_curves.frame_statistics import spread_indices
from scripts.lib.light_curves.segment_models import ModelFile
from scripts.lib.moving_profile.white_light import template_spectrum

__all__ = ["ModelSeries", "model_series"]

_BLOCK_BYTES = 1 << 24
_PLANES = ("flux", "filled", "error", "photon_error", "valid", "background")
# Those that have the unit of the samples.
_FLUXES = ("flux", "filled", "error", "photon_error", "background")
# Largest error of a shift along a spectrum that is worth knowing [px]: the telescope moves by less than ten times as much.
_LARGEST_ERROR = 0.003
# Integrations from which the median spectrum is computed.
_SAMPLE = 301


@dataclass
class ModelSeries:
    """
    Our spectra of one detector and spectral order.

    Attributes
    ----------
    archive : SpectralSeries
        The archive's spectra of the same integrations, with the wavelengths.
    columns : ndarray of int, shape (elements,)
        Column of the models of each spectral element.
    reference : SpectralReference or None
        What the models were compared with; None where nothing was measured.
    paths : list of str
        Models of the segments.
    rows : list of slice
        Their rows in the series.
    turned : bool
        Whether the dispersion is along y in the segments.
    limits : SampleLimits or None
        By which samples are judged.
    left_out : dict of int to ndarray of uint8
        Bits of the samples of each block that sums of good ones leave out, by its first row, as far as
        they are judged: an eighth of a byte for each sample.
    """

    archive: object
    columns: np.ndarray
    reference: object
    paths: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    turned: bool = False
    limits: object = None
    left_out: dict = field(default_factory=dict)

    def blocks(self, chosen=None):
        """
        Go through our spectra.

        Parameters
        ----------
        chosen : list of slice, optional
            Rows of the series to read; all by default.

        Yields
        ------
        rows : slice
            Rows of the block in the series.
        values : dict of str to ndarray
            ``flux``, ``filled``, ``error``, ``photon_error``, ``background`` and ``valid`` as of
            `moving_profile.flux.ColumnFluxes`, float64 (integrations, elements), in the
            unit of the archive's spectra.

        Notes
        -----
        Blocks have the same rows whatever the memory: at most 16 MB.
        """
        step = max(1, _BLOCK_BYTES // (8 * len(_PLANES) * max(len(self.columns), 1)))
        for path, whole in zip(self.paths, self.rows, strict=True):
            with ModelFile(path, self.archive.order) as model:
                factor = model.factors()[self.columns]
                for wanted in chosen or [whole]:
                    first, last = max(whole.start, wanted.start), min(whole.stop, wanted.stop)
                    for start in range(first, last, step):
                        rows = slice(start, min(start + step, last))
                        local = slice(rows.start - whole.start, rows.stop - whole.start)
                        yield rows, self._read(model, local, factor)

    def _read(self, model, rows, factor):
        """Read some rows of a segment."""
        values = {name: model.read(name.upper(), rows)[:, self.columns] for name in _PLANES}
        for name in _FLUXES:
            values[name] *= factor
        return values

    @cached_property
    def factors(self):
        """Factors of the samples to the unit of the archive's spectra, (elements,)."""
        with ModelFile(self.paths[0], self.archive.order) as model:
            return model.factors()[self.columns]

    @cached_property
    def position_errors(self):
        """Errors of x, y and squared width of an integration [px, px, px^2]; NaN if nothing is known."""
        if self.reference is None:
            return np.full(3, np.nan)
        basis = self.reference.basis
        return basis.sigma * np.sqrt(np.diag(np.linalg.inv(basis.normal)))[1:4]

    def integrations(self):
        """
        Return the columns of the integrations of all segments, (integrations,) each.

        ``x``, the shift along the dispersion, is NaN where its error is above 0.003 pixels: a spectrum
        without lines does not show it.
        """
        found = []
        for path in self.paths:
            with ModelFile(path, self.archive.order) as model:
                found.append(model.columns())
        columns = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
        if not self.position_errors[0] <= _LARGEST_ERROR:
            columns["x"] = np.full(len(columns["x"]), np.nan)
        return columns

    @cached_property
    def template(self):
        """
        Median spectrum (elements,) of 301 integrations spread over the visit.

        NaN where an element is missing in half of them, or its median is not positive.
        """
        indices = spread_indices(self.archive.n_integrations, _SAMPLE)
        chosen = [slice(index, index + 1) for index in indices.tolist()]
        sample = [values["flux"] for _, values in self.blocks(chosen)]
        return template_spectrum(np.concatenate(sample))


def model_series(archive, models, references, columns, turned):
    """
    Put our spectra next to the archive's.

    Parameters
    ----------
    archive : SpectralSeries
        Spectra of one detector and order.
    models : dict of str to str
        Model of each segment by the file of its spectra.
    references : dict of str to (SpectralReference or ImageReference)
        References of the visit by spectral order.
    columns : ndarray of int, shape (elements,)
        Pixel along the dispersion of each spectral element.
    turned : bool
        Whether the dispersion is along y in the segments.

    Returns
    -------
    series : ModelSeries
        With the segments of the archive's series.
    """
    if len(columns) != archive.n_elements:
        columns = np.arange(archive.n_elements)
    series = ModelSeries(archive, columns, None, turned=turned)
    series.reference = references.get(str(archive.order), references.get(SINGLE))
    series.paths = [models[str(part.path)] for part in archive.parts]
    series.rows = [part.rows for part in archive.parts]
    return series
