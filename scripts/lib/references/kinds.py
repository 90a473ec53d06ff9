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
    return [kind for kind in mode.references if kind != "apcorr" or has_correction]
