from collections import Counter

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.dq import DO_NOT_USE, unify_nan_and_dq
from scripts.lib.segment_data.impossible_values import (
    COUNTED_BY,
    impossible_warnings,
    segment_warnings,
    unify_and_count,
)

NAN, INF = np.nan, np.inf
VARIANCES = ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
VALUES = (0.0, -0.0, 1.0, 1e-40, 3e38, -1.0, -1e-40, INF, -INF, NAN, -NAN)


def planes(samples=6, **changed):
    """Planes of ones without flags, but for some values."""
    made = {name: np.ones(samples, "f4") for name in ("SCI", "ERR", *VARIANCES)}
    made["DQ"] = np.zeros(samples, "u4")
    for name, values in changed.items():
        made[name][: len(values)] = values
    return made


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["ERR", *VARIANCES])
def test_what_cannot_be_is_counted_in_samples_that_are_valid(name, order):
    found = planes(8, **{name: [-1, INF, -INF, 1e38, -0.0, 0.0, 1e-40]})
    found[name] = found[name].astype(f"{order}f4")
    assert unify_and_count(found) == {name: 4}
    flagged = planes(8, **{name: [-1, INF, -INF]}, DQ=[1, 1, 5])
    flagged[name] = flagged[name].astype(f"{order}f4")
    assert unify_and_count(flagged) == {}
    assert np.isnan(flagged[name][:3]).all()


def test_variances_that_are_missing_where_nothing_else_is_wrong():
    found = planes(8, VAR_FLAT=[NAN] * 4, VAR_RNOISE=[NAN, -NAN], SCI=[1, 1, NAN], DQ=[0, 0, 0, 1])
    # The third has no value and the fourth is flagged.
    assert unify_and_count(found) == {"variances": 2}
    assert found["DQ"].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_pieces_are_counted_together():
    many = 100_000
    found = planes(many)
    found["VAR_POISSON"][::1000] = -1
    found["VAR_RNOISE"][7::10_000] = NAN
    assert unify_and_count(found) == {"VAR_POISSON": 100, "variances": 10}


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0, 1, 4, 5]), *[st.sampled_from(VALUES)] * 4), max_size=20
    ),
    missing=st.sets(st.sampled_from(VARIANCES)),
)
def test_planes_end_as_without_counting(rows, missing):
    names = ("DQ", "ERR", *VARIANCES)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    found, expected = planes(len(rows), **columns), planes(len(rows), **columns)
    for name in missing:
        del found[name], expected[name]
    counts = unify_and_count(found)
    others = [expected[name] for name in ("ERR", *VARIANCES) if name in expected]
    invalid = unify_nan_and_dq(expected["SCI"], expected["DQ"], *others)
    for name, plane in expected.items():
        np.testing.assert_array_equal(found[name], plane)
    for name, plane in found.items():
        if name not in ("SCI", "DQ"):
            limit = 1e15 if name == "ERR" else 1e30
            assert counts[name] == np.sum(~invalid & ((plane < 0) | (plane > limit)))


def test_the_lines():
    counts = Counter(ERR=2, VAR_POISSON=3, variances=1, outliers=9)
    found = impossible_warnings("a_calints.fits", counts, 40)
    assert [line.partition(",")[0] for line in found] == [
        "a_calints.fits: ERR: found negative or infinite in 2 of 40 samples",
        "a_calints.fits: VAR_POISSON: found negative or infinite in 3 of 40 samples",
        "a_calints.fits: variances: found NaN in 1 of 40 samples",
    ]
    assert impossible_warnings("a", Counter(outliers=9), 40) == []


def write(path, shape, history=(), **changed):
    """Write a segment of ones, but for some values of its planes."""
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for line in history:
        hdus[0].header["HISTORY"] = line
    made = planes(int(np.prod(shape)), **changed)
    hdus += [fits.ImageHDU(plane.reshape(shape), name=name) for name, plane in made.items()]
    hdus.writeto(path)
    return path


@pytest.mark.parametrize("shape", [(5, 3, 4), (3, 700, 900)])
def test_a_segment_whose_outliers_were_not_looked_for_is_counted(tmp_path, shape, caplog):
    path = write(tmp_path / "a.fits", shape, VAR_RNOISE=[-1] * 7, ERR=[INF], DQ=[0, 1])
    with open_fits(path) as member:
        found = segment_warnings(member)
    samples = np.prod(shape)
    assert [line.partition(",")[0] for line in found] == [
        f"a.fits: ERR: found negative or infinite in 1 of {samples} samples",
        f"a.fits: VAR_RNOISE: found negative or infinite in 6 of {samples} samples",
    ]
    assert caplog.messages == found


def test_a_segment_that_was_counted_is_not_counted_again(tmp_path):
    path = write(tmp_path / "a.fits", (5, 3, 4), [f"tso3flow: {COUNTED_BY} 3.0.0"], ERR=[-1])
    with open_fits(path) as member:
        assert segment_warnings(member) == []


def test_a_segment_without_such_planes_has_no_warnings(tmp_path):
    path = write(tmp_path / "a.fits", (3, 4), ERR=[-1])
    with open_fits(path) as member:
        assert segment_warnings(member) == []


@pytest.mark.parametrize("version", ["calints", "calints_2022-version"])
def test_segments_of_the_instrument_team_have_none(shared_data, version):
    folder = shared_data / "eureka-miri-lrs-sim"
    with open_fits(folder / f"ERS_NGTS10_2022_new_drift_041_{version}.fits") as member:
        assert segment_warnings(member) == []
        assert (member.read("DQ") & DO_NOT_USE).any()
