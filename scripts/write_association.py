"""
Write the association of segments that the workflow has grouped itself.

Outputs
-------
association
    Association of one product, JSON in the style of the archive.
"""

import json
from pathlib import Path

from scripts.lib.files.atomic import write_text


def association_text(content):
    """
    Write an association as text.

    Parameters
    ----------
    content : dict
        As of :func:`~scripts.lib.inputs.grouping.association_content`.

    Returns
    -------
    text : str
        JSON, indented as in the archive, with a line end.
    """
    return json.dumps(content, indent=4) + "\n"


def process(snakemake):
    """Write the association of one product."""
    write_text(Path(snakemake.output.association), association_text(snakemake.params.content))


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
