import json
import os
import time

import pytest

from scripts.lib.errors import InputError
from scripts.lib.inputs.association_files import read_association
from scripts.lib.inputs.search import MOST_BYTES
from tests.support.builders import write_association


def member(name, exptype="science"):
    return {"expname": name, "exptype": exptype}


def content(*members, **changed):
    """Association of one product."""
    product = {"name": "jw1-o001_t001_miri_p750l", "members": list(members)}
    return {"asn_id": "o001", "asn_pool": "pool.csv", "products": [product]} | changed


def read(folder, association):
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "asn.json").write_text(json.dumps(association))
    return read_association("sub/asn.json", folder)


def test_members_start_where_the_association_is_unless_absolute(tmp_path):
    found = read(tmp_path, content(member("a.fits"), member("../b.fits"), member("/data/c.fits")))
    assert found.members == ("sub/a.fits", "b.fits", "/data/c.fits")
    assert (found.path, found.asn_id, found.asn_pool) == ("sub/asn.json", "o001", "pool.csv")
    assert found.product == "jw1-o001_t001_miri_p750l"


def test_members_that_are_no_science_are_left_out(tmp_path):
    found = read(tmp_path, content(member("a.fits"), member("b.fits", "TARGET_ACQUISITION")))
    assert (found.members, found.others) == (("sub/a.fits",), ("sub/b.fits",))


def test_exptype_is_read_in_any_case(tmp_path):
    assert read(tmp_path, content(member("a.fits", "SCIENCE"))).members == ("sub/a.fits",)


def test_only_the_first_product_counts(tmp_path):
    association = content(member("a.fits"))
    association["products"].append({"name": "other", "members": [member("b.fits")]})
    assert read(tmp_path, association).members == ("sub/a.fits",)


def test_an_association_needs_no_pool(tmp_path):
    assert read(tmp_path, content(member("a.fits"), asn_pool=None)).asn_pool == ""


@pytest.mark.parametrize(
    ("association", "message"),
    [
        ([], "products: found none"),
        (content(), "members: found none of exptype science"),
        (content(member("b.fits", "background")), "members: found none of exptype science"),
        (content(member(3)), "members: found (3, 'science'), expected an expname and an exptype"),
        (content(member("a.fits"), asn_id="o 1"), "asn_id: found 'o 1', expected a name"),
        (content(member("a.fits"), asn_pool=3), "asn_pool: found 3, expected the name of a file"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path, association, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, association)
    assert str(caught.value).startswith(f"sub/asn.json: {message}")


def test_a_file_that_is_no_json(tmp_path):
    (tmp_path / "asn.json").write_text("{")
    with pytest.raises(InputError, match=r"^asn.json: association: found no JSON"):
        read_association("asn.json", tmp_path)
    with pytest.raises(InputError, match=r"^none.json: association: cannot be read"):
        read_association("none.json", tmp_path)
    with pytest.raises(InputError, match="expected no braces"):
        read_association("{a}.json", tmp_path)


def refusal(path):
    with pytest.raises(InputError) as caught:
        read_association(str(path), ".")
    return str(caught.value)


def test_pipes_devices_and_huge_files_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe_asn.json")
    (tmp_path / "zero_asn.json").symlink_to("/dev/zero")
    with (tmp_path / "huge_asn.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert refusal(tmp_path / "pipe_asn.json").endswith("cannot be read: it is no regular file")
    assert refusal(tmp_path / "zero_asn.json").endswith("cannot be read: it is no regular file")
    assert refusal(tmp_path / "huge_asn.json").endswith("it has more than 33554432 bytes")


def test_a_hundred_thousand_members_take_linear_time(tmp_path):
    path, kinds = tmp_path / "a_asn.json", ("science", "background")
    members = [{"expname": f"{k}_calints.fits", "exptype": kinds[k % 2]} for k in range(100_000)]
    write_association(path, members)
    started = time.process_time()
    association = read_association(str(path), ".")
    assert time.process_time() - started < 5
    assert len(association.members) == len(association.others) == 50_000
