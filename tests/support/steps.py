"""Run the steps of the workflow in the test's own process, without Snakemake."""

import json
from pathlib import Path
from types import SimpleNamespace

import yaml
from snakemake.utils import validate

from scripts import (
    collect_photometry,
    collect_spectra,
    extract_1d,
    extract_soss,
    light_curve,
    model_segment,
    outlier_detection,
    report_visit,
    tso_photometry,
    visit_reference,
    white_light,
)
from scripts.lib.checks.photometry import imaging_check
from scripts.lib.instruments.branches import PLOTS
from scripts.lib.planning.members import Members
from scripts.lib.references.selection import ReferenceFiles
from tests.support.builders import load_products

ROOT = Path(__file__).resolve().parents[2]


# Params that rules give to every job that reads them; a test names only those that it is about.
_PARAMS = {
    "adaptive_trace_model": {"skip": True},
    "photom": {"skip": False, "apply_time_correction": True},
    "apertures": None,
    "input_warnings": [],
    "parameter_files": [],
    "reference_files": [],
    "reference_names": {},
}
_INPUTS = [
    "after",
    "apcorr",
    "before",
    "binned",
    "estimate",
    "extract1d",
    "gain",
    "pastasoss",
    "photom",
    "photometry",
    "psf",
    "specprofile",
    "spectra",
    "wave_grid",
    "wavelengthrange",
]
_OUTPUTS = ["atoca_spectra", "masks", "trace_models", "wave_grid"]
_OUTPUTS += [
    "pixel_replaced",
    "trace_modelled",
    "spline_full",
    "spline_used",
    "profile",
    "scene_model",
    "residual",
    "saved",
    "calibrated",
    "catalog",
    "results",
    "medians",
]


_OF_OUTLIERS = {
    "save_results": ("results", "outlier_detection"),
    "save_intermediate_results": ("medians", "median"),
}
# Outputs of the extraction that options of steps ask for, and the ends of their names.
_SIDE_PRODUCTS = {
    "pixel_replaced": ("pixel_replace", "save_results", "pixel_replace"),
    "trace_modelled": ("adaptive_trace_model", "save_results", "adaptive_trace_model"),
    "spline_full": ("adaptive_trace_model", "save_intermediate_results", "spline_full"),
    "profile": ("extract_1d", "save_profile", "profile"),
    "scene_model": ("extract_1d", "save_scene_model", "scene_model"),
    "residual": ("extract_1d", "save_residual_image", "residual"),
    "saved": ("extract_1d", "save_results", "extract_1d"),
    "calibrated": ("photom", "save_results", "photom"),
    "spline_used": ("adaptive_trace_model", "save_intermediate_results", "spline_used"),
}


class _Named(SimpleNamespace):
    """Names of a job that scripts read as attributes, keys or with ``get``."""

    def __getitem__(self, name):
        """Return an attribute."""
        return getattr(self, name)

    def get(self, name, default=None):
        """Return an attribute, or the default where there is none."""
        return getattr(self, name, default)


def read_config(folder):
    """
    Read the configuration of a folder and fill in the defaults.

    Parameters
    ----------
    folder : Path
        Folder with a ``config.yaml``.

    Returns
    -------
    config : dict
        The complete configuration.
    """
    config = yaml.safe_load((folder / "config.yaml").read_text())
    validate(config, schema=str(ROOT / "workflow/schemas/config.schema.yaml"))
    return config


def run_step(function, params, work_mb=64, **files):
    """
    Call the I/O function of a step script.

    Parameters
    ----------
    function : callable
        ``process`` of a step.
    params : dict
        Params of the job.
    work_mb : int
        Working memory of the job.
    **files
        Input and output files by name; outputs are those that start with ``out_``.
    """
    outputs = {
        name.removeprefix("out_"): str(path)
        for name, path in files.items()
        if name.startswith("out_")
    }
    inputs = {name: path for name, path in files.items() if not name.startswith("out_")}
    job = _Named(
        input=_Named(**{name: [] for name in _INPUTS} | inputs),
        output=_Named(**{name: [] for name in _OUTPUTS} | outputs),
        params=_Named(**_PARAMS | params),
        resources=_Named(work_mb=work_mb),
        log=[],
        threads=1,
        config={"crds_context": None},
    )
    function(job)


