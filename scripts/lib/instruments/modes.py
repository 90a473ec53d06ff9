"""The table of modes: what the data of each exposure type are, and which steps and references it has."""

from dataclasses import dataclass

__all__ = ["MODES", "UNSUPPORTED", "Mode", "mode_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """
    One kind of time series.

    Attributes
    ----------
    exp_type : str
        ``EXP_TYPE``.
    branch : str
        ``imaging`` or ``spectroscopy``.
    extraction : str
        Rule that makes photometry or spectra of a segment.
    settings : str
        Section of the configuration with the settings of that rule.
    references : tuple of str
        Kinds of reference files that the rule and the light curves may use.
    required_references : tuple of str
        Those without which no product can be made.
    correction_columns : tuple of str
        Columns of the aperture correction that select its row; empty if the
        spectra of the mode cannot be corrected.
    is_always_time_series : bool
        Whether the data are a time series whatever ``TSOVISIT`` says.
    source_from : str or None
        Keywords that give the position of the source: ``slit`` (in the slit,
        SRCXPOS and SRCYPOS) or ``dither`` (on the sky, DITH_RA and DITH_DEC);
        None if no keywords do.
    is_named_by_slit : bool
        Whether references know the apertures by SLTNAME, else by EXP_TYPE.
    spectral_orders : int
        Largest number of spectral orders in a segment.
    is_dispersed_along_y : bool
        Whether the wavelength changes along the columns of the detector.
    row_stripes : bool
        Whether readout noise makes stripes along the dispersion.
    trace_fit : str or None
        How the trace of the spectrum is modelled: ``slit`` or ``slitless``, by splines over the
        coordinate along a slit or across a slitless prism's spectrum; None if it cannot be.
    wavelengths : tuple of float
        Limits beyond which no pixel of a spectrum is [um], with room for extrapolation.
    left_out : tuple of (str, tuple of str, str)
        Optical elements with which the archive makes no product: keyword, its
        values, and the reason.
    unsupported : tuple of (str, tuple of str, str)
        Those with which the data are of another mode, in the same form.
    """

    exp_type: str
    branch: str
    extraction: str
    settings: str
    references: tuple
    required_references: tuple = ()
    correction_columns: tuple = ()
    is_always_time_series: bool = False
    source_from: str | None = None
    is_named_by_slit: bool = False
    spectral_orders: int = 1
    is_dispersed_along_y: bool = False
    row_stripes: bool = False
    trace_fit: str | None = None
    wavelengths: tuple = (0.1, 1000.0)
    left_out: tuple = ()
    unsupported: tuple = ()

    @property
    def is_imaging(self):
        """Whether photometry is made of its images."""
        return self.branch == "imaging"

    @property
    def has_aperture_correction(self):
        """Whether its spectra can be corrected for the light outside the aperture."""
        return bool(self.correction_columns)

    @property
    def is_soss(self):
        """Whether its spectral orders overlap, so that a separate step extracts them."""
        return self.extraction == "extract_soss"


_IMAGING = {
    "branch": "imaging",
    "extraction": "tso_photometry",
    "settings": "tso_photometry",
    "references": ("gain",),
}
_BOX = {
    "branch": "spectroscopy",
    "extraction": "extract_1d",
    "settings": "extract_1d",
    "references": ("extract1d", "apcorr", "psf"),
}
_TRACES_AND_MODELS = ("pastasoss", "specprofile", "speckernel")
_LRS = (1.0, 40.0)

# One row for each mode, in the order in which messages name them.
MODES = {
    mode.exp_type: mode
    for mode in (
        Mode(exp_type="NRC_TSIMAGE", **_IMAGING, is_always_time_series=True),
        Mode(exp_type="MIR_IMAGE", **_IMAGING),
        Mode(
            exp_type="MIR_LRS-SLITLESS",
            **_BOX,
            correction_columns=("subarray",),
            trace_fit="slitless",
            wavelengths=_LRS,
            is_dispersed_along_y=True,
        ),
        Mode(
            exp_type="MIR_LRS-FIXEDSLIT",
            **_BOX,
            correction_columns=("subarray",),
            source_from="dither",
            trace_fit="slit",
            wavelengths=_LRS,
            is_dispersed_along_y=True,
        ),
        Mode(
            exp_type="NIS_SOSS",
            branch="spectroscopy",
            extraction="extract_soss",
            settings="extract_1d",
            references=(*_TRACES_AND_MODELS, "photom", "wavelengthrange"),
            required_references=_TRACES_AND_MODELS,
            spectral_orders=3,
            left_out=(("FILTER", ("F277W",), "not calibrated"),),
        ),
        Mode(
            exp_type="NRC_TSGRISM",
            **_BOX,
            is_always_time_series=True,
            row_stripes=True,
            wavelengths=(1.0, 8.0),
            left_out=(("PUPIL", ("CLEAR",), "no grism"),),
            unsupported=(("PUPIL", ("GDHS0", "GDHS60"), "NIRCam DHS is not supported"),),
        ),
        Mode(
            exp_type="NRS_BRIGHTOBJ",
            **_BOX,
            correction_columns=("filter", "grating", "slit"),
            is_always_time_series=True,
            source_from="slit",
            is_named_by_slit=True,
            trace_fit="slit",
            wavelengths=(0.3, 8.0),
        ),
    )
}

# Time series that observers ask for, and why there is no product.
UNSUPPORTED = {"MIR_MRS": "time series of the MIRI MRS are not supported"}
# For exposure types that are not in the table: spectra without any of the optional facts.
_OTHER = Mode(exp_type="", **_BOX)


def mode_of(exp_type):
    """
    Look up the mode of an exposure type.

    Parameters
    ----------
    exp_type : str or None
        ``EXP_TYPE``; it may be one that cannot be processed, because some checks
        look at a file before those of the headers refuse it.

    Returns
    -------
    mode : Mode
        Its row of :data:`MODES`; for other types one of spectra without any of
        the optional facts.
    """
    return MODES.get(exp_type, _OTHER)
