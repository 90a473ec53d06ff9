"""
What users reported, tried on small simulated visits through real runs of Snakemake.

``python -m tests.robustness.recipes`` makes each visit, spoils it, runs the workflow, compares what it says and
writes with what is right, and prints a table; ``--items 3 8`` does some, ``--messages`` prints
what the runs say. All take some minutes of CPU time on one core.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.robustness.recipe_list import RECIPES, Recipe
from tests.robustness.recipe_visits import Visits, clone_environment, two_exposures

__all__ = ["Outcome", "main", "run_workflow", "table_line", "try_recipe"]

ROOT = Path(__file__).resolve().parents[2]
# What Snakemake says of itself.
_CHATTER = re.compile(
    r"^(Config file|Assuming unrestricted|Building DAG|host: |Using shell|Conda environments|Select jobs"
    r"|Execute \d|Complete log|Elapsed time|$)|^[\d-]+ [\d:,]+ INFO "
)


@dataclass(frozen=True)
class Outcome:
    """
    What became of a recipe.

    Attributes
    ----------
    recipe : Recipe
        The recipe.
    status : int
        Exit status of the run.
    lines : list of str
        What it said, without what Snakemake says of itself.
    wrong : list of str
        What is not right; empty if all is.
    seconds : float
        Time of the run.
    """

    recipe: Recipe
    status: int
    lines: list
    wrong: list
    seconds: float


def try_recipe(recipe, number, made):
    """
    Make a visit, run the workflow on it, and compare.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    number : int
        Its place among all, for the name of its folder.
    made : Visits
        Where visits are.

    Returns
    -------
    outcome : Outcome
        What became of it.
    """
    folder = made.copy(recipe.base, f"{recipe.item:02d}_{number:02d}")
    if recipe.spoil is None:
        two_exposures(folder, made.copy("second", f"{recipe.item:02d}_other"))
    else:
        recipe.spoil(folder)
    started = time.monotonic()
    status, lines = run_workflow(folder, recipe)
    seconds = time.monotonic() - started
    pages = " ".join(path.read_text() for path in folder.glob("results/*_report.html"))
    said, wrong = "\n".join(lines) + pages, []
    if status != recipe.status:
        wrong.append(f"exit status {status}")
    wrong += [f"does not say {text!r}" for text in recipe.says if not re.search(text, said)]
    never = (*recipe.never, "Traceback")
    wrong += [f"says {text!r}" for text in never if re.search(text, said)]
    if recipe.check and not wrong:
        try:
            recipe.check(folder)
        except (AssertionError, KeyError, IndexError, ValueError, OSError) as error:
            place = error.__traceback__.tb_next.tb_lineno if error.__traceback__.tb_next else 0
            wrong.append(f"{recipe.check.__name__}, line {place}: {error!r}")
    return Outcome(recipe, status, lines, wrong, seconds)


def run_workflow(folder, recipe):
    """
    Run Snakemake on a visit.

    Parameters
    ----------
    folder : Path
        Its folder.
    recipe : Recipe
        Whether to do more than the checks at the start, and in which environment.

    Returns
    -------
    status : int
        Exit status.
    lines : list of str
        What it said, without what Snakemake says of itself.
    """
    python = clone_environment(folder / recipe.clone) if recipe.clone else sys.executable
    command = [str(python), "-m", *recipe.command]
    if recipe.command == ("snakemake",):
        command += ["--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "1", "--directory", str(folder), "--configfile", "config.yaml"]
    command += ["--quiet", "host", "rules", "progress", *(["--dry-run"] if recipe.dry else [])]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | recipe.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (done.stdout + done.stderr).splitlines()
    lines = list(dict.fromkeys(line for line in lines if not _CHATTER.match(line)))
    (folder / "run.log").write_text("\n".join(lines))
    return done.returncode, lines


def table_line(outcome):
    """
    Line of the table.

    Parameters
    ----------
    outcome : Outcome
        Of a recipe.

    Returns
    -------
    line : str
        In Markdown: item, title, whether it ran, exit status, seconds, and what is wrong.
    """
    recipe = outcome.recipe
    kind = "start" if recipe.dry else "run"
    verdict = "; ".join(outcome.wrong) or "right"
    return f"| {recipe.item} | {recipe.title} | {kind} | {outcome.status} | {outcome.seconds:.0f} | {verdict} |"


def main(arguments=None):
    """
    Run the program.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line; those of the process by default.

    Returns
    -------
    wrong : int
        Number of recipes that did not go as they should.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.recipes")
    parser.add_argument("--items", type=int, nargs="+", help="numbers of reports; all by default")
    parser.add_argument("--starts", action="store_true", help="only what runs no job")
    parser.add_argument("--messages", action="store_true", help="print what the runs say")
    parser.add_argument("--folder", type=Path, help="keep the visits there")
    options = parser.parse_args(arguments)
    wrong = 0
    print("| item | visit | | exit | s | |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="recipes_") as temporary:
        made = Visits((options.folder or Path(temporary)).resolve())
        for number, recipe in enumerate(RECIPES):
            if options.items and recipe.item not in options.items:
                continue
            if options.starts and not recipe.dry:
                continue
            outcome = try_recipe(recipe, number, made)
            wrong += bool(outcome.wrong)
            print(table_line(outcome), flush=True)
            for line in outcome.lines if options.messages else ():
                print(f"    {line}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(), 1))
