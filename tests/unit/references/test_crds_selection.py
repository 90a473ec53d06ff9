"""Names of references by the rules of a CRDS context."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lib.errors import InputError
from scripts.lib.references import crds_selection
from scripts.lib.references.crds_selection import CrdsSelection, open_selection
from tests.support.crds_cache import write_context

ROOT = Path(__file__).resolve().parents[3]
HEADER = {
    "INSTRUME": "MIRI",
    "EXP_TYPE": "MIR_LRS-SLITLESS",
    "TSOVISIT": True,
    "DATE-OBS": "2022-07-13",
    "TIME-OBS": "01:02:03.5",
}
NUMBERS = itertools.count(1)
TYPE = ["META.EXPOSURE.TYPE"]
RULES = {
    "miri": {
        "extract1d": (
            TYPE,
            {("MIR_LRS-FIXEDSLIT|MIR_LRS-SLITLESS",): "jwst_miri_extract1d_0001.json"},
        ),
        "apcorr": (TYPE, {("MIR_LRS-SLITLESS",): "N/A"}),
        "pars-outlierdetectionstep": (
            [*TYPE, "META.VISIT.TSOVISIT"],
            {
                ("MIR_LRS-SLITLESS", "T"): "jwst_miri_pars-outlierdetectionstep_0002.asdf",
                ("MIR_LRS-SLITLESS", "F"): "jwst_miri_pars-outlierdetectionstep_0001.asdf",
            },
        ),
    }
}


@pytest.fixture(name="installed")
def crds_installed(monkeypatch):
    """Let the package seem to be installed, so that only the cache is looked at."""
    monkeypatch.setattr(crds_selection, "find_spec", lambda name: object())


def line(findings):
    """The only finding, with its severity."""
    (finding,) = findings
    return f"{finding.severity}: {finding}"


def test_without_cache_and_context_nothing_is_said():
    assert open_selection(None, {}) == (None, [])


def test_a_context_without_a_cache_is_an_error():
    found, findings = open_selection("jwst_0001.pmap", {})
    assert found is None
    expected = "the variable CRDS_PATH to name a CRDS cache"
    assert (
        line(findings) == f"error: config: crds_context: found jwst_0001.pmap, expected {expected}"
    )


def test_a_cache_without_the_package_is_reported_as_unusable(monkeypatch, tmp_path):
    monkeypatch.setattr(crds_selection, "find_spec", lambda name: None)
    found, findings = open_selection(None, {"CRDS_PATH": str(tmp_path)})
    assert found is None
    assert line(findings).startswith(f"warning: environment: CRDS_PATH: found {tmp_path}, expected")
    assert line(findings).endswith(
        "pip install crds: no reference file is taken from the CRDS cache"
    )
    _, findings = open_selection("jwst_0001.pmap", {"CRDS_PATH": str(tmp_path)})
    assert line(findings).startswith("error: config: crds_context: found jwst_0001.pmap, expected")


@pytest.mark.usefixtures("installed")
def test_the_context_must_be_in_the_cache(tmp_path):
    _, findings = open_selection("jwst_0002.pmap", {"CRDS_PATH": str(tmp_path)})
    assert "`crds sync --contexts jwst_0002.pmap` adds it" in line(findings)
    assert findings[0].severity == "error"
    _, findings = open_selection(None, {"CRDS_PATH": str(tmp_path)})
    assert line(findings).startswith("warning: environment: CRDS_PATH: found")


@pytest.mark.usefixtures("installed")
def test_configuration_then_environment_then_last_synchronisation(tmp_path):
    for number in (1, 2, 3):
        write_context(tmp_path, number, RULES)
    (tmp_path / "config" / "jwst").mkdir(parents=True)
    server = "{'operational_context': 'jwst_0001.pmap', 'latest_context': 'jwst_0003.pmap'}"
    (tmp_path / "config" / "jwst" / "server_config").write_text(server)
    environment = {"CRDS_PATH": str(tmp_path), "CRDS_CONTEXT": "jwst_0002.pmap"}
    found, findings = open_selection("jwst_0001.pmap", environment)
    assert (found.context, findings) == ("jwst_0001.pmap", [])
    found, findings = open_selection(None, environment)
    assert (found.context, findings) == ("jwst_0002.pmap", [])
    for named in ({}, {"CRDS_CONTEXT": "latest"}):
        found, findings = open_selection(None, {"CRDS_PATH": str(tmp_path), **named})
        assert found.context == "jwst_0003.pmap"
        assert line(findings).startswith("note: environment: CRDS_PATH: found")


def test_the_package_is_imported_where_a_name_is_wanted():
    code = (
        "import sys, scripts.lib.references.selection\n"
        "sys.exit(' '.join({'crds', 'asdf', 'astropy', 'yaml'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


class TestRules:
    @pytest.fixture(name="selection")
    def context_in_a_cache(self, tmp_path, monkeypatch):
        """A context whose name no other test has, as crds keeps mappings in memory by name."""
        monkeypatch.setenv("CRDS_PATH", str(tmp_path))
        context = write_context(tmp_path, next(NUMBERS), RULES)
        return open_selection(context, {"CRDS_PATH": str(tmp_path)})[0]

    def test_names(self, selection):
        assert selection.name("extract1d", HEADER) == "jwst_miri_extract1d_0001.json"
        assert selection.name("apcorr", HEADER) == "N/A"
        assert selection.name("gain", HEADER) is None
        image = HEADER | {"EXP_TYPE": "MIR_IMAGE"}
        assert selection.name("extract1d", image) is None

    def test_logicals_are_compared(self, selection):
        kind = "pars-outlierdetectionstep"
        found = [selection.name(kind, HEADER | {"TSOVISIT": value}) for value in (True, False)]
        assert found == [f"jwst_miri_{kind}_000{k}.asdf" for k in (2, 1)]

    def test_before_the_first_use_there_is_no_file(self, selection):
        assert selection.name("extract1d", HEADER | {"DATE-OBS": "2019-01-01"}) is None

    def test_paths_are_in_the_cache_which_is_not_written_to(self, selection, tmp_path):
        name = "jwst_miri_extract1d_0001.json"
        found = Path(selection.path(name))
        assert found == tmp_path / "references" / "jwst" / "miri" / name
        assert not (tmp_path / "references").exists()

    def test_a_broken_mapping_is_reported(self, selection, tmp_path):
        context = selection.context
        (tmp_path / "mappings" / "jwst" / context.replace("jwst_", "jwst_miri_")).with_suffix(
            ".imap"
        ).unlink()
        with pytest.raises(InputError, match=rf"^{context}: mapping: found .*imap"):
            selection.name("extract1d", HEADER)

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"header = {", b"import os\n"])
    def test_a_corrupted_mapping_is_reported(self, selection, tmp_path, content):
        (path,) = (tmp_path / "mappings" / "jwst").glob("*extract1d*.rmap")
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            selection.name("extract1d", HEADER)
        assert str(caught.value).startswith(f"{selection.context}: mapping: found ")
        assert "\n" not in str(caught.value)


def test_answers_are_kept(monkeypatch):
    asked = []
    monkeypatch.setattr(
        crds_selection, "_best_reference", lambda *question: asked.append(question) or "a.json"
    )
    selection = CrdsSelection("jwst_0001.pmap")
    assert [selection.name("extract1d", HEADER) for _ in range(3)] == ["a.json"] * 3
    assert len(asked) == 1
