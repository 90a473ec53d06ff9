"""The two branches of the pipeline: the steps of each that have settings, and its plots."""

__all__ = ["CONFIGURED_STEPS", "PLOTS"]

# Sections of the configuration, in the order of the work.
CONFIGURED_STEPS = {
    "imaging": ("outlier_detection", "tso_photometry"),
    "spectroscopy": (
        "outlier_detection",
        "adaptive_trace_model",
        "pixel_replace",
        "extract_1d",
        "photom",
        "white_light",
    ),
}
# In the order of the report.
_OF_ALL = (
    "white_light",
    "time_averaging",
    "scatter",
    "aperture_scan",
    "position",
    "background",
    "tilt_frames",
    "flags",
    "median_frame",
    "cross_section",
    "reference",
    "outliers",
)
_OF_SPECTRA = (
    "median_spectrum",
    "noise_spectrum",
    "light_curve_map",
    "binned_light_curves",
    "depth_spectrum",
)
PLOTS = {"imaging": _OF_ALL, "spectroscopy": (*_OF_ALL[:4], *_OF_SPECTRA, *_OF_ALL[4:])}
