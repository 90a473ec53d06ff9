import pytest

from scripts.lib.whole_file import whole_file


def test_a_file_has_its_name_only_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with whole_file(path) as part:
        part.write_text("all")
        assert not path.exists()
    assert [(file.name, file.read_text()) for file in path.parent.iterdir()] == [("a.txt", "all")]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half():
        with whole_file(path) as part:
            part.write_text("ha")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]
