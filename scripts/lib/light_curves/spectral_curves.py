"""Our light curves of spectra: sums of elements, tied to plain sums and freed of motion."""

import numpy as np

from scripts.lib.light_curves.element_sums import Groups, sum_groups
from scripts.lib.light_curves.jumps import find_shape_jumps
from scripts.lib.light_curves.sample_quality import LEFT_OUT, sample_quality
from scripts.lib.moving_profile.decorrelation import decorrelate
from scripts.lib.moving_profile.static_background import static_level
from scripts.lib.moving_profile.steps import remove_steps
from scripts.lib.moving_profile.tie import (
    scale_errors,
    shape_terms,
    slow_width,
    tie_flux,
)

__all__ = [
    "corrected_columns",
    "curve_of_groups",
    "dilution_limit",
    "free_of_motion",
    "position_columns",
    "sum_series",
    "white_light",
]

# Significance of jumps of position or width, at which the flux may have a step; what is one is tested
# again, and a large jump itself looks like slow noise.
_JUMP = 4.0
# Integrations on either side of a step from which that of the position is measured.
_LEVEL = 12


def sum_series(series, groups, good_only=False):
    """
    Sum our spectra over groups of elements.

    Parameters
    ----------
    series : ModelSeries
        The spectra.
    groups : Groups
        The elements of each sum.
    good_only : bool, optional
        Whether samples that are outliers in time are left out, and weights keep the mean wavelength.

    Returns
    -------
    sums : dict of str to ndarray of float64, shape (integrations, groups)
        As of :func:`sum_groups`.
    """
    sums, template = {}, series.template
    wavelength = series.archive.wavelength if good_only else None
    for rows, values in series.blocks():
        if good_only:
            left_out = _left_out(series, rows, values)
            values["flux"][left_out] = np.nan
            values["valid"] = np.where(left_out, 0.0, values["valid"])
        for name, part in sum_groups(values, template, groups, wavelength).items():
            shape = (series.archive.n_integrations, len(groups))
            sums.setdefault(name, np.full(shape, np.nan))[rows] = part
    return sums


def _left_out(series, rows, values):
    """Samples of a block that sums leave out, bool (integrations, elements): judged once, kept as bits."""
    if rows.start not in series.left_out:
        quality = sample_quality(values, series.template, series.limits)
        series.left_out[rows.start] = np.packbits((quality & LEFT_OUT) > 0)
    shape = values["flux"].shape
    bits = np.unpackbits(series.left_out[rows.start], count=values["flux"].size)
    return bits.reshape(shape).astype(bool)


def curve_of_groups(series, groups, integrations, good_only=False):
    """
    Tied light curves of groups of elements.

    Parameters
    ----------
    series : ModelSeries
        The spectra.
    groups : Groups
        The elements of each light curve.
    integrations : dict of str to ndarray
        Columns of the models, (integrations,) each.
    good_only : bool, optional
        As for :func:`sum_series`.

    Returns
    -------
    curves : dict of str to ndarray of float64, shape (integrations, groups)
        As of :func:`sum_groups`, the flux tied to the filled sum, the error with
        what all elements have in common.
    """
    curves = sum_series(series, groups, good_only)
    reference = series.reference
    if reference is None:
        return curves
    terms, _ = shape_terms(integrations["x"], integrations["y"])
    width = slow_width(integrations["width"])
    curves["flux"] = tie_flux(curves["flux"], curves["filled"], terms, width)
    if reference.stripes is not None:
        curves["error"] = np.hypot(curves["error"], _common_errors(series, groups))
    return curves


def _common_errors(series, groups):
    """Error that the elements of each group have in common, (groups,)."""
    known, width = np.isfinite(series.template), series.reference.median.shape[1]
    errors = np.zeros(len(groups))
    for group in range(len(groups)):
        columns = np.zeros(width, dtype=bool)
        used = groups.members(group, len(known)) & known
        columns[series.columns[used]] = True
        factor = series.factors[used].mean() if used.any() else 0.0
        errors[group] = np.sqrt(series.reference.common_variance(columns)) * factor
    return errors


