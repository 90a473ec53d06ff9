"""
Names of all files that the workflow makes, and which of them a product consists of.

The templates hold Snakemake's path variable ``<results>`` for the output folder and
its wildcards, ``{segment}`` or ``{product}``: rules take them as they are, and
``format`` fills in the wildcards. Functions take the configuration with the
settings of the steps for the product, as
:meth:`~scripts.lib.planning.reference_lookup.ReferenceLookup.configuration` gives it.
"""

from scripts.lib.inputs import product_names
from scripts.lib.instruments.modes import mode_of

_RESULTS = "<results>/"

# Of each segment.
CALINTS = "<results>/segments/{segment}_calints.fits"
CRFINTS = _RESULTS + product_names.CRFINTS
EXTRACT1D = "<results>/segments/{segment}_extract1d.fits"
PHOTOMETRY = "<results>/segments/{segment}_photometry.fits"
STATISTICS = "<results>/segments/{segment}_statistics.npz"
# Of each product.
ASSOCIATION = _RESULTS + product_names.ASSOCIATION
X1DINTS = "<results>/{product}_x1dints.fits"
WHTLT = "<results>/{product}_whtlt.ecsv"
PHOT = "<results>/{product}_phot.ecsv"
LIGHT_CURVE = "<results>/{product}_lc.ecsv"
BINNED = "<results>/{product}_speclc.fits"
DIAGNOSTICS = "<results>/{product}_diagnostics.json"
REPORT = "<results>/{product}_report.html"
# Of all products together.
SUMMARY_TABLE = "<results>/summary.ecsv"
SUMMARY_PAGE = "<results>/summary.html"

_COLLECTION = {"imaging": "collect_photometry", "spectroscopy": "collect_spectra"}
_COLLECTED = {"collect_photometry": PHOT, "collect_spectra": X1DINTS, "white_light": WHTLT}
_OF_SEGMENTS = {
    "outlier_detection": CRFINTS,
    "extract_1d": EXTRACT1D,
    "extract_soss": EXTRACT1D,
    "tso_photometry": PHOTOMETRY,
    "segment_statistics": STATISTICS,
}
_REPORTS = ("light_curve", "spectroscopic_light_curves", "report")


def in_output_folder(path):
    """
    Name a file as it is called in the output folder.

    Parameters
    ----------
    path : str
        One of the templates, filled in or not.

    Returns
    -------
    path : str
        The path relative to the output folder.
    """
    return path.removeprefix(_RESULTS)


def of_segments(template, product):
    """
    Name a file of each segment of a product.

    Parameters
    ----------
    template : str
        One of the templates of segments.
    product : Product
        The product.

    Returns
    -------
    paths : list of str
        In the order of the segments.
    """
    return [template.format(segment=segment.name) for segment in product.segments]


def soss_file(name, kind):
    """
    Template of an optional product of NIRISS SOSS.

    Parameters
    ----------
    name : str
        What the user calls it.
    kind : str
        What ``jwst`` calls it, for example ``AtocaSpectra``.

    Returns
    -------
    template : str
        Name of the file of each segment.
    """
    return f"<results>/{{segment}}_{name}_{kind}.fits"


def plot_file(plot, extension):
    """
    Template of a plot of a product.

    Parameters
    ----------
    plot : str
        One of :data:`~scripts.lib.instruments.branches.PLOTS`.
    extension : str
        ``png`` or ``svg``.

    Returns
    -------
    template : str
        Name of the file of each product.
    """
    return f"<results>/{{product}}_plots/{plot}.{extension}"


def steps_of(product, config):
    """
    Name the steps that a product goes through.

    Parameters
    ----------
    product : Product
        What the workflow is to make.
    config : dict
        The validated configuration, with the settings of the steps for it.

    Returns
    -------
    of_segments, of_product : list of str
        Names of the steps of each segment, and of those that collect them, as
        in :data:`~scripts.lib.planning.resources.STEPS`.
    """
    segment_steps = [] if config["outlier_detection"]["skip"] else ["outlier_detection"]
    if config[mode_of(product.exp_type).settings]["skip"]:
        return segment_steps, []
    collecting = [_COLLECTION[product.branch]]
    if product.branch == "spectroscopy" and not config["white_light"]["skip"]:
        collecting.append("white_light")
    return [*segment_steps, mode_of(product.exp_type).extraction], collecting


