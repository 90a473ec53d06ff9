"""Run the steps of the workflow in the test's own process, without Snakemake."""

from pathlib import Path
from types import SimpleNamespace

import yaml
from snakemake.utils import validate

from scripts import (
    collect_photometry,
    collect_spectra,
    extract_1d,
    extract_soss,
    outlier_detection,
    tso_photometry,
    white_light,
)
from scripts.lib.associations import load_products
from scripts.lib.imaging_inputs import imaging_check

ROOT = Path(__file__).resolve().parents[1]


class _Named(SimpleNamespace):
    """Names of a job that scripts read as attributes or with ``get``."""

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
        What the rule gives as ``params``.
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
        input=_Named(**inputs),
        output=_Named(**outputs),
        params=_Named(**params),
        resources=_Named(work_mb=work_mb),
        threads=1,
    )
    function(job)


def process_visit(folder, work_mb=64):
    """
    Process the association of a folder by the steps, as the rules tie them together.

    Parameters
    ----------
    folder : Path
        Folder with ``config.yaml``; products go to its ``results``.
    work_mb : int
        Working memory of each job.

    Returns
    -------
    product : Product
        What was made.
    """
    config = read_config(folder)
    (product,) = load_products(config["associations"], folder, imaging_check(config, folder))
    results = folder / "results"
    (results / "segments").mkdir(parents=True, exist_ok=True)
    references = {k: str(folder / v) if v else [] for k, v in config["references"].items()}
    asn = {"asn_pool": product.asn_pool, "asn_table": product.asn_table}
    sources = {}
    for segment in product.segments:
        sources[segment.name] = folder / segment.path
        if not config["outlier_detection"]["skip"]:
            options = {"options": config["outlier_detection"], **asn}
            files = {"calints": folder / segment.path, "out_crfints": results / segment.crfints}
            run_step(outlier_detection.process, options, work_mb, **files)
            sources[segment.name] = results / segment.crfints
    finish = _photometry if product.branch == "imaging" else _spectroscopy
    finish(product, sources, results, (config, references, asn, work_mb))
    return product


def _spectroscopy(product, sources, results, settings):
    """Make spectra and light curve of a product from its segments."""
    config, references, asn, work_mb = settings
    spectra = []
    for name, source in sources.items():
        spectra.append(results / "segments" / f"{name}_extract1d.fits")
        params = {"options": config["extract_1d"], "pixel_replace": config["pixel_replace"]}
        step = extract_soss if product.exp_type == "NIS_SOSS" else extract_1d
        files = {"segment": str(source), "out_spectra": spectra[-1], **references}
        run_step(step.process, params, work_mb, **files)
    x1dints, whtlt = (results / f"{product.name}_{kind}" for kind in ("x1dints.fits", "whtlt.ecsv"))
    run_step(collect_spectra.process, asn, work_mb, spectra=spectra, out_x1dints=x1dints)
    run_step(
        white_light.process,
        {"options": config["white_light"]},
        work_mb,
        x1dints=str(x1dints),
        wavelengthrange=references["wavelengthrange"],
        out_whtlt=whtlt,
    )


def _photometry(product, sources, results, settings):
    """Make the photometry table of a product from its segments."""
    config, references, _, work_mb = settings
    tables = []
    for name, source in sources.items():
        tables.append(str(results / "segments" / f"{name}_photometry.fits"))
        run_step(
            tso_photometry.process,
            {"options": config["tso_photometry"]},
            work_mb,
            segment=str(source),
            gain=references["gain"],
            out_photometry=tables[-1],
        )
    phot = results / f"{product.name}_phot.ecsv"
    segments = [str(source) for source in sources.values()]
    files = {"photometry": tables, "segments": segments, "out_phot": phot}
    run_step(collect_photometry.process, {}, work_mb, **files)
