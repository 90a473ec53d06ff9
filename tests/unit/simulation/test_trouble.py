"""What can be wrong with a visit: levels, limits and the command line."""

from dataclasses import asdict, replace

import pytest

from scripts.lib.errors import InputError
from scripts.simulation.__main__ import main
from scripts.simulation.options import VisitOptions
from scripts.simulation.trouble import LEVELS, Trouble


def test_nothing_is_wrong_by_default():
    values = asdict(Trouble())
    assert values.pop("err_factor") == values.pop("stripe_slope") == 1.0
    assert not any(values.values())


def test_each_level_is_worse_than_the_one_before():
    for milder, worse in (("A", "B"), ("B", "C")):
        pair = asdict(LEVELS[milder]), asdict(LEVELS[worse])
        assert all(
            pair[1][name] >= value for name, value in pair[0].items() if name != "err_factor"
        )
    assert replace(LEVELS["T"], tilt_event=0.0) == LEVELS["B"]
    assert LEVELS["T"].tilt_event > 0.0


@pytest.mark.parametrize(
    "change", [{"jitter": -1.0}, {"lost": 1.5}, {"err_factor": 0.0}, {"flat": float("nan")}]
)
def test_what_nothing_can_have_is_refused(change):
    (name,) = change
    with pytest.raises(InputError, match=f"trouble: {name}: found"):
        Trouble(**change)


@pytest.mark.parametrize("change", [{"drift": 0.3}, {"nan_rate": 0.1}, {"tilt_event": 3}])
def test_options_that_trouble_replaces_are_refused(change):
    (name,) = change
    with pytest.raises(InputError, match=f"{name}: found .*, expected none: trouble is given"):
        VisitOptions("nrc_tsimage", trouble=LEVELS["A"], **change)


def test_command_line_names_a_level(tmp_path, monkeypatch):
    seen = []

    def keep(folder, options):
        seen.append((folder, options.trouble))

    monkeypatch.setattr("scripts.simulation.__main__.simulate_visit", keep)
    assert main([str(tmp_path), "--mode", "mir_image", "--trouble", "B"]) == 0
    assert main([str(tmp_path), "--mode", "mir_image"]) == 0
    assert seen == [(tmp_path, LEVELS["B"]), (tmp_path, None)]
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), "--mode", "mir_image", "--trouble", "D"])
