import io

import asdf
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data import world_coordinates as wcs_module
from scripts.lib.segment_data.wcs_cache import Floats, ResultCache
from scripts.lib.segment_data.world_coordinates import (
    WorldCoordinates,
    bounding_box,
    cross_dispersion_scale,
    read_wcs,
    sky_position,
    wavelength_image,
    wcs_digest,
)
from tests.support import spectral_segments
from tests.support.spectral_segments import asdf_bytes, linear_wcs, write_segment

PAIR = (float, float)


def test_reads_the_wcs_of_a_file(tmp_path):
    with open_fits(write_segment(tmp_path / "segment.fits")) as member:
        wcs = read_wcs(member)
    assert wcs(20, 3) == linear_wcs()(20, 3)


def test_says_that_there_is_no_extension(tmp_path):
    path = write_segment(tmp_path / "segment.fits", wcs=False)
    with open_fits(path) as member, pytest.raises(InputError, match="extension ASDF is missing"):
        read_wcs(member)


def test_says_that_there_is_no_wcs_in_it(tmp_path):
    asdf.AsdfFile({"meta": {"telescope": "JWST"}}).write_to(tmp_path / "tree.asdf")
    content = np.frombuffer((tmp_path / "tree.asdf").read_bytes(), np.uint8)[None]
    column = fits.Column("ASDF_METADATA", f"{content.shape[1]}B", array=content)
    path = tmp_path / "segment.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column], name="ASDF")]).writeto(
        path
    )
    with (
        open_fits(path) as member,
        pytest.raises(InputError, match=r"ASDF\].*no world coordinates"),
    ):
        read_wcs(member)


@pytest.mark.parametrize(
    ("old", "new"), [(b"#ASDF", b"#ASDX"), (b"meta:", b"meta\0"), (b"!transform", b"!trans\xffrm")]
)
def test_says_that_the_tree_is_damaged(tmp_path, old, new):
    path = write_segment(tmp_path / "segment.fits")
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with open_fits(path) as member, pytest.raises(InputError) as caught:
        read_wcs(member)
    assert str(caught.value).startswith(f"{path}[ASDF]: world coordinates (meta.wcs): cannot be")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            b"gwcs/wcs-1.4.0",
            b"gwcs/wcs-9.9.0",
            r"tag tag:stsci.edu:gwcs/wcs-9.9.0, expected 1\.\d+\.\d+ at most, the newest that gwcs .* and "
            r"asdf .* know: the file is newer than they are",
        ),
        (
            b"transform/compose-1.4.0",
            b"transform/compose-9.9.0",
            r"tag tag:stsci.edu:asdf/transform/compose-9.9.0, expected 1\.\d+\.\d+ at most",
        ),
        (
            b"transform/compose-1.4.0",
            b"transform/unheard-1.4.0",
            r"tag tag:stsci.edu:asdf/transform/unheard-1.4.0, expected one that gwcs .* know",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::asdf.exceptions.AsdfConversionWarning")
def test_names_the_tag_of_a_file_that_newer_software_wrote(tmp_path, monkeypatch, old, new, found):
    content = asdf_bytes()
    assert old in content
    monkeypatch.setattr(spectral_segments, "asdf_bytes", lambda: content.replace(old, new))
    path = write_segment(tmp_path / "segment.fits")
    with open_fits(path) as member, pytest.raises(InputError, match=found):
        read_wcs(member)


def test_the_whole_image_where_no_range_is_given():
    assert bounding_box(linear_wcs(), (6, 20)) == ((-0.5, 19.5), (-0.5, 5.5))


def test_range_is_x_before_y():
    wcs = linear_wcs()
    wcs.bounding_box = ((1, 10), (2, 4))
    assert bounding_box(wcs, (6, 20)) == ((1, 10), (2, 4))


def test_wavelengths_inside_the_range():
    wcs = linear_wcs()
    wcs.bounding_box = ((1, 3), (-0.5, 1.5))
    nan = np.nan
    expected = [[nan, 1.1, 1.2, 1.3], [nan, 1.1, 1.2, 1.3], [nan] * 4]
    np.testing.assert_allclose(wavelength_image(wcs, (3, 4)), expected, rtol=1e-15)


def test_sky_position():
    wcs = linear_wcs()
    assert sky_position(wcs, 2.0, 500.0) == pytest.approx((30.5, -4.5))
    wcs.bounding_box = ((1, 3), (-0.5, 1.5))
    assert sky_position(wcs, 2.0, 500.0) is None


@pytest.mark.parametrize(
    ("axis", "expected"), [(1, 3.6 * np.hypot(1, np.cos(np.radians(5)))), (2, 0.0)]
)
def test_scale_is_that_across_dispersion(axis, expected):
    scale = cross_dispersion_scale(linear_wcs(), (30.0, -5.0), 2.0, axis)
    assert scale == pytest.approx(expected, rel=1e-5)


def stored(wcs, **meta):
    """ASDF file with world coordinates, and other metadata before and after them."""
    buffer = io.BytesIO()
    asdf.AsdfFile({"meta": {"filename": "a", **meta, "wcs": wcs}}).write_to(buffer)
    return buffer.getvalue()


class TestDigest:
    def test_other_metadata_does_not_matter(self):
        digests = {wcs_digest(stored(linear_wcs(), segment=number)) for number in (1, 12)}
        assert digests == {wcs_digest(asdf_bytes())}
        assert None not in digests

    def test_other_coordinates_matter(self):
        changes = [
            (b"", b""),
            (b"offset: 30.0", b"offset: 31.0"),
            (b"name: spectrum", b"name: other"),
        ]
        changed = {asdf_bytes().replace(*change) for change in changes}
        assert len(changed) == len({wcs_digest(one) for one in changed}) == 3

    def test_arrays_matter(self):
        arrays = [np.arange(40.0), np.arange(40.0), np.arange(1.0, 41.0)]
        first, same, other = (wcs_digest(stored({"table": array})) for array in arrays)
        assert first == same != other

    def test_an_array_used_twice_differs_from_two_arrays(self):
        one, two = np.arange(40.0), np.arange(40.0)
        shared, apart = stored({"a": one, "b": one}), stored({"a": one, "b": two})
        assert wcs_digest(shared) == wcs_digest(stored({"a": two, "b": two}))
        assert wcs_digest(shared) != wcs_digest(apart)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"#ASDF 1.0.0\n%YAML 1.1\n--- {meta: {wcs: {$ref: other.asdf}}}\n...\n",
            b"#ASDF 1.0.0\n%YAML 1.1\n--- {meta: {wcs: !core/externalarray {}}}\n...\n",
            b"#ASDF 1.0.0\n%YAML 1.1\n--- {meta: {wcs: !core/ndarray {source: 'fits:A'}}}\n...\n",
            b"#ASDF 1.0.0\n%YAML 1.1\n--- {meta: {wcs: !core/ndarray {source: 0}}}\n...\n",
            b"#ASDF 1.0.0\n%YAML 1.1\n--- {meta: [wcs]}\n...\n",
            b"#ASDF 1.0.0\n%YAML 1.1\n--- {meta: ]}\n...\n",
        ],
    )
    def test_coordinates_that_are_not_all_in_the_file_have_none(self, content):
        assert wcs_digest(content) is None


