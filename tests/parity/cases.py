"""The cases in which the workflow is compared with jwst."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.parity import lrs_inputs, soss_inputs
from tests.parity.compare import FITTED, SPLINE, TIGHT

BOTS = {"mode": "nrs_brightobj", "segment_lengths": (30, 26), "frame_size": (24, 64)}
LRS = {"mode": "mir_lrs_slitless", "segment_lengths": (30, 26), "frame_size": (64, 32)}
GRISM = {"mode": "nrc_tsgrism", "segment_lengths": (30, 26), "frame_size": (24, 64)}
NIRCAM = {"mode": "nrc_tsimage", "segment_lengths": (30, 26), "frame_size": (48, 48)}
MIRI = {"mode": "mir_image", "segment_lengths": (30, 26), "frame_size": (64, 68)}
SOSS = {"mode": "nis_soss", "segment_lengths": (4, 3), "seed": 3}
BUSY = {"nan_rate": 3e-3, "cosmic_ray_rate": 1e-3, "bad_pixel_rate": 2e-2}
FIT_PROFILE = {"skip": False, "algorithm": "fit_profile", "save_results": True}
BY_TRACE = {"skip": False, "algorithm": "trace_model", "save_results": True}
OPTIMAL = {"extraction_type": "optimal"}
SCENE = {"save_profile": True, "save_scene_model": True, "save_residual_image": True}
PSF = {"point_source_image": True}
# The splines across MIRI's spectra need the pixels of the whole width.
LRS_WIDE = LRS | {"frame_size": (64, 72)}


@dataclass(frozen=True)
class Case:
    """
    One simulated visit, and how both sides process it.

    Attributes
    ----------
    name : str
        Name of the case.
    visit : dict
        Options of the simulated visit.
    config : dict
        Sections of the configuration.
    aperture : dict
        Keys set in every aperture of the extract1d reference; None removes
        a key.
    allowed : float
        Largest relative difference of spectra and light curves.
    fitted : float
        Largest relative difference of fits of the star. In Jy it is infinite:
        jwst's fit ends at a gradient that is absolute, so it stops early;
        there the distance of both to a tight fit counts.
    int_times : bool
        Whether INT_TIMES of the x1dints product is to be equal.
    light_curve : bool
        Whether the light curves are to be equal.
    modelled : bool
        Whether fluxes come from the models of NIRISS SOSS, so that differences
        count relative to the median flux.
    change : callable, optional
        Changes the simulated visit in the folder that it is given.
    """

    name: str
    visit: dict
    config: dict = field(default_factory=dict)
    aperture: dict = field(default_factory=dict)
    allowed: float = TIGHT
    fitted: float = np.inf
    int_times: bool = True
    light_curve: bool = True
    modelled: bool = False
    change: object = None


# Background rows clear of the spectrum in the small frames above; (first, last) as polynomials.
_BACKGROUND = {"bkg_coeff": [[-0.5], [3.5], [19.5], [23.5]]}
_LRS_BACKGROUND = {"bkg_coeff": [[1.5], [7.5], [24.5], [30.5]]}
_SOURCE_LIMITS = {"src_coeff": [[8.2, 0.01], [15.7, 0.01]]}

_BOX = {"soss_atoca": False}
_ATOCA = {"soss_tikfac": 1e-9, "soss_rtol": 0.1}
# jwst uses the range of order 1 for all orders; one range for all makes both sides equal.
_EACH = {"white_light": {"min_wavelength": 0.6, "max_wavelength": 2.9}}

CASES = (
    Case("bots-defaults", BOTS),
    Case("bots-busy", BOTS | BUSY),
    Case("bots-no-source-position", BOTS, {"extract_1d": {"use_source_posn": False}}),
    Case("bots-position-offset", BOTS, {"extract_1d": {"position_offset": 1.3}}),
    Case("bots-extract-width", BOTS | BUSY, aperture={"extract_width": 6.5}),
    Case("bots-src-coeff", BOTS | BUSY, aperture=_SOURCE_LIMITS | {"extract_width": None}),
    Case("bots-background-poly0", BOTS | BUSY, aperture=_BACKGROUND | {"bkg_order": 0}),
    Case(
        "bots-background-poly1",
        BOTS | BUSY,
        {"extract_1d": {"bkg_fit": "poly", "bkg_order": 1}},
        aperture=_BACKGROUND,
    ),
    Case(
        "bots-background-median-smoothed",
        BOTS | BUSY,
        {"extract_1d": {"bkg_fit": "median", "smoothing_length": 5}},
        aperture=_BACKGROUND,
    ),
    Case(
        "bots-background-mean-smoothed",
        BOTS | BUSY,
        {"extract_1d": {"bkg_fit": "mean", "smoothing_length": 4}},
        aperture=_BACKGROUND,
    ),
    Case(
        "bots-background-off",
        BOTS,
        {"extract_1d": {"subtract_background": False}},
        aperture=_BACKGROUND,
    ),
    Case("bots-extended", BOTS | {"source_type": "EXTENDED"}),
    Case("bots-apcorr", BOTS | BUSY | {"aperture_correction": True}, allowed=SPLINE),
    Case("bots-no-reference", BOTS, {"references": {"extract1d": "N/A"}}),
    Case("bots-prism", BOTS | {"disperser": "PRISM"}),
    Case("bots-even-window", BOTS | BUSY, {"outlier_detection": {"rolling_window_width": 10}}),
    Case(
        "bots-odd-window",
        BOTS | BUSY,
        {"outlier_detection": {"rolling_window_width": 7, "snr": 4.0}},
    ),
    Case(
        "bots-medians",
        BOTS | BUSY,
        {"outlier_detection": {"save_results": True, "save_intermediate_results": True}},
    ),
    Case(
        "nircam-medians",
        NIRCAM | BUSY,
        {"outlier_detection": {"rolling_window_width": 10, "save_intermediate_results": True}},
    ),
    Case("bots-no-window", BOTS | BUSY, {"outlier_detection": {"rolling_window_width": 1}}),
    Case("bots-short-segment", BOTS | BUSY | {"segment_lengths": (40, 25, 9)}),
    Case(
        "bots-missing-segment",
        BOTS | {"segment_lengths": (26, 26, 26), "drop_segment": 2},
        int_times=False,
    ),
    Case("bots-int-times-exposure", BOTS | {"int_times": "exposure"}),
    Case("bots-int-times-empty", BOTS | {"int_times": "empty"}, int_times=False, light_curve=False),
    Case("bots-pixel-replace", BOTS | BUSY, {"pixel_replace": {"skip": False}}),
    Case("bots-fit-profile", BOTS | BUSY, {"pixel_replace": FIT_PROFILE | {"n_adjacent_cols": 5}}),
    Case(
        "bots-fit-profile-few", BOTS | BUSY, {"pixel_replace": FIT_PROFILE | {"n_adjacent_cols": 1}}
    ),
    Case(
        "bots-fit-profile-none",
        BOTS | BUSY,
        {"pixel_replace": FIT_PROFILE | {"n_adjacent_cols": 0}},
    ),
    Case(
        "bots-fit-profile-unflagged",
        BOTS | BUSY,
        {"pixel_replace": FIT_PROFILE, "outlier_detection": {"skip": True}},
    ),
    Case("bots-trace-model", BOTS | BUSY, {"pixel_replace": BY_TRACE}),
    Case(
        "bots-trace-model-psf-optimal",
        BOTS | BUSY,
        {
            "adaptive_trace_model": {"skip": False, "psf_optimal": True},
            "pixel_replace": BY_TRACE,
        },
    ),
    Case(
        "bots-trace-model-faint",
        BOTS | BUSY,
        {
            "adaptive_trace_model": {"skip": False, "fit_threshold": 1e6},
            "pixel_replace": BY_TRACE,
        },
    ),
    Case(
        "bots-adaptive-trace-model",
        BOTS,
        {
            "adaptive_trace_model": {
                "skip": False,
                "save_results": True,
                "save_intermediate_results": True,
            }
        },
    ),
    Case("bots-optimal", BOTS | BUSY | PSF, {"extract_1d": OPTIMAL}),
    Case(
        "bots-optimal-no-location",
        BOTS | BUSY | PSF,
        {"extract_1d": OPTIMAL | {"optimize_psf_location": False, "position_offset": 0.4}},
    ),
    Case(
        "bots-optimal-background",
        BOTS | BUSY | PSF,
        {"extract_1d": OPTIMAL},
        aperture=_BACKGROUND | {"bkg_order": 1},
    ),
    Case(
        "bots-optimal-no-regions",
        BOTS | BUSY | PSF,
        {"extract_1d": OPTIMAL | {"subtract_background": True}},
    ),
    Case(
        "bots-optimal-middle",
        BOTS | BUSY | PSF,
        {"extract_1d": {"extraction_type": "optimal", "use_source_posn": False}},
    ),
    Case("bots-optimal-null", BOTS | PSF, {"extract_1d": {"extraction_type": None}}),
    Case(
        "bots-optimal-scene",
        BOTS | BUSY | PSF,
        {"extract_1d": OPTIMAL | SCENE},
        aperture=_BACKGROUND,
    ),
    Case(
        "bots-scene",
        BOTS | BUSY,
        {"extract_1d": SCENE},
        aperture=_BACKGROUND | {"bkg_order": 1},
    ),
    Case("bots-optimal-no-psf", BOTS, {"extract_1d": OPTIMAL}),
    Case("bots-saved-spectra", BOTS, {"extract_1d": {"save_results": True}}),
    Case("bots-no-outlier-detection", BOTS | BUSY, {"outlier_detection": {"skip": True}}),
    Case("bots-wavelengths", BOTS, {"white_light": {"min_wavelength": 3.2, "max_wavelength": 4.4}}),
    Case("lrs-defaults", LRS),
    Case("lrs-busy", LRS | BUSY),
    Case("lrs-wavelength-plane", LRS | {"wavelength_plane": True}),
    Case("lrs-extract-width", LRS | BUSY, aperture={"extract_width": 7}),
    Case("lrs-background", LRS | BUSY, aperture=_LRS_BACKGROUND | {"bkg_fit": "median"}),
    Case(
        "lrs-background-poly1",
        LRS | BUSY,
        {"extract_1d": {"bkg_order": 1}},
        aperture=_LRS_BACKGROUND,
    ),
    Case("lrs-apcorr", LRS | BUSY | {"aperture_correction": True}, allowed=SPLINE),
    Case("lrs-fit-profile", LRS | BUSY, {"pixel_replace": FIT_PROFILE}),
    Case("lrs-trace-model", LRS_WIDE | BUSY, {"pixel_replace": BY_TRACE}),
    Case(
        "lrs-trace-model-slopes",
        LRS_WIDE | BUSY,
        {
            "adaptive_trace_model": {"skip": False, "slope_limit": 0.03},
            "pixel_replace": BY_TRACE,
        },
    ),
    Case(
        "lrs-optimal",
        LRS | BUSY | PSF,
        {"extract_1d": OPTIMAL},
        change=lrs_inputs.open_box,
    ),
    Case(
        "lrs-optimal-background",
        LRS | BUSY | PSF,
        {"extract_1d": OPTIMAL},
        aperture=_LRS_BACKGROUND,
        change=lrs_inputs.open_box,
    ),
    Case(
        "lrs-scene",
        LRS | BUSY,
        {"extract_1d": SCENE},
        aperture=_LRS_BACKGROUND | {"bkg_fit": "median"},
    ),
    Case("lrs-dn", LRS | {"photom": False}),
    Case("grism-defaults", GRISM),
    Case("grism-busy", GRISM | BUSY),
    Case(
        "grism-src-coeff-wavelength",
        GRISM | BUSY,
        # jwst cannot write the limits of such an aperture where a wavelength is NaN.
        aperture={"src_coeff": [[7.0, 0.5], [14.0, 0.6]], "independent_var": "wavelength"},
    ),
    Case("grism-background", GRISM | BUSY, aperture=_BACKGROUND | {"bkg_order": 1}),
    Case("grism-fit-profile", GRISM | BUSY, {"pixel_replace": FIT_PROFILE}),
    Case("grism-trace-model", GRISM | BUSY, {"pixel_replace": BY_TRACE}),
    # The settings of STScI's notebook for grism time series.
    Case(
        "grism-notebook",
        GRISM | BUSY,
        {"outlier_detection": {"skip": True}, "extract_1d": {"subtract_background": True}},
        aperture=_BACKGROUND | {"bkg_order": 1},
    ),
    Case("nircam-defaults", NIRCAM),
    Case("nircam-busy", NIRCAM | BUSY),
    Case("nircam-moving-centroid", NIRCAM | BUSY, {"tso_photometry": {"moving_centroid": True}}),
    Case("nircam-catalog", NIRCAM | BUSY, {"tso_photometry": {"save_catalog": True}}),
    Case("nircam-no-centroid", NIRCAM | BUSY, {"tso_photometry": {"centroid_source": False}}),
    Case("nircam-dn", NIRCAM | {"photom": False, "gain_reference": True}, fitted=FITTED),
    Case("nircam-weak-lens", NIRCAM | {"weak_lens": True, "frame_size": (64, 64)}),
    Case("nircam-edge", NIRCAM | {"source_position": (3.2, 24.6)}),
    Case("nircam-pointing-error", NIRCAM | {"pointing_error": 7.0}),
    Case("nircam-lost-integration", NIRCAM | {"lost_integration": 12}),
    Case(
        "nircam-radii",
        NIRCAM | BUSY,
        {
            "tso_photometry": {
                "radius": 4.5,
                "radius_inner": 6.2,
                "radius_outer": 11.9,
                "search_box_width": 21,
                "fit_box_width": 9,
            }
        },
    ),
    Case("nircam-int-times-exposure", NIRCAM | {"int_times": "exposure"}),
    Case("miri-defaults", MIRI),
    Case("miri-busy", MIRI | BUSY | {"tilt_event": 20}),
    Case(
        "miri-moving-centroid",
        MIRI | BUSY,
        {
            "tso_photometry": {
                "moving_centroid": True,
                "radius": 5.3,
                "radius_inner": 8.0,
                "radius_outer": 14.0,
            }
        },
    ),
    Case("soss-box", SOSS | {"nan_rate": 1e-3}, {**_EACH, "extract_1d": _BOX}),
    Case(
        "soss-box-fit-profile",
        SOSS | {"nan_rate": 1e-3},
        {**_EACH, "extract_1d": _BOX, "pixel_replace": FIT_PROFILE},
    ),
    Case(
        "soss-box-trace-model",
        SOSS | {"nan_rate": 1e-3},
        {
            **_EACH,
            "extract_1d": _BOX,
            "adaptive_trace_model": {"skip": False},
            "pixel_replace": BY_TRACE,
        },
    ),
    Case(
        "soss-box-uncalibrated",
        SOSS | {"segment_lengths": (3,)},
        {**_EACH, "extract_1d": _BOX, "photom": {"skip": True}},
    ),
    Case(
        "soss-box-saved-spectra",
        SOSS | {"segment_lengths": (2,)},
        {**_EACH, "extract_1d": _BOX | {"save_results": True}, "photom": {"save_results": True}},
    ),
    Case(
        "soss-box-background",
        SOSS | {"zodiacal_light": 1.5},
        {**_EACH, "extract_1d": _BOX | {"subtract_background": True, "soss_width": 33.0}},
    ),
    Case(
        "soss-substrip96-box",
        SOSS | {"frame_size": (96, 2048)},
        {**_EACH, "extract_1d": _BOX},
    ),
    Case(
        "soss-atoca",
        SOSS | {"segment_lengths": (4,), "nan_rate": 1e-3},
        {**_EACH, "extract_1d": _ATOCA},
        modelled=True,
    ),
    Case(
        "soss-atoca-fit-profile",
        SOSS | {"segment_lengths": (3,), "nan_rate": 1e-3},
        {
            **_EACH,
            "extract_1d": _ATOCA,
            "pixel_replace": FIT_PROFILE | {"n_adjacent_cols": 5},
            "photom": {"apply_time_correction": False},
        },
        modelled=True,
    ),
    Case(
        "soss-bad-pix-model",
        SOSS | {"segment_lengths": (3,)},
        {**_EACH, "extract_1d": _ATOCA | {"soss_bad_pix": "model", "subtract_background": True}},
        modelled=True,
    ),
    Case(
        "soss-substrip96",
        SOSS | {"segment_lengths": (3,), "frame_size": (96, 2048)},
        {**_EACH, "extract_1d": _ATOCA},
        modelled=True,
    ),
    Case(
        "soss-estimate-factor-search",
        SOSS | {"segment_lengths": (2,)},
        {
            **_EACH,
            "extract_1d": {"soss_rtol": 0.01, "soss_estimate": soss_inputs.ESTIMATE},
        },
        modelled=True,
        change=soss_inputs.add_estimate,
    ),
    Case(
        "soss-wave-grid",
        SOSS | {"segment_lengths": (2,)},
        {
            **_EACH,
            "extract_1d": {"soss_tikfac": 1e-9, "soss_wave_grid_in": soss_inputs.GRID},
        },
        modelled=True,
        change=soss_inputs.add_wave_grid,
    ),
    Case(
        "soss-superstripe",
        SOSS | {"segment_lengths": (3, 2)},
        {**_EACH, "extract_1d": _BOX},
        change=soss_inputs.make_superstripe,
    ),
)


def edit_apertures(path, changes):
    """
    Set keys in every aperture of an extract1d reference file.

    Parameters
    ----------
    path : Path
        The reference file; rewritten.
    changes : dict
        New values; None removes a key.
    """
    path = Path(path)
    reference = json.loads(path.read_text())
    for aperture in reference["apertures"]:
        aperture.update(changes)
        for key in [key for key, value in aperture.items() if value is None]:
            del aperture[key]
    path.write_text(json.dumps(reference, indent=2))
