import json

import pytest

from scripts.lib.inputs.association_files import read_association
from scripts.write_association import association_text, process
from tests.support.steps import run_step

CONTENT = {
    "asn_id": "o001",
    "products": [{"name": "a_b", "members": [{"expname": "s.fits", "exptype": "science"}]}],
}


def test_text_is_indented_and_ends_with_a_line_end():
    assert association_text({"asn_id": "o001"}) == '{\n    "asn_id": "o001"\n}\n'


def test_what_is_written_can_be_read_as_an_association(tmp_path):
    path = tmp_path / "new" / "a_b_asn.json"
    run_step(process, {"content": CONTENT}, out_association=path)
    assert json.loads(path.read_text()) == CONTENT
    assert read_association(path.name, path.parent).members == ("s.fits",)


def test_nothing_is_left_of_a_text_that_cannot_be_written(tmp_path):
    with pytest.raises(TypeError):
        run_step(process, {"content": {"asn_id": object()}}, out_association=tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []
