import pytest

from scripts.lib.inputs.other_stages import describe_association, describe_file


@pytest.mark.parametrize("name", ["x_calints.fits", "x_cal.fits.txt", "x_other.fits", "cal.fits"])
def test_other_names_are_not_described(name):
    assert describe_file(name) == ""


def test_the_last_ending_counts():
    assert describe_file("x_uncal_cal.fits").startswith("an exposure without times")


def test_time_series_and_unknown_types_are_not_described():
    for asn_type in ("tso3", "new3", None, 3, ["spec3"]):
        assert describe_association(asn_type) == ""


def test_each_type_names_a_pipeline():
    for asn_type in ("spec3", "image3", "ami3", "coron3", "dark", "tso-image2", "wfs-image3"):
        assert "`strun calwebb_" in describe_association(asn_type)
