import pytest

from scripts.lib.inputs.segments import read_segment
from tests.support.builders import write_segment

NAME = "jw00001003001_04101_00001-seg002_mirimage_calints.fits"


def read(folder, name=NAME, asn_id=None, **keywords):
    """Segment with these keywords; there must be no errors."""
    write_segment(folder / name, **{"INTSTART": 4, "NINTS": 6, "EXSEGNUM": 2} | keywords)
    segment, errors = read_segment(name, folder, asn_id)
    assert errors == []
    return segment


def test_names_come_from_the_file_name(tmp_path):
    segment = read(tmp_path, asn_id="o003")
    assert segment.stem == "jw00001003001_04101_00001-seg002_mirimage"
    assert segment.exposure_id == "jw00001003001_04101_00001"
    assert segment.name == "jw00001003001_04101_00001-seg002_mirimage_o003"
    assert segment.crfints == f"{segment.name}_crfints.fits"


def test_integrations_are_counted_in_the_exposure(tmp_path):
    segment = read(tmp_path)
    assert (segment.nints, segment.exposure_integrations) == (3, 6)
    assert (segment.first_integration, segment.last_integration) == (4, 6)


@pytest.mark.parametrize(
    ("exp_type", "branch"), [("MIR_LRS-SLITLESS", "spectroscopy"), ("MIR_IMAGE", "imaging")]
)
def test_branch_follows_the_exposure_type(tmp_path, exp_type, branch):
    assert read(tmp_path, EXP_TYPE=exp_type).branch == branch


@pytest.mark.parametrize(("keyword", "number"), [(5, 5), (None, 2)])
def test_number_of_the_segment_is_that_of_the_header_or_else_of_the_name(tmp_path, keyword, number):
    assert read(tmp_path, EXSEGNUM=keyword).number == number


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    segment, (error,) = read_segment("none_calints.fits", tmp_path)
    assert segment is None
    assert str(error).startswith("none_calints.fits: ")


def test_a_truncated_file_is_an_error_that_names_it(tmp_path):
    write_segment(tmp_path / "a_calints.fits")
    content = (tmp_path / "a_calints.fits").read_bytes()
    (tmp_path / "a_calints.fits").write_bytes(content[:5000])
    segment, errors = read_segment("a_calints.fits", tmp_path, "o001")
    assert segment is None
    assert len(errors) == 1
    assert str(errors[0]).startswith("a_calints.fits: truncated in SCI: 6000 bytes expected")
