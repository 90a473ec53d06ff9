from collections import Counter

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.segment_data.step_record import (
    append_record,
    count_arrays,
    read_record,
    sum_counts,
)

EMPTY = [
    format_card("SIMPLE", value=True),
    format_card("BITPIX", 8),
    format_card("NAXIS", 0),
]
COUNTS = Counter(trace_model=4, mingrad=3, none=2)
WHOLE = {"fit_profile": 0, "trace_model": 4, "mingrad": 3, "none": 2}
LONG = (
    "jw01_calints.fits: extract_1d/optimize_psf_location: found no source at the place " + "x " * 60
)


def write(path, counts, warnings):
    """File with a record."""
    with ProductWriter(path) as product:
        product.append_hdu(EMPTY)
        append_record(product, counts, warnings)
    return path


@pytest.mark.parametrize("counts", [None, COUNTS])
@pytest.mark.parametrize("warnings", [[], [LONG, "another"]])
def test_a_record_is_read_as_it_was_written(tmp_path, counts, warnings):
    path = write(tmp_path / "a.fits", counts, warnings)
    with fits.open(path) as file:
        file.verify("exception")
        assert len(file) == (1 if counts is None and not warnings else 2)
    with open_fits(path) as file:
        assert read_record(file) == ({} if counts is None else WHOLE, [w.strip() for w in warnings])
        assert len(count_arrays(file)) == (counts is not None)


@pytest.mark.parametrize("value", [-1, 2.5, True, "many"])
def test_a_count_that_is_none_is_zero(tmp_path, value):
    path = write(tmp_path / "a.fits", COUNTS, [])
    with fits.open(path, mode="update") as file:
        file["STEPS"].header["NPXTRACE"] = value
        del file["STEPS"].header["NPXNONE"]
    with open_fits(path) as file:
        assert read_record(file)[0] == WHOLE | {"trace_model": 0, "none": 0}


def test_counts_of_segments_add_up(tmp_path):
    with open_fits(write(tmp_path / "a.fits", COUNTS, [])) as file:
        arrays = count_arrays(file)
    twice = sum_counts([arrays, {"outliers": np.zeros(3)}, arrays])
    assert twice == {name: 2 * count for name, count in WHOLE.items()}
    assert sum_counts([{"outliers": np.zeros(3)}]) is None
