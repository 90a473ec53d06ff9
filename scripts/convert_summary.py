"""
Write a table of all visits in another format.

Inputs
------
table
    Light curves, depths or costs of all visits, ECSV.

Outputs
-------
converted
    The same table as CSV or Parquet.

Settings
--------
summary_formats
    The formats.
"""

import logging
from pathlib import Path

from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.files.frames import write_frame

log = logging.getLogger(__name__)


def process(snakemake):
    """Write one table in one format."""
    columns, units, _ = read_ecsv(snakemake.input.table)
    path = Path(snakemake.output.converted)
    write_frame(path, columns, units)
    log.info("%s: written", path.name)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process, logs_input_warnings=False)
