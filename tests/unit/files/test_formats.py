import gzip

import pytest

from scripts.lib.files.formats import describe_format

FITS = b"SIMPLE  =                    T"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (FITS, "a FITS file"),
        (b"#ASDF 1.0.0", "an ASDF file"),
        (b"PK\x03\x04x", "a ZIP archive"),
        (gzip.compress(FITS, mtime=0), "a FITS file, compressed"),
        (gzip.compress(b"{}", mtime=0), "a compressed file"),
        (gzip.compress(FITS, mtime=0)[:12], ""),
        (b'{"apertures": []}', ""),
        (b"", ""),
    ],
)
def test_formats_are_known_by_their_first_bytes(tmp_path, content, text):
    (tmp_path / "file").write_bytes(content)
    assert describe_format(tmp_path / "file") == text


def test_a_file_that_cannot_be_read_has_no_format(tmp_path):
    assert describe_format(tmp_path) == describe_format(tmp_path / "none") == ""
