"""Simulated visits: files, keywords, association, configuration and truth."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import yaml
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.simulation.__main__ import main
from scripts.simulation.detector import Planes
from scripts.simulation.mode import View
from scripts.simulation.options import VisitOptions
from scripts.simulation.pointing import cross_dispersion_offsets
from scripts.simulation.visit import simulate_visit

SPECTRAL_MODES = ("nrs_brightobj", "mir_lrs_slitless", "nrc_tsgrism")
IMAGING_MODES = ("nrc_tsimage", "mir_image")
FRAME = (16, 32)
PLANES = ("SCI", "ERR", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")


def _options(mode="nrs_brightobj", **changes):
    chosen = {"integrations": 5, "frame_size": FRAME, "nan_rate": 0.02, "cosmic_ray_rate": 0.01}
    return VisitOptions(mode, **(chosen | changes))


def _members(association):
    content = json.loads(association.read_text())
    return [member["expname"] for member in content["products"][0]["members"]]


@pytest.fixture(scope="module", params=SPECTRAL_MODES + IMAGING_MODES)
def visit(request, tmp_path_factory):
    """Association of a small visit in each mode, and its options."""
    options = _options(request.param)
    return simulate_visit(tmp_path_factory.mktemp(request.param), options), options


@pytest.fixture(scope="module")
def brightobj(tmp_path_factory):
    """Association of a small NIRSpec visit."""
    return simulate_visit(tmp_path_factory.mktemp("brightobj"), _options())


@pytest.fixture
def one_detector():
    """Options of the quickest visit: one detector, one segment."""
    return {"detectors": ("nrs1",), "segments": 1, "integrations": 2}


@dataclass
class Written:
    """Arguments of a member that was not written."""

    planes: Planes
    view: View
    int_times: np.ndarray
    keywords: dict


@pytest.fixture
def written(monkeypatch):
    """Members as they would be written, in order, by visits that write none."""
    kept = []

    def keep(path, mode, view, planes, int_times, keywords):
        kept.append(Written(planes, view, int_times, keywords))

    monkeypatch.setattr("scripts.simulation.visit.write_member", keep)
    return kept


def test_association_has_the_layout_of_the_archive(brightobj):
    content = json.loads(brightobj.read_text())
    assert (content["asn_type"], content["asn_id"], content["program"]) == ("tso3", "o003", "01366")
    (product,) = content["products"]
    assert product["name"] == "jw01366-o003_t001_nirspec_f290lp-g395h-s1600a1-sub2048"
    assert _members(brightobj) == [
        f"jw01366003001_04101_00001-seg{segment:03d}_{detector}_calints.fits"
        for segment in (1, 2)
        for detector in ("nrs1", "nrs2")
    ]
    assert {member["exptype"] for member in product["members"]} == {"science"}


def test_members_are_there_in_the_real_format(visit):
    association, options = visit
    names = ["SCI", "ERR", "DQ", "WAVELENGTH", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "INT_TIMES"]
    model = "SlitModel"
    if options.mode in IMAGING_MODES:
        names = ["SCI", "ERR", "DQ", "INT_TIMES", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"]
        model = "CubeModel"
    elif options.mode == "mir_lrs_slitless":
        names.remove("WAVELENGTH")
    for name in _members(association):
        with fits.open(association.parent / name) as hdus:
            assert [hdu.name for hdu in hdus] == ["PRIMARY", *names, "ASDF"]
            assert hdus["SCI"].header["BITPIX"] == -32
            assert hdus["DQ"].data.dtype == np.dtype("uint32")
            assert hdus[0].header["DATAMODL"] == model
            assert hdus[0].header["FILENAME"] == name


def test_segments_follow_each_other(visit):
    association, options = visit
    found = {}
    for name in _members(association):
        header = fits.getheader(association.parent / name)
        shape = fits.getdata(association.parent / name, "SCI").shape
        assert header["NINTS"] == 5
        assert shape == (header["INTEND"] - header["INTSTART"] + 1, *FRAME)
        ranges = found.setdefault(header["DETECTOR"], [])
        ranges.append((header["EXSEGNUM"], header["INTSTART"], header["INTEND"]))
    detectors = {"NRS1", "NRS2"} if options.mode == "nrs_brightobj" else set(found)
    assert found == {detector: [(1, 1, 3), (2, 4, 5)] for detector in detectors}


def test_keywords_that_the_steps_read(visit):
    association, options = visit
    expected = {
        "nrs_brightobj": ("NRS_BRIGHTOBJ", "MJy", 1, "COMPLETE", -1),
        "mir_lrs_slitless": ("MIR_LRS-SLITLESS", "MJy/sr", 2, "COMPLETE", None),
        "nrc_tsgrism": ("NRC_TSGRISM", "DN/s", 1, None, 1),
        "nrc_tsimage": ("NRC_TSIMAGE", "MJy/sr", None, "COMPLETE", None),
        "mir_image": ("MIR_IMAGE", "MJy/sr", None, "COMPLETE", None),
    }[options.mode]
    with fits.open(association.parent / _members(association)[0]) as hdus:
        primary, sci = hdus[0].header, hdus["SCI"].header
        found = (primary["EXP_TYPE"], sci["BUNIT"], sci.get("DISPAXIS"))
        assert (*found, primary.get("S_PHOTOM"), sci.get("SPORDER")) == expected
        assert hdus["ERR"].header["BUNIT"] == expected[1]
        assert primary["TSOVISIT"] is True
        assert sci.get("SRCTYPE") == (None if options.mode in IMAGING_MODES else "POINT")
        assert sci["S_REGION"].startswith("POLYGON ICRS")
        for keyword in ("EFFINTTM", "EXPSTART", "EXPMID", "EXPEND", "TARGNAME", "SUBARRAY"):
            assert keyword in primary
        for keyword in ("XREF_SCI", "YREF_SCI", "PIXAR_SR", "PA_APER", "RADESYS"):
            assert keyword in sci


def test_planes_are_nan_together_and_flagged(visit):
    association, _ = visit
    with fits.open(association.parent / _members(association)[0]) as hdus:
        nan = np.isnan(hdus["SCI"].data)
        flagged = (hdus["DQ"].data & 1) > 0
        hot = (hdus["DQ"].data & 2048) > 0
        for name in PLANES:
            np.testing.assert_array_equal(np.isnan(hdus[name].data), nan)
        np.testing.assert_array_equal(nan, flagged & ~hot)
        variance = sum(hdus[name].data.astype(float) for name in PLANES[2:])
        np.testing.assert_allclose(hdus["ERR"].data[~nan], np.sqrt(variance[~nan]), rtol=1e-6)
        assert 0 < nan.sum() < nan.size / 5


def test_times_increase_and_differ_between_scales(visit):
    association, _ = visit
    numbers, previous = [], -np.inf
    for name in _members(association):
        if "nrs2" in name:
            continue
        table = fits.getdata(association.parent / name, "INT_TIMES")
        numbers.extend(table["integration_number"])
        edges = [table[f"int_{part}_MJD_UTC"] for part in ("start", "mid", "end")]
        assert np.all(np.diff(np.stack(edges, axis=1).ravel()) > 0.0)
        assert table["int_start_MJD_UTC"][0] > previous
        previous = table["int_end_MJD_UTC"][-1]
        seconds = (table["int_mid_BJD_TDB"] - table["int_mid_MJD_UTC"]) * 86400.0
        assert np.all((seconds > 100.0) & (seconds < 69.184 + 500.0))
    assert numbers == [1, 2, 3, 4, 5]


def test_truth_names_every_cosmic_ray_and_bad_pixel(visit):
    association, _ = visit
    truth = np.load(association.parent / "truth.npz")
    content = json.loads((association.parent / "truth.json").read_text())
    for detector, names in content["members"].items():
        dq = np.concatenate([fits.getdata(association.parent / name, "DQ") for name in names])
        lost = truth[f"{detector}_lost_pixels"]
        expected = np.repeat(truth[f"{detector}_dq"][None], 5, axis=0)
        expected[lost[:, 0] - 1, lost[:, 1], lost[:, 2]] |= 1
        np.testing.assert_array_equal(dq, expected)
        assert len(truth[f"{detector}_cosmic_rays"]) > 5
        assert truth[f"{detector}_white_light"].shape == (5,)


def _open_wcs(path):
    from stdatamodels.jwst import datamodels

    with datamodels.open(path) as model:
        return model.meta.wcs, model.wavelength


@pytest.mark.parametrize("visit", SPECTRAL_MODES, indirect=True)
def test_wavelengths_of_the_wcs_are_those_of_the_truth(visit):
    association, options = visit
    truth = np.load(association.parent / "truth.npz")
    name = _members(association)[0]
    detector = name.split("_")[3]
    wcs, plane = _open_wcs(association.parent / name)
    trace, wavelength = truth[f"{detector}_trace"], truth[f"{detector}_wavelength"]
    index = np.arange(len(trace), dtype=float)
    columns, rows = (trace, index) if options.mode == "mir_lrs_slitless" else (index, trace)
    found = wcs(columns, rows)[2]
    inside = np.isfinite(found)
    assert inside.sum() >= 0.8 * len(trace)
    np.testing.assert_allclose(found[inside], wavelength[inside], rtol=1e-12)
    if plane is not None:
        assert plane.dtype == np.dtype(">f4")
        assert np.isfinite(plane).sum() > 0.5 * plane.size


def test_wcs_of_every_mode_can_be_inverted(visit):
    association, options = visit
    wcs, _ = _open_wcs(association.parent / _members(association)[0])
    back = wcs.invert(*wcs(9.0, 7.0), with_bounding_box=False)
    # The slitless grism has one position on the sky, the source's on row 9 of so small a frame.
    row = 9.0 if options.mode == "nrc_tsgrism" else 7.0
    np.testing.assert_allclose(back, [9.0, row], atol=1e-6)


def test_source_position_in_the_slit_leads_to_the_trace(brightobj):
    truth = np.load(brightobj.parent / "truth.npz")
    path = brightobj.parent / _members(brightobj)[1]
    wcs, _ = _open_wcs(path)
    header = fits.getheader(path, "SCI")
    assert set(wcs.available_frames) >= {"detector", "gwa", "slit_frame", "world"}
    metres = truth["nrs2_wavelength"] * 1e-6
    position = (np.full(32, header["SRCXPOS"]), np.full(32, header["SRCYPOS"]))
    columns, rows = wcs.get_transform("slit_frame", "detector")(*position, metres)
    np.testing.assert_allclose(columns, np.arange(32), atol=1e-8)
    np.testing.assert_allclose(rows, truth["nrs2_trace"], atol=1e-8)


def _contents(folder):
    """Headers and data of all members but the ASDF extension, whose software list has no order."""
    found = {}
    for path in sorted(folder.glob("*.fits")):
        with fits.open(path) as hdus:
            found[path.name] = [
                (repr(hdu.header), None if hdu.data is None else hdu.data.tobytes())
                for hdu in hdus
                if hdu.name != "ASDF"
            ]
    return found


def test_equal_seeds_give_equal_files(tmp_path, one_detector):
    first = simulate_visit(tmp_path / "first", _options(**one_detector))
    second = simulate_visit(tmp_path / "second", _options(**one_detector))
    assert first.read_bytes() == second.read_bytes()
    assert _contents(first.parent) == _contents(second.parent)


def test_other_seeds_give_other_pixels(tmp_path, written, one_detector):
    simulate_visit(tmp_path, _options(**one_detector))
    simulate_visit(tmp_path, _options(seed=2, **one_detector))
    assert not np.array_equal(written[0].planes.sci, written[1].planes.sci, equal_nan=True)


def test_pixels_do_not_depend_on_the_cut_into_segments(tmp_path, written):
    simulate_visit(tmp_path, _options(segments=1))
    simulate_visit(tmp_path, _options(segment_lengths=(1, 4)))
    whole = [item.planes for item in written[:2]]
    parts = [item.planes for item in written[2:]]
    for name in ("sci", "err", "dq", "var_poisson", "var_rnoise", "var_flat"):
        for detector in (0, 1):
            pair = [getattr(planes, name) for planes in parts[2 * detector : 2 * detector + 2]]
            np.testing.assert_array_equal(np.concatenate(pair), getattr(whole[detector], name))


def test_white_light_shows_the_transit(tmp_path, written):
    options = _options(
        "nrc_tsgrism", integrations=9, nan_rate=0.0, bad_pixel_rate=0.0, cosmic_ray_rate=0.0
    )
    simulate_visit(tmp_path, options)
    truth = np.load(tmp_path / "truth.npz")["nrcalong_white_light"]
    data = np.concatenate([item.planes.sci for item in written])
    star = data[:, 3:14].sum(axis=(1, 2), dtype=float)
    assert truth[4] / truth[0] == pytest.approx(0.99, abs=0.002)
    np.testing.assert_allclose(star / star[0], truth / truth[0], atol=0.004)


def test_segment_lengths_and_a_missing_segment(tmp_path, written, one_detector):
    changes = {"segment_lengths": (2, 1, 3), "drop_segment": 2}
    association = simulate_visit(tmp_path, _options(**(one_detector | changes)))
    assert [name.split("-")[1][:6] for name in _members(association)] == ["seg001", "seg003"]
    assert [len(item.planes.sci) for item in written] == [2, 1, 3]
    names = ("nints", "integration_start", "integration_end", "segment_number")
    last = [written[2].keywords[f"meta.exposure.{name}"] for name in names]
    assert last == [6, 4, 6, 3]


@pytest.mark.usefixtures("written")
def test_reversed_members(tmp_path, one_detector):
    options = _options(**(one_detector | {"segments": 2, "reverse_members": True}))
    names = _members(simulate_visit(tmp_path, options))
    assert names == sorted(names, reverse=True)


@pytest.mark.parametrize(
    ("kind", "numbers"), [("segment", [3, 4]), ("exposure", [1, 2, 3, 4]), ("empty", [])]
)
def test_rows_of_int_times_in_the_second_segment(tmp_path, written, one_detector, kind, numbers):
    changes = {"segments": 2, "integrations": 4, "int_times": kind}
    simulate_visit(tmp_path, _options(**(one_detector | changes)))
    assert written[1].int_times["integration_number"].tolist() == numbers


@pytest.mark.parametrize(
    ("changes", "unit", "status", "order"),
    [
        ({"photom": False}, "DN/s", "SKIPPED", -1),
        ({"source_type": "EXTENDED"}, "MJy/sr", "COMPLETE", -1),
        ({"disperser": "PRISM"}, "MJy", "COMPLETE", 0),
    ],
)
def test_units_of_slit_data(tmp_path, written, one_detector, changes, unit, status, order):
    simulate_visit(tmp_path, _options(**(one_detector | changes)))
    keywords = written[0].keywords | written[0].view.keywords
    assert keywords["meta.bunit_data"] == unit
    assert keywords["meta.cal_step.photom"] == status
    assert keywords["meta.wcsinfo.spectral_order"] == order


@pytest.mark.parametrize(("wanted", "mode"), [(True, "mir_lrs_slitless"), (False, "nrc_tsgrism")])
def test_wavelength_plane_on_demand(tmp_path, written, wanted, mode):
    simulate_visit(tmp_path, _options(mode, wavelength_plane=wanted))
    assert (written[0].view.wavelengths is not None) is wanted


@pytest.mark.usefixtures("written")
def test_configuration_names_the_references(tmp_path, one_detector):
    changes = {"aperture_correction": True, "gain_reference": True, "background_regions": True}
    association = simulate_visit(tmp_path, _options(**(one_detector | changes)))
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    steps = json.loads((tmp_path / "steps.json").read_text())
    assert config["associations"] == [association.name]
    assert set(config["references"]) == {"extract1d", "apcorr", "gain"}
    assert all((tmp_path / path).is_file() for path in config["references"].values())
    assert steps["extract_1d"]["override_apcorr"] == config["references"]["apcorr"]
    assert steps["tso_photometry"]["override_gain"] == config["references"]["gain"]
    apertures = json.loads((tmp_path / config["references"]["extract1d"]).read_text())["apertures"]
    assert [aperture["id"] for aperture in apertures] == ["dummy", "S1600A1"]
    assert len(apertures[1]["bkg_coeff"]) == 4
    assert fits.getdata(tmp_path / config["references"]["gain"]).shape == FRAME


@pytest.mark.usefixtures("written")
def test_nirspec_aperture_correction_is_above_one_and_falls_with_size(tmp_path, one_detector):
    simulate_visit(tmp_path, _options(**(one_detector | {"aperture_correction": True})))
    with fits.open(tmp_path / "references" / "nirspec_brightobj_apcorr.fits") as hdus:
        assert hdus["APCORR"].header["SIZEUNIT"] == "arcsec"
        row = hdus["APCORR"].data[0]
    assert (row["filter"], row["grating"], row["slit"]) == ("F290LP", "G395H", "S1600A1")
    assert row["apcorr"].shape == (*row["size"].shape, *row["pixphase"].shape)
    assert np.all(row["apcorr"] > 1.0)
    assert np.all(np.diff(row["apcorr"], axis=0) < 0.0)


@pytest.mark.usefixtures("written")
def test_miri_aperture_correction_has_padded_columns(tmp_path):
    options = _options("mir_lrs_slitless", segments=1, integrations=2, aperture_correction=True)
    simulate_visit(tmp_path, options)
    table = fits.getdata(tmp_path / "references" / "miri_lrs_slitless_apcorr.fits", "APCORR")
    assert table["subarray"].tolist() == ["FULL", "SLITLESSPRISM"]
    row = table[1]
    used = row["apcorr"][: row["nelem_wl"], : row["nelem_size"]]
    assert np.all(used > 1.0)
    assert row["apcorr"].shape > used.shape
    assert np.all(np.diff(row["wavelength"][: row["nelem_wl"]]) < 0.0)


@pytest.mark.usefixtures("written")
def test_wavelengthrange_reference(tmp_path):
    from stdatamodels.jwst import datamodels

    options = _options("nrc_tsgrism", segments=1, integrations=2, wavelengthrange_reference=True)
    simulate_visit(tmp_path, options)
    path = tmp_path / "references" / "nircam_tsgrism_wavelengthrange.asdf"
    with datamodels.WavelengthrangeModel(path) as model:
        assert list(model.wavelengthrange[0]) == [1, "F322W2", 2.413, 4.083]


def test_pointing_drifts_without_jitter():
    offsets = cross_dispersion_offsets(_options(integrations=3, drift=0.4, jitter=0.0))
    np.testing.assert_allclose(offsets, [-0.2, 0.0, 0.2])


@pytest.mark.parametrize(
    "changes",
    [
        {"int_times": "none"},
        {"source_type": "STAR"},
        {"nan_rate": 1.5},
        {"cosmic_ray_rate": -0.1},
        {"frame_size": (8, 32)},
        {"segments": 9},
        {"segment_lengths": (3, 0)},
        {"drop_segment": 3},
    ],
)
def test_impossible_options_are_refused(changes):
    with pytest.raises(InputError, match=f"{next(iter(changes))}: found|segments: found"):
        _options(**changes)


@pytest.mark.parametrize(
    ("mode", "changes", "message"),
    [
        ("nis_wfss", {}, "mode: found 'nis_wfss', expected one of"),
        ("nrs_brightobj", {"detectors": ("nrs3",)}, "detectors: found nrs3, expected any of nrs1"),
        ("nrs_brightobj", {"disperser": "G140M"}, "disperser: found 'G140M'"),
        ("nrc_tsgrism", {"aperture_correction": True}, "nrc_tsgrism has no APCORR"),
        ("nrs_brightobj", {"wavelengthrange_reference": True}, "has no WAVELENGTHRANGE"),
    ],
)
def test_visits_that_cannot_be_made_are_refused(tmp_path, mode, changes, message):
    with pytest.raises(InputError, match=message):
        simulate_visit(tmp_path, _options(mode, **changes))


@pytest.mark.usefixtures("written")
def test_command_line(tmp_path):
    arguments = "--mode nrs_brightobj --frame-size 16x32 --segment-lengths 2,1 --detectors NRS1"
    assert main([str(tmp_path), *arguments.split(), "--no-photom", "--seed", "7"]) == 0
    content = json.loads((tmp_path / "truth.json").read_text())
    assert content["options"]["frame_size"] == [16, 32]
    assert content["options"]["segment_lengths"] == [2, 1]
    assert content["options"]["photom"] is False
    assert list(content["members"]) == ["nrs1"]


def test_command_line_reports_a_mistake(tmp_path, caplog):
    assert main([str(tmp_path), "--mode", "nrc_tsgrism", "--drop-segment", "5"]) == 1
    assert caplog.messages == ["drop_segment: found 5, expected 1 to 2"]


@pytest.mark.parametrize("bad", ["--frame-size=32", "--segment-lengths=a,b", "--mode=x"])
def test_command_line_refuses_what_it_cannot_read(tmp_path, bad):
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), "--mode", "nrc_tsgrism", bad])
