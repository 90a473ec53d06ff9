"""Kinds of reference files that products can have and use."""

# References without which NIRISS SOSS has neither traces nor models.
SOSS_REFERENCES = ("pastasoss", "specprofile", "speckernel")


# Modes whose spectra can be corrected for what the aperture misses.
_CORRECTED = ("MIR_LRS-SLITLESS", "MIR_LRS-FIXEDSLIT", "NRS_BRIGHTOBJ")


def known_kinds(product):
    """
    Name the kinds of reference files that there are for the mode of a product.

    Parameters
    ----------
    product : Product
        The product.

    Returns
    -------
    kinds : list of str
        Whether the product uses them or not.
    """
    if product.branch == "imaging":
        return ["gain"]
    if product.exp_type == "NIS_SOSS":
        return [*SOSS_REFERENCES, "photom", "wavelengthrange"]
    return ["extract1d", "apcorr"]


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
    step = "tso_photometry" if product.branch == "imaging" else "extract_1d"
    options = references.settings(step, product.segments[0].path)
    if options["skip"]:
        return []
    corrected = product.exp_type in _CORRECTED and options["apply_apcorr"]
    return [kind for kind in known_kinds(product) if kind != "apcorr" or corrected]
