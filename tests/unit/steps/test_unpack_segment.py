import errno
import gzip
import logging
from types import SimpleNamespace

import pytest

from scripts.lib.errors import InputError
from scripts.lib.inputs.products import survey
from scripts.lib.inputs.segments import read_segment
from scripts.unpack_segment import process
from tests.support.builders import load_products, write_association, write_segment

NAME = "jw00001003001_04101_00001-seg001_mirimage_calints.fits"


def pack(path, level=1):
    """Compress a file and remove it."""
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), level))
    path.unlink()
    return packed


@pytest.fixture(name="packed")
def packed_segment(tmp_path):
    write_segment(tmp_path / NAME, INSTRUME="MIRI", FILTER="P750L", NINTS=3)
    return pack(tmp_path / NAME)


def run(packed, out):
    job = SimpleNamespace(
        input=SimpleNamespace(packed=str(packed)), output=SimpleNamespace(calints=str(out))
    )
    process(job)


def test_content_is_that_before_compression(tmp_path):
    write_segment(tmp_path / NAME, NINTS=3)
    content = (tmp_path / NAME).read_bytes()
    run(pack(tmp_path / NAME), tmp_path / "out" / NAME)
    assert (tmp_path / "out" / NAME).read_bytes() == content


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_truncated(packed, tmp_path, kept):
    content = packed.read_bytes()
    packed.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match=r"bytes that end early, expected a complete \.gz file"):
        run(packed, tmp_path / "out.fits")
    assert not (tmp_path / "out.fits").exists()


def test_an_error_of_the_disk_names_the_file_that_was_read(packed, tmp_path, monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(gzip.GzipFile, "read", refuse)
    with pytest.raises(InputError) as caught:
        run(packed, tmp_path / "out.fits")
    assert str(caught.value) == f"{packed}: cannot be read: Input/output error"


@pytest.mark.parametrize("position", [0, 3000, -6])
def test_damaged(tmp_path, position):
    write_segment(tmp_path / NAME, shape=(3, 40, 50), NINTS=3)
    packed = pack(tmp_path / NAME, level=0)
    content = bytearray(packed.read_bytes())
    content[position] ^= 0x55
    packed.write_bytes(content)
    with pytest.raises(InputError) as caught:
        run(packed, tmp_path / "out.fits")
    assert str(caught.value).startswith(f"{packed}: file: found damaged data (")
    assert not list(tmp_path.glob("*out.fits*"))


def test_headers_that_were_unknown_are_checked(tmp_path, caplog):
    write_segment(tmp_path / NAME, planes={"ERR": None}, NINTS=3)
    packed = pack(tmp_path / NAME)
    with pytest.raises(InputError, match=f"{packed}: ERR: found shape None, expected that of SCI"):
        run(packed, tmp_path / "out.fits")
    write_segment(tmp_path / NAME, rows=0, NINTS=3)
    with caplog.at_level(logging.INFO):
        run(pack(tmp_path / NAME), tmp_path / "out.fits")
    assert f"{packed}: INT_TIMES: found 0 rows, expected 3 rows or more" in caplog.text


def test_a_truncated_file_that_was_compressed_is_named_as_the_user_knows_it(tmp_path):
    write_segment(tmp_path / NAME, shape=(3, 40, 50), NINTS=3)
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[:40000])
    packed = pack(tmp_path / NAME)
    with pytest.raises(InputError) as caught:
        run(packed, tmp_path / "out.fits")
    assert str(caught.value).startswith(f"{packed}: truncated in ")
    assert "out.fits" not in str(caught.value)


class TestPlanning:
    """What is known of a compressed segment before it is unpacked."""

    def test_a_segment_is_described_from_its_beginning(self, tmp_path):
        write_segment(tmp_path / NAME, shape=(3, 40, 50), NINTS=3)
        packed = pack(tmp_path / NAME, level=0)
        # Nothing behind the header of SCI is needed.
        packed.write_bytes(packed.read_bytes()[:40000])
        segment, errors = read_segment(packed.name, tmp_path)
        assert errors == []
        assert segment.is_compressed
        assert segment.stem == NAME.removesuffix("_calints.fits")
        assert segment.crfints == f"{segment.stem}_o003_crfints.fits"
        assert segment.shape == (3, 40, 50)
        assert segment.data_bytes == 6 * 3 * 40 * 50 * 4
        assert segment.findings == ()

    @pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b\x08\x00"])
    def test_what_is_no_compressed_file_is_an_error(self, tmp_path, content):
        (tmp_path / f"{NAME}.gz").write_bytes(content)
        segment, (problem,) = read_segment(f"{NAME}.gz", tmp_path)
        assert segment is None
        assert str(problem).startswith(f"{NAME}.gz: ")

    def test_members_of_an_association_may_be_compressed(self, packed, tmp_path):
        write_association(tmp_path / "asn.json", [NAME])
        (product,) = load_products(["asn.json"], tmp_path)
        assert product.segments[0].path == packed.name
        write_association(tmp_path / "asn.json", [packed.name])
        assert load_products(["asn.json"], tmp_path) == [product]

    @pytest.mark.parametrize("patterns", [["*_calints.fits*"], ["*.fits", "*.gz"], ["."]])
    @pytest.mark.parametrize("associated", [False, True])
    def test_of_two_copies_the_plain_one_is_used(self, packed, tmp_path, patterns, associated):
        (tmp_path / NAME).write_bytes(gzip.decompress(packed.read_bytes()))
        if associated:
            write_association(tmp_path / "asn.json", [NAME])
            patterns = ["asn.json", *patterns]
        (product,), findings = survey(patterns, tmp_path, output_dir="out")
        assert [segment.path for segment in product.segments] == [NAME]
        assert product.is_group != associated
        reported = [str(finding) for finding in findings if finding.path.endswith(".gz")]
        assert reported == [f"{NAME}.gz: file: found {NAME} next to it: left out"]
        assert not [finding for finding in findings if finding.severity == "error"]
