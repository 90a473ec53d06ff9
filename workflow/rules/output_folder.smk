"""Folder of the products: it must be writable, and keeps products that a failed run did not remake."""

import logging

from scripts.lib.findings import error_lines
from scripts.lib.planning import output_folder, run_messages, start_checks
from scripts.lib.planning.verdicts import verdict_lines
from scripts.lib.segment_data import wcs_cache

quiet = set(workflow.output_settings.quiet or ())
if Quietness.PROGRESS in quiet:
    logger.addFilter(run_messages.is_kept)

if workflow.is_main_process:
    # The doctor reports on the folder of the products itself, but needs the working directory.
    if refusals := start_checks.refusals(None if asks_doctor else config["output_dir"]):
        # Snakemake's own log is in such a folder too, and would bury the message in tracebacks.
        logging.raiseExceptions = False
        stop("\n".join(sorted(map(str, refusals))))
    if not asks_doctor:
        folder = config["output_dir"]
        unfit = start_checks.clock_findings(start_checks.input_files(products, config), folder)
        unfit += start_checks.cut_products(folder, plan.product_names())
        if unfit:
            stop("\n".join(error_lines(unfit)))


def report_earlier():
    """Report earlier products that are kept because this run did not remake them."""
    folder = config["output_dir"]
    if kept := output_folder.settle_earlier(folder, plan.product_names()):
        report_error(
            f"{folder}: the earlier {', '.join(kept)} is kept in"
            f" {os.path.join(folder, output_folder.KEPT_FOLDER)} until a run makes it again"
        )


def clear_cache():
    """Remove the results that the jobs of a run share."""
    if not asks_doctor:
        wcs_cache.clear(Path(config["output_dir"], "segments", wcs_cache.FOLDER))


onstart:
    clear_cache()
    output_folder.keep_earlier(config["output_dir"], plan.product_names())


onsuccess:
    report_earlier()
    if not asks_doctor:
        for line in verdict_lines(config["output_dir"], plan.all_diagnostics(None)):
            logger.info(line)
    clear_cache()


onerror:
    if Quietness.ALL in quiet:
        report_error(f"the run has failed; its messages are in {', '.join(log)}")
    if workflow.scheduler and quiet & {Quietness.ALL, Quietness.RULES}:
        for line in run_messages.failure_lines(workflow.scheduler.failed):
            report_error(line)
    report_earlier()
    clear_cache()
