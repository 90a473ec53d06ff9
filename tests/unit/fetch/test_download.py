from hashlib import sha1

import pytest

from scripts.fetch.download import Download, check_address, fetch_file, is_plain_name, open_session
from scripts.lib.errors import InputError

NAME = "jw01366003001_04101_00001-seg001_nrs1_calints.fits"
# A cut loses what has come of a chunk.
CHUNK = 1 << 16
CONTENT = bytes(range(256)) * (CHUNK // 256) * 11 + b"end"
LENGTH, HALF = len(CONTENT), 5 * CHUNK
ATTEMPTS = 3


@pytest.fixture(name="fetch")
def fetcher(archive, tmp_path):
    """Fetch the file with two repetitions without a wait; its bytes."""

    def fetch(size=LENGTH, digest="", token="", name=NAME):
        path = tmp_path / "data" / name
        wanted = Download(path, f"{archive.url}/file?uri=mast:JWST/product/{name}", size, digest)
        with open_session(token) as session:
            fetch_file(session, wanted, waits=(0,) * (ATTEMPTS - 1))
        return path.read_bytes()

    archive.files[NAME], archive.tags[NAME] = CONTENT, '"one"'
    return fetch


def left(tmp_path):
    """Names and lengths of all files that are left in the folder, hidden ones included."""
    return {path.name: path.stat().st_size for path in (tmp_path / "data").iterdir()}


def ranges(archive):
    """Ranges that were asked for, one for each request."""
    return [headers.get("Range") for headers in archive.headers_of(NAME)]


def test_a_file_arrives_whole_and_leaves_nothing_else(fetch, tmp_path):
    assert fetch(digest=sha1(CONTENT).hexdigest()) == CONTENT
    assert left(tmp_path) == {NAME: len(CONTENT)}


def test_an_empty_file_arrives(fetch, archive, tmp_path):
    archive.files[NAME] = b""
    assert fetch(size=0) == b""
    assert left(tmp_path) == {NAME: 0}


def test_after_a_cut_the_rest_is_fetched(fetch, archive):
    archive.faults[NAME] = [("cut", CHUNK + 1), ("cut", 2 * CHUNK + 1)]
    assert fetch() == CONTENT
    assert ranges(archive) == [None, f"bytes={CHUNK}-", f"bytes={3 * CHUNK}-"]


def test_cuts_that_bring_new_bytes_may_be_many(fetch, archive):
    archive.faults[NAME] = [("cut", CHUNK)] * 10
    assert fetch() == CONTENT


def test_the_next_run_goes_on_where_the_last_one_stopped(fetch, archive, tmp_path):
    archive.faults[NAME] = [("cut", HALF), *[(503, {})] * ATTEMPTS]
    with pytest.raises(InputError, match=f"{NAME}: found status 503 .*{HALF} bytes of it are kept"):
        fetch()
    assert left(tmp_path) == {f".{NAME}.part": HALF, f".{NAME}.version": 64}
    assert fetch() == CONTENT
    assert ranges(archive)[-1] == f"bytes={HALF}-"
    assert left(tmp_path) == {NAME: len(CONTENT)}


def test_two_versions_of_a_file_are_never_put_together(fetch, archive):
    archive.faults[NAME] = [("cut", HALF), *[(503, {})] * ATTEMPTS]
    with pytest.raises(InputError):
        fetch()
    archive.files[NAME], archive.tags[NAME] = CONTENT[::-1], '"two"'
    assert fetch() == CONTENT[::-1]


def test_without_a_mark_of_the_version_the_next_run_starts_from_scratch(fetch, archive, tmp_path):
    del archive.tags[NAME]
    archive.faults[NAME] = [("cut", HALF), *[(503, {})] * ATTEMPTS]
    with pytest.raises(InputError, match="try again later"):
        fetch()
    assert fetch() == CONTENT
    assert ranges(archive)[-1] is None


def test_a_server_that_sends_no_parts_sends_the_whole_again(fetch, archive):
    archive.ranges = False
    archive.faults[NAME] = [("cut", CHUNK + 1)]
    assert fetch() == CONTENT


def test_a_part_beyond_the_file_is_not_used(fetch, archive, tmp_path):
    archive.files[NAME] = CONTENT * 2
    archive.faults[NAME] = [("cut", len(CONTENT) + 5), *[(503, {})] * ATTEMPTS]
    with pytest.raises(InputError):
        fetch(size=2 * len(CONTENT))
    archive.files[NAME] = CONTENT
    assert fetch() == CONTENT


def test_a_server_that_always_cuts_ends_in_an_error(fetch, archive):
    archive.ranges = False
    archive.faults[NAME] = [("cut", CHUNK + 1)] * 20
    with pytest.raises(InputError, match="the transfer cut"):
        fetch()
    assert len(ranges(archive)) == ATTEMPTS


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_that_may_pass_is_waited_for(fetch, archive, status):
    archive.faults[NAME] = [(status, {"Retry-After": "0"})]
    assert fetch() == CONTENT


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "no such file"), (403, "MAST_API_TOKEN"), (400, "does not send it")],
)
def test_a_refusal_is_reported_at_once(fetch, archive, tmp_path, status, reason):
    archive.faults[NAME] = [(status, {})]
    with pytest.raises(InputError, match=f"{NAME}: found status {status} .*{reason}"):
        fetch()
    assert len(ranges(archive)) == 1
    assert left(tmp_path) == {}


