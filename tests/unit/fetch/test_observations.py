import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.fetch import observations
from scripts.fetch.observations import find_downloads, missing_members, select_products
from scripts.lib.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
SEGMENT = "jw01366003001_04101_00001-seg00{}_nrs{}_calints.fits"
ASSOCIATION = "jw01366-o003_{}_tso3_0000{}_asn.json"
with_astroquery = pytest.mark.skipif(
    find_spec("astroquery") is None, reason="astroquery is not installed: `make test-archive`"
)


def row(name, size=2880, uri=None):
    """A product as MAST lists it."""
    return name, uri or f"mast:JWST/product/{name}", size


def names(rows, only="*"):
    return [name for name, _, _ in select_products(rows, 1366, 3, only)]


def test_segments_and_associations_of_the_observation_are_chosen():
    chosen = [ASSOCIATION.format("20230506t035232", 2), SEGMENT.format(1, 1), SEGMENT.format(2, 1)]
    others = [
        "jw01366003001_04101_00001-seg001_nrs1_rateints.fits",
        "jw01366003001_02101_00001-seg001_nrs1_calints.jpg",
        "jw01366004001_04101_00001-seg001_nrs1_calints.fits",
        "jw01366-o003_20230506t035232_image2_00001_asn.json",
        "jw01366-o004_20230506t035232_tso3_00001_asn.json",
        "jw01366-c1001_20230506t035232_tso3_00001_asn.json",
    ]
    assert names([row(name) for name in [*reversed(chosen), *others]]) == chosen


def test_a_product_that_is_listed_twice_is_fetched_once():
    assert names([row(SEGMENT.format(1, 1))] * 2) == [SEGMENT.format(1, 1)]


def test_of_an_association_made_several_times_the_newest_is_chosen():
    made = [
        ASSOCIATION.format(day, number)
        for day in ("20230506t035232", "20240101t000000", "20220713t000000")
        for number in (1, 2)
    ]
    rows = [row(name) for name in [*made, SEGMENT.format(1, 1)]]
    newest = [ASSOCIATION.format("20240101t000000", number) for number in (1, 2)]
    assert names(rows) == [*newest, SEGMENT.format(1, 1)]


def test_segments_can_be_chosen_by_a_pattern():
    rows = [row(SEGMENT.format(segment, detector)) for segment in (1, 2) for detector in (1, 2)]
    assert names(rows, "*_nrs2_*") == [SEGMENT.format(1, 2), SEGMENT.format(2, 2)]


@pytest.mark.parametrize(
    "rows", [[], [row(ASSOCIATION.format("20230506t035232", 1))], [(None, 1, 2)]]
)
def test_without_a_segment_there_is_nothing_to_fetch(rows):
    with pytest.raises(
        InputError, match="program 1366, observation 3: found no calibrated segments"
    ):
        names(rows)


@pytest.mark.parametrize(
    "name",
    [
        "../jw01366003001_04101_00001-seg001_nrs1_calints.fits",
        "/etc/jw01366003001_calints.fits",
        "jw01366003001/../../x_calints.fits",
        "jw01366003001\x1b[2J_calints.fits",
        "..\\x_asn.json",
        "jw01366003001\n_calints.fits",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_and_shown_with_escapes(name):
    with pytest.raises(InputError, match="productFilename: found") as caught:
        names([row(name), row(SEGMENT.format(1, 1))])
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "size", "key"),
    [
        ("mast:JWST/product/other.fits", 2880, "dataURI"),
        ("https://evil.org/jw.fits", 2880, "dataURI"),
        (None, None, "size"),
        (None, 0, "size"),
        (None, -5, "size"),
    ],
)
def test_a_product_of_another_place_or_without_a_length_is_refused(uri, size, key):
    with pytest.raises(InputError, match=f"MAST: {key}: found"):
        names([row(SEGMENT.format(1, 1), size, uri)])


def test_the_address_is_that_of_the_archive_and_the_place_that_of_the_folder(monkeypatch, tmp_path):
    rows = [row(SEGMENT.format(1, 1))]
    monkeypatch.setattr(observations, "_query", lambda *asked: (rows, "https://mast.stsci.edu"))
    (found,) = find_downloads(1366, 3, tmp_path)
    assert found.path == tmp_path / SEGMENT.format(1, 1)
    assert found.url == (
        "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:JWST/product/"
        + SEGMENT.format(1, 1)
    )
    assert found.size == 2880


@pytest.mark.skipif(find_spec("astroquery") is not None, reason="astroquery is installed")
def test_without_astroquery_the_message_says_how_to_get_it(tmp_path):
    with pytest.raises(InputError, match=r"pip install 'astroquery~="):
        find_downloads(1366, 3, tmp_path)


