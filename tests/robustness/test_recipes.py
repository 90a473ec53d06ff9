"""The recipes of what users reported, some of them through real runs of Snakemake."""

import pytest

from tests.robustness.recipe_list import RECIPES
from tests.robustness.recipe_visits import BASES
from tests.robustness.recipes import Outcome, main, table_line, try_recipe


def test_each_report_has_a_recipe_that_can_fail():
    assert {recipe.item for recipe in RECIPES} == set(range(1, 20))
    for recipe in RECIPES:
        assert recipe.base in BASES
        # A run that is not refused says or makes something, or is let through where it was not.
        assert recipe.says or recipe.check or recipe.never or recipe.dry, recipe.title


def test_a_line_of_the_table_says_what_is_wrong():
    outcome = Outcome(RECIPES[0], 1, [], ["exit status 1", "does not say 'x'"], 3.4)
    assert table_line(outcome).endswith("| start | 1 | 3 | exit status 1; does not say 'x' |")


@pytest.mark.slow
def test_some_reports_are_right_through_real_runs(tmp_path, capsys):
    assert main(["--items", "13", "18", "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("| right |") == 4


@pytest.mark.slow
def test_what_is_not_right_is_found(tmp_path):
    from dataclasses import replace

    from tests.robustness.recipe_visits import Visits

    (recipe,) = (recipe for recipe in RECIPES if recipe.title == "a word for a number")
    outcome = try_recipe(replace(recipe, status=0, says=("all is well",)), 0, Visits(tmp_path))
    assert outcome.wrong == ["exit status 1", "does not say 'all is well'"]
