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
PLOTS = {
    "imaging": (
        "white_light",
        "time_averaging",
        "scatter",
        "position",
        "median_frame",
        "reference",
        "outliers",
    ),
    "spectroscopy": (
        "white_light",
        "time_averaging",
        "light_curve_map",
        "noise_spectrum",
        "scatter",
        "position",
        "median_frame",
        "reference",
        "outliers",
    ),
}