def process_visit(folder, work_mb=64):
    """
    Process the association of a folder by the steps, in the order of the rules.

    Parameters
    ----------
    folder : Path
        Folder with ``config.yaml``; products go to its ``results``.
    work_mb : int
        Working memory of each job.

    Returns
    -------
    product : Product
        The product, whose files are in ``results``.
    """
    config = read_config(folder)
    check = imaging_check(folder, ReferenceFiles(config, {}, folder, {}))
    (product,) = load_products(config["associations"], folder, check)
    make_products(folder, config, product, work_mb)
    return product


def make_products(folder, config, product, work_mb=64, made=(), warnings=()):
    """
    Make the products of the archive's names by the steps, in the order of the rules.

    Parameters
    ----------
    folder : Path
        As for :func:`process_visit`.
    config : dict
        The complete configuration.
    product : Product
        What to make.
    work_mb : int
        Working memory of each job.
    made : collection of str
        Names of segments whose files are there already. If there are any, only the files of the
        others are made, and nothing of all segments together.
    warnings : sequence of str
        Warnings about the input that the products record.
    """
    results = folder / "results"
    (results / "segments").mkdir(parents=True, exist_ok=True)
    references = {
        kind: str(folder / path) if path and path != "N/A" else []
        for kind, path in config["references"].items()
    }
    asn = {"asn_pool": product.asn_pool, "asn_table": product.asn_table}
    asn["input_warnings"] = list(warnings)
    sources = {}
    for segment in product.segments:
        if segment.name in made:
            continue
        sources[segment.name] = folder / segment.path
        if not config["outlier_detection"]["skip"]:
            options = {"options": config["outlier_detection"], **asn}
            files = {"calints": folder / segment.path, "out_crfints": results / segment.crfints}
            for option, (output, kind) in _OF_OUTLIERS.items():
                if config["outlier_detection"][option]:
                    files[f"out_{output}"] = results / f"{segment.name}_{kind}.fits"
            run_step(outlier_detection.process, options, work_mb, **files)
            sources[segment.name] = results / segment.crfints
    for name in ("wave_grid_in", "estimate"):
        path = config["extract_1d"][f"soss_{name}"]
        references[name.removesuffix("_in")] = str(folder / path) if path else []
    measure, collect = _spectra, _collect_spectra
    if product.branch == "imaging":
        measure, collect = _photometry, _collect_photometry
    settings = (config, references, asn, work_mb)
    measured = measure(product, sources, results, settings)
    if not made:
        collect(product, measured, results, settings, list(sources.values()))


def _spectra(product, sources, results, settings):
    """Make the spectra of segments; return their files."""
    config, references, _, work_mb = settings
    spectra = []
    for name, source in sources.items():
        spectra.append(results / "segments" / f"{name}_extract1d.fits")
        sections = ("adaptive_trace_model", "pixel_replace", "photom")
        params = {name: config[name] for name in sections} | {"options": config["extract_1d"]}
        step = extract_soss if product.exp_type == "NIS_SOSS" else extract_1d
        files = {"segment": str(source), "out_spectra": spectra[-1], **references}
        for output, (section, option, kind) in _SIDE_PRODUCTS.items():
            if config[section][option] and not config[section]["skip"]:
                files[f"out_{output}"] = results / f"{name}_{kind}.fits"
        run_step(step.process, params, work_mb, **files)
    return spectra


