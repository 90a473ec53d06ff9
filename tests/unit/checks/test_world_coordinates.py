import hashlib

import pytest

from scripts.lib.checks.world_coordinates import content_findings, extension_findings, needs_wcs
from scripts.lib.fits.headers import Hdu
from tests.support.spectral_segments import asdf_bytes

TREE = b"""#ASDF 1.0.0
#ASDF_STANDARD 1.6.0
%YAML 1.1
--- !core/asdf-1.1.0
meta:
  wcs: !<tag:stsci.org:gwcs/wcs-1.0.0>
    steps: [{matrix: !core/ndarray-1.0.0 {source: 0, shape: [2]}}]
...
"""


def block(data):
    """Binary block of an ASDF file."""
    sizes = b"".join(len(data).to_bytes(8, "big") for _ in range(3))
    header = bytes(4) + bytes(4) + sizes + hashlib.md5(data).digest()
    return b"\xd3BLK" + len(header).to_bytes(2, "big") + header + data


def found(content, needed=True):
    findings = content_findings("f", content, needed)
    assert all(finding.key == "ASDF" for finding in findings)
    return [(finding.severity, finding.found) for finding in findings]


@pytest.mark.parametrize("content", [asdf_bytes(), TREE + block(b"sixteen bytes..."), b""])
def test_intact(content):
    assert (found(content) == []) == bool(content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"%YAML 1.1", "no ASDF file: it starts with b'%YAML 1.'"),
        (TREE[:120], "an ASDF file without a complete tree"),
        (TREE.replace(b"steps", b"}steps") + block(b"data"), "a tree that is no YAML"),
        (TREE.replace(b"wcs:", b"scw:") + block(b"data"), "an ASDF file without meta.wcs"),
        (TREE.replace(b"meta:", b"atem:") + block(b"data"), "an ASDF file without meta.wcs"),
        (TREE, "arrays in binary block 0 of 0 blocks"),
        (TREE + block(b"data")[:-1], "binary block 0 with 3 of 4 bytes"),
        (TREE + block(b"data")[:30], "binary block 0 with a damaged header"),
        (TREE + block(b"data")[:-1] + b"e", "binary block 0 with a checksum that does not fit"),
        (TREE + block(b"data") + block(b"more")[:-1], "binary block 1 with 3 of 4 bytes"),
    ],
)
def test_damage(content, text):
    ((severity, text_found),) = found(content)
    assert severity == "error"
    assert text_found.startswith(text)
    assert found(content, needed=False) == [("warning", text_found)]


@pytest.mark.parametrize("end", range(0, 4000, 250))
def test_a_cut_is_always_found(end):
    assert len(asdf_bytes()) > end
    assert len(found(asdf_bytes()[:end])) == 1


def unit(name, data_bytes=100):
    return Hdu(name, 1, {}, [], 0, 0, data_bytes, ())


def test_extension():
    assert extension_findings("f", [unit("SCI"), unit("ASDF")], needed=True) == []
    assert extension_findings("f", [unit("SCI")], needed=False) == []
    (finding,) = extension_findings("f", [unit("SCI"), unit("ASDF", 0)], needed=True)
    assert (finding.severity, finding.key, finding.found) == ("error", "ASDF", "none")


@pytest.mark.parametrize(
    ("exp_type", "skipped", "needed"),
    [
        ("MIR_LRS-SLITLESS", (), True),
        ("MIR_LRS-SLITLESS", ("extract_1d",), False),
        ("MIR_LRS-SLITLESS", ("tso_photometry",), True),
        ("NRC_TSIMAGE", (), True),
        ("NRC_TSIMAGE", ("tso_photometry",), False),
        ("NIS_SOSS", (), False),
    ],
)
def test_steps_that_need_coordinates(exp_type, skipped, needed):
    assert needs_wcs(exp_type, lambda step: step in skipped) == needed
