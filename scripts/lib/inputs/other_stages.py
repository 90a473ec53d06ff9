"""What files and associations of other stages are, and which pipeline handles them, in words for the user."""

import re

__all__ = ["describe_association", "describe_file"]

_SUFFIX = re.compile(r"_([a-z0-9]+)\.fits(?:\.gz)?")
_STAGE_2 = "`strun calwebb_spec2` or, of images, `strun calwebb_image2`"
_FILES = {
    "uncal": f"raw data: `strun calwebb_detector1`, then {_STAGE_2} make its _calints.fits",
    "ramp": f"ramps of stage 1: `strun calwebb_detector1`, then {_STAGE_2} make its _calints.fits",
    "rateints": f"slopes of stage 1: {_STAGE_2} makes its _calints.fits",
    "rate": f"slopes averaged over time: of its _rateints.fits {_STAGE_2} makes the _calints.fits",
    "cal": "an exposure without times: `strun calwebb_spec3` or, of images, `strun calwebb_image3`",
    "dark": "a dark: `strun calwebb_dark`",
    "crfints": "a segment after stage 3: its _calints.fits is the input",
    **dict.fromkeys(
        ("x1dints", "x1d", "crf", "s2d", "s3d", "c1d", "i2d"),
        "a product of stage 2 or 3: the _calints.fits of time series are the input",
    ),
}
_PIPELINES = {
    "image2": "stage 2 of images: `strun calwebb_image2`",
    "tso-image2": "stage 2 of time series of images: `strun calwebb_image2` makes the _calints.fits",
    "spec2": "stage 2 of spectra: `strun calwebb_spec2`",
    "tso-spec2": "stage 2 of time series of spectra: `strun calwebb_spec2` makes the _calints.fits",
    "nrslamp-spec2": "lamp exposures of NIRSpec: `strun calwebb_nrslamp-spec2`",
    "image3": "images that are no time series: `strun calwebb_image3`",
    "spec3": "spectra that are no time series: `strun calwebb_spec3`",
    "ami3": "interferometry: `strun calwebb_ami3`",
    "coron3": "coronagraphy: `strun calwebb_coron3`",
    "wfs-image2": "wavefront sensing: `strun calwebb_wfs-image2`",
    "wfs-image3": "wavefront sensing: `strun calwebb_wfs-image3`",
    "dark": "darks: `strun calwebb_dark`",
    "guider": "guide stars: `strun calwebb_guider`",
}


def describe_file(name):
    """
    Say what a file of another stage is, and which pipeline handles it.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    text : str
        Empty if its ending is not one of the archive's.

    Examples
    --------
    >>> describe_file("jw01366003001_04101_00001_mirimage_dark.fits")
    'a dark: `strun calwebb_dark`'
    """
    found = _SUFFIX.search(name)
    return _FILES.get(found[1], "") if found and found.end() == len(name) else ""


def describe_association(asn_type):
    """
    Say of what an association of another type is, and which pipeline handles it.

    Parameters
    ----------
    asn_type : object
        ``asn_type`` of the association.

    Returns
    -------
    text : str
        Empty for time series of stage 3, and for unknown types.

    Examples
    --------
    >>> describe_association("coron3")
    'coronagraphy: `strun calwebb_coron3`'
    """
    return _PIPELINES.get(asn_type, "") if isinstance(asn_type, str) else ""
