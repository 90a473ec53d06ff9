import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import __version__
from tso3flow import command

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(name="started")
def replaced_processes(monkeypatch):
    """Arguments of Snakemake of the runs that commands would become."""
    runs = []
    monkeypatch.setattr(os, "execv", lambda _path, arguments: runs.append(arguments[1:]))
    return runs


def test_options_go_to_snakemake_as_they_are(started):
    command.main(["run", "results/a_lc.ecsv", "--cores", "3", "--config", "export=[eureka]"])
    given = ["results/a_lc.ecsv", "--cores", "3", "--config", "export=[eureka]"]
    assert started == [["-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *given]]


def test_the_doctor_runs_alone_and_quietly(started):
    command.main(["doctor", "--configfile", "my.yaml"])
    asked = ["doctor", "--cores", "1", "--quiet", "all", "--configfile", "my.yaml"]
    assert started[0][4:] == asked


def test_a_demo_is_simulated_once_and_processed(started, tmp_path, capsys):
    folder = str(tmp_path / "visit")
    small = ["--integrations", "4", "--segments", "1", "--frame-size", "16x32"]
    command.main(["demo", folder, "--mode", "nrs_brightobj", "--cores", "1", *small])
    written = (tmp_path / "visit" / "config.yaml").stat().st_mtime_ns
    command.main(["demo", folder])
    assert (tmp_path / "visit" / "config.yaml").stat().st_mtime_ns == written
    assert [run[4:8] for run in started] == [
        ["--cores", "1", "--directory", folder],
        ["--cores", "2", "--directory", folder],
    ]
    assert capsys.readouterr().out.count("simulating") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "command: found rnu, expected one of demo, doctor, run, fetch, snakefile"),
        (["demo", "--mode"], "--mode: found no value, expected one"),
        (["demo", "--mode=xyz"], "--mode: found xyz, expected one of mir_image,"),
        (["snakefile", "x"], "snakefile: found x, expected no options"),
    ],
)
def test_a_mistake_is_one_line(arguments, message, capsys, started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"tso3flow: {message}")
    assert printed.err.count("\n") == 1
    assert not started


def test_options_of_fetching_go_to_its_own_command(capsys, started):
    with pytest.raises(SystemExit) as ended:
        command.main(["fetch", "data", "--help"])
    assert ended.value.code == 0
    assert "--program" in capsys.readouterr().out
    assert not started


def test_options_for_a_visit_that_exists_are_refused(tmp_path, capsys, started):
    (tmp_path / "config.yaml").touch()
    assert command.main(["demo", str(tmp_path), "--integrations", "9"]) == 2
    assert "found --integrations 9 for a visit that exists" in capsys.readouterr().err
    assert not started


def test_help_version_and_place_are_printed(capsys):
    assert command.main(["--help"]) == 0
    assert "tso3flow run" in capsys.readouterr().out
    assert command.main([]) == 2
    capsys.readouterr()
    assert command.main(["--version"]) == 0
    assert command.main(["snakefile"]) == 0
    assert capsys.readouterr().out == f"tso3flow {__version__}\n{ROOT / 'Snakefile'}\n"


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "tso3flow", "rnu"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tso3flow: command: found rnu")


def test_a_cache_that_cannot_be_written_is_one_line_with_the_cure(
    started, tmp_path, capsys, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    assert command.main(["run", "--cores", "1"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "set XDG_CACHE_HOME to a folder of yours" in said
    assert started == []