@pytest.mark.parametrize("length", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_another_length_than_listed_is_refused_before_anything_is_written(fetch, tmp_path, length):
    with pytest.raises(
        InputError, match=f"size: found {len(CONTENT)} bytes at the server, expected {length}"
    ):
        fetch(size=length)
    assert left(tmp_path) == {}


def test_more_bytes_than_listed_are_not_kept(fetch, archive, tmp_path):
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT) + 1, CONTENT + b"x")
    archive.faults[NAME] = [("send", chunked, {"Transfer-Encoding": "chunked"})]
    with pytest.raises(InputError, match=f"size: found more than {len(CONTENT)} bytes"):
        fetch()
    assert left(tmp_path) == {}


def test_a_server_that_announces_no_length_is_checked_by_the_list(fetch, archive):
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
    archive.faults[NAME] = [("send", chunked, {"Transfer-Encoding": "chunked"})]
    assert fetch() == CONTENT


def test_without_any_length_a_file_is_refused(fetch, archive):
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
    archive.faults[NAME] = [("send", chunked, {"Transfer-Encoding": "chunked"})]
    with pytest.raises(InputError, match="size: found none"):
        fetch(size=None)


def test_without_a_listed_length_the_announced_one_counts(fetch, archive):
    archive.faults[NAME] = [("cut", CHUNK + 1)]
    assert fetch(size=None) == CONTENT


def test_another_checksum_is_refused_and_not_kept(fetch, tmp_path):
    with pytest.raises(InputError, match=r"sha1: found .*, expected 0000"):
        fetch(digest="0" * 40)
    assert left(tmp_path) == {}


def test_a_compressed_transfer_is_refused(fetch, archive):
    archive.faults[NAME] = [("send", CONTENT, {"Content-Encoding": "gzip"})]
    with pytest.raises(InputError, match="found a compressed transfer"):
        fetch()


@pytest.mark.parametrize(
    "target", ["../../../evil.fits", "%2e%2e%2f%2e%2e%2fevil.fits", "a/b/c.fits"]
)
def test_a_redirect_to_another_name_does_not_choose_the_place(fetch, archive, tmp_path, target):
    archive.files["evil.fits"] = archive.files["c.fits"] = CONTENT
    headers = {
        "Location": f"{archive.url}/{target}",
        "Content-Disposition": 'attachment; filename="../../evil.fits"',
    }
    archive.faults[NAME] = [(302, headers)]
    assert fetch() == CONTENT
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [NAME]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_another_protocol_is_refused(fetch, archive, target):
    archive.faults[NAME] = [(302, {"Location": target})]
    with pytest.raises(InputError, match=f"{NAME}: address: found"):
        fetch()


def test_redirects_without_end_are_an_error(fetch, archive):
    archive.faults[NAME] = [(302, {"Location": f"{archive.url}/{NAME}"})] * 40
    with pytest.raises(InputError, match="address: found Exceeded 30 redirects"):
        fetch()


def test_the_token_goes_to_the_archive_and_not_where_it_redirects_to(fetch, archive):
    other = archive.url.replace("127.0.0.1", "localhost")
    archive.faults[NAME] = [(302, {"Location": f"{other}/other.fits"})]
    archive.files["other.fits"] = CONTENT
    assert fetch(token="secret") == CONTENT
    assert archive.headers_of(NAME)[0]["Authorization"] == "token secret"
    assert "Authorization" not in archive.headers_of("other.fits")[0]


def test_nobody_who_listens_is_an_error_after_the_last_attempt(tmp_path):
    wanted = Download(tmp_path / NAME, "http://127.0.0.1:9/x", 1)
    with open_session() as session, pytest.raises(InputError, match="found no connection"):
        fetch_file(session, wanted, waits=(0,))


@pytest.mark.parametrize(
    "url", ["https://mast.stsci.edu/x", "http://127.0.0.1:80/", "http://[::1]/"]
)
def test_encrypted_and_local_addresses_are_accepted(url):
    check_address(url)


@pytest.mark.parametrize(
    "url", ["http://mast.stsci.edu", "ftp://a/b", "x", "https://", "http://127.0.0.1.evil.org/"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(InputError, match="expected https"):
        check_address(url)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".bashrc", "a/b", "../a", "a\\b", "a\x1b[2J", "a b", "x" * 151, "é", "a\n"],
)
def test_names_that_are_none_of_an_archive(name):
    assert not is_plain_name(name)
