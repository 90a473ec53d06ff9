from contextlib import ExitStack

import numpy as np
import pytest
from astropy.io import fits

from scripts.collect_spectra import distinct_int_times, merge_times, product_times
from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.integrations import EXPOSURE

ONE, TWO = ("01366", "028", "1"), ("01366", "029", "1")


def int_times(numbers, offset=0.0):
    table = np.zeros(len(numbers), [("integration_number", "i4"), ("int_mid_MJD_UTC", "f8")])
    table["integration_number"] = numbers
    table["int_mid_MJD_UTC"] = np.asarray(numbers) + offset
    return table


class TestIntTimes:
    def test_segments_join_in_order_of_their_integrations(self):
        merged = merge_times([int_times([3, 4]), int_times([1, 2])], [ONE, ONE])
        np.testing.assert_array_equal(merged["integration_number"], [1, 2, 3, 4])

    def test_tables_of_the_whole_exposure_are_not_repeated(self):
        merged = merge_times([int_times([1, 2, 3]), int_times([1, 2, 3], offset=9)], [ONE, ONE])
        np.testing.assert_array_equal(merged["int_mid_MJD_UTC"], [1, 2, 3])

    def test_a_missing_segment_leaves_no_rows(self):
        merged = merge_times([int_times([1, 2]), int_times([5])], [ONE, ONE])
        np.testing.assert_array_equal(merged["integration_number"], [1, 2, 5])

    @pytest.mark.parametrize("exposures", [(ONE, ONE, TWO), (None, None, None)])
    def test_two_exposures_that_count_from_1_keep_all_their_rows(self, exposures):
        tables = [int_times([1, 2]), int_times([1, 2]), int_times([1, 2, 3], offset=9)]
        merged = merge_times(tables, exposures)
        np.testing.assert_array_equal(merged["integration_number"], [1, 2, 1, 2, 3])
        np.testing.assert_array_equal(merged["int_mid_MJD_UTC"], [1, 2, 10, 11, 12])

    def test_unknown_times_of_unknown_exposures_are_not_repeated(self):
        tables = [int_times([1, 2], offset=np.nan), int_times([1, 2], offset=np.nan)]
        assert len(merge_times(tables, [None, None])) == 2

    def test_equal_detectors_share_one_table(self):
        merged = distinct_int_times([int_times([1]), int_times([1])], ["NRS1", "NRS2"], [ONE] * 2)
        assert list(merged) == ["NRS1"]

    def test_differing_detectors_keep_their_own(self):
        tables = [
            int_times([1]),
            int_times([1], offset=0.1),
            int_times([2]),
            int_times([2], offset=0.1),
        ]
        merged = distinct_int_times(tables, ["NRS1", "NRS2", "NRS1", "NRS2"], [ONE] * 4)
        np.testing.assert_array_equal(merged["NRS1"]["int_mid_MJD_UTC"], [1, 2])
        np.testing.assert_array_equal(merged["NRS2"]["int_mid_MJD_UTC"], [1.1, 2.1])


def test_times_of_stripes_are_kept_once_and_in_order(tmp_path):
    paths = []
    for name, integrations in (("a", (3, 4)), ("b", (1, 2, 3))):
        pairs = [(integration, stripe) for integration in integrations for stripe in (1, 2)]
        rows = np.array(pairs, [("integration_number", "i4"), ("stripe_number", "i4")])
        paths.append(tmp_path / f"{name}.fits")
        table = fits.BinTableHDU(rows, name="INT_TIMES_STRIPE")
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(paths[-1])
    with open_fits(paths[0]) as first, open_fits(paths[1]) as second:
        (hdu,) = product_times([first, second])
    expected = [(integration, stripe) for integration in (1, 2, 3, 4) for stripe in (1, 2)]
    assert [tuple(row) for row in hdu.data] == expected


def test_stripes_of_two_exposures_are_all_kept(tmp_path):
    files = []
    with ExitStack() as stack:
        for exposure in "12":
            rows = np.array([(1, 1)], [("integration_number", "i4"), ("stripe_number", "i4")])
            primary = fits.PrimaryHDU()
            primary.header.update(dict.fromkeys(EXPOSURE, "1") | {"EXPOSURE": exposure})
            path = tmp_path / f"{exposure}.fits"
            table = fits.BinTableHDU(rows, name="INT_TIMES_STRIPE")
            fits.HDUList([primary, table]).writeto(path)
            files.append(stack.enter_context(open_fits(path)))
        (hdu,) = product_times(files)
    assert [tuple(row) for row in hdu.data] == [(1, 1), (1, 1)]


def write_times(path, table):
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table, name="INT_TIMES")]).writeto(path)
    return path


def test_columns_of_times_are_taken_by_their_names(tmp_path):
    second = np.zeros(1, [("int_mid_MJD_UTC", "f4"), ("more", "S3"), ("integration_number", "i2")])
    second["integration_number"], second["int_mid_MJD_UTC"] = 3, 3.5
    paths = [
        write_times(tmp_path / "a.fits", int_times([1, 2])),
        write_times(tmp_path / "b.fits", second),
    ]
    with open_fits(paths[0]) as a, open_fits(paths[1]) as b:
        (hdu,) = product_times([a, b])
    assert hdu.data.dtype.names == ("integration_number", "int_mid_MJD_UTC")
    assert [tuple(row) for row in hdu.data] == [(1, 1.0), (2, 2.0), (3, 3.5)]


def test_a_column_of_times_that_a_segment_does_not_have_is_named(tmp_path):
    paths = [
        write_times(tmp_path / "a.fits", int_times([1])),
        write_times(tmp_path / "b.fits", np.zeros(1, [("integration_number", "i4")])),
    ]
    with (
        open_fits(paths[0]) as a,
        open_fits(paths[1]) as b,
        pytest.raises(InputError, match=r"b\.fits: INT_TIMES: found no int_mid_MJD_UTC, expected"),
    ):
        product_times([a, b])