def free_of_motion(flux, x, y, squares=False, wanted=True):
    """
    Take the response to fast motion off a light curve.

    Parameters
    ----------
    flux, x, y : ndarray of float64, shape (integrations,)
        Light curve, and position [px].
    squares : bool, optional
        Whether x^2, y^2 and x y are tested too, after x and y.
    wanted : bool, optional
        Whether to do anything.

    Returns
    -------
    corrected : ndarray of float64, shape (integrations,)
        The light curve without what the test finds.
    record : dict of str to dict
        Of each set of terms: ``coefficients`` (relative change of the flux for each pixel),
        ``probability`` of as good a fit by chance, ``applied``.
    """
    terms, names = shape_terms(x, y, squares=squares)
    record, corrected = {}, flux
    for chosen in (slice(0, 2), slice(2, None)) if wanted else ():
        if not names[chosen]:
            continue
        found = decorrelate(corrected, terms[:, chosen], names[chosen])
        corrected = found.corrected
        record[", ".join(names[chosen])] = {
            "applied": bool(found.applied),
            "probability": found.probability,
            "coefficients": found.coefficients,
        }
    return corrected, record


def _without_steps(flux, x, y, width):
    """
    Take steps off a light curve that its position or width shows as well.

    Parameters
    ----------
    flux, x, y, width : ndarray of float64, shape (integrations,)
        Light curve, position [px] and width; NaN is unknown.

    Returns
    -------
    corrected : ndarray of float64, shape (integrations,)
        The light curve without the steps.
    record : list of dict
        Of each step: ``row``, the index of the first integration after it, ``height`` and ``error``,
        its relative size and error, and ``probability``, of one as large by chance.
    """
    series = [values for values in (x, y, width) if np.isfinite(values).any()]
    jumps = [jump for values in series for jump in find_shape_jumps(values, _JUMP)]
    if not jumps:
        return flux, []
    terms, _ = shape_terms(x, y)
    places = [place for place, _, _ in jumps]
    corrected, steps = remove_steps(flux, terms, width, places)
    record = [
        {
            "row": step.integration,
            "height": step.height,
            "error": step.error,
            "probability": step.probability,
        }
        for step in steps
    ]
    return corrected, record


def _level_at(values, rows):
    """Values without the steps at some integrations."""
    level = values.copy()
    for row in rows:
        parts = level[max(row - _LEVEL, 0) : row], level[row : row + _LEVEL]
        if all(np.isfinite(part).any() for part in parts):
            level[row:] -= np.nanmedian(parts[1]) - np.nanmedian(parts[0])
    return level


def corrected_columns(found, positions, squares=False, wanted=True):
    """
    Correct a light curve for motion and tilt events, and its errors for what they miss.

    Parameters
    ----------
    found : dict of str to ndarray of float64, shape (integrations,)
        ``flux`` and ``error``.
    positions : dict of str to ndarray of float64, shape (integrations,)
        ``x``, ``y`` [px] and ``width``.
    squares, wanted
        As for :func:`free_of_motion`; where nothing may be done, no step is taken off either.

    Returns
    -------
    columns : dict of str to ndarray of float64, shape (integrations,)
        ``flux``, ``flux_corrected`` and their errors.
    record : dict
        ``decorrelation`` and ``steps``, what was taken off, and ``error_factor``, by which the noise of
        the series exceeds the propagated errors, which are multiplied by it.
    """
    x, y, width = (positions[name] for name in ("x", "y", "width"))
    corrected, steps = found["flux"], []
    if wanted:
        # Before the response to motion, which a tilt event would decide: it moves the star as well.
        corrected, steps = _without_steps(corrected, x, y, width)
        x, y = (_level_at(values, [step["row"] for step in steps]) for values in (x, y))
    corrected, decorrelation = free_of_motion(corrected, x, y, squares, wanted)
    _, factor = scale_errors(corrected, found["error"] * corrected / found["flux"])
    error = factor * found["error"]
    columns = {
        "flux": found["flux"],
        "flux_error": error,
        "flux_corrected": corrected,
        "flux_corrected_error": error * corrected / found["flux"],
    }
    return columns, {"decorrelation": decorrelation, "steps": steps, "error_factor": factor}


def position_columns(series, integrations):
    """
    Position and width in the frame of the detector.

    Parameters
    ----------
    series : ModelSeries
        The spectra.
    integrations : dict of str to ndarray
        Columns of the models.

    Returns
    -------
    columns : dict of str to ndarray of float64, shape (integrations,)
        ``x`` and ``y``: mean position of the trace across the dispersion, and shift
        along it from the median of the visit [px]; ``width``: standard deviation of the
        light across the trace [px].
    """
    along, across = integrations["x"], integrations["y"]
    width = integrations["width"]
    if series.reference is not None:
        lit = series.reference.lit
        trace = series.reference.trace[lit] if lit.any() else series.reference.trace
        across = across + float(np.mean(trace))
        width = np.sqrt(np.maximum(series.reference.width**2 + width, 0.0))
    names = ("y", "x") if series.turned else ("x", "y")
    return dict(zip(names, (along, across), strict=True)) | {"width": width}


