import pytest

from scripts.lib.inputs.product_names import optical_path, product_name, visit_numbers


@pytest.mark.parametrize(
    ("keywords", "path"),
    [
        # Names of products in the archive.
        (
            {
                "FILTER": "F290LP",
                "GRATING": "G395H",
                "FXD_SLIT": "S1600A1",
                "SUBARRAY": "SUB2048",
            },
            "f290lp-g395h-s1600a1-sub2048",
        ),
        ({"FILTER": "P750L", "SUBARRAY": "SLITLESSPRISM"}, "p750l-slitlessprism"),
        (
            {"FILTER": "CLEAR", "PUPIL": "GR700XD", "SUBARRAY": "SUBSTRIP256"},
            "clear-gr700xd-substrip256",
        ),
        (
            {"FILTER": "F322W2", "PUPIL": "GRISMR", "SUBARRAY": "SUBGRISM256"},
            "f322w2-grismr-subgrism256",
        ),
        ({"FILTER": "F210M", "PUPIL": "CLEAR", "SUBARRAY": "FULL"}, "clear-f210m"),
        ({"FILTER": "F560W", "SUBARRAY": "FULL", "PUPIL": "N/A"}, "f560w"),
        ({"FILTER": "NONE", "PUPIL": None}, "clear"),
        ({"FILTER": "F1/../x y"}, "f1..xy"),
    ],
)
def test_optical_path(keywords, path):
    assert optical_path(keywords) == path


@pytest.mark.parametrize(
    ("stem", "keywords", "numbers"),
    [
        ("x", {"PROGRAM": "1366", "OBSERVTN": "3", "VISIT": "1"}, ("01366", "003", "001")),
        ("jw01366003001_04101_00001-seg001_nrs1", {}, ("01366", "003", "001")),
        (
            "jw01366003001_04101_00001-seg001_nrs1",
            {"OBSERVTN": "004"},
            ("01366", "004", "001"),
        ),
        ("x", {"PROGRAM": 1366}, ("01366", "", "")),
    ],
)
def test_visit_numbers(stem, keywords, numbers):
    assert visit_numbers(stem, keywords) == numbers


def test_product_name():
    name = product_name("01366", "o003", "NIRSPEC", "f290lp-g395h")
    assert name == "jw01366-o003_t000_nirspec_f290lp-g395h"
