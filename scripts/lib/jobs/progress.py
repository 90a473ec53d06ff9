"""Progress of long jobs: in the log, and on the terminal if there is one."""

import time

__all__ = ["Progress", "duration", "unless_progress"]

# Seconds between two messages.
_INTERVAL = 10.0


class Progress:
    """
    Count what a job has done, and log it every ten seconds; nothing in a short job.

    Messages are log records with the attribute ``progress``, so that
    :func:`unless_progress` keeps them from a standard error that nobody watches.

    Parameters
    ----------
    log : logging.Logger
        Logger.
    total : int
        Number of items.
    items : str, optional
        What they are.
    least : int, optional
        Items between two messages at least; 0 for no message at all.
    """

    def __init__(self, log, total, items="integrations", least=1):
        self._log, self._total, self._items, self._least = log, total, items, least
        self._started = self._told = time.monotonic()
        self._told_count = 0

    def reached(self, done):
        """
        Log how far the job is, if it is time to.

        Parameters
        ----------
        done : int
            Number of items that are done.
        """
        now = time.monotonic()
        is_due = now - self._told >= _INTERVAL and done - self._told_count >= self._least
        is_end = done == self._total and self._told_count > 0
        if not self._least or not (is_due or is_end):
            return
        text = f"{done} of {self._total} {self._items} done"
        if done < self._total:
            left = (now - self._started) * (self._total - done) / done
            text += f", about {duration(left)} left"
        self._log.info("%s", text, extra={"progress": True})
        self._told, self._told_count = now, done

    def counted(self, results):
        """
        Pass results on and count each as an item.

        Parameters
        ----------
        results : iterable
            The results.

        Yields
        ------
        result : object
            Each of them.
        """
        for done, result in enumerate(results, start=1):
            yield result
            self.reached(done)


def duration(seconds):
    """
    Write a duration for people.

    Parameters
    ----------
    seconds : float
        Duration [s].

    Returns
    -------
    text : str
        In seconds, minutes or hours.
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"


def unless_progress(record):
    """Filter of a handler that lets all log records pass but those of progress."""
    return not getattr(record, "progress", False)
