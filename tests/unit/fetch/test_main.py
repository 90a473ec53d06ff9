import json

import pytest

from scripts.fetch import __main__ as command
from scripts.fetch.download import Download
from scripts.lib.errors import InputError

SEGMENT = "jw01366003001_04101_00001-seg001_nrs1_calints.fits"
ASSOCIATION = "jw01366-o003_20230506t035232_tso3_00001_asn.json"
ASKED = ["data", "--program", "1366", "--observation", "3"]


@pytest.fixture(name="run")
def data_command(archive, tmp_path, monkeypatch, caplog, capsys):
    """Run the command for an observation that MAST is said to have; its status and what it writes."""
    members = [{"expname": name, "exptype": "science"} for name in (SEGMENT, "other_calints.fits")]
    products = [{"name": "jw01366-o003_t001_nirspec_x", "members": members}]
    archive.files[SEGMENT] = b"x" * 2880
    archive.files[ASSOCIATION] = json.dumps({"asn_id": "o003", "products": products}).encode()

    def find(program, observation, folder, only):
        assert (program, observation, only) == (1366, 3, "*")
        return [
            Download(folder / name, f"{archive.url}/{name}", len(content))
            for name, content in archive.files.items()
        ]

    def run(*options):
        caplog.clear()
        status = command.main([*ASKED, *options])
        return status, capsys.readouterr().out + caplog.text

    caplog.set_level("INFO")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "find_downloads", find)
    return run


def test_data_are_fetched_and_named_in_the_configuration(run, tmp_path):
    status, text = run("--yes")
    assert status == 0
    assert (tmp_path / "config.yaml").read_text() == "associations:\n- data\n"
    assert (tmp_path / "data" / SEGMENT).stat().st_size == 2880
    assert f"{ASSOCIATION}: members: found no file for other_calints.fits" in text


def test_a_configuration_with_other_data_is_left_with_a_message(run, tmp_path):
    (tmp_path / "config.yaml").write_text("associations: [mine]\n")
    status, text = run("--yes", "--into", "new")
    assert status == 0
    assert (tmp_path / "config.yaml").read_text() == "associations: [mine]\n"
    assert "has other settings; to use what was fetched, write there\nassociations:\n- new" in text


def test_a_dry_run_writes_no_configuration(run, tmp_path):
    status, text = run("--dry-run")
    assert status == 0
    assert SEGMENT in text
    assert not list(tmp_path.iterdir())


def test_the_token_of_the_user_goes_along(run, archive, monkeypatch):
    monkeypatch.setenv("MAST_API_TOKEN", "secret")
    run("--yes")
    assert {headers["Authorization"] for headers in archive.headers_of(SEGMENT)} == {"token secret"}


def test_a_mistake_is_one_message_and_status_1(run, archive):
    archive.faults[SEGMENT] = [(404, {})]
    status, text = run("--yes")
    assert status == 1
    assert f"{SEGMENT}: found status 404" in text


def test_an_interruption_says_how_to_go_on(run, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "find_downloads", interrupt)
    status, text = run("--yes")
    assert status == 130
    assert "the same command goes on" in text


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "100000", "²", "1366/../..", ""])
def test_a_program_is_a_number(text, capsys):
    with pytest.raises(SystemExit):
        command.main(["data", "--program", text, "--observation", "3"])
    assert "expected a number from 1 to 99999" in capsys.readouterr().err


def test_a_message_never_has_what_a_terminal_obeys(run, monkeypatch):
    def fail(*arguments):
        msg = "found \x1b[2J"
        raise InputError(msg)

    monkeypatch.setattr(command, "find_downloads", fail)
    assert "\\x1b[2J" in run("--yes")[1]
