"""Reference files and settings of each segment, as the rules ask for them."""

from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.crds_selection import CRDS_VARIABLES
from scripts.lib.references.kinds import used_kinds

# Jobs on other machines must find the same files.
if references.context:

    envvars:
        *[name for name in CRDS_VARIABLES if name in os.environ],


def first_segment(wildcards):
    """First segment of the product that the wildcards stand for or belong to."""
    return product_of(wildcards).segments[0].path


def skips(product, step):
    """Whether a step is left out for a product."""
    return references.settings(step, product.segments[0].path)["skip"]


def options(step):
    """Settings of a step for the product that the wildcards stand for or belong to."""
    return lambda wildcards: references.settings(step, first_segment(wildcards))


def replaces_pixels(wildcards):
    """Whether flagged pixels of spectra are replaced."""
    return not options("pixel_replace")(wildcards)["skip"]


def reference(kind):
    """Reference file of a segment, or nothing if there is none."""
    return lambda wildcards: references.find(kind, segment_of(wildcards).path).path or []


def aperture_correction(wildcards):
    """Aperture correction of a segment, or nothing if none is applied."""
    if "apcorr" not in used_kinds(product_of(wildcards), references):
        return []
    return references.find("apcorr", segment_of(wildcards).path).path or []


def wavelength_ranges(wildcards):
    """Wavelength ranges of the light curves, which have them for NIRISS SOSS only."""
    if "wavelengthrange" not in mode_of(product_of(wildcards).exp_type).references:
        return []
    return references.find("wavelengthrange", first_segment(wildcards)).path or []


def wavelength_range_name(wildcards):
    """What light curves record of their wavelength ranges."""
    used = wavelength_ranges(wildcards)
    found = references.find("wavelengthrange", first_segment(wildcards)) if used else None
    return {"wavelengthrange": found.name} if found else {}


def used_references(wildcards):
    """Reference files that a product is made with, by kind: those of the user, or their names."""
    product = product_of(wildcards)
    path = product.segments[0].path
    found = [references.find(kind, path) for kind in used_kinds(product, references)]
    return {
        one.kind: one.path if one.source == "config" and one.path else one.name for one in found
    }


def reference_names(*kinds):
    """What the products of a segment record of its references."""

    def names(wildcards):
        """Names by kind."""
        path, used = segment_of(wildcards).path, used_kinds(product_of(wildcards), references)
        return {kind: references.find(kind, path).name for kind in kinds if kind in used}

    return names


def assumed_apertures(wildcards):
    """Apertures of a segment that has no reference file, or nothing."""
    return references.apertures(segment_of(wildcards).path)


def parameter_records(*steps):
    """What products record of the parameter references that they were made with."""

    def records(wildcards):
        """One text for each file."""
        path = first_segment(wildcards)
        return [record for step in steps for record in references.parameter_records(step, path)]

    return records


def photometry_records(wildcards):
    """What photometry tables record of the gain and of parameter references."""
    found = [references.find("gain", segment.path) for segment in product_of(wildcards).segments]
    gains = dict.fromkeys(gain for gain in found if gain.path)
    parameters = parameter_records("outlier_detection", "tso_photometry")(wildcards)
    return [*map(references.record, gains), *parameters]


def soss_input(option):
    """File that an option of the SOSS extraction names, or nothing."""
    path = config["extract_1d"][option]
    return os.path.normpath(path) if path else []


def soss_output(option, kind):
    """File of each segment that an option of the SOSS extraction asks for, or nothing."""
    name = config["extract_1d"][option]
    return f"<results>/{{segment}}_{name}_{kind}.fits" if name else []
