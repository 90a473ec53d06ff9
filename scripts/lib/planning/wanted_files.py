"""
Steps that a product goes through, and the files that are made of it.

Functions take the configuration with the settings of the steps for the product, from
:meth:`~scripts.lib.planning.reference_lookup.ReferenceLookup.configuration`.
"""

from scripts.lib.instruments.modes import mode_of
from scripts.lib.planning.targets import (
    BINNED,
    CALINTS,
    CRFINTS,
    DEPTHS,
    DIAGNOSTICS,
    EXPORT,
    EXTRACT1D,
    LIGHT_CURVE,
    MASKS,
    MODEL,
    PHOT,
    PHOTOMETRY,
    REPORT,
    SPECTRA,
    STATISTICS,
    SUMMARY_COSTS,
    SUMMARY_DEPTHS,
    SUMMARY_PAGE,
    SUMMARY_TABLE,
    WHTLT,
    X1DINTS,
    association_file,
    segment_paths,
)

__all__ = [
    "collected_files",
    "export_folders",
    "files_before_report",
    "has_report",
    "product_files",
    "product_steps",
    "report_steps",
    "segment_files",
    "summary_files",
]

_COLLECTING_STEPS = {"imaging": "collect_photometry", "spectroscopy": "collect_spectra"}
_PRODUCT_FILES = {"collect_photometry": PHOT, "collect_spectra": X1DINTS, "white_light": WHTLT}
_SEGMENT_FILES = {
    "outlier_detection": CRFINTS,
    "extract_1d": EXTRACT1D,
    "extract_soss": EXTRACT1D,
    "tso_photometry": PHOTOMETRY,
    "model_segment": MODEL,
}


def product_steps(product, config):
    """
    Name the steps that a product goes through.

    Parameters
    ----------
    product : Product
        The product.
    config : dict
        The validated configuration, with the settings of the steps for it.

    Returns
    -------
    segment_steps, collecting_steps : list of str
        Names of the steps of each segment, and of those that collect them, as
        in :data:`~scripts.lib.planning.resources.STEPS`.
    """
    segment_steps = [] if config["outlier_detection"]["skip"] else ["outlier_detection"]
    if config[mode_of(product.exp_type).settings]["skip"]:
        return segment_steps, []
    collecting = [_COLLECTING_STEPS[product.branch]]
    if product.branch == "spectroscopy" and not config["white_light"]["skip"]:
        collecting.append("white_light")
    return [*segment_steps, mode_of(product.exp_type).extraction], collecting


def report_steps(product, config):
    """
    Name the steps of light curves and report, additional to those of :func:`product_steps`.

    Parameters
    ----------
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    segment_steps, collecting_steps : list of str
        Names of the steps; empty if nothing is measured or no report is wanted.
    """
    _, collecting = product_steps(product, config)
    if not collecting or config["light_curve"]["skip"]:
        return [], []
    reports = ["report_visit"] if has_report(product, config) else []
    exports = ["export_product"] if config["export"] else []
    own = ["light_curve", "fit_depths", *reports, *exports]
    return ["visit_reference", "model_segment"], own


def has_report(product, config):
    """
    Return whether a product has a report.

    Parameters
    ----------
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    reported : bool
        Whether one is wanted and the product has light curves.
    """
    skipped = any(config[section]["skip"] for section in ("light_curve", "report"))
    return bool(product_steps(product, config)[1]) and not skipped


def segment_files(segment, product, config):
    """
    Name the kinds of files that are made of a segment.

    Parameters
    ----------
    segment : Segment
        One of the product's.
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    templates : list of str
        Those that stay and intermediate ones, in the order of the work.
    """
    steps = [*product_steps(product, config)[0], *report_steps(product, config)[0]]
    unpacked = [CALINTS] if segment.is_compressed else []
    templates = [*unpacked, *(_SEGMENT_FILES[step] for step in steps if step in _SEGMENT_FILES)]
    if "model_segment" in steps:
        templates += [STATISTICS, *([MASKS] if config["improved"]["save_masks"] else [])]
    return templates


def collected_files(product, config):
    """
    Name the kinds of files that a product consists of, next to those of its segments.

    Parameters
    ----------
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    templates : list of str
        Tables of spectra and light curves, diagnostics and report.
    """
    _, collecting = product_steps(product, config)
    return [*(_PRODUCT_FILES[step] for step in collecting), *_report_files(product, config)]


def _report_files(product, config):
    """Templates of light-curve tables, diagnostics and report; empty if nothing is measured."""
    if not report_steps(product, config)[1]:
        return []
    wanted = [LIGHT_CURVE]
    if product.branch == "spectroscopy":
        wanted.append(SPECTRA)
        wanted += [] if config["spectroscopic_light_curves"]["skip"] else [BINNED]
    wanted.append(DEPTHS)
    return [*wanted, DIAGNOSTICS, REPORT] if has_report(product, config) else wanted


def export_folders(product, config):
    """
    Name the folders of a product's files in the layouts of other tools.

    Parameters
    ----------
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    paths : list of str
        One for each layout that is asked for; empty if nothing is measured.
    """
    if "export_product" not in report_steps(product, config)[1]:
        return []
    return [
        EXPORT.format(product=product.name, layout=name) for name in dict.fromkeys(config["export"])
    ]


def product_files(product, config):
    """
    Name the files of one association that stay in the output folder.

    Parameters
    ----------
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    paths : list of str
        The association that the workflow writes, the segments with outliers
        flagged, the masks of our outliers if they are wanted, :func:`collected_files` and
        :func:`export_folders`.
    """
    files = [association_file(product)] if product.is_group else []
    if "outlier_detection" in product_steps(product, config)[0]:
        files += segment_paths(CRFINTS, product)
    if config["improved"]["save_masks"] and report_steps(product, config)[0]:
        files += segment_paths(MASKS, product)
    templates = collected_files(product, config)
    files += [template.format(product=product.name) for template in templates]
    return files + export_folders(product, config)


def files_before_report(product, config):
    """
    Name the files of a product that are complete before its report is made.

    Parameters
    ----------
    product, config
        As for :func:`product_steps`.

    Returns
    -------
    paths : list of str
        :func:`product_files` without the diagnostics and the report.
    """
    made = {template.format(product=product.name) for template in (DIAGNOSTICS, REPORT)}
    return [path for path in product_files(product, config) if path not in made]


def summary_files(reported, formats=()):
    """
    Name the files of the summary of all visits.

    Parameters
    ----------
    reported : list of Product
        Products that have a report.
    formats : sequence of str, optional
        Formats of the tables besides ECSV.

    Returns
    -------
    paths : list of str
        Empty if there are less than two reports.
    """
    if len(reported) < 2:
        return []
    tables = [SUMMARY_TABLE, SUMMARY_DEPTHS, SUMMARY_COSTS]
    copies = [
        f"{table.removesuffix('.ecsv')}.{kind}"
        for kind in dict.fromkeys(formats)
        for table in tables
    ]
    return [*tables, SUMMARY_PAGE, *copies]
