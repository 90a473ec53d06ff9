import logging

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.spectra.extraction_setup import plan_extraction
from tests.support.spectral_segments import row_images, write_segment

MIRI = {"EXP_TYPE": "MIR_LRS-SLITLESS", "INSTRUME": "MIRI", "FILTER": "P750L"}


@pytest.fixture(name="plan")
def fixture_plan(tmp_path):
    """Plan the extraction of a segment written for the test."""

    def plan_segment(entries=(), options=None, planes=None, primary=None, **sci):
        path = write_segment(tmp_path / "segment.fits", planes, primary=primary, **sci)
        entries = entries if entries is None else [{"id": "S1600A1", **entry} for entry in entries]
        with open_fits(path) as member:
            return plan_extraction(member, entries, options or {})

    return plan_segment


def fixed(**entry):
    return [{"use_source_posn": False, **entry}]


def test_aperture_of_some_rows(plan):
    extraction = plan(fixed(ystart=2, ystop=3.5, xstart=1, xstop=3))
    assert (extraction.rows, extraction.columns) == (slice(2, 5), slice(1, 4))
    np.testing.assert_array_equal(extraction.weights, [[1, 1, 1], [1, 1, 1], [0.5, 0.5, 0.5]])
    assert extraction.aperture_rows == slice(0, 3)
    assert extraction.elements == slice(0, 3)
    np.testing.assert_allclose(extraction.wavelength, [1.1, 1.2, 1.3])
    assert extraction.background is None
    # Weighted mean row of the aperture: (2 + 3 + 4 / 2) / 2.5.
    assert extraction.position == pytest.approx((30.0028, -4.9972))


def test_keywords_are_those_of_the_slit(plan):
    keywords = plan(fixed(ystart=2, ystop=3.5, xstart=1, xstop=3)).keywords
    given = {name: value for name, value in keywords.items() if value is not None}
    assert given == {
        "SOURCEID": 7,
        "SRCTYPE": "POINT",
        "SRCXPOS": 0.0,
        "SRCYPOS": 0.25,
        "SLTNAME": "S1600A1",
        "EXTRXSTR": 2,
        "EXTRXSTP": 4,
        "EXTRYSTR": 3,
        "EXTRYSTP": 4.5,
        "SLIT_RA": pytest.approx(30.0028),
        "SLIT_DEC": pytest.approx(-4.9972),
        "SPORDER": 1,
        "DISPAXIS": 1,
        "DETECTOR": "NRS1",
        "PA_APER": 102.5,
    }
    assert type(keywords["EXTRXSTR"]) is type(keywords["EXTRYSTR"]) is int


def test_slitless_cube_with_vertical_dispersion(plan):
    planes = row_images() | {"WAVELENGTH": np.full((6, 5), 5.0, "f4")}
    extraction = plan(
        [{"id": "MIR_LRS-SLITLESS", "xstart": 1, "xstop": 2, "ystart": 3}],
        planes=planes,
        primary=MIRI | {"DATAMODL": "CubeModel"},
        DISPAXIS=2,
    )
    assert (extraction.rows, extraction.columns) == (slice(1, 3), slice(3, 6))
    keywords = extraction.keywords
    assert (keywords["EXTRXSTR"], keywords["EXTRXSTP"]) == (2, 3)
    assert (keywords["EXTRYSTR"], keywords["EXTRYSTP"]) == (4, 6)
    assert keywords["SLTNAME"] == "MIR_LRS-SLITLESS"
    assert keywords.get("SRCTYPE") is keywords.get("SOURCEID") is None
    assert extraction.source_type == "POINT"
    # Sky position of row (3 + 4 + 5) / 3.
    assert extraction.position == pytest.approx((30.004, -4.996))


def test_whole_array_without_a_reference(plan):
    extraction = plan(None, {"position_offset": 2.0, "use_source_posn": True})
    assert (extraction.rows, extraction.columns) == (slice(0, 6), slice(0, 5))
    assert (extraction.weights == 1).all()


def test_offset_of_the_user(plan):
    extraction = plan(fixed(ystart=1, ystop=2), {"position_offset": 1.25})
    np.testing.assert_allclose(extraction.weights[:, 0], [0.75, 1, 0.25])
    assert extraction.rows == slice(2, 5)


def test_background_on_rows_of_its_own(plan):
    extraction = plan(
        fixed(ystart=3, ystop=3, bkg_coeff=[[-0.5], [0.5], [4.5], [5.5]], bkg_order=1)
    )
    assert extraction.rows == slice(0, 6)
    assert extraction.aperture_rows == slice(3, 4)
    np.testing.assert_array_equal(extraction.background_rows, [0, 5])
    np.testing.assert_allclose(extraction.background.region_position, [-1, 1])
    np.testing.assert_allclose(extraction.background.aperture_position, [0.2])
    assert extraction.background.region.all()
    assert extraction.background.order == 1


