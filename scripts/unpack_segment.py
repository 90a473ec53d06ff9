"""
Decompress a calibrated segment: ``.fits.gz`` to ``.fits``.

Inputs
------
packed
    Segment as the archive packs it, gzip.

Outputs
-------
calints
    The segment.
"""

import logging

from scripts.lib.files.atomic import atomic_file, open_part
from scripts.lib.inputs.compressed import check_unpacked, unpack

log = logging.getLogger(__name__)


def process(snakemake):
    """Decompress one segment."""
    source = str(snakemake.input.packed)
    with atomic_file(snakemake.output.calints) as part:
        with open_part(part, "w+b") as plain:
            unpack(source, plain)
        for finding in check_unpacked(source, part):
            log.log(
                logging.WARNING if finding.severity == "warning" else logging.INFO, "%s", finding
            )


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
