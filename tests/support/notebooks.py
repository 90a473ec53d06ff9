"""Settings of calwebb_tso3 in STScI's notebooks for time series (jwst-pipeline-notebooks, August 2026)."""

__all__ = ["APERTURES", "NOTEBOOKS"]

# Stands for the file that the notebook of NIRCam makes.
APERTURES = "custom_extract1d_reffile"

# By mode of the simulator; lines that the notebooks comment out are left out.
NOTEBOOKS = {
    "nrs_brightobj": {
        "pixel_replace": {"skip": False, "n_adjacent_cols": 5, "algorithm": "fit_profile"}
    },
    "nis_soss": {
        "extract_1d": {"save_results": True},
        "white_light": {"save_results": True},
    },
    "nrc_tsgrism": {
        "outlier_detection": {"skip": True},
        "extract_1d": {"subtract_background": True, "override_extract1d": APERTURES},
        "white_light": {},
        "pixel_replace": {},
    },
    "mir_lrs_slitless": {},
    "mir_image": {},
}
