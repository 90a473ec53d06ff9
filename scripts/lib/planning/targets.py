"""
Names of all files that the workflow makes, and the files of each product.

The templates hold Snakemake's path variable ``<results>`` for the output folder and
its wildcards, ``{segment}`` or ``{product}``: rules take them as they are, and
``format`` fills in the wildcards. Functions take the configuration with the
settings of the steps for the product, from
:meth:`~scripts.lib.planning.reference_lookup.ReferenceLookup.configuration`.
"""

from scripts.lib.inputs import product_names
from scripts.lib.instruments.modes import mode_of

__all__ = [
    "ASSOCIATION",
    "BINNED",
    "CALINTS",
    "CRFINTS",
    "DEPTHS",
    "DIAGNOSTICS",
    "EXPORT",
    "EXTRACT1D",
    "LIGHT_CURVE",
    "MASKS",
    "MODEL",
    "PHOT",
    "PHOTOMETRY",
    "REFERENCE",
    "REPORT",
    "SPECTRA",
    "STATISTICS",
    "SUMMARY_COPY",
    "SUMMARY_COSTS",
    "SUMMARY_DEPTHS",
    "SUMMARY_PAGE",
    "SUMMARY_TABLE",
    "WHTLT",
    "X1DINTS",
    "association_file",
    "calints_file",
    "collected_files",
    "export_folders",
    "files_before_report",
    "has_report",
    "in_output_folder",
    "plot_file",
    "product_files",
    "product_steps",
    "report_steps",
    "segment_files",
    "segment_paths",
    "side_product",
    "soss_file",
    "summary_files",
]

_RESULTS = "<results>/"

# Of each segment.
CALINTS = "<results>/segments/{segment}_calints.fits"
CRFINTS = _RESULTS + product_names.CRFINTS
EXTRACT1D = "<results>/segments/{segment}_extract1d.fits"
PHOTOMETRY = "<results>/segments/{segment}_photometry.fits"
STATISTICS = "<results>/segments/{segment}_statistics.npz"
MODEL = "<results>/segments/{segment}_model.fits"
MASKS = "<results>/{segment}_outliers.fits"
# Of the segments of one detector, named after the first of them.
REFERENCE = "<results>/segments/{segment}_reference.npz"
# Of each product.
ASSOCIATION = _RESULTS + product_names.ASSOCIATION
X1DINTS = "<results>/{product}_x1dints.fits"
WHTLT = "<results>/{product}_whtlt.ecsv"
PHOT = "<results>/{product}_phot.ecsv"
LIGHT_CURVE = "<results>/{product}_lc.ecsv"
SPECTRA = "<results>/{product}_spectra.fits"
BINNED = "<results>/{product}_speclc.fits"
# A folder of files in the layout of another tool, of which the setting has the name.
EXPORT = "<results>/{product}_{layout}"
DEPTHS = "<results>/{product}_depths.ecsv"
DIAGNOSTICS = "<results>/{product}_diagnostics.json"
REPORT = "<results>/{product}_report.html"
# Of all products together.
SUMMARY_TABLE = "<results>/summary.ecsv"
SUMMARY_DEPTHS = "<results>/summary_depths.ecsv"
SUMMARY_COSTS = "<results>/summary_costs.ecsv"
SUMMARY_COPY = "<results>/{summary}.{format}"
SUMMARY_PAGE = "<results>/summary.html"

_COLLECTING_STEPS = {"imaging": "collect_photometry", "spectroscopy": "collect_spectra"}
_PRODUCT_FILES = {"collect_photometry": PHOT, "collect_spectra": X1DINTS, "white_light": WHTLT}
_SEGMENT_FILES = {
    "outlier_detection": CRFINTS,
    "extract_1d": EXTRACT1D,
    "extract_soss": EXTRACT1D,
    "tso_photometry": PHOTOMETRY,
    "model_segment": MODEL,
}


def in_output_folder(path):
    """
    Name a file relative to the output folder.

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


def segment_paths(template, product):
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
        The user's name for it.
    kind : str
        The name in ``jwst``, for example ``AtocaSpectra``.

    Returns
    -------
    template : str
        Name of the file of each segment.
    """
    return f"<results>/{{segment}}_{name}_{kind}.fits"


def side_product(kind):
    """
    Template of a file that shows a segment between two steps.

    Parameters
    ----------
    kind : str
        The name in ``jwst``, for example ``pixel_replace``.

    Returns
    -------
    template : str
        Name of the file of each segment.
    """
    return f"<results>/{{segment}}_{kind}.{'ecsv' if kind == 'phot' else 'fits'}"


def plot_file(plot):
    """
    Template of a plot of a product.

    Parameters
    ----------
    plot : str
        One of :data:`~scripts.lib.instruments.branches.PLOTS`.

    Returns
    -------
    template : str
        Name of the file of each product.
    """
    return f"<results>/{{product}}_plots/{plot}.svg"


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
        The user's association, or the one that the workflow writes.
    """
    return ASSOCIATION.format(product=product.name) if product.is_group else product.asn_path


def calints_file(segment):
    """
    Name the calibrated file of a segment, decompressed.

    Parameters
    ----------
    segment : Segment
        The segment.

    Returns
    -------
    path : str
        The user's file, or the one that the workflow unpacks.
    """
    return CALINTS.format(segment=segment.name) if segment.is_compressed else segment.path


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
