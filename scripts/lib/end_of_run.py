"""What is left to do when all jobs of a run have ended."""

_SCHEDULER = "snakemake.scheduling."


def cancel_scheduler_timers(threads):
    """
    Cancel the timers of Snakemake's scheduler, for which the run would wait.

    The scheduler looks for jobs again a second after it has started some, the
    last ones too (Snakemake 9). Timers of others, such as plugins, go on.

    Parameters
    ----------
    threads : iterable of threading.Thread
        All threads of a process in which no job is left.
    """
    for thread in threads:
        module = getattr(getattr(thread, "function", None), "__module__", None)
        if (module or "").startswith(_SCHEDULER):
            thread.cancel()
