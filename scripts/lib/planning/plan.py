"""The plan: a method for each input, parameter and resource of a rule that depends on wildcards."""

import os
from dataclasses import dataclass

from scripts.lib.findings import warning_lines
from scripts.lib.inputs.grouping import association_content
from scripts.lib.planning import resources, targets, wanted_files
from scripts.lib.planning.members import Members, refuse
from scripts.lib.planning.run_plan import RunPlan

__all__ = ["Plan"]

# Sections of the configuration that do not affect the content of products.
_NOT_SETTINGS = (
    "associations",
    "output_dir",
    "max_memory_mb",
    "crds_context",
    "export",
    "summary_formats",
)


class Plan(RunPlan):
    """
    Input files, parameters and resources of all jobs.

    Methods whose first parameter is ``wildcards`` are input functions and
    functions of parameters or resources as Snakemake calls them; the object
    has an attribute ``segment`` or ``product``, a name. Methods with other
    parameters return such a function or a file while the rules are read; those
    without any return the files of all products, or findings about them.

    Parameters
    ----------
    products : list of Product
        Products that the workflow makes.
    reference_files : ReferenceFiles
        All segments are registered there.
    config : dict
        The validated configuration.
    findings : sequence of Finding
        What the checks of the input found.
    stop : callable, optional
        Called with one message where the user asks for what cannot be made; it
        must not return. Without it an InputError is raised, which Snakemake
        would wrap in its own messages.

    Attributes
    ----------
    members : Members
        Products and segments by wildcards, and the patterns of their names.
    """

    def __init__(self, products, reference_files, config, findings=(), stop=refuse):
        super().__init__(products, reference_files, config, findings, stop)
        self.members = Members(products, stop)
        self._product_warnings = {}

    def packed_calints(self, wildcards):
        """Compressed file of a segment."""
        return self.members.segment(wildcards).path

    def calints(self, wildcards):
        """Calibrated file of a segment, decompressed."""
        return targets.calints_file(self.members.segment(wildcards))

    def flagged_segment(self, wildcards):
        """File of a segment with outliers flagged, or the calibrated one if that is skipped."""
        if self._references.skips("outlier_detection", self.members.product(wildcards)):
            return self.calints(wildcards)
        return targets.CRFINTS.format(segment=wildcards.segment)

    def flagged_segments(self, wildcards):
        """Files of all segments of a product in order, see :meth:`flagged_segment`."""
        product = self.members.product(wildcards)
        if self._references.skips("outlier_detection", product):
            return [targets.calints_file(segment) for segment in product.segments]
        return targets.segment_paths(targets.CRFINTS, product)

    def sampled_segments(self, wildcards):
        """Segments of a product in order; with outliers flagged where they would have to be unpacked."""
        pairs = zip(self.members.segments(wildcards), self.flagged_segments(wildcards), strict=True)
        return [flagged if segment.is_compressed else segment.path for segment, flagged in pairs]

    def files_before_report(self, wildcards):
        """Files of a product that are complete before its report is made."""
        product = self.members.product(wildcards)
        return wanted_files.files_before_report(product, self._references.configuration(product))

    def reference_segments(self, wildcards):
        """Calibrated files of the segments that have a reference in common."""
        return [targets.calints_file(segment) for segment in self.members.comparable(wildcards)]

    def reference_lengths(self, wildcards):
        """Their numbers of integrations."""
        return [segment.nints for segment in self.members.comparable(wildcards)]

    def visit_reference(self, wildcards):
        """Reference of a segment's visit and detector, named after its first segment."""
        return targets.REFERENCE.format(segment=self.members.comparable(wildcards)[0].name)

    def visit_references(self, wildcards):
        """References of a product's segments."""
        return list(dict.fromkeys(self._reference_names(wildcards)))

    def _reference_names(self, wildcards):
        """Reference of each segment of a product."""
        return [
            self.visit_reference(_Segment(segment.name))
            for segment in self.members.segments(wildcards)
        ]

    def neighbour(self, step):
        """Return the function for the segment before (-1) or after (1) a segment, or nothing."""

        def path(wildcards):
            other = self.members.neighbour(wildcards, step)
            return [] if other is None else [targets.calints_file(other)]

        return path

    def model_files(self, wildcards):
        """Models of all segments of a product in order."""
        return targets.segment_paths(targets.MODEL, self.members.product(wildcards))

    def masks_output(self):
        """Outliers of each segment, or nothing if they are not wanted."""
        return targets.MASKS if self._config["improved"]["save_masks"] else []

    def search_box(self, wildcards):
        """Width of the box in which the star of images is searched."""
        product = self.members.product(wildcards)
        return self._references.settings("tso_photometry", product)["search_box_width"]

    def spectra_file(self, wildcards):
        """Spectra of a segment; nothing for images."""
        if self.members.segment(wildcards).branch == "imaging":
            return []
        return targets.EXTRACT1D.format(segment=wildcards.segment)

    def spectra_files(self, wildcards):
        """Spectra of all segments of a product in order."""
        return targets.segment_paths(targets.EXTRACT1D, self.members.product(wildcards))

    def photometry_file(self, wildcards):
        """Photometry of a segment; nothing for spectra."""
        if self.members.segment(wildcards).branch != "imaging":
            return []
        return targets.PHOTOMETRY.format(segment=wildcards.segment)

    def photometry_files(self, wildcards):
        """Photometry of all segments of a product in order."""
        return targets.segment_paths(targets.PHOTOMETRY, self.members.product(wildcards))

    def statistics_files(self, wildcards):
        """Statistics of all segments of a product in order."""
        return targets.segment_paths(targets.STATISTICS, self.members.product(wildcards))

    def association(self, wildcards):
        """Association file of a product."""
        return targets.association_file(self.members.product(wildcards))

    def reference(self, kind):
        """Return the function for the reference file of a segment, or nothing if it has none."""
        return lambda wildcards: self._references.path(kind, self.members.segment(wildcards))

    def aperture_correction(self, wildcards):
        """Aperture correction of a segment, or nothing if none is applied."""
        return self._references.aperture_correction(
            self.members.product(wildcards), self.members.segment(wildcards)
        )

    def point_source(self, wildcards):
        """Image of a point source for a segment, or nothing if none is fitted."""
        return self._references.point_source(
            self.members.product(wildcards), self.members.segment(wildcards)
        )

    def wavelength_ranges(self, wildcards):
        """Wavelength ranges of the light curves of a product, or nothing."""
        return self._references.wavelength_ranges(self.members.product(wildcards))

    def soss_input(self, option):
        """File that an option of the SOSS extraction names, or nothing."""
        path = self._config["extract_1d"][option]
        return os.path.normpath(path) if path else []

    def soss_output(self, option, kind):
        """File of each segment that an option of the SOSS extraction asks for, or nothing."""
        name = self._config["extract_1d"][option]
        return targets.soss_file(name, kind) if name else []

    def side_output(self, step, option, kind):
        """File of each segment that an option of a step asks for, or nothing."""
        options = self._config[step]
        return targets.side_product(kind) if options[option] and not options["skip"] else []

    def binned_output(self):
        """Light curves in bins of wavelength of each product, or nothing if they are skipped."""
        return [] if self._config["spectroscopic_light_curves"]["skip"] else targets.BINNED

    def own_spectra(self, wildcards):
        """Our spectra of a product; nothing for images."""
        return self._of_spectra(targets.SPECTRA, wildcards)

    def own_bins(self, wildcards):
        """Our light curves in bins of wavelength; nothing for images, or if they are skipped."""
        return self._of_spectra(self.binned_output(), wildcards)

    def _of_spectra(self, template, wildcards):
        """A file of a product of spectra, or nothing."""
        if not template or self.members.product(wildcards).branch != "spectroscopy":
            return []
        return template.format(product=wildcards.product)

    def options(self, step):
        """Return the function for the settings of a step."""
        return lambda wildcards: self._references.settings(step, self.members.product(wildcards))

    def parameter_records(self, *steps):
        """Return the function for the records of steps' parameter references in products."""
        return lambda wildcards: self._references.parameter_records(
            steps, self.members.product(wildcards)
        )

    def photometry_records(self, wildcards):
        """Records of the gain and of parameter references in photometry tables."""
        return self._references.photometry_records(self.members.product(wildcards))

    def reference_names(self, *kinds):
        """Return the function for the names of references that a segment's products record."""
        return lambda wildcards: self._references.names(
            kinds, self.members.product(wildcards), self.members.segment(wildcards)
        )

    def wavelength_range_name(self, wildcards):
        """Name of the wavelength ranges that light curves record."""
        return self._references.wavelength_range_name(self.members.product(wildcards))

    def assumed_apertures(self, wildcards):
        """Apertures of a segment that has no reference file, or None."""
        return self._references.apertures(self.members.segment(wildcards))

    def association_content(self, wildcards):
        """Content of the association that is written for a product."""
        return association_content(self.members.product(wildcards), self._config["output_dir"])

    def asn_pool(self, wildcards):
        """Association pool of a product or segment."""
        return self.members.product(wildcards).asn_pool

    def asn_table(self, wildcards):
        """File name of the association of a product or segment."""
        return self.members.product(wildcards).asn_table

    def input_warnings(self, wildcards):
        """Warnings about the input that a job's products record; of a product also those of references."""
        if hasattr(wildcards, "segment"):
            findings = self.members.segment(wildcards).findings
            return [found.text for found in findings if found.severity == "warning"]
        name = wildcards.product
        if name not in self._product_warnings:
            self._product_warnings[name] = self._find_product_warnings(wildcards)
        return self._product_warnings[name]

    def _find_product_warnings(self, wildcards):
        """Warnings about the input and references of a product, which takes all its files."""
        product = self.members.product(wildcards)
        references = self._references.findings(product)
        segments = [finding for segment in product.segments for finding in segment.findings]
        return warning_lines([*references, *product.findings, *segments])

    def segment_records(self, wildcards):
        """
        Facts of each segment of a product, as a list of dicts.

        Number, detector, first integration, and which of :meth:`visit_references` is its own.
        """
        names = self._reference_names(wildcards)
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return [
            {
                "number": segment.number,
                "detector": segment.detector,
                "first": segment.first_integration,
                "reference": numbers[name],
            }
            for segment, name in zip(self.members.product(wildcards).segments, names, strict=True)
        ]

    def exposure_integrations(self, wildcards):
        """Number of integrations of each exposure by detector, as a dict of lists."""
        found = {}
        for segment in self.members.product(wildcards).segments:
            exposures = found.setdefault(segment.detector, {})
            total = max(exposures.get(segment.exposure_id, 0), segment.exposure_integrations)
            exposures[segment.exposure_id] = total
        return {detector: list(exposures.values()) for detector, exposures in found.items()}

    def job_names(self, wildcards):
        """Names of the jobs of a product and its segments."""
        return [*(segment.name for segment in self.members.segments(wildcards)), wildcards.product]

    def product_settings(self, wildcards):
        """Settings that affect a product, with the reference files in use."""
        product = self.members.product(wildcards)
        config = self._references.configuration(product)
        found = {name: value for name, value in config.items() if name not in _NOT_SETTINGS}
        return found | {"references": self._references.used(product)}

    def work_mb(self, wildcards):
        """Working memory in MB that a job may take."""
        return resources.work_mb(self.members.segments(wildcards), self._config["max_memory_mb"])

    def memory(self, step):
        """Return the function for the memory in MB of a step's jobs, more at each attempt."""

        def memory_mb(wildcards, attempt):
            segments, limit = self.members.segments(wildcards), self._config["max_memory_mb"]
            return attempt * resources.request_mb(step, segments, limit)

        return memory_mb

    def runtime(self, step):
        """Return the function for the time in minutes of a step's jobs, more at each attempt."""

        def minutes(wildcards, attempt):
            return attempt * resources.request_minutes(step, self.members.segments(wildcards))

        return minutes


@dataclass(frozen=True)
class _Segment:
    """Wildcards of a segment."""

    segment: str
