"""The part of the plan that is about all products of a run."""

import os

from scripts.lib.findings import error_lines
from scripts.lib.planning import targets, wanted_files
from scripts.lib.planning.machine_needs import disk_findings, missing_bytes
from scripts.lib.planning.members import refuse
from scripts.lib.planning.reference_lookup import ReferenceLookup
from scripts.lib.planning.side_files import side_paths
from scripts.lib.planning.spectral_ranges import spectral_findings
from scripts.lib.planning.trace_frames import frame_findings

__all__ = ["RunPlan"]

_NO_ASSOCIATION = (
    "No association is configured. Name associations, segments (*_calints.fits) or folders of them in"
    " config.yaml in the working directory, or in a file given with --configfile, for example\n"
    "associations:\n  - data\nreferences:\n  extract1d: references/extract1d.json"
)


class RunPlan:
    """
    Files of all products, and findings about them.

    Methods with the parameter ``wildcards`` are functions of a rule without any.

    Parameters
    ----------
    products, reference_files, config, findings, stop
        As for :class:`~scripts.lib.planning.plan.Plan`.
    """

    def __init__(self, products, reference_files, config, findings=(), stop=refuse):
        self._products, self._findings, self._stop = products, findings, stop
        self._config, self._registered = config, reference_files.registered
        self._references = ReferenceLookup(reference_files, config)

    def all_products(self, wildcards):
        """Files of all products, and their summary."""
        if errors := error_lines(self._findings):
            self._stop("\n".join(errors))
        if not self._products:
            self._stop(_NO_ASSOCIATION)
        return self.product_paths()

    def all_diagnostics(self, wildcards):
        """Diagnostics of all products that have a report."""
        return [targets.DIAGNOSTICS.format(product=product.name) for product in self._reported()]

    def all_depths(self, wildcards):
        """Depths of all products that have a report."""
        return [targets.DEPTHS.format(product=product.name) for product in self._reported()]

    def all_job_names(self, wildcards):
        """Names of the jobs of each product that has a report and of its segments, by product."""
        return {
            product.name: [*(segment.name for segment in product.segments), product.name]
            for product in self._reported()
        }

    def product_paths(self):
        """Names of the files of all products, with their summary."""
        configs = self._configurations()
        files = []
        for product, config in zip(self._products, configs, strict=True):
            files += wanted_files.product_files(product, config)
            files += side_paths(product, config, self._config)
        return files + wanted_files.summary_files(self._reported(), self._config["summary_formats"])

    def product_names(self):
        """File names of all products, without folders."""
        return [os.path.basename(path) for path in self.product_paths()]

    def space_findings(self):
        """Findings about the free disk space for the products."""
        missing = missing_bytes(self._products, self._configurations(), ".")
        return disk_findings(missing, self._config["output_dir"], ".")

    def spectral_findings(self):
        """Findings about settings that do not fit the spectra; reads the first segments."""
        bins, found = self._config["spectroscopic_light_curves"], []
        for product in self._products:
            found += frame_findings(product, self._references)
            found += spectral_findings(product, self._references, bins)
        return found

    def _reported(self):
        """Products that have a report."""
        pairs = zip(self._products, self._configurations(), strict=True)
        return [product for product, config in pairs if wanted_files.has_report(product, config)]

    def _configurations(self):
        """Configuration of each product."""
        return [self._references.configuration(product) for product in self._products]

    def examined_products(self, wildcards):
        """All products."""
        return self._products

    def examined_configurations(self, wildcards):
        """Configuration of each product."""
        return self._configurations()

    def examined_references(self, wildcards):
        """Names of the reference files of each product by their kind."""
        return [self._references.known(product) for product in self._products]

    def loose_segments(self, wildcards):
        """Files of segments that can be read but belong to no product."""
        taken = {segment.path for product in self._products for segment in product.segments}
        return [path for path in self._registered if path not in taken]

    def findings_so_far(self, wildcards):
        """What the checks of the input found, and what the first spectra tell."""
        return [*self._findings, *self.spectral_findings()]
