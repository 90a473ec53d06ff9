"""Reference files from a server that speaks as CRDS does, asked by the real client."""

import gc

import pytest
import yaml
from crds.core.utils import clear_function_caches

from scripts.fetch.__main__ import main
from scripts.fetch.reference_files import CrdsServer
from scripts.lib.errors import InputError
from tests.support.archive_server import serve_crds
from tests.support.builders import write_association, write_exposure
from tests.support.crds_cache import reference_path, write_context, write_parameters

TYPE = ["META.EXPOSURE.TYPE"]
LRS = ("MIR_LRS-SLITLESS",)
APERTURES, CORRECTION, PSF, PARS = (
    f"jwst_miri_{name}"
    for name in (
        "extract1d_0001.json",
        "apcorr_0001.fits",
        "psf_0001.fits",
        "pars-extract1dstep_0001.asdf",
    )
)
CONTEXT = "jwst_0007.pmap"


def rules(**files):
    """Rules for MIRI LRS with a file of each of some kinds, and for another instrument."""
    miri = {kind.replace("_", "-"): (TYPE, {LRS: name}) for kind, name in files.items()}
    return {"miri": miri, "nirspec": {"extract1d": (TYPE, {("NRS_BRIGHTOBJ",): "N/A"})}}


def fill(archive, folder, **files):
    """Let the server have a context with some files, and CORRECTION as the largest of them."""
    for name in files.values():
        path = reference_path(folder / "server", name)
        if name == PARS:
            write_parameters(path, "Extract1dStep", {"extraction_type": "optimal"})
        elif name == APERTURES:
            path.write_text('{"apertures": [{"id": "ANY"}]}')
        else:
            path.write_bytes(name.encode() * 5000)
    write_context(folder / "server", 7, rules(**files))
    serve_crds(archive, folder / "server", CONTEXT)


@pytest.fixture(name="visit")
def lrs_visit(tmp_path):
    """A folder with one segment and a configuration."""
    data = tmp_path / "data"
    data.mkdir()
    day = {"DATE-OBS": "2022-07-13", "TIME-OBS": "01:02:03.5"}
    names = write_exposure(data, segments=1, INSTRUME="MIRI", **day)
    write_association(data / "lrs_asn.json", names, asn_type="tso3")
    (tmp_path / "config.yaml").write_text("associations: [data]\n")
    return tmp_path


@pytest.fixture(name="run")
def command(archive, visit, monkeypatch, caplog, capsys):
    """Run the command, whose cache is ``crds_cache``; its status and all that it writes."""

    def run(*options):
        clear_function_caches()
        caplog.clear()
        status = main(["references", "--server", archive.url, *options])
        return status, capsys.readouterr().out + caplog.text

    caplog.set_level("INFO")
    monkeypatch.chdir(visit)
    for name in ("CRDS_PATH", "CRDS_SERVER_URL", "CRDS_OBSERVATORY"):
        # The command sets them: they are to be gone afterwards.
        monkeypatch.setenv(name, "")
    yield run
    clear_function_caches()


def cached(folder):
    """Content of the files in the cache, by name."""
    return {path.name: path.read_bytes() for path in (folder / "crds_cache").rglob("*.*")}


def test_what_a_visit_needs_is_fetched_and_the_context_pinned(archive, visit, run):
    fill(archive, visit, extract1d=APERTURES, apcorr=CORRECTION)
    archive.faults[CORRECTION] = [("cut", 70_000)]
    status, text = run("--yes")
    assert status == 0, text
    mappings = {name for name in archive.files if name.endswith("map") and "nirspec" not in name}
    assert set(cached(visit)) == {*mappings, APERTURES, CORRECTION}
    assert cached(visit)[CORRECTION] == archive.files[CORRECTION]
    assert CORRECTION in text
    assert yaml.safe_load((visit / "config.yaml").read_text()) == {
        "associations": ["data"],
        "crds_context": CONTEXT,
    }
    assert f"export CRDS_PATH={visit / 'crds_cache'}" in text


def test_files_that_a_parameter_file_asks_for_are_fetched_after_it(archive, visit, run):
    fill(archive, visit, extract1d=APERTURES, apcorr=CORRECTION, psf=PSF, pars_extract1dstep=PARS)
    status, text = run("--yes")
    assert status == 0, text
    assert {PARS, PSF} <= set(cached(visit))


def test_a_wrong_file_gets_no_name_and_the_next_run_fetches_the_right_one(archive, visit, run):
    fill(archive, visit, extract1d=APERTURES)
    right = archive.files[APERTURES]
    archive.files[APERTURES] = right[::-1]
    status, text = run("--yes")
    assert status == 1, text
    assert f"{APERTURES}: sha1: found" in text
    assert APERTURES not in cached(visit)
    archive.files[APERTURES] = right
    assert run("--yes")[0] == 0
    assert cached(visit)[APERTURES] == right


def test_a_dry_run_lists_and_changes_nothing(archive, visit, run):
    fill(archive, visit, extract1d=APERTURES)
    status, text = run("--dry-run")
    assert status == 0, text
    assert f"{CONTEXT}\n" in text
    assert not (visit / "crds_cache").exists()
    assert (visit / "config.yaml").read_text() == "associations: [data]\n"


@pytest.mark.parametrize(
    "name",
    ["../../evil.rmap", "jwst_miri_../../evil.rmap", "/etc/jwst_miri_x.rmap", "jwst_miri_\x1b[2J"],
)
def test_names_of_the_server_are_never_places(archive, visit, run, name):
    fill(archive, visit, extract1d=APERTURES)
    archive.answers["get_mapping_names"] = [CONTEXT, f"jwst_miri_{name}"]
    status, text = run("--yes")
    assert status == 1, text
    assert "name: found" in text
    assert "\x1b" not in text
    assert not list(visit.rglob("*evil*"))


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("get_default_context", "latest\x1b[2J", "context: found 'latest"),
        ("get_default_context", None, "get_default_context"),
        ("get_mapping_names", 5, "get_mapping_names"),
        ("get_file_info_map", {}, f"{CONTEXT}: found None, expected its size and sha1sum"),
        ("get_file_info_map", {CONTEXT: {"size": "-1"}}, "expected its size and sha1sum"),
        ("get_server_info", {}, "none: address: found no protocol"),
    ],
)
def test_an_answer_that_is_none_ends_in_one_message(archive, visit, run, method, answer, message):
    fill(archive, visit, extract1d=APERTURES)
    archive.answers[method] = answer
    status, text = run("--yes")
    assert status == 1, text
    assert message in text
    assert "\x1b" not in text


# The client leaves sockets open when the server refuses.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_a_server_the_message_names_it(archive, visit, run):
    archive.faults["POST"] = [(503, b"", {})] * 20
    status, text = run("--yes")
    assert status == 1, text
    assert f"{archive.url}: get_default_context" in text
    gc.collect()


def test_without_data_there_is_nothing_to_select_for(archive, visit, run):
    (visit / "config.yaml").unlink()
    status, text = run("--yes")
    assert status == 1, text
    assert "config: associations: found no time series" in text


def test_an_address_that_is_not_encrypted_is_refused(tmp_path):
    with pytest.raises(InputError, match="address: found http, expected https"):
        CrdsServer("http://jwst-crds.stsci.edu", tmp_path)