@given(st.data())
def test_other_text_of_the_coordinates_has_another_digest(data):
    content = bytearray(asdf_bytes())
    start, end = content.find(b"wcs:") + 4, content.find(b"\n...")
    positions = [k for k in range(start, end) if chr(content[k]).isalnum()]
    position = data.draw(st.sampled_from(positions))
    content[position] = data.draw(
        st.sampled_from(sorted(set(b"0123456789abcXYZ") - {content[position]}))
    )
    assert wcs_digest(bytes(content)) != wcs_digest(asdf_bytes())


@given(st.data())
def test_damage_leaves_a_digest_or_none(data):
    content = bytearray(asdf_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(wcs_digest(bytes(content)), str | None)


def test_what_is_known_is_not_built_again(tmp_path, monkeypatch):
    path = write_segment(tmp_path / "segment.fits")
    with open_fits(path) as member:
        first = WorldCoordinates(member, ResultCache(tmp_path / "known"))
        image = first.evaluate(Floats((2, 3)), wavelength_image, (2, 3))
        position = first.evaluate(PAIR, sky_position, 1.0, 2.0)
    monkeypatch.setattr(wcs_module, "read_wcs", None)
    with open_fits(path) as member:
        again = WorldCoordinates(member, ResultCache(tmp_path / "known"))
        np.testing.assert_array_equal(
            again.evaluate(Floats((2, 3)), wavelength_image, (2, 3)), image
        )
        assert again.evaluate(PAIR, sky_position, 1.0, 2.0) == position == (30.002, -4.998)
        with pytest.raises(TypeError):
            again.evaluate(PAIR, sky_position, 1.0, 2.5)
    np.testing.assert_allclose(image, [[1, 1.1, 1.2]] * 2)


def test_a_file_without_coordinates_is_refused_when_they_are_evaluated(tmp_path):
    path = write_segment(tmp_path / "segment.fits", wcs=False)
    with open_fits(path) as member:
        coordinates = WorldCoordinates(member, ResultCache(tmp_path / "known"))
        with pytest.raises(InputError, match="extension ASDF is missing"):
            coordinates.evaluate(PAIR, sky_position, 1.0, 2.0)


@pytest.mark.parametrize(
    "error", [NotImplementedError("no inverse"), ValueError("shape\n mismatch")]
)
def test_coordinates_that_cannot_be_evaluated_are_one_line(tmp_path, error):
    def function(wcs):
        raise error

    with open_fits(write_segment(tmp_path / "a.fits")) as file:
        coordinates = WorldCoordinates(file)
        with pytest.raises(InputError, match=r"a\.fits\[ASDF\]: .* cannot be evaluated") as caught:
            coordinates.evaluate(float, function)
    assert "\\n" not in str(caught.value)


@pytest.mark.parametrize("text", [b"null", b".nan"])
def test_a_transform_with_a_number_that_is_none_is_refused(tmp_path, text):
    path = write_segment(tmp_path / "a.fits")
    content = path.read_bytes()
    assert content.count(b"offset: 30.0") > 0
    path.write_bytes(content.replace(b"offset: 30.0", b"offset: " + text))
    with (
        open_fits(path) as file,
        pytest.raises(InputError, match=r"found offset: .* in a transform"),
    ):
        read_wcs(file)


TARGET = {"TARG_RA": 359.9, "TARG_DEC": -60.0}


@pytest.mark.parametrize("position", [(359.9, -60.1), (0.1, -60.0), (np.nan, 1.0), None])
def test_a_source_near_the_target_or_nowhere_is_accepted(position):
    wcs_module.check_sky("a.fits", TARGET, position)


@pytest.mark.parametrize("position", [(359.9, 60.0), (180.0, -60.0), (1e9, -1e9), (3.0, -60.0)])
def test_a_source_far_from_the_target_is_refused(position):
    wcs_module.check_sky("a.fits", {"TARG_RA": 359.9}, position)
    with pytest.raises(
        InputError, match=r"a\.fits\[ASDF\].* deg from the target, expected it near"
    ):
        wcs_module.check_sky("a.fits", TARGET, position)
