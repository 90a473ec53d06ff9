"""The end of a run waits for nobody's timers but its own."""

import threading
import time

from snakemake.scheduling.job_scheduler import JobScheduler

from scripts.lib.end_of_run import cancel_scheduler_timers


def test_only_timers_of_the_scheduler_are_cancelled():
    lock, called = threading.Lock(), []
    lock.acquire()
    timers = [threading.Timer(0.05, called.append, [1]), threading.Timer(0.05, lock.release)]
    scheduler = JobScheduler.__new__(JobScheduler)
    scheduler._open_jobs = threading.Semaphore(0)
    before = set(threading.enumerate())
    scheduler._schedule_reevalutation(60)
    (pending,) = set(threading.enumerate()) - before
    for timer in timers:
        timer.start()
    started = time.monotonic()
    cancel_scheduler_timers(threading.enumerate())
    for thread in (pending, *timers):
        thread.join(30)
    assert time.monotonic() - started < 30
    assert called == [1]
    assert not lock.locked()
    assert not scheduler._open_jobs.acquire(blocking=False)
