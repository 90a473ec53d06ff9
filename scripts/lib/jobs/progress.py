"""Report the progress of long jobs: in the log, and on the terminal if there is one."""

import time

__all__ = ["Progress", "duration", "hide_progress"]

# Seconds between two messages.
_INTERVAL = 10.0


class Progress:
    """
    Log every ten seconds how many items of a job are done; shorter jobs log nothing.

    Messages are log records with the attribute ``progress``, so that
    :func:`hide_progress` keeps them from a standard error that is no terminal.

    Parameters
    ----------
    log : logging.Logger
        Logger.
    total : int
        Number of items.
    items : str, optional
        Plural noun for the items.
    least : int, optional
        Least number of items between two messages; 0 for no message at all.
    """

    def __init__(self, log, total, items="integrations", least=1):
        self._log, self._total, self._items, self._least = log, total, items, least
        self._started = self._logged = time.monotonic()
        self._logged_count = 0

    def update(self, done):
        """
        Log how many items are done, if a message is due.

        Parameters
        ----------
        done : int
            Number of items that are done.
        """
        now = time.monotonic()
        is_due = now - self._logged >= _INTERVAL and done - self._logged_count >= self._least
        is_end = done == self._total and self._logged_count > 0
        if not self._least or not (is_due or is_end):
            return
        text = f"{done} of {self._total} {self._items} done"
        if done < self._total:
            left = (now - self._started) * (self._total - done) / done
            text += f", about {duration(left)} left"
        self._log.info("%s", text, extra={"progress": True})
        self._logged, self._logged_count = now, done

    def count(self, results):
        """
        Pass results on and count each as an item.

        Parameters
        ----------
        results : iterable
            Results, one for each item.

        Yields
        ------
        result : object
            Each result.
        """
        for done, result in enumerate(results, start=1):
            yield result
            self.update(done)


def duration(seconds):
    """
    Text of a duration for messages.

    Parameters
    ----------
    seconds : float
        Duration [s].

    Returns
    -------
    text : str
        Duration in seconds, minutes or hours, with its unit.
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"


def hide_progress(record):
    """
    Filter log records: all pass except those of progress.

    Parameters
    ----------
    record : logging.LogRecord
        The record.

    Returns
    -------
    passes : bool
        False if the record has the attribute ``progress``.
    """
    return not getattr(record, "progress", False)
