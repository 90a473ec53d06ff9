import gzip
from dataclasses import replace

import numpy as np
import pytest

from scripts.lib.checks.int_times import int_times_findings, read_times
from scripts.lib.errors import InputError
from scripts.lib.fits.headers import read_hdus
from scripts.lib.segment_data.integrations import NUMBER, TDB, UTC
from tests.support.builders import int_times, write_segment

SHAPE = (6, 2, 2)
MINUTE = 1 / 1440


def found(tmp_path, times, **keywords):
    """Findings about a segment of integrations 1 to 6 with these times: severity, key, found."""
    path = tmp_path / "seg_calints.fits"
    write_segment(path, SHAPE, times=times, **({"INTEND": 6, "NINTS": 6} | keywords))
    hdus = read_hdus(path)
    findings = int_times_findings("f", hdus, read_times(path, hdus))
    assert all(finding.path == "f" for finding in findings)
    assert all(finding.effect for finding in findings if finding.severity != "error")
    return [(finding.severity, finding.key, finding.found) for finding in findings]


def changed(column, rows, values):
    """Times of six integrations of a minute with some values replaced."""
    times = int_times(1, 6)
    times[column][rows] = values
    return times


@pytest.mark.parametrize(
    "times",
    [int_times(1, 6), int_times(1, 9), int_times(-3, 10), np.zeros(0, int_times(1, 1).dtype)],
)
def test_nothing_unusual(tmp_path, times):
    assert found(tmp_path, times) == []


def test_no_table_is_left_to_the_check_of_the_headers(tmp_path):
    path = tmp_path / "seg_calints.fits"
    write_segment(path, SHAPE)
    hdus = [hdu for hdu in read_hdus(path) if hdu.name != "INT_TIMES"]
    assert read_times(path, hdus) is None
    assert int_times_findings("f", hdus, None) == []


def test_a_table_with_a_heap_but_no_rows_has_no_times(tmp_path):
    path = tmp_path / "seg_calints.fits"
    write_segment(path, SHAPE)
    hdus = [
        replace(hdu, shape=(0, hdu.shape[1])) if hdu.name == "INT_TIMES" else hdu
        for hdu in read_hdus(path)
    ]
    assert read_times(path, hdus) is None
    assert int_times_findings("f", hdus, None) == []


@pytest.mark.parametrize(
    ("exp_type", "severity"), [("MIR_LRS-SLITLESS", "error"), ("MIR_IMAGE", "warning")]
)
def test_missing_column(tmp_path, exp_type, severity):
    names = [name for name in int_times(1, 1).dtype.names if name != TDB[2]]
    result = found(tmp_path, int_times(1, 6)[names].copy(), EXP_TYPE=exp_type)
    assert result == [(severity, "INT_TIMES", "no int_end_BJD_TDB")]


def test_column_of_another_type(tmp_path):
    times = int_times(1, 6)
    times = times.astype([(n, "f4" if n == NUMBER else t) for n, t in times.dtype.descr])
    assert found(tmp_path, times) == [("error", "INT_TIMES", "no integration_number")]


def test_rows_of_another_length_than_their_columns(tmp_path):
    path = tmp_path / "seg_calints.fits"
    write_segment(path, SHAPE, INTEND=6)
    content = path.read_bytes()
    path.write_bytes(
        content.replace(b"NAXIS1  =                   52", b"NAXIS1  =                   50")
    )
    hdus = read_hdus(path)
    (finding,) = int_times_findings("f", hdus, read_times(path, hdus))
    assert (finding.severity, finding.found) == ("error", "rows of 50 bytes")


@pytest.mark.parametrize(
    ("numbers", "first", "expected"),
    [
        ((0, 6), 1, "0 to 5"),
        ((7, 6), 1, "7 to 12"),
        ((1, 6), 4, "1 to 6"),
    ],
)
def test_rows_of_other_integrations(tmp_path, numbers, first, expected):
    times = int_times(*numbers)
    result = found(tmp_path, times, INTSTART=first, INTEND=first + 5, NINTS=20)
    assert result == [("warning", f"INT_TIMES/{NUMBER}", expected)]


def test_numbers_that_roll_over(tmp_path):
    times = int_times(32763, 6)
    times[NUMBER][5:] = -32768
    result = found(tmp_path, times, INTSTART=32763, INTEND=32768, NINTS=40000)
    assert [finding[2] for finding in result] == [
        "-32768 after 32767; the counter rolled over",
        "32763 to -32768",
    ]


def test_numbers_that_jump(tmp_path):
    times = changed(NUMBER, [3, 4, 5], [5, 6, 9])
    assert found(tmp_path, times) == [
        ("warning", f"INT_TIMES/{NUMBER}", "5 after 3 and 1 more jump")
    ]


def test_barycentric_times_that_are_zero(tmp_path):
    times = int_times(1, 6)
    for name in TDB:
        times[name] = 0
    assert found(tmp_path, times) == [
        ("warning", f"INT_TIMES/{TDB[1]}", "0 in 6 of 6 rows (1, 2, 3, ...)")
    ]


def test_times_that_are_nan(tmp_path):
    times = changed(UTC[1], [1, 2, 3, 5], np.nan)
    assert found(tmp_path, times) == [
        ("warning", f"INT_TIMES/{UTC[1]}", "NaN in 4 of 6 rows (2, 3, 4, ...)")
    ]


