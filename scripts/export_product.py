"""
Write our light curves and spectra in the layout of another tool.

Inputs
------
light_curve
    Light-curve table.
own_spectra
    Our spectra; spectroscopy only.
binned
    Our light curves in bins of wavelength, unless skipped; spectroscopy only.

Outputs
-------
folder
    Folder with a file for each detector and order.

Settings
--------
export
    Layouts: input of Stage 4 of Eureka!, or xarray as the Early Release Science community has it.
"""

import logging
from pathlib import Path

from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.files.netcdf import write_netcdf
from scripts.lib.light_curves.exports import (
    eureka_images,
    eureka_spectra,
    find_version,
    label,
    split_table,
    xarray_curves,
)

log = logging.getLogger(__name__)


def eureka_files(product, curves, inputs):
    """
    Files for Eureka!.

    Parameters
    ----------
    product : str
        Name of the product.
    curves : list of Curve
        Its light curves.
    inputs : namespace
        ``own_spectra``: the product of spectra, empty for images.

    Yields
    ------
    name : str
        File name.
    contents : tuple
        Arguments of `netcdf.write_netcdf` after the path.
    """
    for curve in curves:
        name = f"S3_{product}_{label(curve, curves)}_SpecData.h5"
        if not inputs.own_spectra:
            yield name, eureka_images(curve)
        elif version := find_version(inputs.own_spectra, "SPECTRUM", curve):
            yield name, eureka_spectra(curve, inputs.own_spectra, version)


def xarray_files(product, curves, inputs):
    """
    Files in the layout of the Early Release Science community.

    Parameters
    ----------
    product, curves
        As for :func:`eureka_files`.
    inputs : namespace
        As there, with ``binned``, the product of bins; empty if it is skipped.

    Yields
    ------
    name, contents
        As of :func:`eureka_files`.
    """
    for curve in curves:
        stem = f"{product}_{label(curve, curves)}"
        if not inputs.own_spectra:
            yield f"{stem}_raw-light-curves.xc", xarray_curves(curve)
            continue
        if version := find_version(inputs.own_spectra, "SPECTRUM", curve):
            contents = xarray_curves(curve, inputs.own_spectra, version)
            yield f"{stem}_stellar-spectra.xc", contents
        if inputs.binned and (version := find_version(inputs.binned, "BINS", curve)):
            contents = xarray_curves(curve, inputs.binned, version, binned=True)
            yield f"{stem}_raw-light-curves.xc", contents


_LAYOUTS = {"eureka": eureka_files, "xarray": xarray_files}


def process(snakemake):
    """Write the files of one product in one layout."""
    params, folder = snakemake.params, Path(snakemake.output.folder)
    curves = split_table(*read_ecsv(snakemake.input.light_curve))
    folder.mkdir(parents=True, exist_ok=True)
    for name, contents in _LAYOUTS[params.layout](params.product, curves, snakemake.input):
        write_netcdf(folder / name, *contents)
        log.info("%s: written", name)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    # The steps that collect the segments' results have logged the warnings about the input.
    run_job(snakemake, process, logs_input_warnings=False)
