"""
The command ``tso3flow``: a simulated visit, the doctor, and runs of the workflow.

Everything that is not its own goes to Snakemake as it is.
"""

import os
import sys
from pathlib import Path

from scripts import __version__
from scripts.lib.errors import InputError

__all__ = ["main", "snakefile"]

_HELP = """\
usage: tso3flow COMMAND ...

  tso3flow demo [--mode MODE] [FOLDER] [options of the simulator]
      simulate a small visit with a transit, of NIRSpec unless MODE says otherwise, and process it
  tso3flow doctor [options of Snakemake]
      print one page about all that is wrong or unusual with the data of this folder's config.yaml
  tso3flow run [targets and options of Snakemake], such as: tso3flow run --cores 4
      process the data of this folder's config.yaml
  tso3flow fetch data|references [options], see tso3flow fetch --help
      fetch segments from MAST or references from CRDS
  tso3flow snakefile
      print the path of the workflow, for options and modules of Snakemake

  tso3flow --version
"""
_DOCTOR = ("doctor", "--cores", "1", "--quiet", "all")
_FIRST_MODE, _IMAGE_INTEGRATIONS = "nrs_brightobj", "600"


def main(arguments=None):
    """
    Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments after the name of the command; by default those of this process.

    Returns
    -------
    status : int
        2 after a mistake in the command, of which one line is printed, and 0 where there is nothing to
        run. The workflow takes the place of this process, which then does not return.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(_HELP)
        return 0 if arguments else 2
    command, *rest = arguments
    if command == "--version":
        sys.stdout.write(f"tso3flow {__version__}\n")
        return 0
    commands = {"demo": _demo, "doctor": _doctor, "run": _run}
    commands |= {"fetch": _fetch, "snakefile": _snakefile}
    try:
        if command not in commands:
            msg = f"command: found {command}, expected one of {', '.join(commands)}"
            raise InputError(msg)
        return commands[command](rest)
    except InputError as error:
        sys.stderr.write(f"tso3flow: {error}\n")
        return 2


def snakefile():
    """
    Find the workflow.

    Returns
    -------
    path : Path
        The Snakefile of the installed package or of the clone that this module is in.
    """
    package = Path(__file__).resolve().parent
    inside = package / "Snakefile"
    return inside if inside.is_file() else package.parent / "Snakefile"


def _snakefile(rest):
    """Print where the workflow is."""
    if rest:
        msg = f"snakefile: found {' '.join(rest)}, expected no options"
        raise InputError(msg)
    sys.stdout.write(f"{snakefile()}\n")
    return 0


def _fetch(rest):
    """Fetch data or references."""
    from scripts.fetch.__main__ import main as fetch

    return fetch(rest)


def _run(rest):
    """Run the workflow in the working folder."""
    return _become_snakemake(rest)


def _doctor(rest):
    """Examine the data; what is given later wins over our own options."""
    return _become_snakemake([*_DOCTOR, *rest])


def _demo(rest):
    """Simulate a visit unless there is one, and process it."""
    rest = list(rest)
    mode = _take(rest, "--mode") or _FIRST_MODE
    cores = _take(rest, "--cores") or "2"
    folder = Path(rest.pop(0) if rest and not rest[0].startswith("-") else f"demo/{mode}")
    if not (folder / "config.yaml").exists():
        _simulate(folder, mode, rest)
    elif rest:
        msg = f"demo: found {' '.join(rest)} for a visit that exists, expected another folder than {folder}"
        raise InputError(msg)
    sys.stdout.write(f"demo: processing {folder}; the products come to {folder / 'results'}\n")
    sys.stdout.flush()
    return _become_snakemake(["--cores", cores, "--directory", str(folder)])


def _take(options, name):
    """Take an option and its value out of a list; None if it is not there."""
    for position, option in enumerate(options):
        if option.startswith(f"{name}="):
            return options.pop(position).partition("=")[2]
        if option == name:
            if position + 1 == len(options):
                msg = f"{name}: found no value, expected one"
                raise InputError(msg)
            options.pop(position)
            return options.pop(position)
    return None


def _simulate(folder, mode, options):
    """Write a simulated visit."""
    from scripts.simulation.__main__ import main as simulate
    from scripts.simulation.modes import MODES

    if mode not in MODES:
        msg = f"--mode: found {mode}, expected one of {', '.join(sorted(MODES))}"
        raise InputError(msg)
    lengths = ["--integrations", _IMAGE_INTEGRATIONS] if mode.endswith("image") else []
    sys.stdout.write(f"demo: simulating a visit in {folder}\n")
    sys.stdout.flush()
    if simulate([str(folder), "--mode", mode, *lengths, *options]):
        msg = f"demo: found that no visit could be simulated in {folder}, expected one"
        raise InputError(msg)


def _check_cache():
    """Refuse a cache that cannot be written, at which Snakemake ends in a traceback before it reads anything."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        writable = os.access(cache, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        msg = (
            f"{cache}: folder: found that no file can be written, which Snakemake needs; "
            "set XDG_CACHE_HOME to a folder of yours"
        )
        raise InputError(msg)


def _become_snakemake(arguments):
    """Replace this process by Snakemake, so that signals and its status are its own."""
    _check_cache()
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile()), *arguments]
    sys.stdout.flush()
    os.execv(sys.executable, command)
