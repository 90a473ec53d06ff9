import json

import pytest

from scripts.lib.planning.verdicts import verdict_lines


def files_of(*names):
    """Diagnostics as the plan names them."""
    return [f"<results>/{name}_diagnostics.json" for name in names]


def test_each_visit_has_a_sentence_and_the_path_of_its_report(tmp_path):
    for name, headline in (("one", "Nothing unusual."), ("two", "2 things to look at.")):
        text = json.dumps({"verdict": {"headline": headline}})
        (tmp_path / f"{name}_diagnostics.json").write_text(text)
    assert verdict_lines(str(tmp_path), files_of("one", "two")) == [
        f"one: Nothing unusual. Report: {tmp_path}/one_report.html",
        f"two: 2 things to look at. Report: {tmp_path}/two_report.html",
    ]


def test_the_path_of_a_report_can_be_opened_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    text = json.dumps({"verdict": {"headline": "Nothing unusual."}})
    (tmp_path / "results/one_diagnostics.json").write_text(text)
    # As a run with --directory does.
    monkeypatch.chdir(tmp_path)
    (line,) = verdict_lines("results", files_of("one"))
    assert line.endswith(f" Report: {tmp_path}/results/one_report.html")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"verdict": 3}'])
def test_diagnostics_that_cannot_be_read_say_nothing(tmp_path, text):
    (tmp_path / "one_diagnostics.json").write_text(text)
    assert verdict_lines(str(tmp_path), files_of("one", "missing")) == []
