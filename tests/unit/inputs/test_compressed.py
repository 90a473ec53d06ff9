import gzip

from scripts.lib.inputs.compressed import unpack


def test_several_compressed_parts_are_one_file(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one") + gzip.compress(b"two"))
    unpack(tmp_path / "a.gz", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"onetwo"
