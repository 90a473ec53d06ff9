"""Plots of images: the median with its apertures, and the map of outliers."""

import numpy as np

from scripts.lib.report.plot_style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    colour_scale,
    legend_above,
    name_panel,
    new_figure,
    note,
    time_label,
)

__all__ = ["median_frame", "outliers", "reference"]

_ORDER_COLOURS = (ORANGE, SKY, GREEN, PURPLE)
_SCALE_MARGIN = 1.2


def median_frame(curves):
    """Median image with apertures, background and traces drawn on it."""
    detectors = _group_by_detector(curves)
    figure, axes = _frame_axes(detectors)
    for group, axis in zip(detectors, axes.ravel(), strict=True):
        arrays = group[0].arrays
        image, turned = _turn(arrays["median"], arrays)
        finite = image[np.isfinite(image)]
        low, high = np.percentile(finite, [1, 99.99]) if len(finite) else (0, 1)
        drawn = axis.imshow(
            image,
            origin="lower",
            aspect="auto" if "trace" in arrays else "equal",
            cmap="gray",
            norm=_stretch(low, high),
            interpolation="nearest",
        )
        unit = str(arrays["unit"]) or "unit of the data"
        _frame_labels(axis, group, turned)
        colour_scale(figure, axis, drawn, f"Median ({unit})", "both")
        if len(group) > 1:
            _draw_orders(axis, group)
        else:
            _draw_regions(axis, arrays)
    legend_above(figure)
    return figure


def _stretch(low, high):
    """Scale of brightness that shows both faint and bright pixels."""
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, low, high if high > low else low + 1.0)


def _draw_regions(axis, arrays):
    """Draw aperture, background and trace or centre."""
    if "radii" in arrays:
        labels = ("aperture", "background", None)
        for radius, label in zip(arrays["radii"], labels, strict=True):
            colour, style = (ORANGE, "-") if label == "aperture" else (SKY, "--")
            _circle(axis, arrays["centre"], radius, colour, style)
            _name_line(axis, label, colour, style)
        axis.plot(*arrays["centre"], marker="+", ms=10, color=RED, ls="", label="centre")
        return
    _outline(axis, _turn(arrays["aperture"], arrays)[0], ORANGE, "-", "aperture")
    _outline(axis, _turn(arrays["background"], arrays)[0], SKY, "--", "background")
    if "trace" in arrays:
        axis.plot(arrays["trace"], color=RED, lw=1, ls=":", label="trace")


def _draw_orders(axis, group):
    """Draw aperture and trace of every order of a detector, each in a colour of its own."""
    for curve, colour in zip(group, _ORDER_COLOURS, strict=False):
        arrays, label = curve.arrays, f"order {curve.metrics['order']}"
        _outline(axis, _turn(arrays["aperture"], arrays)[0], colour, "-", label)
        axis.plot(arrays["trace"], color=colour, lw=1, ls=":")


def _circle(axis, centre, radius, colour, style):
    """Draw a circle."""
    from matplotlib.patches import Circle

    axis.add_patch(Circle(centre, radius, fill=False, ec=colour, ls=style, lw=1.6))


def _outline(axis, weights, colour, style, label):
    """Draw the border of a region, unless it is empty or the whole image."""
    if (weights > 0).any() and not (weights > 0).all():
        axis.contour(weights > 0, levels=[0.5], colors=[colour], linestyles=[style], linewidths=1.2)
        _name_line(axis, label, colour, style)


def _name_line(axis, label, colour, style):
    """Add an entry to the legend for a border that is not drawn as a line."""
    if label:
        axis.plot([], [], color=colour, ls=style, label=label)


def _group_by_detector(curves):
    """Group curves by detector: its orders share their images."""
    groups = {}
    for curve in curves:
        groups.setdefault(curve.metrics["detector"], []).append(curve)
    return list(groups.values())


def _frame_axes(detectors):
    """Axes for images: those of spectra below each other, those of stars next to each other."""
    margins = {"right": _SCALE_MARGIN, "between_rows": 0.95}
    if "trace" in detectors[0][0].arrays:
        height = 3.4 if len(detectors[0]) > 1 else 2.6
        return new_figure(height * len(detectors), len(detectors), 1, margins=margins)
    return new_figure(4.7, 1, len(detectors), width=5.5, margins=margins | {"top": 0.7})


def _turn(image, arrays):
    """Turn an image so that dispersion is along x; return whether it was transposed as well."""
    turned = "across" in arrays and int(arrays["across"]) == 1
    return (image.T if turned else image), turned


def _frame_labels(axis, group, turned, zoom=True):
    """Label an image, and show only the surroundings of the star if `zoom` is set."""
    across, along = ("Column x", "Row y") if turned else ("Row y", "Column x")
    name = group[0].metrics["detector"] if len(group) > 1 else group[0].name
    axis.set(xlabel=f"{along} (pixels)", ylabel=f"{across} (pixels)")
    name_panel(axis, name)
    axis.grid(False)
    if zoom and "radii" in group[0].arrays:
        _zoom(axis, group[0].arrays)


