"""Plots of images: the median with its aperture, and the map of outliers."""

import numpy as np

from scripts.lib.plot_style import BLUE, GREEN, ORANGE, RED, SKY, new_figure, note


def median_frame(curves):
    """Median image with aperture, background and trace drawn on it."""
    curves = _one_per_detector(curves)
    figure, axes = _frame_axes(curves)
    for curve, axis in zip(curves, axes.ravel(), strict=True):
        image, turned = _turned(curve.arrays["median"], curve.arrays)
        finite = image[np.isfinite(image)]
        low, high = np.percentile(finite, [1, 99.99]) if len(finite) else (0, 1)
        drawn = axis.imshow(
            image,
            origin="lower",
            aspect="auto" if "trace" in curve.arrays else "equal",
            cmap="gray",
            norm=_stretch(low, high),
            interpolation="nearest",
        )
        unit = str(curve.arrays["unit"]) or "unit of the data"
        figure.colorbar(drawn, ax=axis, label=f"Median ({unit})", extend="both", pad=0.01)
        handles = _draw_regions(axis, curve)
        _frame_labels(axis, curve, turned, handles)
    return figure


def _stretch(low, high):
    """Scale of brightness that shows faint and bright."""
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, low, high if high > low else low + 1.0)


def _draw_regions(axis, curve):
    """Draw aperture, background and trace; name, colour and style of each."""
    arrays = curve.arrays
    handles = [("aperture", ORANGE, "-"), ("background", SKY, "--")]
    if "radii" in arrays:
        for radius, (_, colour, style) in zip(
            arrays["radii"], [handles[0], handles[1], handles[1]], strict=True
        ):
            _circle(axis, arrays["centre"], radius, colour, style)
        axis.plot(*arrays["centre"], marker="+", ms=10, color=RED, ls="")
        return handles
    _outline(axis, _turned(arrays["aperture"], arrays)[0], ORANGE, "-")
    _outline(axis, _turned(arrays["background"], arrays)[0], SKY, "--")
    if "trace" not in arrays:
        return handles[:1]
    axis.plot(arrays["trace"], color=RED, lw=1, ls=":")
    return [*handles, ("trace", RED, ":")]


def _circle(axis, centre, radius, colour, style):
    """Draw a circle."""
    from matplotlib.patches import Circle

    axis.add_patch(Circle(centre, radius, fill=False, ec=colour, ls=style, lw=1.6))


def _one_per_detector(curves):
    """First curve of each detector: orders share their images."""
    return list({curve.figures["detector"]: curve for curve in curves}.values())


def _frame_axes(curves):
    """Axes for images: spectra below each other, others beside."""
    if "trace" in curves[0].arrays:
        return new_figure(2.6 * len(curves), len(curves), 1)
    return new_figure(4.8, 1, len(curves), width=6.0)


def _turned(image, arrays):
    """Image with dispersion along x, and whether it was turned for this."""
    turned = "across" in arrays and int(arrays["across"]) == 1
    return (image.T if turned else image), turned


def _outline(axis, weights, colour, style):
    """Draw the border of a region; nothing of an empty one."""
    if (weights > 0).any() and not (weights > 0).all():
        axis.contour(weights > 0, levels=[0.5], colors=[colour], linestyles=[style], linewidths=1.2)


def _frame_labels(axis, curve, turned, handles):
    """Labels and legend of an image."""
    from matplotlib.lines import Line2D

    across, along = ("Column x", "Row y") if turned else ("Row y", "Column x")
    axis.set_xlabel(f"{along} (pixels)")
    axis.set_ylabel(f"{across} (pixels)")
    axis.set_title(curve.name)
    axis.grid(False)
    if "radii" in curve.arrays:
        _zoom(axis, curve)
    lines = [
        Line2D([], [], color=colour, ls=style, label=label) for label, colour, style in handles
    ]
    axis.legend(
        handles=lines, loc="upper right", fontsize=8, frameon=True, framealpha=0.85, ncols=3
    )


def _zoom(axis, curve):
    """Show the surroundings of the star only."""
    x, y = curve.arrays["centre"]
    reach = 2.0 * curve.arrays["radii"].max() + 2.0
    height, width = curve.arrays["median"].shape
    axis.set_xlim(max(x - reach, -0.5), min(x + reach, width - 0.5))
    axis.set_ylim(max(y - reach, -0.5), min(y + reach, height - 0.5))


def outliers(curves):
    """How often each pixel was flagged, and how many pixels in each integration."""
    curves = _one_per_detector(curves)
    spectra = "trace" in curves[0].arrays
    shape = (2 * len(curves), 1) if spectra else (1, 2 * len(curves))
    figure, axes = new_figure(4.4 * len(curves) if spectra else 4.2, *shape)
    for k, curve in enumerate(curves):
        upper, lower = axes.ravel()[2 * k : 2 * k + 2]
        image, turned = _turned(curve.arrays["outlier_map"], curve.arrays)
        top = max(np.percentile(image, 99.9), 1)
        drawn = upper.imshow(
            image,
            origin="lower",
            aspect="auto" if spectra else "equal",
            cmap="cividis",
            vmin=0,
            vmax=top,
            interpolation="nearest",
        )
        figure.colorbar(drawn, ax=upper, label="Times flagged", extend="max", pad=0.01)
        across, along = ("Column x", "Row y") if turned else ("Row y", "Column x")
        upper.set(xlabel=f"{along} (pixels)", ylabel=f"{across} (pixels)", title=curve.name)
        upper.grid(False)
        _flag_curves(lower, curve)
    return figure


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
        axis.plot(
            curve.hours,
            values,
            ls="",
            marker=marker,
            ms=3,
            color=colour,
            alpha=0.6,
            label=name,
            rasterized=True,
        )
    axis.set_xlabel(curve.axis_label)
    axis.set_ylabel("Flagged as outlier (%)")
    axis.set_ylim(0.0, 1.2 * max(float(fractions.max()), 1e-3))
    axis.legend(loc="upper right", ncols=3, markerscale=1.5)
