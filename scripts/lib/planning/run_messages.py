"""What a quiet run prints of Snakemake's messages, and what it says in their place."""

__all__ = ["failure_lines", "is_kept"]

_ROUNDS = ("Select jobs to execute...", "Execute ")


def is_kept(record):
    """
    Return whether a run that hides its progress prints a message of Snakemake.

    Parameters
    ----------
    record : logging.LogRecord
        The message.

    Returns
    -------
    kept : bool
        False for the two lines on each round of the scheduler, which Snakemake prints to all but ``--quiet all``.
    """
    return not str(record.msg).startswith(_ROUNDS)


def failure_lines(jobs):
    """
    Name the jobs that failed and their logs.

    Parameters
    ----------
    jobs : iterable
        Jobs of Snakemake: ``name`` is the rule, ``wildcards`` what it works on, ``log`` paths; those of
        a group are its ``jobs``.

    Returns
    -------
    lines : list of str
        One for each job, sorted.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> job = SimpleNamespace(name="extract_1d", wildcards=["jw01366_nrs1"], log=["logs/extract_1d/jw01366_nrs1.log"])
    >>> failure_lines([job])
    ['extract_1d jw01366_nrs1: failed; its log: logs/extract_1d/jw01366_nrs1.log']
    """
    single = [one for job in jobs for one in getattr(job, "jobs", [job])]
    return sorted(
        f"{' '.join([job.name, *map(str, job.wildcards)])}: failed; its log: {', '.join(job.log)}"
        for job in single
    )
