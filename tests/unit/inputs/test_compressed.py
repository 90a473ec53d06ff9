"""Compressed segments: unpacking, and the checks of their headers."""

import gzip

import pytest

from scripts.lib.errors import InputError
from scripts.lib.inputs.compressed import check_headers, check_unpacked, unpack
from tests.support.builders import write_segment


def test_several_compressed_parts_are_one_file(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0))
    unpack(tmp_path / "a.gz", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"onetwo"


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
        unpack(source, tmp_path / "a")


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
