"""Compressed segments: unpacking, and the checks of their headers."""

import gzip
import io
import zlib

import pytest

from scripts.lib.errors import InputError
from scripts.lib.inputs.compressed import check_headers, check_unpacked, unpack
from tests.support.builders import write_segment


def test_several_compressed_parts_are_one_file(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0))
    plain = io.BytesIO()
    unpack(tmp_path / "a.gz", plain)
    assert plain.getvalue() == b"onetwo"


def write_zeros_behind(path, content, megabytes):
    """Compress a file with zeros behind it, in little memory."""
    packer = zlib.compressobj(1, wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(content))
        for _ in range(megabytes):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())


def test_what_follows_the_announced_end_is_not_unpacked(tmp_path):
    write_segment(tmp_path / "a.fits")
    content = (tmp_path / "a.fits").read_bytes()
    write_zeros_behind(tmp_path / "a.fits.gz", content, 200)
    plain = io.BytesIO()
    unpack(tmp_path / "a.fits.gz", plain)
    assert plain.getvalue()[: len(content)] == content
    assert len(plain.getvalue()) < len(content) + (5 << 20)
    (tmp_path / "a.fits").write_bytes(plain.getvalue())
    (finding,) = check_unpacked("a.fits.gz", tmp_path / "a.fits")
    assert "bytes after ASDF that are no FITS extension" in str(finding)


def test_headers_without_an_end_are_not_unpacked(tmp_path):
    write_segment(tmp_path / "a.fits")
    content = (tmp_path / "a.fits").read_bytes()
    endless = content.replace(b"END".ljust(80), b"".ljust(80), 1)
    packer = zlib.compressobj(1, wbits=31)
    with (tmp_path / "a.gz").open("wb") as file:
        file.write(packer.compress(endless[:2880]))
        for _ in range(200):
            file.write(packer.compress(b" " * (1 << 20)))
        file.write(packer.flush())
    plain = io.BytesIO()
    with pytest.raises(InputError, match="no END card in 1000 blocks"):
        unpack(tmp_path / "a.gz", plain)
    assert len(plain.getvalue()) < 5 << 20


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            gzip.compress(b"one", mtime=0)[:-4],
            "found 19 bytes that end early, expected a complete .gz file",
        ),
        (b"SIMPLE", "expected a sound .gz file"),
        (gzip.compress(b"one", mtime=0)[:-8] + bytes(8), "expected a sound .gz file"),
    ],
)
def test_damaged_files_are_mistakes_of_the_user(tmp_path, content, text):
    source = tmp_path / "a.gz"
    source.write_bytes(content)
    with pytest.raises(InputError, match=f"{source}: file: found .*{text.removeprefix('found ')}"):
        unpack(source, io.BytesIO())


def test_warnings_of_an_unpacked_segment_name_the_compressed_file(tmp_path):
    write_segment(tmp_path / "a.fits", TARGNAME=None)
    findings = check_unpacked("in/a.fits.gz", tmp_path / "a.fits")
    assert [(found.severity, found.path, found.key) for found in findings] == [
        ("warning", "in/a.fits.gz", "TARGNAME")
    ]


def test_errors_of_an_unpacked_segment_stop_with_a_line_each(tmp_path):
    write_segment(tmp_path / "a.fits", NINTS=1, EXSEGNUM=True)
    with pytest.raises(InputError) as caught:
        check_unpacked("in/a.fits.gz", tmp_path / "a.fits")
    assert str(caught.value).splitlines() == [
        "in/a.fits.gz: EXSEGNUM: found True, expected a whole number from 1",
        "in/a.fits.gz: NINTS: found 1, expected 2 or more: not a time series",
    ]
    assert check_headers("in/a.fits.gz", tmp_path / "a.fits")[0] is None


def test_unreadable_headers_are_reported_under_the_name_of_the_compressed_file(tmp_path):
    (tmp_path / "a.fits").write_bytes(b"no FITS")
    with pytest.raises(InputError, match=r"^in/a\.fits\.gz: not a FITS file"):
        check_unpacked("in/a.fits.gz", tmp_path / "a.fits")


def test_facts_are_those_of_the_unpacked_file(tmp_path):
    write_segment(tmp_path / "a.fits")
    facts, findings = check_headers("in/a.fits.gz", tmp_path / "a.fits")
    assert facts.file_bytes == (tmp_path / "a.fits").stat().st_size
    assert findings == []
