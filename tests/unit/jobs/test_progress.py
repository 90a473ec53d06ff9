import logging

import pytest

from scripts.lib.jobs import progress
from scripts.lib.jobs.progress import Progress, duration, hide_progress

LOG = logging.getLogger("test")


@pytest.fixture(name="clock")
def clock_at_will(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


def test_progress_is_logged_every_ten_seconds_and_at_the_end(clock, caplog):
    caplog.set_level(logging.INFO)
    steps = Progress(LOG, 100)
    for done in range(10, 101, 10):
        clock[0] += 4.0
        steps.update(done)
    assert messages(caplog) == [
        "30 of 100 integrations done, about 28 s left",
        "60 of 100 integrations done, about 16 s left",
        "90 of 100 integrations done, about 4 s left",
        "100 of 100 integrations done",
    ]
    assert not any(hide_progress(record) for record in caplog.records)


@pytest.mark.parametrize(("least", "expected"), [(0, 0), (1, 4), (40, 2), (1000, 0)])
def test_least_number_between_messages(clock, caplog, least, expected):
    caplog.set_level(logging.INFO)
    steps = Progress(LOG, 80, least=least)
    for done in (20, 40, 60, 80):
        clock[0] += 60.0
        steps.update(done)
    assert len(messages(caplog)) == expected


def test_results_pass_through(clock, caplog):
    caplog.set_level(logging.INFO)
    results = []
    for result in Progress(LOG, 3, "blocks").count(iter("abc")):
        results.append(result)
        clock[0] += 6.0
    assert results == ["a", "b", "c"]
    assert messages(caplog) == ["2 of 3 blocks done, about 6 s left", "3 of 3 blocks done"]
    LOG.info("other")
    assert hide_progress(caplog.records[-1])


def test_short_jobs_say_nothing(clock, caplog):
    caplog.set_level(logging.INFO)
    Progress(LOG, 3).update(3)
    assert messages(caplog) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (99, "99 s"), (100, "2 min"), (7200, "2.0 h")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text
