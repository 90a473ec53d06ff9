import pytest

from scripts.lib.planning.command_line import asks_for, unusable_interpreter


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ("snakemake --cores 1 doctor", True),
        ("snakemake doctor --cores 1", True),
        ("snakemake my_tso3_doctor", True),
        ("snakemake --cores 1", False),
        ("snakemake -d doctor", False),
        ("snakemake --profile doctor", False),
        ("snakemake doctors results/doctor.txt", False),
        ("doctor all", False),
    ],
)
def test_a_rule_is_asked_for_by_its_name(arguments, asked):
    assert asks_for("doctor", arguments.split()) is asked


@pytest.mark.parametrize(("sign", "found"), [(" ", "a blank"), ("'", "'"), ("(", "("), ("$", "$")])
def test_an_interpreter_that_bash_would_split_is_refused(sign, found):
    path = f"/home/me/my{sign}clone/.venv/bin/python"
    assert unusable_interpreter(path).startswith(
        f"{path}: interpreter: found {found} in its path, expected none: "
    )


def test_other_interpreters_are_accepted():
    for path in (
        "/home/m\u00fcller/tso3-flow_0.1/.venv/bin/python3.11",
        "/opt/a+b@c,d=e~f%g:h/python",
    ):
        assert unusable_interpreter(path) is None