def _collect_spectra(product, spectra, results, settings, _segments):
    """Make spectra and light curve of a product from those of its segments."""
    config, references, asn, work_mb = settings
    x1dints, whtlt = (results / f"{product.name}_{kind}" for kind in ("x1dints.fits", "whtlt.ecsv"))
    params = asn | {"adaptive_trace_model": config["adaptive_trace_model"]}
    run_step(collect_spectra.process, params, work_mb, spectra=spectra, out_x1dints=x1dints)
    run_step(
        white_light.process,
        {"options": config["white_light"], "input_warnings": asn["input_warnings"]},
        work_mb,
        x1dints=str(x1dints),
        wavelengthrange=references["wavelengthrange"] if product.exp_type == "NIS_SOSS" else [],
        out_whtlt=whtlt,
    )


def _photometry(product, sources, results, settings):
    """Make the photometry of segments; return their files."""
    config, references, _, work_mb = settings
    tables = []
    for name, source in sources.items():
        tables.append(str(results / "segments" / f"{name}_photometry.fits"))
        catalog = {}
        if config["tso_photometry"]["save_catalog"]:
            catalog = {"out_catalog": results / f"{name}_phot.ecsv"}
        run_step(
            tso_photometry.process,
            {"options": config["tso_photometry"]},
            work_mb,
            segment=str(source),
            gain=references["gain"],
            out_photometry=tables[-1],
            **catalog,
        )
    return tables


def _collect_photometry(product, tables, results, settings, segments):
    """Make the photometry table of a product from those of its segments."""
    _, _, asn, work_mb = settings
    phot = results / f"{product.name}_phot.ecsv"
    files = {"photometry": tables, "segments": list(map(str, segments)), "out_phot": phot}
    params = {"input_warnings": asn["input_warnings"]}
    run_step(collect_photometry.process, params, work_mb, **files)


def report_on(folder, product, plots=False):
    """
    Make tables, diagnostics and report of a product that :func:`process_visit` made.

    Parameters
    ----------
    folder : Path
        As there.
    product : Product
        The product.
    plots : bool
        Whether to save the plots as files of their own, too.

    Returns
    -------
    diagnostics : dict
        Content of the diagnostics file.
    """
    inputs, params = report_inputs(folder, product)
    return run_report(folder, product, inputs, params, plots)


def run_report(folder, product, inputs, params, plots=False):
    """Make diagnostics and report in the folder of the products, as :func:`make_report`."""
    return make_report(str(folder / "results" / product.name), inputs, params, plots)


def make_report(stem, inputs, params, plots=False):
    """
    Make diagnostics and report of a product.

    Parameters
    ----------
    stem : str
        Start of the paths of the files to make.
    inputs, params : dict
        As of :func:`report_inputs`.
    plots : bool
        Whether to save the plots as files of their own, too.

    Returns
    -------
    diagnostics : dict
        Content of the diagnostics file.
    """
    wanted = PLOTS[params["branch"]] if plots else ()
    outputs = {f"out_{name}_svg": f"{stem}_plots/{name}.svg" for name in wanted}
    pages = {"out_diagnostics": f"{stem}_diagnostics.json", "out_report": f"{stem}_report.html"}
    run_step(report_visit.process, params, **inputs, **outputs, **pages)
    return json.loads(Path(f"{stem}_diagnostics.json").read_text())