def test_members_that_are_not_there_are_found(tmp_path):
    members = [{"expname": SEGMENT.format(k, 1), "exptype": "science"} for k in (1, 2)]
    products = [{"name": "jw01366-o003_t001_nirspec_x", "members": members}]
    path = tmp_path / ASSOCIATION.format("20230506t035232", 1)
    path.write_text(json.dumps({"asn_id": "o003", "asn_type": "tso3", "products": products}))
    (tmp_path / SEGMENT.format(2, 1)).touch()
    assert missing_members(tmp_path) == {path.name: [SEGMENT.format(1, 1)]}
    (tmp_path / SEGMENT.format(1, 1)).touch()
    assert missing_members(tmp_path) == {}


def run(archive, folder, *options):
    """Run the command with astroquery, whose own settings name the server."""
    settings = folder / "settings" / "astropy" / "astroquery.cfg"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"[mast]\nserver = {archive.url}\n")
    command = [sys.executable, "-m", "scripts.fetch", "data", "--program", "1366", *options]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder / "settings")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def publish(archive, listed, obs_id="jw01366-o003_t001_nirspec_x"):
    """Let the archive have an observation with two segments, one association and a preview."""
    members = [SEGMENT.format(k, 1) for k in (1, 2)]
    archive.files |= {name: os.urandom(200_000) for name in members}
    products = [
        {
            "name": "jw01366-o003_t001_nirspec_x",
            "members": [{"expname": name, "exptype": "science"} for name in members],
        }
    ]
    content = json.dumps({"asn_id": "o003", "asn_type": "tso3", "products": products}).encode()
    archive.files[ASSOCIATION.format("20230506t035232", 1)] = content
    archive.observations = [{"obsid": "77", "obs_id": obs_id, "target_name": "WASP-39"}]
    archive.products = [
        {
            "obsID": "77",
            "productFilename": name,
            "dataURI": f"mast:JWST/product/{name}",
            "size": len(archive.files[name]) if name in archive.files else 9,
        }
        for name in [*listed, "preview_calints.jpg"]
    ]


@with_astroquery
@pytest.mark.parametrize(
    "obs_id", ["jw01366-o003_t001_nirspec_x", "jw01366003001_04101_00001-seg001"]
)
def test_the_real_client_finds_and_the_command_fetches(archive, tmp_path, obs_id):
    publish(
        archive,
        [ASSOCIATION.format("20230506t035232", 1), SEGMENT.format(1, 1), SEGMENT.format(2, 1)],
        obs_id,
    )
    archive.faults[SEGMENT.format(1, 1)] = [("cut", 100_000)]
    done = run(archive, tmp_path, "--observation", "3", "--yes")
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()} == archive.files
    assert f"200 kB  {SEGMENT.format(1, 1)}" in done.stdout
    assert (tmp_path / "config.yaml").read_text() == "associations:\n- data\n"
    again = run(archive, tmp_path, "--observation", "3")
    assert (again.returncode, again.stdout) == (0, "3 of 3 files are there already\n")


@with_astroquery
def test_the_real_client_with_a_member_that_is_not_listed(archive, tmp_path):
    publish(archive, [ASSOCIATION.format("20230506t035232", 1), SEGMENT.format(1, 1)])
    done = run(archive, tmp_path, "--observation", "3", "--yes")
    assert done.returncode == 0
    assert f"members: found no file for {SEGMENT.format(2, 1)}" in done.stderr


@with_astroquery
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ((503, b"", {}), "answer: found HTTPError"),
        ((200, b"<html>", {}), "answer: found JSONDecodeError"),
        ((200, b"{}", {}), "answer: found"),
        ((200, b'{"status": "ERROR", "msg": "x\\u001b[2J"}', {}), "answer: found"),
    ],
)
def test_the_real_client_with_faults_of_the_server_ends_in_one_message(
    archive, tmp_path, fault, expected
):
    publish(archive, [SEGMENT.format(1, 1)])
    archive.faults["POST"] = [fault] * 20
    done = run(archive, tmp_path, "--observation", "3", "--yes")
    assert done.returncode == 1
    assert f"{archive.url}: {expected}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr


@with_astroquery
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"size": "many"}, "MAST: size: found 'many'"),
        (
            {"productFilename": "../../x_calints.fits"},
            "productFilename: found '../../x_calints.fits'",
        ),
        ({"dataURI": "mast:other/place.fits"}, "dataURI: found 'mast:other/place.fits'"),
        ({"size": None}, "MAST: size: found None"),
    ],
)
def test_the_real_client_with_a_product_that_cannot_be_right(archive, tmp_path, change, expected):
    publish(archive, [SEGMENT.format(1, 1)])
    archive.products = [archive.products[0] | change]
    done = run(archive, tmp_path, "--observation", "3", "--yes")
    assert done.returncode == 1
    assert expected in done.stderr
    assert not (tmp_path / "data").exists()


@with_astroquery
def test_the_real_client_without_an_observation(archive, tmp_path):
    done = run(archive, tmp_path, "--observation", "4", "--yes")
    assert done.returncode == 1
    assert "observation 4: found no calibrated segments" in done.stderr
