import pytest
from astropy import constants, units
from astropy.coordinates import SkyCoord, get_body_barycentric
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.checks.exposure_times import barycentric_offset, exposure_findings
from scripts.lib.checks.int_times import read_times
from scripts.lib.fits.headers import read_hdus
from scripts.lib.segment_data.integrations import TDB, UTC
from tests.support.builders import int_times, write_segment

MINUTE = 1 / 1440
# Integrations 61 to 66 of 120 of a minute, 5 minutes later at the barycentre.
FIRST, COUNT, TOTAL = 61, 6, 120
NUMBERS = {"INTSTART": FIRST, "INTEND": FIRST + COUNT - 1, "NINTS": TOTAL}
SPAN = (59000.0, 59000.0 + TOTAL * MINUTE)
EXPOSURE = {"EXPSTART": SPAN[0], "EXPEND": SPAN[1]}
# TDB is 300 s from UTC, as in the table, at this place.
PLACE = {"TARG_RA": 186.0, "TARG_DEC": -2.7}


def found(tmp_path, shift=0.0, names=(*UTC, *TDB), **keywords):
    """Findings about a segment in the middle of an exposure whose times are shifted."""
    times = int_times(FIRST, COUNT)
    for name in names:
        times[name] += shift
    path = tmp_path / "seg_calints.fits"
    write_segment(path, (COUNT, 2, 2), times=times, **(NUMBERS | keywords))
    hdus = read_hdus(path)
    findings = exposure_findings("f", read_times(path, hdus), hdus)
    assert all(finding.path == "f" and finding.severity == "warning" for finding in findings)
    return [(finding.key.removeprefix("INT_TIMES/"), finding.found) for finding in findings]


def dates(begin, end):
    """DATE-BEG and DATE-END of MJDs."""
    return {"DATE-BEG": Time(begin, format="mjd").isot, "DATE-END": Time(end, format="mjd").isot}


@pytest.mark.parametrize("keywords", [{}, EXPOSURE, dates(*SPAN), EXPOSURE | dates(*SPAN) | PLACE])
def test_times_that_are_where_their_numbers_are_in_the_exposure(tmp_path, keywords):
    assert found(tmp_path, **keywords) == []


@pytest.mark.parametrize(
    "keywords", [EXPOSURE, dates(*SPAN), {"MJD-BEG": SPAN[0], "MJD-END": SPAN[1]}]
)
@pytest.mark.parametrize("minutes", [-1000, -62, -10, -2.5, 2.5, 10, 62, 1000])
def test_a_shift_as_a_whole_within_and_out_of_the_exposure(tmp_path, keywords, minutes):
    assert [key for key, _ in found(tmp_path, minutes * MINUTE, **keywords)] == [UTC[1]]


@pytest.mark.parametrize("seconds", [-50, -1e-3, 1e-3, 50])
def test_less_than_an_integration_is_left_to_real_headers(tmp_path, seconds):
    assert found(tmp_path, seconds / 86400, **EXPOSURE, **dates(*SPAN)) == []


def test_the_message_names_number_place_and_keywords(tmp_path):
    path = tmp_path / "seg_calints.fits"
    times = int_times(FIRST, COUNT)
    times[UTC[1]] += 0.02
    write_segment(path, (COUNT, 2, 2), times=times, **NUMBERS, **EXPOSURE)
    hdus = read_hdus(path)
    (finding,) = (
        finding
        for finding in exposure_findings("f", read_times(path, hdus), hdus)
        if finding.key == f"INT_TIMES/{UTC[1]}"
    )
    assert finding.found == "59000.062014 for integration 61"
    assert (
        finding.expected
        == "about 59000.042014, as 120 integrations take 59000.000000 to 59000.083333"
    )
    assert finding.effect == "NINTS, EXPSTART and EXPEND disagree with the times, which count"


@pytest.mark.parametrize(
    "keywords",
    [
        {"EXPSTART": SPAN[1], "EXPEND": SPAN[0]},
        {"EXPSTART": SPAN[0]},
        {"EXPSTART": "yesterday", "EXPEND": True},
        {"DATE-BEG": "2020-05-31", "DATE-END": "2020-99-99T00:00:00"},
        EXPOSURE | {"NINTS": 0},
    ],
)
def test_headers_that_say_nothing_contradict_nothing(tmp_path, keywords):
    assert found(tmp_path, 10 * MINUTE, **keywords) == []


def test_one_end_of_the_exposure_is_enough_for_times_beyond_it(tmp_path):
    assert found(tmp_path, -62 * MINUTE, EXPSTART=59000.0)
    assert found(tmp_path, 62 * MINUTE, EXPEND=SPAN[1])
    assert not found(tmp_path, -62 * MINUTE, EXPEND=SPAN[1])


@pytest.mark.parametrize("zero", [0, 2_400_000.5])
@pytest.mark.parametrize("names", [("TDB-BEG", "TDB-END"), ("BSTRTIME", "BENDTIME")])
def test_barycentric_times_have_keywords_of_their_own(tmp_path, names, zero):
    span = dict(zip(names, (zero + time + 5 * MINUTE for time in SPAN), strict=True))
    assert found(tmp_path, **span) == []
    assert [key for key, _ in found(tmp_path, 4 * MINUTE, TDB, **span)] == [TDB[1]]
    # With the direction of the target they are not asked: they are wrong in archive files of before 2023.
    assert found(tmp_path, **{name: time + 1 for name, time in span.items()}, **PLACE) == []


def test_a_table_that_does_not_cover_the_segment_has_no_places(tmp_path):
    assert found(tmp_path, 10 * MINUTE, **EXPOSURE, INTSTART=40, INTEND=45) == []


def test_barycentric_times_that_are_utc(tmp_path):
    offset = 86400 * barycentric_offset(59000.0, 186.0, -2.7)
    assert abs(offset - 300) < 3
    assert found(tmp_path, -5 * MINUTE, TDB, **PLACE) == [(TDB[1], "0.0 s from UTC")]
    assert found(tmp_path, -69.184 / 86400, TDB, **PLACE) == [(TDB[1], "230.8 s from UTC")]
    assert found(tmp_path, 5 / 86400, TDB, **PLACE) == []


def test_without_a_position_the_way_of_light_is_a_limit(tmp_path):
    assert found(tmp_path, -5 * MINUTE, TDB) == []
    assert found(tmp_path, 0.02, TDB) == [(TDB[1], "0.02347 d from UTC")]
    assert found(tmp_path, 0.02, TDB, TARG_RA="12:00:00", TARG_DEC=1.0) == [
        (TDB[1], "0.02347 d from UTC")
    ]


@given(
    mjd=st.floats(59_700, 61_700),
    ra=st.floats(0, 360),
    dec=st.floats(-90, 90),
    distance=st.floats(0.005, 0.012),
)
def test_barycentric_offset_equals_that_of_an_ephemeris(mjd, ra, dec, distance):
    """Up to the Sun's way around the barycentre and the orbit around L2."""
    with iers.conf.set_temp("auto_download", False):
        time = Time(mjd, format="mjd", scale="utc")
        earth, sun = (get_body_barycentric(name, time) for name in ("earth", "sun"))
        target = SkyCoord(ra * units.deg, dec * units.deg).cartesian
        position = earth + (earth - sun) * distance
        delay = (position.dot(target) / constants.c).to_value("day")
        expected = delay + (time.tdb.mjd - time.utc.mjd)
    assert 86400 * abs(barycentric_offset(mjd, ra, dec) - expected) < 10