def test_rows_count_from_the_first_that_is_read(plan):
    extraction = plan(fixed(ystart=2, ystop=2, bkg_coeff=[[3.5], [5.5]]))
    assert extraction.rows == slice(2, 6)
    assert extraction.aperture_rows == slice(0, 1)
    np.testing.assert_array_equal(extraction.background_rows, [2, 3])


def test_smoothing_takes_the_whole_image(plan):
    entry = fixed(ystart=2, ystop=2, xstart=2, xstop=3, bkg_coeff=[[3.5], [5.5]])
    extraction = plan(entry, {"smoothing_length": 3})
    assert (extraction.rows, extraction.columns) == (slice(0, 6), slice(0, 5))
    assert extraction.elements == slice(2, 4)
    assert plan(fixed(xstart=2, xstop=3), {"smoothing_length": 3}).columns == slice(2, 4)


def test_wavelengths_of_the_extension_come_first(plan):
    wavelength = np.full((6, 5), 7.0, "f4")
    wavelength[:, 2] = np.nan
    extraction = plan(fixed(), planes=row_images() | {"WAVELENGTH": wavelength})
    np.testing.assert_array_equal(extraction.wavelength, 7)
    np.testing.assert_array_equal(extraction.elements, [0, 1, 3, 4])


def test_pixels_without_wavelength_have_no_weight(plan):
    wavelength = np.full((6, 5), 7.0, "f4")
    wavelength[2, 1], wavelength[3, 4] = np.nan, np.inf
    extraction = plan(fixed(ystart=2, ystop=3), planes=row_images() | {"WAVELENGTH": wavelength})
    np.testing.assert_array_equal(extraction.weights, [[1, 0, 1, 1, 1], [1, 1, 1, 1, 0]])
    np.testing.assert_array_equal(extraction.wavelength, 7)


@pytest.mark.parametrize("fill", [0.0, "zero and nan"])
def test_an_empty_wavelength_extension_counts_as_none(plan, fill):
    wavelength = np.zeros((6, 5), "f4")
    if fill:
        wavelength[0] = np.nan
    extraction = plan(fixed(), planes=row_images() | {"WAVELENGTH": wavelength})
    np.testing.assert_allclose(extraction.wavelength, 1 + np.arange(5) / 10)


def test_refuses_wavelengths_of_another_shape(plan):
    with pytest.raises(InputError, match=r"WAVELENGTH\]: shape \(6, 4\); expected \(6, 5\)"):
        plan(fixed(), planes=row_images() | {"WAVELENGTH": np.ones((6, 4), "f4")})


@pytest.mark.parametrize(
    ("entry", "changes", "reason"),
    [
        ({"spectral_order": 2}, {}, "spectral order 1"),
        ({}, {"SPORDER": 0}, "direct image"),
        ({}, {"DISPAXIS": None}, "DISPAXIS"),
    ],
)
def test_segments_without_a_spectrum(plan, entry, changes, reason, caplog):
    with caplog.at_level(logging.WARNING):
        assert plan([entry], **changes) is None
    assert reason in caplog.text


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"ystart": 30, "ystop": 40}, "the aperture"),
        ({"bkg_coeff": [[7.5], [9.5]]}, "all background regions"),
        ({"bkg_coeff": [[7.5], [9.5]], "bkg_fit": "median"}, "all background regions"),
    ],
)
def test_an_aperture_or_background_beyond_the_array_is_an_error_and_no_spectrum(plan, entry, part):
    message = f"found {part} beyond the array, expected pixels of its 6 across and 5 along"
    with pytest.raises(InputError, match=message):
        plan(fixed(**entry))


def test_no_wavelength_anywhere(plan, caplog):
    planes = row_images() | {"WAVELENGTH": np.full((6, 5), np.nan, "f4")}
    with caplog.at_level(logging.WARNING):
        assert plan(fixed(), planes=planes) is None
    assert "no pixel" in caplog.text


def test_a_prism_has_spectra_of_order_zero(plan):
    primary = {"GRATING": "PRISM"}
    assert plan(fixed(), primary=primary, SPORDER=0).keywords["SPORDER"] == 0


def test_order_one_is_assumed(plan, caplog):
    with caplog.at_level(logging.WARNING):
        assert plan(fixed(spectral_order=1), SPORDER=None).keywords["SPORDER"] == 1
    assert "SPORDER is missing" in caplog.text


