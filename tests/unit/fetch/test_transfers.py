import pytest

from scripts.fetch import transfers
from scripts.fetch.download import Download
from scripts.fetch.transfers import Consent, fetch_all
from scripts.lib.errors import InputError

CONTENT = {"a.fits": b"a" * 2880, "b.fits": b"b" * 5760}
YES = Consent(given=True)


@pytest.fixture(name="downloads")
def two_downloads(archive, tmp_path):
    archive.files |= CONTENT
    folder = tmp_path / "data"
    return [
        Download(folder / name, f"{archive.url}/{name}", len(content))
        for name, content in CONTENT.items()
    ]


@pytest.fixture(name="fetch")
def fetcher(downloads, tmp_path):
    """Fetch the two files without waits."""

    def fetch(agrees=YES, **options):
        return fetch_all(downloads, tmp_path / "data", agrees, waits=(0,), **options)

    return fetch


def found(tmp_path):
    return {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_files_are_listed_with_their_sizes_and_fetched(fetch, tmp_path, capsys):
    assert fetch()
    assert found(tmp_path) == CONTENT
    assert capsys.readouterr().out == "   2.9 kB  a.fits\n   5.8 kB  b.fits\n"


def test_files_that_are_there_are_not_fetched_again(fetch, archive, capsys):
    fetch()
    archive.requests.clear()
    capsys.readouterr()
    assert fetch(Consent())
    assert archive.requests == []
    assert capsys.readouterr().out == "2 of 2 files are there already\n"


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y", True), (" YES ", True), ("", False), ("n", False)]
)
def test_the_answer_of_the_user_counts(fetch, tmp_path, answer, agreed):
    asked = []
    assert fetch(Consent(ask=lambda text: asked.append(text) or answer)) is agreed
    assert asked == [f"Fetch 2 files, 8.6 kB, into {tmp_path / 'data'}? [y/N] "]
    assert bool(found(tmp_path)) is agreed


def test_a_dry_run_lists_and_fetches_nothing(fetch, tmp_path, capsys):
    assert not fetch(Consent(given=True, only_lists=True))
    assert found(tmp_path) == {}
    assert "b.fits" in capsys.readouterr().out


def test_without_a_terminal_and_agreement_nothing_is_fetched(fetch, tmp_path):
    with pytest.raises(InputError, match="expected --yes"):
        fetch(Consent())
    assert found(tmp_path) == {}


def test_one_failure_does_not_stop_the_others(fetch, archive, tmp_path):
    archive.faults["a.fits"] = [(404, {})]
    with pytest.raises(InputError, match=r"a.fits: found status 404"):
        fetch()
    assert found(tmp_path) == {"b.fits": CONTENT["b.fits"]}


def test_a_file_of_another_length_is_left_unless_it_is_to_be_replaced(fetch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.fits").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"a.fits: size: found 4 bytes, expected 2880"):
        fetch()
    assert found(tmp_path) == {"a.fits": b"mine"}
    assert fetch(replaces=True)
    assert found(tmp_path) == CONTENT


def test_what_does_not_fit_on_the_disk_is_refused_before_the_first_file(
    fetch, monkeypatch, archive
):
    monkeypatch.setattr(transfers, "free_bytes", lambda folder, base: 8639)
    with pytest.raises(InputError, match=r"disk space: found 8.6 kB free, expected 8.6 kB"):
        fetch()
    assert archive.requests == []
    monkeypatch.setattr(transfers, "free_bytes", lambda folder, base: 8640)
    assert fetch()