def _zoom(axis, arrays):
    """Show only the surroundings of the star."""
    x, y = arrays["centre"]
    reach = 2.0 * arrays["radii"].max() + 2.0
    height, width = arrays["median"].shape
    axis.set_xlim(max(x - reach, -0.5), min(x + reach, width - 0.5))
    axis.set_ylim(max(y - reach, -0.5), min(y + reach, height - 0.5))


def reference(curves):
    """The profile, and the noise of each pixel over what is usual."""
    detectors = _group_by_detector(curves)
    spectra = "trace" in curves[0].arrays
    shape = (2 * len(detectors), 1) if spectra else (1, 2 * len(detectors))
    margins = {"right": _SCALE_MARGIN, "between_rows": 0.95, "between_columns": 1.95, "top": 0.4}
    height = 4.8 * len(detectors) if spectra else 4.0
    figure, axes = new_figure(height, *shape, margins=margins)
    for number, group in enumerate(detectors):
        profiles = [np.nan_to_num(curve.arrays["profile"]) for curve in group]
        known = [curve.arrays["profile"] for curve in group]
        profile = np.where(np.isfinite(known).any(axis=0), np.sum(profiles, axis=0), np.nan)
        highest = max(float(np.nanmax(profile, initial=0.0)), 1e-6)
        images = (
            (profile, _stretch(0.0, highest), "Share of the light"),
            (group[0].arrays["noise"], _noise_scale(group[0].arrays["noise"]), "Noise over usual"),
        )
        for axis, (image, norm, label) in zip(axes.ravel()[2 * number :], images, strict=False):
            _reference_image(figure, axis, group, image, (norm, label))
    return figure


def _noise_scale(image):
    """Scale of noise that shows pixels with more than usual."""
    from matplotlib.colors import Normalize

    known = image[np.isfinite(image)]
    highest = float(np.percentile(known, 99.8)) if len(known) else 1.0
    return Normalize(1.0, max(highest, 1.1))


def _reference_image(figure, axis, group, image, scale):
    """Draw an image of the reference; scale is its norm and its label."""
    arrays, (norm, label) = group[0].arrays, scale
    image, turned = _turn(image, arrays)
    drawn = axis.imshow(
        image,
        origin="lower",
        aspect="auto" if "trace" in arrays else "equal",
        cmap="cividis",
        norm=norm,
        interpolation="nearest",
    )
    _frame_labels(axis, group, turned)
    colour_scale(figure, axis, drawn, label, "max")


def outliers(curves):
    """How often each pixel was an outlier, the archive's and ours, and how many in each integration."""
    detectors = _group_by_detector(curves)
    spectra = "trace" in curves[0].arrays
    shape = (3 * len(detectors), 1) if spectra else (2 * len(detectors), 2)
    margins = {"right": _SCALE_MARGIN, "between_rows": 0.95, "between_columns": 1.95, "top": 0.4}
    top = {} if spectra else {"top": 0.7}
    figure, axes = new_figure(7.0 * len(detectors), *shape, margins=margins | top)
    for number, group in enumerate(detectors):
        size = axes.size // len(detectors)
        upper, middle, lower, *empty = axes.ravel()[size * number : size * (number + 1)]
        for axis in empty:
            axis.set_visible(False)
        _flag_map(figure, upper, group, spectra, ("outlier_map", "archive"))
        _flag_map(figure, middle, group, spectra, ("own_outlier_map", "ours"))
        _flag_curves(lower, group[0])
    time_label(figure, axes[-1:, :1], curves[0].axis_label)
    legend_above(figure)
    return figure


def _flag_map(figure, axis, group, spectra, what):
    """Map of how often each pixel was an outlier; what is the name of the array, and its title."""
    arrays, (key, title) = group[0].arrays, what
    image, turned = _turn(arrays[key], arrays)
    drawn = axis.imshow(
        image,
        origin="lower",
        aspect="auto" if spectra else "equal",
        cmap="cividis",
        vmin=0,
        vmax=max(np.percentile(image, 99.9), 1),
        interpolation="nearest",
    )
    _frame_labels(axis, group, turned, zoom=False)
    name_panel(axis, f"{axis.get_title(loc='left')}, {title}")
    colour_scale(figure, axis, drawn, "Times flagged", "max", whole_numbers=True)


def _flag_curves(axis, curve):
    """Flagged fraction of each class of pixels against time."""
    fractions = 100.0 * curve.arrays["outlier_fractions"]
    if len(fractions) != len(curve.hours):
        note(axis, "not known")
        return
    names = ("aperture", "wings", "background")
    for name, colour, marker, values in zip(
        names, (BLUE, ORANGE, GREEN), "os^", fractions.T, strict=True
    ):
        style = {"ls": "", "marker": marker, "ms": 3, "color": colour, "rasterized": True}
        axis.plot(curve.hours, values, alpha=0.6, label=name, **style)
    axis.set_ylabel("Flagged as outlier (%)")
    axis.set_ylim(0.0, 1.2 * max(float(fractions.max()), 1e-3))
