import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.checks.segments import check_segment
from scripts.lib.fits.headers import read_hdus
from tests.support.builders import write_segment


@pytest.fixture(name="segment")
def segment_file(tmp_path):
    path = tmp_path / "seg_calints.fits"
    write_segment(path, CAL_VER="1.13.4", CRDS_CTX="jwst_1200.pmap")
    return path


def check(path):
    return check_segment("f", path, read_hdus(path))


def found(path):
    """Findings of a segment: severity, key, found."""
    return [(f.severity, f.key, f.found) for f in check(path)[1]]


def test_facts(segment):
    facts, findings = check(segment)
    assert findings == []
    assert facts.keywords["CAL_VER"] == "1.13.4"
    assert facts.keywords["BUNIT"] == "DN/s"
    assert facts.identity is None
    assert facts.file_bytes == segment.stat().st_size
    assert facts.utc == pytest.approx((59000 + 0.5 / 1440, 59000 + 2.5 / 1440), abs=1e-9)
    assert facts.tdb == pytest.approx((59000 + 5.5 / 1440, 59000 + 7.5 / 1440), abs=1e-9)


def test_identity_in_the_archive(tmp_path):
    numbers = {"PROGRAM": "01366", "OBSERVTN": "003", "VISIT": "001", "VISITGRP": "04"}
    numbers |= {"SEQ_ID": "1", "ACT_ID": "01", "EXPOSURE": "00001"}
    write_segment(tmp_path / "a.fits", **numbers)
    facts, _ = check(tmp_path / "a.fits")
    assert facts.identity == (*numbers.values(), "MIRIMAGE")


def test_no_times(tmp_path):
    write_segment(tmp_path / "a.fits", rows=0)
    facts, _ = check(tmp_path / "a.fits")
    assert (facts.utc, facts.tdb) == (None, None)


@pytest.mark.parametrize(
    ("extension", "keywords", "expected"),
    [
        ("SCI", {"BUNIT": "DN/s"}, []),
        (
            "SCI",
            {"BUNIT": "ADU"},
            [("warning", "BUNIT in SCI", "ADU"), ("warning", "BUNIT in ERR", "DN/s")],
        ),
        ("SCI", {"BUNIT": None}, [("warning", "BUNIT in SCI", "none")]),
        ("ERR", {"BUNIT": "MJy"}, [("warning", "BUNIT in ERR", "MJy")]),
        ("PRIMARY", {"S_PHOTOM": "COMPLETE"}, [
            ("warning", "BUNIT in SCI", "DN/s with S_PHOTOM COMPLETE")
        ]),
        ("PRIMARY", {"S_PHOTOM": "SKIPPED"}, []),
        ("PRIMARY", {"EXP_TYPE": "NIS_SOSS"}, []),
        ("PRIMARY", {"EXP_TYPE": "MIR_IMAGE"}, []),
    ],
)  # fmt: skip
def test_units(segment, extension, keywords, expected):
    with fits.open(segment, mode="update") as hdus:
        for name, value in keywords.items():
            if value is None:
                del hdus[extension].header[name]
            else:
                hdus[extension].header[name] = value
    assert found(segment) == expected


@pytest.mark.parametrize(
    ("planes", "exp_type", "expected"),
    [
        ({"VAR_POISSON": None}, "MIR_LRS-SLITLESS", [("warning", "VAR_POISSON", "none")]),
        ({"VAR_FLAT": None}, "MIR_LRS-SLITLESS", [("note", "VAR_FLAT", "none")]),
        ({"VAR_RNOISE": (4, 5)}, "NRS_BRIGHTOBJ", [("warning", "VAR_RNOISE", "shape (4, 5)")]),
        ({"VAR_RNOISE": None}, "NRC_TSIMAGE", [("note", "VAR_RNOISE", "none")]),
        ({"VAR_RNOISE": None}, "NIS_SOSS", []),
    ],
)
def test_variances(tmp_path, planes, exp_type, expected):
    write_segment(tmp_path / "a.fits", planes=planes, EXP_TYPE=exp_type)
    assert found(tmp_path / "a.fits") == expected


@pytest.mark.parametrize(
    ("name", "dtype", "text"),
    [("DQ", "f4", "BITPIX -32"), ("SCI", "i4", "BITPIX 32"), ("ERR", "i2", "BITPIX 16")],
)
def test_planes_of_another_type(segment, name, dtype, text):
    with fits.open(segment) as hdus:
        hdus[name].data = np.zeros((3, 4, 5), dtype)
        if name != "DQ":
            hdus[name].header["BUNIT"] = "DN/s"
        hdus.writeto(segment.with_name("b.fits"))
    assert found(segment.with_name("b.fits")) == [("error", name, text)]


@pytest.mark.parametrize(
    ("name", "keyword", "value", "text"),
    [
        ("ERR", "BSCALE", 0.1, "BSCALE 0.1, BZERO 0"),
        ("ERR", "BSCALE", True, "BSCALE True, BZERO 0"),
        ("SCI", "BZERO", "", "BSCALE 1, BZERO ''"),
        ("DQ", "BZERO", "", "BSCALE 1, BZERO ''"),
        ("DQ", "BZERO", False, "BSCALE 1, BZERO False"),
    ],
)
def test_scaled_plane(segment, name, keyword, value, text):
    hdus = read_hdus(segment)
    next(hdu for hdu in hdus if hdu.name == name).header[keyword] = value
    _, (finding,) = check_segment("f", segment, hdus)
    assert (finding.severity, finding.key) == ("error", name)
    assert finding.found == text


def test_end_of_the_file(segment):
    content = segment.read_bytes()
    segment.write_bytes(content + b"\0" * 100)
    assert found(segment) == [
        ("warning", "file", "100 bytes after ASDF that are no FITS extension")
    ]
    segment.write_bytes(content[:-2000])
    (finding,) = check(segment)[1]
    assert (finding.severity, finding.found) == ("note", f"{len(content) - 2000} bytes")


@pytest.mark.parametrize("value", [-1e-3, np.inf])
@pytest.mark.parametrize("name", ["VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"])
def test_variances_that_are_none_in_the_middle_of_the_first_image(segment, name, value):
    with fits.open(segment, mode="update") as hdus:
        hdus[name].data[0, 2, 2] = value
        hdus[name].data[0, 0, 0] = np.nan
    text = "1 of 20 values in the middle of the first image negative or infinite"
    assert found(segment) == [("warning", name, text)]
