"""The observing modes: what their data are, and which steps and references each has."""

# Exposure types that are time series whatever TSOVISIT says.
TSO_TYPES = ("NRC_TSIMAGE", "NRC_TSGRISM", "NRS_BRIGHTOBJ")


IMAGING = ("NRC_TSIMAGE", "MIR_IMAGE")


SPECTROSCOPY = (
    *("MIR_LRS-SLITLESS", "MIR_LRS-FIXEDSLIT", "NIS_SOSS", "NRC_TSGRISM", "NRS_BRIGHTOBJ"),
)
