"""
Run jwst and the workflow on the same simulated visits and compare their products.

``python -m tests.parity.run`` simulates every case of :mod:`tests.parity.cases`,
runs both sides, prints a table and ends with exit code 1 if any difference is
larger than allowed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.parity.cases import CASES, edit_apertures
from tests.parity.compare import (
    MODEL,
    compare_crfints,
    compare_images,
    compare_saved_spectra,
    compare_tables,
    compare_x1dints,
)
from tests.parity.star_fits import compare_star_fits
from tests.support.steps import read_config

ROOT = Path(__file__).resolve().parents[2]
ORACLE = ROOT / ".venv-oracle" / "bin" / "python"
_SCENE_FILES = ("_profile", "_scene_model", "_residual")
_SPECTRA_FILES = ("_extract_1d", "_photom")
# Names of slits, which jwst puts into those of medians.
_SLIT = re.compile(r"_(s1600a1|1)(?=_median\.fits)")
STEP_OF_REFERENCE = {
    "wavelengthrange": "white_light",
    "gain": "tso_photometry",
    "photom": "photom",
}


def prepare(case, folder):
    """
    Simulate the visit of a case with its references and configuration.

    Parameters
    ----------
    case : Case
        The case.
    folder : Path
        Where to write; a folder that exists already is taken as it is.

    Returns
    -------
    job : dict
        The job for ``tests/oracle/run_jwst.py``.
    """
    if not (folder / "config.yaml").exists():
        simulate_visit(folder, VisitOptions(**case.visit))
        config = yaml.safe_load((folder / "config.yaml").read_text())
        references = config["references"] | case.config.get("references", {})
        config |= case.config | {"references": references}
        if references.get("extract1d", "N/A") != "N/A":
            edit_apertures(folder / references["extract1d"], case.aperture)
        if case.change:
            case.change(folder)
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    steps = jwst_steps(config)
    # jwst reads a gain even where nothing uses it.
    gain = json.loads((folder / "steps.json").read_text()).get("tso_photometry", {})
    if gain:
        steps["tso_photometry"] = gain | steps.get("tso_photometry", {})
    for name in ("soss_estimate", "soss_wave_grid_in"):
        if name in steps.get("extract_1d", {}):
            steps["extract_1d"][name] = str(folder / steps["extract_1d"][name])
    association = folder / config["associations"][0]
    return {"asn": str(association), "output": str(folder / "jwst"), "steps": steps}


def jwst_steps(config):
    """
    Translate our configuration into step parameters of jwst.

    Parameters
    ----------
    config : dict
        Configuration of the workflow.

    Returns
    -------
    steps : dict
        Parameters by step, reference files as overrides.
    """
    sections = ("outlier_detection", "adaptive_trace_model", "pixel_replace", "extract_1d")
    sections += ("photom", "white_light", "tso_photometry")
    steps = {name: dict(config[name]) for name in sections if name in config}
    if "snr" in steps.get("outlier_detection", {}):
        steps["outlier_detection"]["snr"] = f"{config['outlier_detection']['snr']} 4.0"
    for kind, path in config["references"].items():
        if path:
            steps.setdefault(STEP_OF_REFERENCE.get(kind, "extract_1d"), {})[f"override_{kind}"] = (
                path
            )
    return steps


def run_jwst(jobs, folder):
    """Run jwst on all cases that have no products of it yet, in one process."""
    missing = [job for job in jobs if not list(Path(job["output"]).glob("*.ecsv"))]
    if missing:
        (folder / "jobs.json").write_text(json.dumps(missing))
        command = [ORACLE, ROOT / "tests/oracle/run_jwst.py", "--jobs", folder / "jobs.json"]
        subprocess.run(command, check=True)


def run_workflow(folder, cores=1):
    """
    Run the workflow in the folder of a case.

    Parameters
    ----------
    folder : Path
        Folder with a ``config.yaml``.
    cores : int
        Cores to use.

    Returns
    -------
    output : str
        What Snakemake printed.

    Raises
    ------
    RuntimeError
        If the workflow fails.
    """
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--nolock", "--snakefile"]
    command += [ROOT / "Snakefile", "--configfile", folder / "config.yaml", "--directory", folder]
    # jwst has no light curves like ours, nor a report.
    command += ["--config", "light_curve={'skip': True}"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )
    if done.returncode:
        raise RuntimeError(f"{folder.name}: {done.stdout}{done.stderr}")
    return done.stderr


def compare(case, ours, jwst):
    """
    Compare all products of a case.

    Parameters
    ----------
    case : Case
        The case.
    ours, jwst : Path
        Folders of the products.

    Returns
    -------
    findings : list of Finding
        All comparisons.
    """
    findings = []
    for path in sorted(jwst.glob("*.fits")):
        if path.stem.endswith(_SCENE_FILES):
            # jwst keeps those of the last member.
            kind = next(end for end in _SCENE_FILES if path.stem.endswith(end))
            findings += compare_images(sorted(ours.glob(f"*{kind}.fits"))[-1], path)
            continue
        if path.stem.endswith(_SPECTRA_FILES):
            kind = next(end for end in _SPECTRA_FILES if path.stem.endswith(end))
            mine = sorted(ours.glob(f"*{kind}.fits"))[-1]
            findings += compare_saved_spectra(mine, path, case.allowed, case.modelled)
            continue
        if path.stem.endswith("_median"):
            findings += compare_images(ours / _SLIT.sub("", path.name), path)
        elif not path.name.endswith("_x1dints.fits"):
            findings += compare_crfints(ours / path.name, path)
        else:
            findings += compare_x1dints(
                ours / path.name, path, case.allowed, case.int_times, case.modelled
            )
    for path in jwst.glob("*.ecsv"):
        if case.light_curve:
            # Our names of segments contain the number of the association.
            mine = [ours / path.name, *ours.glob(path.name.replace("_phot", "_*_phot"))]
            findings += compare_tables(
                next(filter(Path.exists, mine)),
                path,
                MODEL if case.modelled else case.allowed,
                case.fitted,
            )
        if path.name.endswith("_phot.ecsv") and (ours / path.name).exists():
            findings += _star_fits(ours.parent, ours / path.name, path)
    return findings


def _star_fits(folder, ours, jwst):
    """Compare the fits of the star of both sides with a tight one."""
    config = read_config(folder)
    gain = config["references"]["gain"]
    segments = sorted(ours.parent.glob("*_crfints.fits"))
    options = config["tso_photometry"]
    return compare_star_fits(segments, gain and folder / gain, options, ours, jwst)


def report(case, findings):
    """
    Print the comparison of a case: one line a product, and every difference too large.

    Parameters
    ----------
    case : Case
        The case.
    findings : list of Finding
        Its comparisons.

    Returns
    -------
    good : bool
        Whether there is at least one finding, and all differences are allowed.
    """
    for product in dict.fromkeys(finding.product for finding in findings):
        mine = [finding for finding in findings if finding.product == product]
        values = [finding for finding in mine if finding.allowed > 0]
        exact = [finding for finding in mine if finding.allowed == 0]
        worst = max(values, key=lambda finding: finding.difference, default=None)
        text = f"{len(exact) - sum(f.good for f in exact)} of {len(exact)} exact items differ"
        if worst is not None:
            text += f"; largest relative difference {worst.difference:.1e} ({worst.item})"
        print(f"{case.name:34s} {product:75s} {text}")
    for finding in findings:
        if not finding.good:
            print(
                f"    TOO LARGE {finding.product} {finding.item}: {finding.difference:.3g} > {finding.allowed:g} {finding.detail[:300]}"
            )
    return bool(findings) and all(finding.good for finding in findings)


def main():
    """Run the chosen cases; exit code 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--folder", type=Path, default=ROOT / "parity", help="working folder")
    parser.add_argument("cases", nargs="*", help="names of cases (default: all)")
    arguments = parser.parse_args()
    known = {case.name for case in CASES}
    unknown = sorted(set(arguments.cases) - known)
    if unknown:
        parser.error(f"found {', '.join(unknown)}, expected some of {', '.join(sorted(known))}")
    cases = [case for case in CASES if not arguments.cases or case.name in arguments.cases]
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    run_jwst([prepare(case, folder / case.name) for case in cases], folder)
    good = True
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda case: run_workflow(folder / case.name), cases)
        for case, _ in zip(cases, runs, strict=True):
            findings = compare(case, folder / case.name / "results", folder / case.name / "jwst")
            good &= report(case, findings)
    print("parity holds" if good else "parity is broken: see TOO LARGE above")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