def report_inputs(folder, product):
    """
    Make the input files of the report of a product.

    Parameters
    ----------
    folder : Path
        As for :func:`process_visit`.
    product : Product
        The product.

    Returns
    -------
    inputs : dict
        Input files of the step ``report_visit`` by name.
    params : dict
        Its params.
    """
    config, results = read_config(folder), folder / "results"
    is_image, stem = product.branch == "imaging", str(results / product.name)
    kind, ending = ("photometry", "photometry") if is_image else ("spectra", "extract1d")
    files = {kind: [_made(folder, item, f"{ending}.fits") for item in product.segments]}
    segments = _models(folder, product, config)
    files["models"] = [_made(folder, item, "model.fits") for item in product.segments]
    files["statistics"] = [_made(folder, item, "statistics.npz") for item in product.segments]
    files["visit_references"] = list(dict.fromkeys(item.pop("path") for item in segments))
    params = {"segments": segments, "options": config["white_light"]}
    params |= {"bins": config["spectroscopic_light_curves"]}
    params["decorrelate"] = config["improved"]["decorrelate"]
    curves, inputs = {"out_light_curve": f"{stem}_lc.ecsv"}, dict(files)
    if is_image:
        inputs["segments"] = [_flagged(folder, item, config) for item in product.segments]
    else:
        names = ("spectra", "binned")
        curves |= {
            f"out_{name}": f"{stem}_{name.replace('binned', 'speclc')}.fits" for name in names
        }
    run_step(light_curve.process, params, **inputs, **curves)
    params |= {
        "product": product.name,
        "branch": product.branch,
        "exposure_integrations": {
            item.detector: [item.exposure_integrations] for item in product.segments
        },
        "names": [],
        "association": product.asn_table,
        "settings": {"references": config["references"]},
    }
    files |= {"light_curve": f"{stem}_lc.ecsv"}
    files["segments"] = [str(folder / segment.path) for segment in product.segments]
    files["products"] = sorted(map(str, results.glob(f"{product.name}_*.*")))
    files.pop(kind)
    own = {"spectra": f"{stem}_spectra.fits", "binned": f"{stem}_speclc.fits"}
    return files | ({} if is_image else own), params


def _made(folder, segment, ending):
    """Intermediate file of a segment."""
    return str(folder / "results" / "segments" / f"{segment.name}_{ending}")


def _flagged(folder, segment, config):
    """Segment that the archive's light curves are made of."""
    if config["outlier_detection"]["skip"]:
        return str(folder / segment.path)
    return str(folder / "results" / segment.crfints)


def _models(folder, product, config):
    """
    Measure the references of a product, and compare its segments with them.

    Returns
    -------
    records : list of dict
        Of each segment ``number``, ``detector``, ``first`` integration, the ``path`` of its
        reference, and which of the references that is.
    """
    members, references, records = Members([product]), {}, []
    known = {
        kind: str(folder / path) if path and path != "N/A" else []
        for kind, path in config["references"].items()
        if kind in ("gain", "pastasoss", "photom", "specprofile")
    }
    for segment in product.segments:
        name = SimpleNamespace(segment=segment.name)
        group = members.comparable(name)
        path = _made(folder, group[0], "reference.npz")
        if path not in references:
            references[path] = len(references)
            params = {
                "background": config["improved"]["background"],
                "lengths": [item.nints for item in group],
                "search_box_width": config["tso_photometry"]["search_box_width"],
            }
            files = {"segments": [str(folder / item.path) for item in group], **known}
            run_step(visit_reference.process, params, out_reference=path, **files)
        near = {"before": members.neighbour(name, -1), "after": members.neighbour(name, 1)}
        files = {side: [str(folder / item.path)] for side, item in near.items() if item} | known
        _compare(folder, segment, config, files | {"reference": path})
        record = {"number": segment.number, "first": segment.first_integration}
        record |= {"detector": segment.detector, "reference": references[path], "path": path}
        records.append(record)
    return records


def _compare(folder, segment, config, files):
    """Compare a segment with the reference of its visit."""
    kind, ending = ("spectra", "extract1d")
    if segment.branch == "imaging":
        kind, ending = ("photometry", "photometry")
    if config["improved"]["save_masks"]:
        files["out_masks"] = folder / "results" / f"{segment.name}_outliers.fits"
    params = {name: config["improved"][name] for name in ("snr", "window")}
    run_step(
        model_segment.process,
        params | {"photometry": config["tso_photometry"]},
        segment=str(folder / segment.path),
        flagged=_flagged(folder, segment, config),
        out_model=_made(folder, segment, "model.fits"),
        out_statistics=_made(folder, segment, "statistics.npz"),
        **{kind: _made(folder, segment, f"{ending}.fits")},
        **files,
    )