def white_light(series, limits, wanted=True):
    """
    White-light curve of one detector and order, with everything about its integrations.

    Parameters
    ----------
    series : ModelSeries
        The spectra.
    limits : tuple of float
        Range of wavelengths [um].
    wanted : bool, optional
        Whether motion may be taken off.

    Returns
    -------
    columns : dict of str to ndarray, shape (integrations,)
        ``flux``, ``flux_corrected``, their errors, ``photon_error``, ``x``, ``y``, ``width``,
        ``background``, ``chi2``, ``n_outliers``, ``missing``.
    record : dict
        How the curve was made: ``method``, ``noise_factor``, what :func:`corrected_columns` records, and
        ``position_error`` of ``x``, ``y`` and ``width`` [px].
    """
    wavelength = series.archive.wavelength
    used = (wavelength >= limits[0]) & (wavelength <= limits[1])
    integrations = series.integrations()
    groups = Groups.from_numbers(np.where(used, 0, -1))
    count = series.archive.n_integrations
    if len(groups):
        curves = curve_of_groups(series, groups, integrations)
        found = {name: values[:, 0] for name, values in curves.items()}
    else:
        names = ("flux", "error", "photon_error", "background")
        found = {name: np.full(count, np.nan) for name in names} | {"missing": np.ones(count)}
    curve, record = corrected_columns(found, integrations, wanted=wanted)
    columns = curve | {
        "photon_error": np.where(found["photon_error"] > 0, found["photon_error"], np.nan),
        "background": found["background"] + _static_background(series, used),
        "missing": found["missing"],
        **{name: integrations[name] for name in ("chi2", "n_outliers")},
        **position_columns(series, integrations),
    }
    record = {"method": "profile"} | record | _facts(series.reference, series.columns[used])
    record["position_error"] = _position_error(series)
    return columns, record


def _position_error(series):
    """Errors of ``x``, ``y`` and ``width`` of an integration [px]; NaN without a reference."""
    along, across, square = (float(error) for error in series.position_errors)
    named = zip(("y", "x") if series.turned else ("x", "y"), (along, across), strict=True)
    width = np.nan if series.reference is None else 2.0 * series.reference.width
    return dict(named) | {"width": square / width}


def _facts(reference, used):
    """What the table says of a reference and of the columns that are summed."""
    if reference is None:
        return {"noise_factor": None}
    facts = {"noise_factor": float(reference.noise_factor)}
    if not reference.region.used.any():
        light = reference.band.gather(reference.median)
        facts["dilution_limit"] = dilution_limit(reference.median, light)
    if reference.crosstalk:
        facts |= {
            "columns_without_light": int(np.count_nonzero(~reference.lit[used])),
            "columns_contaminated": int(np.count_nonzero(reference.contamination[used] > 1.0)),
            "largest_contamination": float(reference.contamination[used].max(initial=0.0)),
        }
    return facts


def dilution_limit(image, light):
    """
    Largest share of the light that may be background where none can be measured.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        Median image; NaN is left out.
    light : ndarray of float
        Its pixels that are summed.

    Returns
    -------
    share : float
        Light of the faintest hundredth of the pixels in all that are summed, over their sum;
        0 if it is negative.

    Examples
    --------
    >>> round(dilution_limit(np.array([[1.0, 1.0, 8.0]]), np.array([1.0, 8.0])), 3)
    0.222
    """
    known = image[np.isfinite(image)]
    total = float(np.nansum(light))
    if not len(known) or not total > 0:
        return 0.0
    return max(float(np.percentile(known, 1.0)), 0.0) * int(np.isfinite(light).sum()) / total


def _static_background(series, used):
    """Mean background of the median integration in some elements, in the unit of the archive."""
    reference = series.reference
    if reference is None or not reference.region.used.any() or not used.any():
        return 0.0
    level = static_level(reference.median, reference.region.used) / reference.scale
    return float(np.mean((level[series.columns] * series.factors)[used]))
