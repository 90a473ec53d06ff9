"""Headings, captions and descriptions of the plots of a visit."""

from scripts.lib.diagnostics.verdict import noise_sentence

__all__ = ["CAPTIONS", "TITLES", "description"]

TITLES = {
    "white_light": "White-light curve",
    "time_averaging": "Does the noise average out?",
    "light_curve_map": "Light curves of all wavelengths",
    "noise_spectrum": "Noise against wavelength",
    "scatter": "Expected and measured scatter",
    "position": "Position and width",
    "median_frame": "Median image",
    "reference": "Profile and bad pixels",
    "outliers": "Outliers",
}
CAPTIONS = {
    "white_light": (
        "Flux of each integration over its median: the archive's product, and our light curve on the "
        "same scale; the line is a quick model of baseline, transit or eclipse, and jumps, which is "
        "not meant for measuring the planet. Below: our residuals of baseline and transit, with means "
        "of neighbours in black. "
        "Dashed lines: seams of segments; dotted lines: sudden jumps."
    ),
    "time_averaging": (
        "Scatter of averages of neighbouring integrations against their length. White noise "
        "follows the dashed line, which bends because the model takes some noise away. Where the "
        "points are above it, the noise is correlated."
    ),
    "light_curve_map": (
        "Flux over its median in every bin of time and wavelength. A transit is a horizontal band; "
        "a vertical line is a bad column, a horizontal line a bad integration."
    ),
    "noise_spectrum": (
        "Point-to-point scatter of each column of the spectrum, with the propagated errors and "
        "photon noise. Crosses: columns that are noisier, or drift more, than their neighbours."
    ),
    "scatter": (
        "Scatter of the white-light curve per integration: expected from photons and from the "
        "errors, measured from neighbours and from the residuals; hatched: of the archive's product, "
        "in which missing pixels are dips."
    ),
    "position": (
        "Shift from the median position along both axes, and width (standard deviation), fitted "
        "with the moving profile. Means of neighbours in black."
    ),
    "median_frame": (
        "Median of up to 150 integrations spread over the visit, with the archive's aperture and "
        "background region, and the trace or centre."
    ),
    "reference": (
        "What every integration was compared with. Left or above: the share of the light of the star, "
        "or of its column, in each pixel. The other: noise of each pixel over what is usual; white pixels "
        "are bad in half of the visit or more, bright ones jump or are hot."
    ),
    "outliers": (
        "How often each pixel was an outlier, by the archive's flags and by ours, and the part of the "
        "pixels that the archive flagged in its aperture, within 3 pixels of it, and elsewhere."
    ),
}


def description(name, curves):
    """
    Describe a plot for readers who cannot see it.

    Parameters
    ----------
    name : str
        Name of the plot.
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    text : str
        What is plotted, and the values that can be read off.
    """
    noise = " ".join(noise_sentence(curve) for curve in curves)
    texts = {
        "white_light": f"Plot of flux and residuals against time. {_transit_sentence(curves)} {noise}",
        "time_averaging": f"Log-log plot of scatter against length of averages. {noise}",
        "light_curve_map": "Map of flux against wavelength and time.",
        "noise_spectrum": f"Plot of noise against wavelength. {_columns_sentence(curves)}",
        "scatter": f"Bar chart of expected and measured scatter. {noise}",
        "position": f"Plots of shift and width against time. {_jumps_sentence(curves)}",
        "median_frame": "Image with the aperture and the background region outlined.",
        "reference": "Images of the profile and of the noise of each pixel.",
        "outliers": f"Map of flags and plot of flagged pixels against time. {_flags_sentence(curves)}",
    }
    return texts[name].strip()


def _transit_sentence(curves):
    """Sentence about transit or eclipse."""
    transits = [curve["dip"] for curve in curves if curve.get("dip")]
    if not transits:
        return "No transit or eclipse was found."
    return f"A transit or eclipse of {transits[0]['depth_ppm']:.0f} ppm was found."


def _columns_sentence(curves):
    """Sentence about the noise of columns."""
    ratios = [curve.get("median_element_ratio_to_photon") for curve in curves]
    known = [f"{ratio:.2f}" for ratio in ratios if ratio]
    return f"The median column has {' and '.join(known)} times photon noise." if known else ""


def _jumps_sentence(curves):
    """Sentence about jumps within segments."""
    count = sum(len(curve.get("tilt_events") or []) for curve in curves)
    return f"{count} sudden jumps were found." if count else "No sudden jump was found."


def _flags_sentence(curves):
    """Sentence about flags."""
    flags = curves[0]["flags"]["aperture"]["outlier_fraction"]
    return (
        f"{100 * flags:.3f} % of the samples in the aperture are flagged."
        if flags is not None
        else ""
    )
