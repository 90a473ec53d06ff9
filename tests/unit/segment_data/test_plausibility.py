import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.segment_data.plausibility import check_plausible


class Source:
    """Planes by name, read as from a file."""

    path = "a.fits"

    def __init__(self, **planes):
        self.planes = {"DQ": np.zeros((1, 2, 2), np.uint32)} | planes

    def read(self, name, integrations):
        return self.planes[name][integrations]


def planes():
    rng = np.random.default_rng(5)
    return rng.normal(1e-3, 1e-4, (2, 20, 20)).astype(np.float32)


@pytest.mark.parametrize("scale", [1e-9, 1, 1e9])
def test_measurements_of_any_unit_pass(scale):
    check_plausible(Source(SCI=planes() * scale, ERR=planes()))


@pytest.mark.parametrize("value", [np.nan, 0, np.inf])
def test_nan_zero_and_infinity_do_not_count(value):
    sci = planes()
    sci[:, 2:] = value
    check_plausible(Source(SCI=sci, ERR=planes() * 0))


@pytest.mark.parametrize("name", ["SCI", "ERR"])
def test_swapped_bytes_are_recognised(name):
    source = Source(**{"SCI": planes(), "ERR": planes()} | {name: planes().byteswap()})
    with pytest.raises(InputError, match=rf"^a\.fits\[{name}\]: found [2-6]\d % .*byte order$"):
        check_plausible(source)


def test_more_than_one_in_a_hundred_has_to_be_strange():
    sci = planes()
    sci[0].flat[:4] = 1e16
    check_plausible(Source(SCI=sci, ERR=planes()))
    sci[0].flat[4] = -1e16
    with pytest.raises(InputError, match="found 1 % of the first"):
        check_plausible(Source(SCI=sci, ERR=planes()))


def flags(dtype):
    """Flags as of real data: unusable pixels with and without a reason, and a jump."""
    values = np.zeros((2, 4, 4), dtype)
    values[0, 0, :3] = 0x401, 0x801, 1
    values[0, 1, 0] = 4
    return values


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint32])
def test_flags_in_another_byte_order_are_recognised(dtype):
    offset = 1 << 31 if dtype == np.uint32 else 0
    good = flags(dtype)
    check_plausible(Source(SCI=planes(), ERR=planes(), DQ=good))
    stored = (good ^ good.dtype.type(offset)).byteswap()
    bad = stored ^ stored.dtype.type(offset)
    with pytest.raises(
        InputError, match=r"a\.fits\[DQ\]: found DO_NOT_USE in no pixel .* in 3 of 4"
    ):
        check_plausible(Source(SCI=planes(), ERR=planes(), DQ=bad))


@pytest.mark.parametrize("value", [0, 4, 0x1000, 0x80])
def test_data_without_bad_pixels_pass(value):
    dq = np.full((1, 4, 4), value, np.uint32)
    check_plausible(Source(SCI=planes(), ERR=planes(), DQ=dq))


@pytest.mark.parametrize("dtype", [np.uint32, np.int32])
def test_flags_without_their_offset_are_recognised(dtype):
    """Stored as signed numbers, flags of nothing are the lowest number, whose bits are the highest flag."""
    values = (flags(np.int64) - (1 << 31)).astype(np.int32).view(dtype)
    source = Source(SCI=planes(), ERR=planes(), DQ=values)
    with pytest.raises(InputError, match=r"DQ\]: found REFERENCE_PIXEL in 16 of 16 pixels .*BZERO"):
        check_plausible(source)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.int32])
def test_flags_of_any_type_and_reference_pixels_at_the_edge_pass(dtype):
    values = flags(np.uint32)
    values[:, :, 0] |= np.uint32(1 << 31)
    check_plausible(Source(SCI=planes(), ERR=planes(), DQ=values.astype(dtype)))


@pytest.mark.parametrize("name", ["SCI", "ERR"])
@pytest.mark.parametrize("value", [1e-30, 1e30])
def test_a_plane_filled_with_one_absurd_number_is_recognised(name, value):
    source = Source(
        **{"SCI": planes(), "ERR": planes()} | {name: np.full((2, 20, 20), value, "f4")}
    )
    with pytest.raises(InputError, match=rf"^a\.fits\[{name}\]: found 100 % of the first"):
        check_plausible(source)
