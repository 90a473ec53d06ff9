import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.doctor.data import (
    Survey,
    checksum_findings,
    data_findings,
    repeated_findings,
    survey_data,
)
from scripts.lib.fits.reader import open_fits

N = 6
SHAPE = (N, 2, 5)


def planes():
    """Planes without peculiarities: SCI counts its samples, all errors and variances are 1."""
    ones = {name: np.ones(SHAPE, "f4") for name in ("ERR", "VAR_POISSON", "VAR_RNOISE")}
    return {"SCI": np.arange(60, dtype="f4").reshape(SHAPE), "DQ": np.zeros(SHAPE, "u4"), **ones}


def survey(blocks=1, **changes):
    """Survey of these planes; changes are functions of a plane by its name."""
    result, data = Survey(10), planes()
    for name, change in changes.items():
        change(data[name])
    for first in range(0, N, N // blocks):
        block = slice(first, first + N // blocks)
        result.add({name: plane[block] for name, plane in data.items()})
    return result


def setting(index, value):
    """Change that sets a part of a plane."""

    def change(plane):
        plane[index] = value

    return change


def found(**changes):
    findings = data_findings("f", survey(**changes), 11)
    assert all(f.severity == "warning" and f.effect for f in findings)
    return [(finding.key, finding.found) for finding in findings]


def test_nothing_unusual():
    assert found() == []


def test_blocks_make_no_difference():
    assert survey() == survey(blocks=3)


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("SCI", setting(1, np.nan), "no finite pixel in 1 of 6 integrations (12)"),
        (
            "SCI",
            setting(slice(None), np.nan),
            "no finite pixel in 6 of 6 integrations (11, 12, 13, 14, 15, ...)",
        ),
        ("SCI", setting(([0, 2], 0, 0), np.nan), None),
        ("SCI", setting((0, 0, 0), np.inf), "infinite values in 1 of 6 integrations (11)"),
        ("SCI", setting(4, 7.0), "one value in all pixels in 1 of 6 integrations (15)"),
        (
            "SCI",
            setting(3, np.arange(20, 30).reshape(2, 5)),
            "the image of the integration before in 1 of 6 integrations (14)",
        ),
        ("DQ", setting([0, 5], 1), "all pixels DO_NOT_USE in 2 of 6 integrations (11, 16)"),
        ("DQ", setting([0, 5], 16), None),
        ("DQ", setting((2, slice(None), slice(0, 1)), 1), None),
        (
            "DQ",
            setting((2, slice(None), slice(0, 2)), 3),
            "many more bad pixels than usual in 1 of 6 integrations (13)",
        ),
        ("ERR", setting(1, np.nan), "no finite pixel in 1 of 6 integrations (12)"),
        ("ERR", setting(1, 0.0), "no positive pixel in 1 of 6 integrations (12)"),
        ("ERR", setting((1, 0), 0.0), None),
        ("VAR_RNOISE", setting(1, np.nan), "no finite pixel in 1 of 6 integrations (12)"),
    ],
)
def test_planes(name, change, expected):
    assert found(**{name: change}) == ([] if expected is None else [(name, expected)])


def test_an_integration_without_data_is_told_once():
    nothing = setting(1, np.nan)
    assert [key for key, _ in found(SCI=nothing, ERR=nothing, VAR_RNOISE=nothing)] == ["SCI"]


def test_data_in_two_files():
    other = survey(SCI=lambda plane: np.add(plane, 20, out=plane))
    (finding,) = repeated_findings({"a": (1, survey()), "b": (7, other)})
    assert (finding.path, finding.severity) == ("b", "warning")
    assert finding.found == "the data of 4 integrations of a, 7 as 3 there"
    nothing = setting(slice(None), np.nan)
    assert repeated_findings({"a": (1, survey(SCI=nothing)), "b": (7, survey(SCI=nothing))}) == []
    far = survey(SCI=lambda plane: np.add(plane, 100, out=plane))
    assert repeated_findings({"a": (1, survey()), "b": (7, far)}) == []


def write(path, data, **options):
    images = [fits.ImageHDU(plane, name=name) for name, plane in data.items()]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path, **options)


def test_survey_of_a_file(tmp_path):
    data = planes() | {"VAR_FLAT": np.zeros((2, 5), "f4")}
    write(tmp_path / "a.fits", data)
    with open_fits(tmp_path / "a.fits") as file:
        assert survey_data(file) == survey()


def test_checksums(tmp_path):
    path = tmp_path / "a.fits"
    write(path, planes(), checksum=True)
    with open_fits(path) as file:
        assert checksum_findings("f", file) == []
        offset = file.hdu("ERR").data_offset
    content = bytearray(path.read_bytes())
    content[offset + 5] ^= 1
    path.write_bytes(content)
    with open_fits(path) as file:
        (finding,) = checksum_findings("f", file)
    assert (finding.severity, finding.key) == ("warning", "DATASUM in ERR")


def test_files_without_checksums_have_none_to_compare(tmp_path):
    write(tmp_path / "a.fits", planes())
    with open_fits(tmp_path / "a.fits") as file:
        assert checksum_findings("f", file) == []
