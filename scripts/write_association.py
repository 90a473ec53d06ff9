"""
Write the association of segments that the workflow has grouped itself.

Outputs
-------
association
    Association of one product, JSON in the style of the archive.
"""

import json

from scripts.lib.files.atomic import atomic_file


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
    with atomic_file(snakemake.output.association) as part:
        part.write_text(association_text(snakemake.params.content), encoding="utf-8")


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
