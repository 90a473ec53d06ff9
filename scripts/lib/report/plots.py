"""All plots of a report by name."""

from scripts.lib.report.depth_plots import depth_spectrum
from scripts.lib.report.image_plots import (
    cross_section,
    median_frame,
    outliers,
    reference,
    tilt_frames,
)
from scripts.lib.report.noise_plots import aperture_scan, scatter, time_averaging
from scripts.lib.report.spectrum_plots import (
    binned_light_curves,
    light_curve_map,
    median_spectrum,
    noise_spectrum,
)
from scripts.lib.report.time_plots import background, flags, position, white_light

__all__ = ["DRAW"]

# Each takes the light curves and returns its panels; none where there is nothing to draw, and then
# the page has no such plot. The order is that of `instruments.branches.PLOTS`.
DRAW = {
    "white_light": white_light,
    "time_averaging": time_averaging,
    "scatter": scatter,
    "aperture_scan": aperture_scan,
    "median_spectrum": median_spectrum,
    "noise_spectrum": noise_spectrum,
    "light_curve_map": light_curve_map,
    "binned_light_curves": binned_light_curves,
    "depth_spectrum": depth_spectrum,
    "position": position,
    "background": background,
    "tilt_frames": tilt_frames,
    "flags": flags,
    "median_frame": median_frame,
    "cross_section": cross_section,
    "reference": reference,
    "outliers": outliers,
}
