"""Reference files and settings of products and segments, in the form that rules need."""

from scripts.lib.checks.references import product_findings
from scripts.lib.instruments.branches import CONFIGURED_STEPS
from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.kinds import used_kinds
from scripts.lib.references.parameters import KINDS

__all__ = ["ReferenceLookup"]


class ReferenceLookup:
    """
    Look up reference files and settings.

    A product has the settings of its first segment: the checks of the input make
    sure that all of its segments are of one mode.

    Parameters
    ----------
    reference_files : ReferenceFiles
        All segments are registered there.
    config : dict
        The validated configuration.
    """

    def __init__(self, reference_files, config):
        self._files, self._config = reference_files, config

    def settings(self, step, product):
        """
        Settings of a step.

        Parameters
        ----------
        step : str
            Section of the configuration.
        product : Product
            The product.

        Returns
        -------
        settings : dict
            The section with all its keys.
        """
        return self._files.settings(step, product.segments[0].path)

    def skips(self, step, product):
        """Whether a step is left out for a product."""
        return self.settings(step, product)["skip"]

    def configuration(self, product):
        """Configuration with the settings of the steps for a product, as a dict."""
        return self._config | {step: self.settings(step, product) for step in KINDS}

    def findings(self, product):
        """Findings about the reference and parameter files of a product."""
        return product_findings(product, self._files)

    def path(self, kind, segment):
        """
        Reference file of a segment, as an input of a rule.

        Parameters
        ----------
        kind : str
            Kind of reference.
        segment : Segment
            The segment.

        Returns
        -------
        path : str or list
            An empty list if the segment has no such file.
        """
        return self._files.reference(kind, segment.path).path or []

    def aperture_correction(self, product, segment):
        """Aperture correction of a segment, as :meth:`path`; none if it is not applied."""
        return self.path("apcorr", segment) if "apcorr" in self._used_kinds(product) else []

    def point_source(self, product, segment):
        """Image of a point source for a segment, as :meth:`path`; none if none is fitted."""
        return self.path("psf", segment) if "psf" in self._used_kinds(product) else []

    def wavelength_ranges(self, product):
        """Wavelength ranges of light curves, as :meth:`path`; only NIRISS SOSS has them."""
        has_ranges = "wavelengthrange" in mode_of(product.exp_type).references
        return self.path("wavelengthrange", product.segments[0]) if has_ranges else []

    def wavelength_range_name(self, product):
        """Name of the file of :meth:`wavelength_ranges` by its kind; empty without a file."""
        used = bool(self.wavelength_ranges(product))
        return self._names(["wavelengthrange"], product.segments[0]) if used else {}

    def apertures(self, segment):
        """Apertures that are assumed for a segment without a reference file, or None."""
        return self._files.apertures(segment.path)

    def used(self, product):
        """
        Reference files that a product is made with.

        Parameters
        ----------
        product : Product
            The product.

        Returns
        -------
        files : dict of str to str
            By kind: the path of a file that the configuration gives, the
            recorded name of others.
        """
        path = product.segments[0].path
        found = [self._files.reference(kind, path) for kind in self._used_kinds(product)]
        return {
            reference.kind: reference.path
            if reference.source == "config" and reference.path
            else reference.name
            for reference in found
        }

    def known(self, product):
        """Recorded names of all references that the mode of a product has, used or not, by kind."""
        return self._names(mode_of(product.exp_type).references, product.segments[0])

    def names(self, kinds, product, segment):
        """
        Names that the products of a segment record of its references.

        Parameters
        ----------
        kinds : iterable of str
            Kinds of reference.
        product : Product
            The product to which the segment belongs.
        segment : Segment
            The segment.

        Returns
        -------
        names : dict of str to str
            By kind; kinds that the product does not use are left out.
        """
        used = self._used_kinds(product)
        return self._names([kind for kind in kinds if kind in used], segment)

    def parameter_records(self, steps, product):
        """
        Records of the parameter references of steps in products.

        Parameters
        ----------
        steps : iterable of str
            Sections of the configuration.
        product : Product
            The product.

        Returns
        -------
        records : list of str
            One text for each file: kind, name and checksum.
        """
        path = product.segments[0].path
        return [record for step in steps for record in self._files.parameter_records(step, path)]

    def photometry_records(self, product):
        """Records in photometry tables: the gains of all segments, and parameter references."""
        found = [self._files.reference("gain", segment.path) for segment in product.segments]
        gains = dict.fromkeys(gain for gain in found if gain.path)
        parameters = self.parameter_records(CONFIGURED_STEPS[product.branch], product)
        return [*map(self._files.record, gains), *parameters]

    def _used_kinds(self, product):
        """Kinds of reference that a product uses."""
        return used_kinds(product, self._files)

    def _names(self, kinds, segment):
        """Recorded names of references of a segment by kind."""
        return {kind: self._files.reference(kind, segment.path).name for kind in kinds}
