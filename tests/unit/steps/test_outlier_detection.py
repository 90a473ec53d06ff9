import logging
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.errors import InputError
from scripts.lib.fits.headers import read_hdus
from scripts.lib.outliers import search
from scripts.lib.outliers.blocks import affordable_threads, plan_blocks
from scripts.lib.outliers.detection import Settings, detect_outliers, mask_bits
from scripts.lib.outliers.search import is_outlier
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from scripts.outlier_detection import process

NAN = np.nan
JUMP = 4
LARGEST = np.finfo(np.float32).max


def cube(shape=(60, 3, 4), seed=0, hits=0.01, bad=0.003):
    """Planes of noise of 1 with hits of 30, NaN in any plane, and flags."""
    rng = np.random.default_rng(seed)
    planes = {name: np.ones(shape, np.float32) for name in ("ERR", "VAR_POISSON", "VAR_FLAT")}
    planes["SCI"] = rng.normal(100, 1, shape).astype(np.float32)
    planes["SCI"][rng.random(shape) < hits] += 30
    for plane in planes.values():
        plane[rng.random(shape) < bad] = NAN
    planes["DQ"] = np.zeros(shape, np.uint32)
    planes["DQ"][rng.random(shape) < bad] |= DO_NOT_USE
    planes["DQ"][rng.random(shape) < 0.1] |= JUMP
    return planes


