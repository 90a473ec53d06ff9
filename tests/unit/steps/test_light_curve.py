"""Light curves of our own of small visits, from the calibrated segments to the products."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.light_curves import plane_reader
from scripts.lib.light_curves.table import DESCRIPTIONS
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit, report_inputs

SPECTRA = {"mode": "nrs_brightobj", "frame_size": (16, 64), "detectors": ("nrs1",)}
IMAGES = {"mode": "nrc_tsimage", "frame_size": (32, 32)}
# What all columns of our own are that are no flags or times.
# A spectrum of so few columns does not show shifts along it.
MEASURED = ("flux", "flux_error", "flux_corrected", "flux_norm", "photon_error", "y", "width")


@dataclass(frozen=True)
class Made:
    """What was made of a visit: table, meta, and the files by the end of their names."""

    columns: dict
    units: dict
    meta: dict
    files: dict


def make(folder, options, lengths=(20, 20), damage=None):
    """Simulate a visit, spoil its segments, and make its light curves."""
    simulate_visit(folder, VisitOptions(segment_lengths=lengths, seed=1, **options))
    for path in sorted(folder.glob("*_calints.fits")) if damage else ():
        with fits.open(path, mode="update") as hdus:
            damage(hdus)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        product = process_visit(folder)
        report_inputs(folder, product)
    results = folder / "results"
    table = read_ecsv(results / f"{product.name}_lc.ecsv")
    files = {path.name.removeprefix(f"{product.name}_"): path for path in results.iterdir()}
    segments = {path.name[-30:]: path for path in (results / "segments").iterdir()}
    return Made(*table, files | segments)


@pytest.fixture(scope="module", name="spectra")
def visit_of_spectra(tmp_path_factory):
    return make(tmp_path_factory.mktemp("spectra"), SPECTRA)


@pytest.fixture(scope="module", name="images")
def visit_of_images(tmp_path_factory):
    return make(tmp_path_factory.mktemp("images"), IMAGES)


@pytest.mark.parametrize("kind", ["spectra", "images"])
def test_table_has_all_columns_with_numbers(kind, request):
    made = request.getfixturevalue(kind)
    assert list(made.columns) == list(DESCRIPTIONS)
    for name in MEASURED:
        assert np.isfinite(made.columns[name]).all(), name
    assert made.columns["segment"].tolist() == [1] * 20 + [2] * 20
    assert made.columns["integration"].tolist() == list(range(1, 41))
    assert (made.columns["quality"] == 0).sum() >= 38
    assert (np.diff(made.columns["bjd_tdb"]) > 0).all()
    # Photons are most of the noise, not all of it.
    assert (made.columns["photon_error"] < made.columns["flux_error"]).all()
    assert (made.columns["photon_error"] > 0.5 * made.columns["flux_error"]).all()
    assert {made.units[name] for name in ("flux_raw", "flux", "flux_corrected_error")} == {"Jy"}
    assert {made.units[name] for name in ("x", "y", "width")} == {"pix"}
    (record,) = made.meta["light_curves"]
    assert record["noise_factor"] == pytest.approx(1.0, abs=0.05)
    assert made.meta["TARGNAME"] == "WASP-39"


def test_the_dip_is_that_of_the_archive_where_that_lost_nothing(spectra):
    own, archive = (
        spectra.columns[name] / np.median(spectra.columns[name]) for name in ("flux", "flux_raw")
    )
    assert np.ptp(archive) > 0.01
    assert np.median(np.abs(own - archive)) < 5e-4


def test_white_light_is_the_sum_of_the_spectra(spectra):
    with fits.open(spectra.files["spectra.fits"]) as hdus:
        hdus.verify("exception")
        flux, error = hdus["FLUX"].data, hdus["ERROR"].data
        assert flux.shape == (40, 61)
        times = hdus["TIME"].data["BJD_TDB"]
    np.testing.assert_array_equal(times, spectra.columns["bjd_tdb"])
    present = np.isfinite(flux).all(axis=0)
    total = flux[:, present].sum(axis=1)
    ratio = spectra.columns["flux"] / total
    # What the tie and missing elements change is small.
    np.testing.assert_allclose(ratio / np.median(ratio), 1.0, atol=2e-4)
    errors = np.sqrt((error[:, present] ** 2).sum(axis=1)) / total
    errors *= spectra.meta["light_curves"][0]["error_factor"]
    np.testing.assert_allclose(
        errors, spectra.columns["flux_error"] / spectra.columns["flux"], rtol=0.05
    )


def test_bins_are_made_of_the_same_spectra(spectra):
    with fits.open(spectra.files["speclc.fits"]) as hdus:
        hdus.verify("exception")
        total = np.nansum(hdus["FLUX"].data, axis=1)
        assert hdus["QUALITY"].data.shape == hdus["FLUX"].data.shape
    ratio = spectra.columns["flux"] / total
    np.testing.assert_allclose(ratio / np.median(ratio), 1.0, atol=5e-4)


@pytest.mark.parametrize("options", [SPECTRA, IMAGES])
def test_cuts_of_the_exposure_change_nothing(options, tmp_path, request):
    whole = make(tmp_path, options, (40,))
    cut = request.getfixturevalue("spectra" if options is SPECTRA else "images")
    for name in (*MEASURED, "background", "chi2", "n_outliers", "missing", "quality"):
        np.testing.assert_array_equal(whole.columns[name], cut.columns[name], err_msg=name)


@pytest.mark.parametrize("kind", ["spectra", "images"])
def test_bytes_do_not_depend_on_the_blocks(kind, tmp_path, request, monkeypatch):
    made = request.getfixturevalue(kind)
    monkeypatch.setattr(plane_reader, "_BLOCK", 3000)
    other = make(tmp_path, {"spectra": SPECTRA, "images": IMAGES}[kind])
    assert other.files.keys() == made.files.keys()
    for name, path in made.files.items():
        if name.startswith(("lc", "spec")) or path.stem.endswith(
            ("model", "statistics", "reference")
        ):
            assert path.read_bytes() == other.files[name].read_bytes(), name


def test_detectors_have_light_curves_of_their_own(tmp_path, spectra):
    """The second detector has no data at all, which costs the first nothing."""

    def damage(hdus):
        if hdus[0].header["DETECTOR"] == "NRS2":
            hdus["SCI"].data[:], hdus["DQ"].data[:] = np.nan, 1

    made = make(tmp_path, SPECTRA | {"detectors": ("nrs1", "nrs2")}, damage=damage)
    first = made.columns["detector"] == "NRS1"
    assert first.tolist() == [True] * 40 + [False] * 40
    for name in MEASURED:
        np.testing.assert_array_equal(made.columns[name][first], spectra.columns[name])
        assert np.isnan(made.columns[name][~first]).all(), name
    assert (made.columns["quality"][~first] == 1 + 2 + 4).all()
    assert (made.columns["missing"][~first] == 1.0).all()
    assert [record["noise_factor"] is None for record in made.meta["light_curves"]] == [False, True]
    with fits.open(made.files["spectra.fits"]) as hdus:
        assert np.isnan(hdus["FLUX", 2].data).all()
        assert np.isfinite(hdus["FLUX", 1].data).any()


@pytest.mark.parametrize("options", [SPECTRA, IMAGES])
def test_a_lost_integration_is_a_row_of_nan(options, tmp_path):
    made = make(tmp_path, options | {"lost_integration": 7})
    lost = made.columns["integration"] == 7
    for name in MEASURED:
        np.testing.assert_array_equal(np.isnan(made.columns[name]), lost, err_msg=name)
    assert made.columns["quality"][lost].tolist() == [1 + 2 + 4]
    assert made.columns["missing"][lost].tolist() == [1.0]


@pytest.mark.parametrize("options", [SPECTRA, IMAGES])
@pytest.mark.parametrize("lengths", [(2,), (12,), (1, 2)])
def test_few_integrations_have_a_light_curve(options, lengths, tmp_path):
    made = make(tmp_path, options, lengths)
    assert len(made.columns["flux"]) == sum(lengths)
    assert np.isfinite(made.columns["flux"]).all()
    assert np.isfinite(made.columns["flux_error"]).all()
    np.testing.assert_array_equal(made.columns["flux_corrected"], made.columns["flux"])
    np.testing.assert_allclose(made.columns["flux_norm"], 1.0, atol=0.02)


@pytest.mark.parametrize("options", [SPECTRA, IMAGES])
def test_a_missing_segment_leaves_a_gap(options, tmp_path):
    made = make(tmp_path, options | {"drop_segment": 2}, (15, 10, 15))
    assert made.columns["segment"].tolist() == [1] * 15 + [3] * 15
    assert made.columns["integration"].tolist() == [*range(1, 16), *range(26, 41)]
    assert np.isfinite(made.columns["flux"]).all()


def test_images_in_counts_are_those_in_electrons(tmp_path):
    options = IMAGES | {"photom": False, "gain_reference": True}
    made = make(tmp_path, options)
    assert made.units["flux"] == made.units["flux_raw"]
    ratio = made.columns["flux"] / made.columns["flux_raw"]
    np.testing.assert_allclose(ratio, np.median(ratio), rtol=0.1)
    # The circle of the archive has most of the light.
    assert 1.0 < np.median(ratio) < 1.5


def test_decorrelation_may_be_left_out(tmp_path):
    folder = Path(tmp_path)
    simulate_visit(folder, VisitOptions(segment_lengths=(20, 20), seed=1, **IMAGES, jitter=0.1))
    product = process_visit(folder)
    found = {}
    for choice in ("auto", "never"):
        config = folder / "config.yaml"
        config.write_text(f"{config.read_text()}\nimproved: {{decorrelate: {choice}}}\n")
        report_inputs(folder, product)
        columns, _, meta = read_ecsv(folder / "results" / f"{product.name}_lc.ecsv")
        found[choice] = columns, meta["light_curves"][0]["decorrelation"]
        config.write_text(config.read_text().rpartition("improved")[0])
    assert found["never"][1] == {}
    assert found["auto"][1] != {}
    np.testing.assert_array_equal(found["never"][0]["flux_corrected"], found["never"][0]["flux"])
    np.testing.assert_array_equal(found["never"][0]["flux"], found["auto"][0]["flux"])
