import logging
from types import SimpleNamespace

import pytest

from scripts.lib.planning.run_messages import failure_lines, is_kept


def job(rule, *wildcards, log):
    return SimpleNamespace(name=rule, wildcards=list(wildcards), log=log)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Select jobs to execute...", False),
        ("Execute 12 jobs...", False),
        ("jw01366: Nothing unusual. Report: results/jw01366_report.html", True),
        (None, True),
    ],
)
def test_rounds_of_the_scheduler_are_left_out(text, kept):
    record = logging.LogRecord("snakemake", logging.INFO, "file", 1, text, (), None)
    assert is_kept(record) is kept


def test_each_failed_job_is_named_with_its_log():
    group = SimpleNamespace(
        name="small_extract_1d", jobs=[job("extract_1d", "b", log=["logs/extract_1d/b.log"])]
    )
    single = job("summarise", log=["logs/summarise.log"])
    assert failure_lines([single, group]) == [
        "extract_1d b: failed; its log: logs/extract_1d/b.log",
        "summarise: failed; its log: logs/summarise.log",
    ]
    assert failure_lines([]) == []
