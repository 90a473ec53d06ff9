import logging
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.fits.headers import read_hdus
from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from scripts.lib.segment_data.impossible_values import segment_warnings
from scripts.outlier_detection import process
from tests.support.outlier_cubes import JUMP, assert_same, cube, plain_flags, plain_result

NAN = np.nan


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
        output=SimpleNamespace(crfints=str(folder / "crfints.fits"), results=[], medians=[]),
        params=SimpleNamespace(
            options=options,
            asn_pool="pool.csv",
            asn_table="asn.json",
            parameter_files=[],
            input_warnings=[],
        ),
        resources=SimpleNamespace(work_mb=work_mb),
        threads=1,
        config={"crds_context": None},
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


@pytest.mark.parametrize("work_mb", [512, 0.01])
def test_variances_that_cannot_be_are_counted_and_recorded(tmp_path, work_mb, caplog):
    planes = cube((30, 6, 7), bad=0) | {"VAR_POISSON": np.ones((30, 6, 7), "f4")}
    planes["SCI"][...] = 1
    # Far from the middle of the first image.
    planes["VAR_POISSON"][20:, 5, 3:5] = -1
    planes["VAR_POISSON"][7, 1, 1] = NAN
    expected = [
        "calints.fits: VAR_POISSON: found negative or infinite in 20 of 1260 samples",
        "calints.fits: variances: found NaN in 1 of 1260 samples",
    ]
    run(tmp_path, planes, work_mb=work_mb)
    assert [text.partition(",")[0] for text in caplog.messages] == expected
    with open_fits(tmp_path / "crfints.fits") as product:
        assert [text.partition(",")[0] for text in segment_warnings(product)] == expected


def test_other_hdus_are_carried_over_byte_for_byte(tmp_path):
    area = fits.ImageHDU(np.arange(20, dtype="f4").reshape(4, 5), name="AREA")
    tree = fits.BinTableHDU(np.array([(b"#ASDF\0\1",)], [("ASDF_METADATA", "S7")]), name="ASDF")
    flat = fits.ImageHDU(np.full((4, 5), NAN, "f4"), name="VAR_RNOISE")
    run(tmp_path, cube((30, 4, 5), bad=0), (area, tree, flat))
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


@pytest.mark.parametrize("work_mb", [512, 0.01])
@pytest.mark.parametrize("window", [1, 7])
def test_copy_and_medians_are_written_if_asked_for(tmp_path, window, work_mb):
    planes = cube((30, 4, 5), bad=0)
    write_calints(tmp_path / "calints.fits", planes)
    work = job(tmp_path, work_mb, rolling_window_width=window)
    work.output.results, work.output.medians = tmp_path / "copy.fits", tmp_path / "medians.fits"
    process(work)
    with fits.open(tmp_path / "crfints.fits") as product, fits.open(tmp_path / "copy.fits") as copy:
        assert (copy[0].header["FILENAME"], copy[0].header["S_OUTLIR"]) == ("copy.fits", "COMPLETE")
        for name in planes:
            np.testing.assert_array_equal(copy[name].data, product[name].data)
    with fits.open(tmp_path / "medians.fits") as medians:
        assert "S_OUTLIR" not in medians[0].header
        series = planes["SCI"][:window] if window > 1 else planes["SCI"]
        np.testing.assert_array_equal(medians["SCI"].data[0], np.median(series, axis=0))
        assert medians["SCI"].data.shape == (30, 4, 5)
