import pytest

from scripts.lib.planning.command_line import asks_for


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