def report_steps(product, config):
    """
    Name the steps of light curves and report, which come on top of those of :func:`steps_of`.

    Parameters
    ----------
    product, config
        As for :func:`steps_of`.

    Returns
    -------
    of_segments, of_product : list of str
        Names of the steps, as there; none if nothing is measured or no report asked for.
    """
    _, collecting = steps_of(product, config)
    if not collecting or all(config[name]["skip"] for name in _REPORTS):
        return [], []
    reports = ["report_visit"] if has_report(product, config) else []
    return ["segment_statistics"], ["light_curve", *reports]


def has_report(product, config):
    """
    Find out whether a product has a report.

    Parameters
    ----------
    product, config
        As for :func:`steps_of`.

    Returns
    -------
    reported : bool
        Whether one is asked for and there are light curves to report on.
    """
    return bool(steps_of(product, config)[1]) and not config["report"]["skip"]


def association_file(product):
    """
    Name the association file of a product.

    Parameters
    ----------
    product : Product
        The product.

    Returns
    -------
    path : str
        That of the user, or the one that the workflow writes.
    """
    return ASSOCIATION.format(product=product.name) if product.is_group else product.asn_path


def segment_files(segment, product, config):
    """
    Name the kinds of files that are made of a segment.

    Parameters
    ----------
    segment : Segment
        One of the product's.
    product, config
        As for :func:`steps_of`.

    Returns
    -------
    templates : list of str
        Those that stay and those that are made on the way, in the order of the work.
    """
    steps = [*steps_of(product, config)[0], *report_steps(product, config)[0]]
    unpacked = [CALINTS] if segment.is_compressed else []
    return [*unpacked, *(_OF_SEGMENTS[step] for step in steps)]


def collected_files(product, config):
    """
    Name the kinds of files that a product consists of, next to those of its segments.

    Parameters
    ----------
    product, config
        As for :func:`steps_of`.

    Returns
    -------
    templates : list of str
        Tables of spectra and light curves, diagnostics and report.
    """
    _, collecting = steps_of(product, config)
    return [*(_COLLECTED[step] for step in collecting), *report_files(product, config)]


def report_files(product, config):
    """
    Name the kinds of files that the report adds to a product.

    Parameters
    ----------
    product, config
        As for :func:`steps_of`.

    Returns
    -------
    templates : list of str
        Light-curve tables, diagnostics and report; none where nothing is measured.
    """
    if not steps_of(product, config)[1]:
        return []
    wanted = [] if config["light_curve"]["skip"] else [LIGHT_CURVE]
    if product.branch == "spectroscopy" and not config["spectroscopic_light_curves"]["skip"]:
        wanted.append(BINNED)
    return [*wanted, DIAGNOSTICS, REPORT] if has_report(product, config) else wanted


def product_files(product, config):
    """
    Name the files that one association asks for.

    Parameters
    ----------
    product, config
        As for :func:`steps_of`.

    Returns
    -------
    paths : list of str
        Those that stay in the output folder: the association that the workflow
        writes, the segments with outliers flagged, and :func:`collected_files`.
    """
    files = [association_file(product)] if product.is_group else []
    if "outlier_detection" in steps_of(product, config)[0]:
        files += of_segments(CRFINTS, product)
    templates = collected_files(product, config)
    return files + [template.format(product=product.name) for template in templates]


def summary_files(reported):
    """
    Name the files of the summary of all visits.

    Parameters
    ----------
    reported : list of Product
        Products that have a report.

    Returns
    -------
    paths : list of str
        None if there are less than two reports.
    """
    return [SUMMARY_TABLE, SUMMARY_PAGE] if len(reported) > 1 else []