def test_a_source_without_a_place_in_the_slit(plan):
    with pytest.raises(InputError, match="SRCXPOS or SRCYPOS is missing"):
        plan([{"use_source_posn": True}], SRCYPOS=None)


def test_no_shift_where_no_position_is_known(plan, caplog):
    entry = {"id": "MIR_LRS-SLITLESS", "xstart": 1, "xstop": 2}
    with caplog.at_level(logging.WARNING):
        extraction = plan([entry], {"use_source_posn": True}, primary=MIRI, DISPAXIS=2)
    assert extraction.rows == slice(1, 3)
    assert "no source position is known" in caplog.text


def test_the_aperture_of_a_fixed_slit_follows_the_source_on_the_sky(plan, monkeypatch):
    class Upright:
        """Column and row of a source are its right ascension and 10 (wavelength - 1)."""

        bounding_box = None

        def __call__(self, x, y, **_):
            return x + 0.0 * y, 0.0 * y, 1 + np.asarray(y) / 10

        def backward_transform(self, ra, dec, wavelength):
            return ra, (wavelength - 1) * 10

    monkeypatch.setattr(
        "scripts.lib.segment_data.world_coordinates.read_wcs", lambda member: Upright()
    )
    slit = MIRI | {"EXP_TYPE": "MIR_LRS-FIXEDSLIT", "DITH_RA": 2.5, "DITH_DEC": 0.0}
    entry = {"id": "MIR_LRS-FIXEDSLIT", "xstart": 1, "xstop": 2}
    extraction = plan([entry], primary=slit, DISPAXIS=2)
    # Nominally in the middle of columns 1 and 2, moved by one column.
    assert (extraction.keywords["EXTRXSTR"], extraction.keywords["EXTRXSTP"]) == (3, 4)


def test_no_shift_of_a_fixed_slit_without_position(plan, caplog):
    slit = MIRI | {"EXP_TYPE": "MIR_LRS-FIXEDSLIT", "DITH_RA": None, "DITH_DEC": 0.0}
    with caplog.at_level(logging.WARNING):
        extraction = plan(
            [{"id": "MIR_LRS-FIXEDSLIT", "xstart": 1, "xstop": 2}], primary=slit, DISPAXIS=2
        )
    assert (extraction.keywords["EXTRXSTR"], extraction.keywords["EXTRXSTP"]) == (2, 3)
    assert "DITH_RA or DITH_DEC is missing" in caplog.text


def test_aperture_follows_the_source(plan, monkeypatch):
    class Leaning:
        """Row 3.5 for a source in the middle of the slit, at all wavelengths."""

        bounding_box = None
        available_frames = ("slit_frame",)

        def __call__(self, x, y):
            return 30 + 0 * x + 0 * y, -5 + 0 * y, 1 + x / 10 + 0 * y

        def get_transform(self, start, _end):
            if start == "detector":
                return lambda x, y: (0, 0, 1 + x / 10 + 0 * y)
            return lambda _x, y, wl: ((wl - 1) * 10, 3.25 + y + 0 * wl)

    monkeypatch.setattr(
        "scripts.lib.segment_data.world_coordinates.read_wcs", lambda _member: Leaning()
    )
    # Nominal centre 1.5, source at 3.5: limits shift by 2, and a width follows the trace.
    limits = plan([{"ystart": 1, "ystop": 2, "bkg_coeff": [[-1.5], [-0.5]]}])
    assert (limits.keywords["EXTRYSTR"], limits.keywords["EXTRYSTP"]) == (4, 5)
    np.testing.assert_array_equal(np.arange(6)[limits.rows][limits.background_rows], [1])
    width = plan([{"ystart": 1, "ystop": 2, "extract_width": 2}])
    np.testing.assert_allclose(width.weights[:, 0], [1, 1])
    assert width.rows == slice(3, 5)


@pytest.mark.parametrize(("number", "text"), [(b"1e9", "within 0.3 to 8"), (b"0.0", "everywhere")])
def test_wavelengths_that_no_instrument_has(tmp_path, number, text):
    path = write_segment(tmp_path / "segment.fits")
    content = path.read_bytes()
    assert content.count(b"factor: 0.1\n") == 1
    path.write_bytes(content.replace(b"factor: 0.1\n", b"factor: " + number + b"\n"))
    with open_fits(path) as member, pytest.raises(InputError, match=f"found .*wavelength.*{text}"):
        plan_extraction(member, [{"id": "S1600A1", "use_source_posn": False}], {})
