"""The two branches of the pipeline: which steps with settings each has, and which plots."""

# Sections of the configuration with the settings of a branch's steps, in the order of the work.
STEPS = {
    "imaging": ("outlier_detection", "tso_photometry"),
    "spectroscopy": ("outlier_detection", "pixel_replace", "extract_1d", "white_light"),
}
# Names of the plots in the order of the report.
PLOTS = {
    "imaging": ("white_light", "time_averaging", "scatter", "position", "median_frame", "outliers"),
    "spectroscopy": (
        "white_light",
        "time_averaging",
        "light_curve_map",
        "noise_spectrum",
        "scatter",
        "position",
        "median_frame",
        "outliers",
    ),
}
