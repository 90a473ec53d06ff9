"""Kinds of reference files that products use."""

from scripts.lib.instruments.modes import mode_of


def used_kinds(product, references):
    """
    Name the kinds of reference files that a product uses.

    Parameters
    ----------
    product : Product
        The product.
    references : ReferenceFiles
        Its references.

    Returns
    -------
    kinds : list of str
        For images the gain, whether they need it or not; none where the step
        that uses them is skipped.
    """
    mode = mode_of(product.exp_type)
    options = references.settings(mode.settings, product.segments[0].path)
    if options["skip"]:
        return []
    corrected = mode.has_aperture_correction and options["apply_apcorr"]
    return [kind for kind in mode.references if kind != "apcorr" or corrected]
