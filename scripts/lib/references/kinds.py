"""Kinds of reference files that products use."""

from scripts.lib.instruments.modes import mode_of

__all__ = ["used_kinds"]


def used_kinds(product, references):
    """
    Name the kinds of reference files that a product uses.

    Parameters
    ----------
    product : Product
        The product.
    references : ReferenceFiles
        Reference files and settings of its segments.

    Returns
    -------
    kinds : list of str
        For images the gain, whether they need it or not; empty if the step
        that uses references is skipped.
    """
    mode = mode_of(product.exp_type)
    options = references.settings(mode.settings, product.segments[0].path)
    if options["skip"]:
        return []
    has_correction = mode.has_aperture_correction and options["apply_apcorr"]
    kind = options.get("extraction_type", "box")
    unused = {"psf"} if kind == "box" else set()
    # The image of a point source has no aperture to correct; without one the box has.
    is_fitted = kind == "optimal" and references.reference("psf", product.segments[0].path).path
    if is_fitted or not has_correction:
        unused.add("apcorr")
    if mode.is_soss and references.settings("photom", product.segments[0].path)["skip"]:
        unused.add("photom")
    return [name for name in mode.references if name not in unused]
