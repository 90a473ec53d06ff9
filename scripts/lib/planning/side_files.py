"""Files of each segment that options of steps ask for; standard library only."""

from scripts.lib.instruments.modes import mode_of
from scripts.lib.planning.targets import segment_paths, side_product, soss_file

__all__ = ["side_files", "side_paths"]

_SIDE_PRODUCTS = {
    ("outlier_detection", "save_results"): ["outlier_detection"],
    ("outlier_detection", "save_intermediate_results"): ["median"],
    ("adaptive_trace_model", "save_results"): ["adaptive_trace_model"],
    ("adaptive_trace_model", "save_intermediate_results"): ["spline_full", "spline_used"],
    ("pixel_replace", "save_results"): ["pixel_replace"],
    ("extract_1d", "save_results"): ["extract_1d"],
    ("extract_1d", "save_profile"): ["profile"],
    ("extract_1d", "save_scene_model"): ["scene_model"],
    ("extract_1d", "save_residual_image"): ["residual"],
    ("photom", "save_results"): ["photom"],
    ("tso_photometry", "save_catalog"): ["phot"],
}
_OF_SOSS = ("outlier_detection", "median", "pixel_replace", "extract_1d", "photom")
_SOSS_FILES = {
    "soss_modelname": ["SossExtractModel", "AtocaSpectra"],
    "soss_wave_grid_out": ["SossWaveGrid"],
}


def side_files(product, config):
    """
    Name the kinds of files of each segment that options of steps ask for.

    Parameters
    ----------
    product, config
        As for :func:`~scripts.lib.planning.wanted_files.product_steps`.

    Returns
    -------
    templates : dict of str to str
        Kind of each template, as the functions of :mod:`~scripts.lib.planning.targets` name them; only of
        steps that are not skipped and have such a file in the product's mode.
    """
    mode = mode_of(product.exp_type)
    extracts = not config[mode.settings]["skip"]
    is_spectra = not mode.is_imaging
    known = {"outlier_detection": True, "tso_photometry": extracts and mode.is_imaging}
    templates = {}
    for (section, option), kinds in _SIDE_PRODUCTS.items():
        settings, has_step = config.get(section, {}), known.get(section, extracts and is_spectra)
        if has_step and settings.get(option) and not settings["skip"]:
            made = [
                kind for kind in kinds if (kind in _OF_SOSS if mode.is_soss else kind != "photom")
            ]
            templates |= {side_product(kind): kind for kind in made}
    for option, kinds in _SOSS_FILES.items() if mode.is_soss and extracts else ():
        if name := config["extract_1d"].get(option):
            templates |= {soss_file(name, kind): kind for kind in kinds}
    return templates


def side_paths(product, *configs):
    """
    Name the files of a product's segments that options ask for.

    Parameters
    ----------
    product : Product
        The product.
    *configs : dict
        Configurations, which all must ask for a file: outputs of rules follow that of the run, but
        parameter references may skip a step of the product.

    Returns
    -------
    paths : list of str
        By kind, in the order of the segments.
    """
    first, *others = (side_files(product, config) for config in configs)
    templates = [template for template in first if all(template in other for other in others)]
    return [path for template in templates for path in segment_paths(template, product)]
