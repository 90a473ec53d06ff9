"""Fetch data and reference files from the command line; ``python -m scripts.fetch --help``."""

import argparse
import logging
import os
import shlex
import sys
from pathlib import Path

from scripts.fetch.configuration import add_settings, read_configuration, setting_lines
from scripts.fetch.observations import find_downloads, missing_members
from scripts.fetch.reference_files import CrdsServer, Visits, missing_references
from scripts.fetch.transfers import Consent, fetch_all
from scripts.lib.errors import InputError, printable

__all__ = ["main"]

log = logging.getLogger(__name__)

_CRDS_SERVER = "https://jwst-crds.stsci.edu"
# Parameter files may choose references, and files of the pipeline those of its steps.
_ROUNDS = 4
_INTERRUPTED = 130


def main(arguments=None):
    """
    Run the command; 1 after a mistake of the user or a fault of the server.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments of the command; those of the process by default.

    Returns
    -------
    int
        Exit status; 130 when it was interrupted.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = _build_parser().parse_args(arguments)
    ask = input if sys.stdin is not None and sys.stdin.isatty() else None
    try:
        options.run(options, Consent(options.yes, options.dry_run, ask))
    except InputError as error:
        log.error("%s", error)
        return 1
    except (KeyboardInterrupt, EOFError):
        log.error("stopped; the same command goes on from there")
        return _INTERRUPTED
    return 0


def _fetch_data(options, agrees):
    """Fetch the segments and associations of an observation, and name their folder in the configuration."""
    downloads = find_downloads(options.program, options.observation, options.into, options.only)
    token = os.environ.get("MAST_API_TOKEN", "")
    if not fetch_all(downloads, options.into, agrees, token, options.replace):
        return
    for association, absent in missing_members(options.into).items():
        log.warning("%s: members: found no file for %s", association, printable(", ".join(absent)))
    _report_settings(options.config, {"associations": [str(options.into)]})


def _fetch_references(options, agrees):
    """Fetch the rules and files of CRDS that the configuration needs, and pin the context in it."""
    config, given = read_configuration(options.config)
    visits = Visits(config, given)
    server = CrdsServer(options.server, options.cache.absolute())
    context = server.context(options.context or config["crds_context"])
    log.info("context %s", context)
    if not fetch_all(server.mappings(context, visits.instruments), options.cache, agrees):
        return
    for _ in range(_ROUNDS):
        downloads = missing_references(server, visits, context)
        if not fetch_all(downloads, options.cache, agrees):
            return
        if not downloads:
            break
    _report_settings(options.config, {"crds_context": context})
    log.info("before a run: export CRDS_PATH=%s", shlex.quote(str(options.cache.absolute())))


def _report_settings(path, settings):
    """Add settings to the configuration, or say which lines it should have."""
    left = add_settings(path, settings)
    if added := {key: value for key, value in settings.items() if key not in left}:
        log.info("%s: has\n%s", path, printable(setting_lines(added).rstrip(), kept="\n"))
    if left:
        lines = printable(setting_lines(left).rstrip(), kept="\n")
        log.warning("%s: has other settings; to use what was fetched, write there\n%s", path, lines)


def _build_parser():
    """Command-line options of both subcommands."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.fetch",
        description="Fetch calibrated segments from MAST, and reference files from CRDS.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    data = commands.add_parser("data", help="segments and associations of an observation")
    data.set_defaults(run=_fetch_data)
    data.add_argument("--program", type=_number(99_999), required=True, help="e.g. 1366")
    data.add_argument("--observation", type=_number(999), required=True, help="e.g. 3")
    data.add_argument("--into", type=Path, default=Path("data"), help="folder (default data)")
    data.add_argument("--only", default="*", help="glob pattern of segments, e.g. '*_nrs1_*'")
    data.add_argument("--replace", action="store_true", help="replace files of another length")
    references = commands.add_parser("references", help="reference files that config.yaml needs")
    references.set_defaults(run=_fetch_references)
    references.add_argument(
        "--cache",
        type=Path,
        default=Path(os.environ.get("CRDS_PATH") or "crds_cache"),
        help="folder of the cache (default CRDS_PATH, or crds_cache)",
    )
    references.add_argument("--context", help="e.g. jwst_1535.pmap (default: the newest)")
    references.add_argument(
        "--server", default=os.environ.get("CRDS_SERVER_URL") or _CRDS_SERVER, help="of CRDS"
    )
    for command in (data, references):
        command.add_argument("--yes", action="store_true", help="fetch without asking")
        command.add_argument("--dry-run", action="store_true", help="list the files only")
        command.add_argument(
            "--config", type=Path, default=Path("config.yaml"), help="file to add to"
        )
    return parser


def _number(most):
    """Type of an option: a whole number from 1."""

    def number(text):
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
            msg = f"found {text!r}, expected a number from 1 to {most}"
            raise argparse.ArgumentTypeError(msg)
        return int(text)

    return number


if __name__ == "__main__":
    sys.exit(main())
