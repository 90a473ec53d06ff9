"""Headings, captions and descriptions of the plots of a visit."""

import numpy as np

from scripts.lib.diagnostics.verdict import noise_sentence
from scripts.lib.report.curves import MOST_MARKS, draws_all_flagged, seam_hours

__all__ = ["TITLES", "caption", "description"]

TITLES = {
    "white_light": "White-light curve",
    "time_averaging": "Does the noise average out?",
    "scatter": "Expected and measured scatter",
    "aperture_scan": "Is the aperture good?",
    "median_spectrum": "Median spectrum",
    "noise_spectrum": "Noise against wavelength",
    "light_curve_map": "Light curves of all wavelengths",
    "binned_light_curves": "Binned light curves",
    "depth_spectrum": "Depth against wavelength: a quick look",
    "position": "Position and width",
    "background": "Background",
    "tilt_frames": "Frames at a jump",
    "flags": "Outliers against time",
    "median_frame": "Median image",
    "cross_section": "Cut through the light",
    "reference": "Profile and bad pixels",
    "outliers": "Where outliers are",
}
_CAPTIONS = {
    "white_light": (
        "Flux of each integration over its median: the archive's product, and our light curve, on "
        "one scale unless that hides one of them. The line is a quick model of baseline, transit or eclipse, and jumps, "
        "which is not meant for measuring the planet. Below: what it leaves."
    ),
    "time_averaging": (
        "Scatter of averages of neighbouring integrations against their length. White noise "
        "follows the dashed line, which bends because the model takes some noise away. Where the "
        "points are above it, the noise is correlated."
    ),
    "scatter": (
        "Scatter of the white-light curve per integration: expected from photons and from the "
        "errors, and measured."
    ),
    "aperture_scan": (
        "Scatter from point to point and share of the light of plain sums over apertures of "
        "different sizes, in {sample}. An aperture is good where the scatter is least; one that is "
        "too narrow loses light when the star moves, one that is too wide adds noise."
    ),
    "median_spectrum": (
        "Median spectrum of our light curve with the error of a single integration; that of the "
        "median is {root} times smaller. It is all light in the band of the profile, without an aperture "
        "correction{correction}."
    ),
    "noise_spectrum": (
        "Point-to-point scatter of each column of the spectrum, with the propagated errors and "
        "photon noise."
    ),
    "light_curve_map": (
        "Flux over its median in every bin of time and wavelength, in colours of the bright part. "
        "A transit is a horizontal band; a vertical line is a bad column, a horizontal line a bad "
        "integration."
    ),
    "depth_spectrum": (
        "Squared ratio of the radii in each bin (_depths), limb darkening free, with the times, "
        "duration and impact parameter of white light. The errors contain the correlation of the noise, but "
        "not what these leave uncertain, which all bins share. A quick look: no measurement to publish."
    ),
    "binned_light_curves": (
        "Light curves in bins of wavelength (_speclc) over their medians, and divided by the white "
        "light: what is left belongs to single wavelengths. Blue is fainter, orange brighter."
    ),
    "position": (
        "Shift from the median position along both axes as far as it could be measured, and width "
        "(standard deviation), fitted with the moving profile."
    ),
    "background": "Background of a pixel, as measured with the profile.",
    "tilt_frames": (
        "Means of up to ten integrations before and after a jump, and their difference."
    ),
    "flags": (
        "Part of the pixels that the archive flagged in its aperture, within 3 pixels of it, and "
        "elsewhere; and how many samples of the star or trace are outliers of ours."
    ),
    "median_frame": (
        "Median of up to 150 integrations spread over the visit, with the archive's aperture{regions}."
    ),
    "cross_section": (
        "Light of the median image over its peak, {across}, less the background. Shaded: the "
        "archive's aperture{regions}."
    ),
    "reference": (
        "What every integration was compared with: the share of the light of {whole} in each "
        "pixel; and the noise of each pixel over what is usual. Grey pixels are "
        "unknown, or bad in half of the visit or more; bright ones jump or are hot."
    ),
    "outliers": "How often each pixel was an outlier, by the archive's flags and by ours.",
}
_OVER_TIME = ("white_light", "position", "background", "flags")


def caption(name, curves, correction=None):
    """
    Caption of a plot, of what is drawn in it only.

    Parameters
    ----------
    name : str
        Name of the plot.
    curves : list of Curve
        The light curves.
    correction : str, optional
        Reference of the aperture correction of the archive's spectra.

    Returns
    -------
    text : str
        Sentences.
    """
    count = max(len(curve.hours) for curve in curves)
    spectra = "trace" in curves[0].arrays
    text = _CAPTIONS[name].format(
        across="across the dispersion in three parts of it" if spectra else "around the star",
        whole="the column" if spectra else "the star",
        sample=_samples_text(curves),
        root=f"{np.sqrt(count) / 1.2533:.0f}",
        correction=f"; the archive's _x1dints has that of {correction}" if correction else "",
        regions=_regions_text(curves),
    )
    return " ".join([text, *_sentences(name, curves, count)])


def _samples_text(curves):
    """Integrations that each curve's apertures were tried on, said once where it is the same."""
    samples = {c.name: c.arrays["scan_sample"] for c in curves if "scan_sample" in c.arrays}
    if len(set(samples.values())) < 2:
        return "".join(set(samples.values()))
    return ", ".join(f"{sample} ({name})" for name, sample in samples.items())


def _regions_text(curves):
    """Regions that are drawn next to the aperture."""
    found = [
        " and background region" if curve.arrays["background"].any() else "" for curve in curves
    ]
    return max(found)


def _sentences(name, curves, count):
    """Sentences about what is drawn only sometimes."""
    found = []
    if name in _OVER_TIME:
        if count > MOST_MARKS:
            drawn = f"Of {count} integrations, every {_ordinal(-(-count // MOST_MARKS))} is drawn"
            found.append(f"{drawn}{_flagged_text(curves)}.")
        if any((curve.rows["quality"] & ~1).any() for curve in curves) and name == "white_light":
            found.append("Crosses: integrations with a flag.")
        if count >= 240 and name != "flags":
            found.append("Black: means of neighbours.")
    if name == "flags" and any(curve.metrics.get("bursts") for curve in curves):
        found.append("Numbers: integrations in which flags take much of the aperture.")
    if name in (*_OVER_TIME, "light_curve_map", "binned_light_curves"):
        seams = any(seam_hours(curve) for curve in curves)
        found += ["Dashed lines: seams of segments."] if seams else []
    if name in _OVER_TIME and any(curve.metrics.get("tilt_events") for curve in curves):
        found.append("Dotted lines: sudden jumps.")
    if name == "noise_spectrum" and any(curve.metrics.get("worse_elements") for curve in curves):
        found.append("Crosses: columns that are noisier, or drift more, than their neighbours.")
    return found


def _flagged_text(curves):
    """Whether all integrations with a flag are drawn as well."""
    if all(map(draws_all_flagged, curves)):
        return ", and all that have a flag"
    return f"; flags are more than {MOST_MARKS}, and not drawn besides"


def _ordinal(number):
    """Number as one of an order."""
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') }"


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
        "scatter": f"Bar chart of expected and measured scatter. {noise}",
        "noise_spectrum": f"Plot of noise against wavelength. {_columns_sentence(curves)}",
        "position": f"Plots of shift and width against time. {_jumps_sentence(curves)}",
        "flags": f"Plot of flagged pixels against time. {_flags_sentence(curves)}",
    }
    return texts.get(name, f"{TITLES[name]}.").strip()


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
