"""Folder of the products: it must take files, and keeps what a failed run was to renew."""

import logging

from scripts.lib.planning import output_folder
from scripts.lib.segment_data import wcs_cache

if workflow.is_main_process:
    # The doctor tells of the folder of the products itself, but needs that of Snakemake.
    folders = (".",) if asks_doctor() else (".", config["output_dir"])
    if refusals := {output_folder.refusal(folder) for folder in folders} - {None}:
        # Snakemake's own log is in such a folder too, and would bury the message in tracebacks.
        logging.raiseExceptions = False
        stop("\n".join(sorted(map(str, refusals))))


def product_names():
    """File names of all products."""
    files = [path for product in PRODUCTS.values() for path in product_files(product)]
    return [os.path.basename(path) for path in files + summary_files()]


def tell_earlier():
    """Tell which products that this run was to renew are kept."""
    folder = config["output_dir"]
    if kept := output_folder.settle_earlier(folder, product_names()):
        tell_error(
            f"{folder}: the earlier {', '.join(kept)} is kept in"
            f" {os.path.join(folder, output_folder.KEPT)} until a run makes it again"
        )


def forget_evaluations():
    """Remove what the jobs of a run keep for one another."""
    if not asks_doctor():
        wcs_cache.clear(Path(config["output_dir"], "segments", wcs_cache.FOLDER))


onstart:
    forget_evaluations()
    output_folder.keep_earlier(config["output_dir"], product_names())


onsuccess:
    tell_earlier()
    forget_evaluations()


onerror:
    tell_earlier()
    forget_evaluations()
