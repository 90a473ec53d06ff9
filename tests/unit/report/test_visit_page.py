"""The page of a visit: facts, dates, plots for which there are data, and files of plots."""

import pytest

from scripts.lib.report.visit_page import draw_figures, figure_file, visit_dates, visit_facts
from tests.support.plotted import plotted_curve

VISIT = {
    "instrument": "NIRSPEC",
    "exp_type": "NRS_BRIGHTOBJ",
    "filter": None,
    "n_segments": 1,
    "n_integrations": 60,
    "start_bjd_tdb": 59771.25,
    "duration_h": 1.5,
}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {},
            "NIRSPEC, NRS_BRIGHTOBJ. 60 integrations in 1 segment over 90.00 min "
            "from BJD 2459771.75000 (TDB).",
        ),
        (
            {"filter": "CLEAR", "n_segments": 2, "duration_h": None},
            "NIRSPEC, NRS_BRIGHTOBJ, CLEAR. 60 integrations in 2 segments.",
        ),
        (
            {"instrument": None, "exp_type": None, "duration_h": None},
            "60 integrations in 1 segment.",
        ),
    ],
)
def test_facts_are_those_that_are_known(changes, text):
    assert visit_facts(VISIT | changes) == text


def test_dates_are_those_of_observation_and_run(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    primary = {"DATE-OBS": "2022-07-10", "TIME-OBS": "19:55:12.345"}
    assert visit_dates(primary) == (
        "Observed 2022-07-10 19:55:12 UTC. Processed 1970-01-02 00:00 UTC."
    )
    assert visit_dates({}) == "Processed 1970-01-02 00:00 UTC."


def test_plots_without_data_are_not_on_the_page():
    figures = draw_figures(["white_light", "tilt_frames", "position"], [plotted_curve()])
    assert [figure.name for figure in figures] == ["white_light", "position"]
    (drawing,) = figures[0].drawings
    assert drawing.alt.startswith("NRS1: Plot of flux and residuals against time.")
    assert figures[1].title == "Position and width"


def test_files_of_plots_have_all_panels_or_say_that_there_are_none():
    figures = draw_figures(["white_light"], [plotted_curve(), plotted_curve("NRS2")])
    svg = figure_file("white_light", figures)
    assert svg.count("<svg") > 2
    assert 'width="960"' in svg
    empty = figure_file("tilt_frames", figures)
    assert "Frames at a jump: this visit has nothing to draw." in empty
