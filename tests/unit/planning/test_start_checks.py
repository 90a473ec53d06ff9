import os
import time
from types import SimpleNamespace

import pytest

from scripts.lib.planning import start_checks
from scripts.lib.planning.start_checks import (
    clock_findings,
    cut_products,
    input_files,
    refusals,
)
from tests.support.plans import complete_config, make_product


@pytest.fixture(name="tried")
def tried_folders(monkeypatch, tmp_path):
    """Folders that are tried, of which those named ``locked`` refuse."""
    found = []

    def refuse(folder):
        found.append(str(folder.relative_to(tmp_path)))
        return f"{folder.name} refuses" if folder.name == "locked" else None

    monkeypatch.setattr(start_checks, "refusal", refuse)
    monkeypatch.chdir(tmp_path)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    return found


def test_every_folder_that_a_run_writes_to_is_tried_once(tried, monkeypatch, tmp_path):
    for name in ("results/segments", "logs", "benchmarks", ".snakemake", "temporary"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMP", str(tmp_path / "none"))
    assert refusals("results") == []
    names = [".", ".snakemake", "benchmarks", "logs", "results", "results/segments", "temporary"]
    assert sorted(tried) == names


def test_folders_that_are_not_there_yet_are_those_above_them(tried):
    assert refusals("new/results") == []
    assert tried == ["."]


def test_a_folder_that_refuses_is_an_error(tried, monkeypatch, tmp_path):
    (tmp_path / "locked").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "locked"))
    assert refusals() == ["locked refuses"]
    assert tried == [".", "locked"]


def test_input_is_what_the_user_gives():
    config = complete_config(references={"gain": "gain.fits"}, pars={"extract_1d": "p.asdf"})
    products = [make_product(), make_product("MIR_IMAGE", is_group=True)]
    assert input_files(products, config) == [
        *(segment.path for product in products for segment in product.segments),
        "in/nrs_brightobj_asn.json",
        "gain.fits",
        "p.asdf",
    ]


def test_input_from_the_future_is_an_error_with_the_cure(tmp_path):
    for name, ahead in (("past", -9), ("soon", 1), ("minutes", 600), ("hours", 9000)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time.time() + ahead,) * 2)
    (tmp_path / "link").symlink_to(tmp_path / "past")
    os.utime(tmp_path / "link", (time.time() + 99,) * 2, follow_symlinks=False)
    names = ["past", "soon", "minutes", "hours", "link", "none"]
    errors = clock_findings([str(tmp_path / name) for name in names], tmp_path)
    assert [(os.path.basename(f.path), f.severity, f.found) for f in errors] == [
        ("minutes", "error", "that it was changed 10 min from now"),
        ("hours", "error", "that it was changed 2 h from now"),
        ("link", "error", "that it was changed 2 min from now"),
    ]
    assert "correct the clocks, or `touch` the file" in str(errors[0])


def test_the_clock_is_that_of_the_folder_of_the_products(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("")
    an_hour_ago = SimpleNamespace(st_mtime=time.time() - 3600)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: an_hour_ago)
        (finding,) = clock_findings([str(tmp_path / "a")], tmp_path / "results")
    assert finding.found == "that it was changed 60 min from now"


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.fits", bytes(2880), None),
        ("a.fits", bytes(2879), "2879 bytes"),
        ("a.fits", b"", "0 bytes"),
        ("a.ecsv", b"1 2\n", None),
        ("a.ecsv", b"1 2", "3 bytes without a last line end"),
        ("a.json", b"", "0 bytes without a last line end"),
        ("a.html", b"</html>\n", None),
        ("a.html", b"<ht", "3 bytes without a last line end"),
        ("a.png", b"x", None),
        (None, b"", None),
    ],
)
def test_products_that_were_cut_after_the_run(tmp_path, name, content, found):
    if name:
        (tmp_path / name).write_bytes(content)
    errors = cut_products(tmp_path, [name or "none.fits"])
    assert [error.found for error in errors] == ([found] if found else [])
    assert all("remove it, then run again" in str(error) for error in errors)


def test_references_by_exposure_type_are_input_too():
    given = {"NRS_BRIGHTOBJ": "a.json", "NRC_TSGRISM": None}
    assert input_files([], {"references": {"extract1d": given}, "pars": {}}) == ["a.json"]


def test_a_package_for_files_of_other_tools_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(start_checks, "find_spec", lambda _name: None)
    config = {"export": ["xarray"], "summary_formats": ["csv", "parquet"]}
    expected = [
        "config/export: found no package h5netcdf, expected one: pip install h5netcdf",
        "config/summary_formats: found no package pyarrow, expected one: pip install pyarrow",
    ]
    assert start_checks.missing_packages(config) == expected
    none_needed = {"export": [], "summary_formats": ["csv"]}
    assert start_checks.missing_packages(none_needed) == []
    monkeypatch.setattr(start_checks, "find_spec", lambda name: name)
    assert start_checks.missing_packages(config) == []
