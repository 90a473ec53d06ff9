"""
Names of all files that the workflow makes.

The templates hold Snakemake's path variable ``<results>`` for the output folder and
its wildcards, ``{segment}`` or ``{product}``: rules take them as they are, and
``format`` fills in the wildcards.
"""

from scripts.lib.inputs import product_names

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
    "in_output_folder",
    "plot_file",
    "segment_paths",
    "side_product",
    "soss_file",
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
