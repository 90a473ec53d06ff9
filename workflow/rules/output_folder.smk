"""Folder of the products: it must take files, and keeps what a failed run was to renew."""

import logging
import threading

from scripts.lib import evaluations, output_folder

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


def tidy_up():
    """Leave the folder of the products as the run's end finds it, without what only its jobs need."""
    tell_earlier()
    evaluations.forget(Path(config["output_dir"], "segments", evaluations.FOLDER))


def end_at_once():
    """
    Cancel the last timer of Snakemake's scheduler, so that the run need not wait for it to end.

    It looks for jobs again a second after it has started some, the last ones too.
    """
    for thread in threading.enumerate():
        function = getattr(thread, "function", None)
        if getattr(function, "__module__", "").startswith("snakemake.scheduling."):
            thread.cancel()


onstart:
    output_folder.keep_earlier(config["output_dir"], product_names())


onsuccess:
    tidy_up()
    end_at_once()


onerror:
    tidy_up()