def test_only_rows_of_the_segment_count(tmp_path):
    times = int_times(1, 9)
    times[UTC[1]][6:] = np.nan
    assert found(tmp_path, times) == []


def test_times_that_do_not_increase(tmp_path):
    times = int_times(1, 6)
    for name in UTC:
        times[name][2:4] = times[name][[3, 2]]
    times[TDB[1]][5] = times[TDB[1]][4]
    assert found(tmp_path, times) == [
        ("warning", f"INT_TIMES/{UTC[1]}", "1 time not after the one before (4)"),
        ("warning", f"INT_TIMES/{TDB[1]}", "1 time not after the one before (6)"),
        ("warning", f"INT_TIMES/{TDB[1]}", "1 mid time outside start and end (6)"),
    ]


def test_gap(tmp_path):
    times = int_times(1, 6)
    for name in (*UTC, *TDB):
        times[name][3:] += 2 * MINUTE
    assert found(tmp_path, times) == [
        ("note", f"INT_TIMES/{UTC[1]}", "1 gap of up to 3.00 min, after 3")
    ]


def test_barycentric_times_with_another_zero(tmp_path):
    times = int_times(1, 6)
    for name in TDB:
        times[name] += 2400000.5
    assert found(tmp_path, times) == [("warning", f"INT_TIMES/{TDB[1]}", "2.4e+06 d from UTC")]


def test_times_of_another_exposure(tmp_path):
    assert found(tmp_path, int_times(1, 6), EXPSTART=58999.9999, EXPEND=59000.0042) == []
    result = found(tmp_path, int_times(1, 6), EXPSTART=59001.5, EXPEND=59002.5)
    assert result == [("warning", f"INT_TIMES/{UTC[1]}", "59000.000347 to 59000.003819")]


def test_compressed_and_cut_off(tmp_path):
    path = tmp_path / "seg_calints.fits"
    write_segment(path, SHAPE, INTEND=6)
    hdus, packed = read_hdus(path), tmp_path / "seg_calints.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_times(packed, hdus) == read_times(path, hdus)
    packed.write_bytes(packed.read_bytes()[:400])
    with pytest.raises(InputError, match="cannot be read"):
        read_times(packed, hdus)
    path.write_bytes(path.read_bytes()[: hdus[-2].data_offset + 60])
    with pytest.raises(InputError, match="312 bytes expected, 60 found"):
        read_times(path, hdus)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e9, 59002.0])
@pytest.mark.parametrize("name", [UTC[0], UTC[2], TDB[0], TDB[2]])
def test_starts_and_ends_that_are_far_from_their_mid_time(tmp_path, name, value):
    times = int_times(1, 6)
    times[name][1:3] = value
    expected = ("warning", f"INT_TIMES/{name}", f"{value:.6g} in 2 of 6 rows (2, 3)")
    assert expected in found(tmp_path, times)


@pytest.mark.parametrize(
    ("column", "step", "of_utc"),
    [(k, step, of_utc) for k in range(3) for step in (0.5, -0.5, 0.002) for of_utc in (0, 1)],
)
def test_barycentric_times_that_are_not_as_far_from_utc_as_the_others(
    tmp_path, column, step, of_utc
):
    times = int_times(1, 6)
    times[(UTC if of_utc else TDB)[column]][2:] += step
    offset = times[TDB[column]][2] - times[UTC[column]][2]
    expected = f"{offset:.4g} d from UTC in 4 of 6 rows (3, 4, 5, ...)"
    assert ("warning", f"INT_TIMES/{TDB[column]}", expected) in found(tmp_path, times)


def test_barycentric_times_may_differ_by_seconds_and_be_missing(tmp_path):
    times = int_times(1, 6)
    times[TDB[2]] += 9 / 86400
    assert found(tmp_path, times) == []
    times[TDB[1]] = 0
    assert [finding[1] for finding in found(tmp_path, times)] == [f"INT_TIMES/{TDB[1]}"]
    times[TDB[2]] += 0.5
    assert f"INT_TIMES/{TDB[2]}" in [finding[1] for finding in found(tmp_path, times)]


@pytest.mark.parametrize("scale", [UTC, TDB])
@pytest.mark.parametrize("mid", [None, 0.0, np.nan])
def test_ends_before_the_start(tmp_path, scale, mid):
    times = int_times(1, 6)
    times[scale[0]][[1, 4]], times[scale[2]][[1, 4]] = (
        times[scale[2]][[1, 4]],
        times[scale[0]][[1, 4]],
    )
    if mid is not None:
        times[scale[1]] = mid
    expected = ("warning", f"INT_TIMES/{scale[2]}", "2 ends before the start (2, 5)")
    messages = found(tmp_path, times)
    assert expected in messages
    assert not any("outside" in message for _, _, message in messages)


def test_mid_times_of_another_age_or_infinite(tmp_path):
    times = int_times(1, 6)
    times[UTC[1]][2] = 1e9
    times[UTC[1]][4] = np.inf
    messages = found(tmp_path, times)
    assert ("warning", f"INT_TIMES/{UTC[1]}", "1e+09 in 1 of 6 rows (3)") in messages
    assert ("warning", f"INT_TIMES/{UTC[1]}", "infinity in 1 of 6 rows (5)") in messages