def plain_flags(planes, snr=5.0, window=25, mask=DO_NOT_USE):
    """Outliers by the definition, one integration and one `numpy.median` at a time."""
    sci, err = planes["SCI"], np.nan_to_num(planes["ERR"])
    n = len(sci)
    if not 1 < window < n:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            return np.abs(sci - np.nanmedian(sci, axis=0)) > np.float32(snr) * err
    masked = np.where(planes["DQ"] & mask, NAN, sci).astype(np.float32)
    starts = [min(max(t - window // 2, 0), n - window) for t in range(n)]
    medians = np.array(
        [np.median(masked[s : s + window], axis=0, out=np.empty(sci.shape[1:])) for s in starts]
    )
    return np.abs(sci - medians) > np.float32(snr) * err


def plain_result(planes, flagged):
    """Planes after flagging and unification, by the definition."""
    floats = [name for name in planes if name != "DQ"]
    dq = planes["DQ"] | np.where(flagged, OUTLIER | DO_NOT_USE, 0).astype(np.uint32)
    invalid = (dq & DO_NOT_USE) > 0
    for name in floats:
        invalid |= np.isnan(planes[name])
    result = {name: np.where(invalid, np.float32(NAN), planes[name]) for name in floats}
    return result | {"DQ": np.where(invalid, dq | DO_NOT_USE, dq)}


def detect(planes, settings, samples=10**9):
    """Run over the blocks of a cube in memory; return the planes and the number of outliers."""
    shape = planes["SCI"].shape
    result, count = {name: np.empty_like(plane) for name, plane in planes.items()}, 0
    for block in plan_blocks(shape, settings.window, samples):
        frames = {
            name: block.frames if name in ("SCI", "DQ") else block.integrations for name in planes
        }
        part = {name: plane[frames[name], block.rows].copy() for name, plane in planes.items()}
        count += detect_outliers(part, block, shape[0], settings)
        for name, plane in part.items():
            tested = plane[block.tested] if name in ("SCI", "DQ") else plane
            result[name][block.integrations, block.rows] = tested
    return result, count


def assert_same(result, expected):
    """Assert that planes are the same to the bit."""
    assert result.keys() == expected.keys()
    for name, plane in result.items():
        assert plane.dtype == expected[name].dtype
        np.testing.assert_array_equal(plane, expected[name], err_msg=name)


@pytest.mark.parametrize("window", [2, 3, 4, 24, 25, 26, 59, 60, 61, 1, 0])
@pytest.mark.parametrize("samples", [10**9, 300, 1])
def test_blocks_give_what_the_definition_gives(window, samples):
    planes = cube()
    flagged = plain_flags(planes, window=window)
    result, count = detect(planes, Settings(window=window), samples)
    assert_same(result, plain_result(planes, flagged))
    assert count == np.count_nonzero(flagged) > 0


@pytest.mark.parametrize("integrations", [2, 3, 24, 25, 26, 41])
def test_any_length_of_series(integrations):
    planes = cube((integrations, 5, 6), hits=0.05)
    result, _ = detect(planes, Settings())
    assert_same(result, plain_result(planes, plain_flags(planes)))


def test_pixels_are_done_in_pieces(monkeypatch):
    monkeypatch.setattr(search, "PIXELS_AT_A_TIME", 5)
    planes = cube()
    result, _ = detect(planes, Settings())
    assert_same(result, plain_result(planes, plain_flags(planes)))


def test_one_hit_is_flagged_in_all_planes():
    planes = cube(hits=0, bad=0)
    planes["SCI"][30, 1, 2] = 200
    result, count = detect(planes, Settings())
    assert count == 1
    assert result["DQ"][30, 1, 2] & ~np.uint32(JUMP) == OUTLIER | DO_NOT_USE
    for name in ("SCI", "ERR", "VAR_POISSON", "VAR_FLAT"):
        assert np.argwhere(np.isnan(result[name])).tolist() == [[30, 1, 2]]


def test_nan_hides_hits_in_its_windows():
    planes = cube((100, 1, 1), hits=0, bad=0)
    planes["SCI"][50] = NAN
    planes["SCI"][[30, 37, 38, 62, 63, 80]] = 200
    result, _ = detect(planes, Settings())
    flagged = np.nonzero(result["DQ"][:, 0, 0] & OUTLIER)[0]
    np.testing.assert_array_equal(flagged, [30, 37, 63, 80])


def test_flag_hides_hits_only_if_it_is_masked():
    planes = cube((100, 1, 1), hits=0, bad=0)
    planes["DQ"][:] = 0
    planes["DQ"][50] = JUMP
    planes["SCI"][60] = 200
    assert detect(planes, Settings(mask=DO_NOT_USE))[1] == 1
    assert detect(planes, Settings(mask=DO_NOT_USE | JUMP))[1] == 0


def test_samples_masked_by_another_flag_keep_their_values():
    planes = cube((100, 2, 2), hits=0, bad=0)
    result, _ = detect(planes, Settings(mask=JUMP))
    assert_same(result, planes)


def test_median_of_all_integrations_does_not_mask_flags():
    planes = cube((3, 1, 1), hits=0, bad=0)
    planes["SCI"][:, 0, 0] = [0, 1, 100]
    planes["DQ"][:, 0, 0] = [0, DO_NOT_USE, 0]
    result, count = detect(planes, Settings())
    assert count == 1
    np.testing.assert_array_equal(result["DQ"][:, 0, 0], [0, 1, 17])


def test_difference_to_the_median_of_all_is_taken_in_single_precision():
    """In float32 the difference is exactly 5 errors, in float64 a little more."""
    planes = cube((3, 1, 1), hits=0, bad=0)
    planes["SCI"][:, 0, 0] = [5, -(2.0**-30), -1]
    assert detect(planes, Settings())[1] == 0


def test_all_samples_masked_gives_no_outlier():
    planes = cube(bad=0)
    result, count = detect(planes, Settings(mask=None))
    assert count == 0
    assert_same(result, planes)


@given(
    sci=hnp.arrays(np.float32, 8, elements=st.floats(width=32)),
    medians=hnp.arrays(np.float32, 8, elements=st.floats(width=32)),
    err=hnp.arrays(np.float32, 8, elements=st.floats(width=32)),
    snr=st.sampled_from([5.0, 0.3, 1.0, 4.7]),
    precision=st.sampled_from([np.float32, np.float64]),
)
def test_outliers_are_those_of_the_formula(sci, medians, err, snr, precision):
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.abs(sci.astype(precision) - medians) > np.float32(snr) * np.nan_to_num(err)
    np.testing.assert_array_equal(is_outlier(sci, err, medians, snr, precision), expected)


def test_difference_is_taken_in_double_precision():
    """In float32 the difference is exactly 5 errors, in float64 a little more."""
    sci, medians, err = (np.array([v], np.float32) for v in (5, -(2.0**-30), 1))
    assert is_outlier(sci, err, medians, 5.0).tolist() == [True]
    assert is_outlier(sci, err, medians, 5.0, precision=np.float32).tolist() == [False]


@pytest.mark.parametrize(
    ("err", "deviation", "outlier"),
    [
        (1, 5, False),
        (1, np.nextafter(np.float32(5), np.float32(6)), True),
        (1, -6, True),
        (NAN, 0, False),
        (NAN, 1e-30, True),
        (0, 1, True),
        (np.inf, LARGEST, False),
        (-np.inf, 0, True),
        (1, NAN, False),
    ],
)
def test_threshold(err, deviation, outlier):
    arrays = (np.array([value], np.float32) for value in (deviation, err, 0))
    assert is_outlier(*arrays, 5.0).tolist() == [outlier]


@pytest.mark.parametrize(
    ("maskpt", "any_good", "mask"),
    [
        (0.7, True, 5),
        (1.0, True, 5),
        (0.0, True, 0),
        (-1.0, True, 0),
        (1.1, True, None),
        (0.7, False, 0),
    ],
)
def test_mask_follows_the_mean_weight(maskpt, any_good, mask):
    assert mask_bits(5, maskpt, any_good) == mask


def write_calints(path, planes, extra=(), **keywords):
    """Write a segment; ``extra`` are HDUs that outlier detection has no part in."""
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"DATE": "2020-01-01", "CAL_VER": "1.2.3", "S_JUMP": "COMPLETE", "TARGNAME": "WASP-0"}
        | keywords
    )
    images = [fits.ImageHDU(plane, name=name) for name, plane in planes.items()]
    fits.HDUList([primary, *images, *extra]).writeto(path)


def job(folder, work_mb=512, **options):
    """Object as Snakemake hands it to the script."""
    return SimpleNamespace(
        input=SimpleNamespace(calints=str(folder / "calints.fits")),
        output=SimpleNamespace(crfints=str(folder / "crfints.fits")),
        params=SimpleNamespace(options=options, asn_pool="pool.csv", asn_table="asn.json"),
        resources={"work_mb": work_mb},
    )


def run(folder, planes, extra=(), work_mb=512, **options):
    """Process a segment; return the planes of the product."""
    write_calints(folder / "calints.fits", planes, extra)
    process(job(folder, work_mb, **options))
    with fits.open(folder / "crfints.fits") as product:
        return {name: product[name].data.astype(plane.dtype) for name, plane in planes.items()}


@pytest.mark.parametrize("work_mb", [512, 0.01, 0.0001])
def test_product_does_not_depend_on_memory(tmp_path, work_mb):
    planes = cube((70, 6, 7))
    expected = plain_result(planes, plain_flags(planes))
    assert_same(run(tmp_path, planes, work_mb=work_mb), expected)


@pytest.mark.parametrize("work_mb", [512, 0.1])
def test_product_does_not_depend_on_threads(tmp_path, work_mb, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    write_calints(tmp_path / "calints.fits", cube((70, 16, 17)))
    contents = []
    for threads in (1, 2, 5):
        work = job(tmp_path, work_mb)
        work.threads = threads
        process(work)
        contents.append((tmp_path / "crfints.fits").read_bytes())
    assert contents[0] == contents[1] == contents[2]


def test_threads_do_not_take_more_memory_than_one():
    wide, samples = (150, 64, 2048), 1_800_000
    # A row over two windows of 25 has 102400 samples, more than a part in 64.
    blocks = plan_blocks(wide, 25, samples // 64)
    assert affordable_threads(64, blocks, wide, samples) == samples // 102_400
    assert affordable_threads(4, blocks, wide, samples) == 4
    assert affordable_threads(64, blocks, wide, 1000) == 1
    assert affordable_threads(64, plan_blocks((30, 4, 5), 25, samples), (30, 4, 5), samples) == 1


@pytest.mark.parametrize("window", [1, 5, 8])
def test_options_are_those_of_the_peer(tmp_path, window):
    planes = cube((30, 4, 5))
    options = {"snr": "3.0 4.0", "rolling_window_width": window, "good_bits": "~JUMP_DET"}
    expected = plain_result(planes, plain_flags(planes, 3.0, window, mask=JUMP))
    assert_same(run(tmp_path, planes, **options), expected)


def test_nothing_is_masked_where_every_sample_is_bad(tmp_path):
    planes = cube((30, 4, 5), bad=0)
    planes["DQ"] |= DO_NOT_USE
    expected = plain_result(planes, plain_flags(planes, mask=0))
    assert (expected["DQ"] & OUTLIER).any()
    assert_same(run(tmp_path, planes), expected)


def test_other_hdus_are_carried_over_byte_for_byte(tmp_path):
    area = fits.ImageHDU(np.arange(20, dtype="f4").reshape(4, 5), name="AREA")
    tree = fits.BinTableHDU(np.array([(b"#ASDF\0\1",)], [("ASDF_METADATA", "S7")]), name="ASDF")
    flat = fits.ImageHDU(np.full((4, 5), NAN, "f4"), name="VAR_RNOISE")
    run(tmp_path, cube((30, 4, 5)), (area, tree, flat))
    with (
        fits.open(tmp_path / "calints.fits") as before,
        fits.open(tmp_path / "crfints.fits") as after,
    ):
        assert [hdu.name for hdu in after] == [hdu.name for hdu in before]
        after.verify("exception")
        for old, new in zip(before[1:], after[1:], strict=True):
            assert repr(new.header) == repr(old.header)
    paths = (tmp_path / "calints.fits", tmp_path / "crfints.fits")
    for old, new in list(zip(*map(data_by_hdu, paths), strict=True))[-3:]:
        assert old == new != b""


def data_by_hdu(path):
    """Bytes of the data of every HDU."""
    content = path.read_bytes()
    return [content[hdu.data_offset : hdu.data_offset + hdu.data_bytes] for hdu in read_hdus(path)]


def test_primary_header_tells_what_was_done(tmp_path):
    run(tmp_path, cube((30, 4, 5)))
    header = fits.getheader(tmp_path / "crfints.fits")
    assert header["DATE"] > "2026"
    assert header["FILENAME"] == "crfints.fits"
    assert (header["CAL_VER"], header["CAL_VCS"]) == ("3.0.0", "RELEASE")
    assert (header["ASNPOOL"], header["ASNTABLE"]) == ("pool.csv", "asn.json")
    assert (header["S_JUMP"], header["S_OUTLIR"]) == ("COMPLETE", "COMPLETE")
    assert header["TARGNAME"] == "WASP-0"
    assert "outlier_detection equal to jwst 3.0.0" in str(header["HISTORY"])


def test_double_precision_becomes_single(tmp_path):
    planes = cube((30, 4, 5))
    expected = plain_result(planes, plain_flags(planes))
    double = {name: p if name == "DQ" else p.astype("f8") for name, p in planes.items()}
    run(tmp_path, double)
    with fits.open(tmp_path / "crfints.fits") as product:
        assert product["SCI"].header["BITPIX"] == -32
        assert_same({n: product[n].data.astype(p.dtype) for n, p in planes.items()}, expected)


def test_signed_flags_become_unsigned(tmp_path):
    planes = cube((30, 4, 5))
    expected = plain_result(planes, plain_flags(planes))
    run(tmp_path, planes | {"DQ": planes["DQ"].astype("i4")})
    with fits.open(tmp_path / "crfints.fits") as product:
        np.testing.assert_array_equal(product["DQ"].data, expected["DQ"])
        assert product["DQ"].data.dtype == np.uint32


def test_log_has_the_sum(tmp_path, caplog):
    planes = cube((60, 4, 5), hits=0, bad=0)
    planes["SCI"][30, 1, 2] = 200
    with caplog.at_level(logging.INFO):
        run(tmp_path, planes)
    (message,) = caplog.messages
    assert message.startswith(
        "crfints.fits: 60 integrations of 4 x 5 pixels, 1 outliers (fraction 8.33e-04), "
    )


@pytest.mark.parametrize("name", ["SCI", "ERR", "DQ"])
def test_missing_plane_is_reported_and_leaves_no_product(tmp_path, name):
    planes = cube((30, 4, 5))
    del planes[name]
    with pytest.raises(InputError, match=f"{name} .* missing"):
        run(tmp_path, planes)
    assert [path.name for path in tmp_path.iterdir()] == ["calints.fits"]


@pytest.mark.parametrize(("name", "part"), [("ERR", 3), ("DQ", 0), ("SCI", 0)])
def test_plane_of_wrong_shape_is_reported_and_leaves_no_product(tmp_path, name, part):
    planes = cube((30, 4, 5))
    planes[name] = planes[name][part]
    with pytest.raises(InputError, match=r"shape \(4, 5\)"):
        run(tmp_path, planes)
    assert [path.name for path in tmp_path.iterdir()] == ["calints.fits"]


def test_unknown_flag_is_reported_and_leaves_no_product(tmp_path):
    with pytest.raises(InputError, match="NO_SUCH"):
        run(tmp_path, cube((30, 4, 5)), good_bits="~NO_SUCH")
    assert [path.name for path in tmp_path.iterdir()] == ["calints.fits"]


def test_real_segment(tmp_path, shared_data):
    """Numbers of outliers that jwst 3.0.0 finds in simulated MIRI LRS integrations."""
    path = shared_data / "eureka-miri-lrs-sim" / "ERS_NGTS10_2022_new_drift_041_calints.fits"
    work = job(tmp_path)
    work.input.calints = str(path)
    process(work)
    with fits.open(tmp_path / "crfints.fits") as product:
        flagged = (product["DQ"].data & OUTLIER) > 0
        assert np.count_nonzero(flagged, axis=(1, 2)).tolist() == [110, 118, 104, 125]
        np.testing.assert_array_equal(np.isnan(product["SCI"].data), product["DQ"].data & 1)
