"""Tables, metrics and page of two spectral orders, from files small enough to see through."""

import json
import re

import asdf
import numpy as np
import pytest
from astropy.io import fits

from scripts import fit_depths, light_curve, model_segment, visit_reference
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.branches import PLOTS
from scripts.lib.light_curves.extraction_regions import read_regions, read_statistics
from scripts.lib.moving_profile.reference_file import load_references
from tests.support.steps import make_report, run_step

ROWS, COLUMNS, LENGTH, CUTOFF = 140, 64, 75, {1: 64, 2: 50}
TRACES = {1: 30.0, 2: 110.0}
CONTAMINATION = {1: 0.01, 2: 0.2}


def trace(order):
    """Image of an order: a Gaussian of height 100 or 50 and width 1.5 pixels, (rows, columns)."""
    distance = np.arange(ROWS)[:, None] - TRACES[order]
    light = (100.0 if order == 1 else 50.0) * np.exp(-(distance**2) / 4.5)
    return light * (np.arange(COLUMNS) < CUTOFF[order])


def weights(order):
    middle = int(TRACES[order])
    image = np.zeros((ROWS, COLUMNS), np.float32)
    image[middle - 4 : middle + 5, : CUTOFF[order]] = 1.0
    return image


def write_segment(folder, number, rng):
    """Segment and spectra; errors of 2, of which photons have a half of the variance."""
    images = (trace(1) + trace(2) + rng.normal(0, 2, (LENGTH, ROWS, COLUMNS))).astype("f4")
    flags = np.zeros(images.shape, np.uint32)
    flags[3, 31, 20] = 17
    images[3, 31, 20] = np.nan
    primary = fits.PrimaryHDU()
    primary.header.update({"EXP_TYPE": "NIS_SOSS", "FILTER": "CLEAR", "TARGNAME": "X"})
    primary.header.update({"SUBARRAY": "SUBSTRIP256", "PWCPOS": 245.76})
    planes = {"SCI": images, "DQ": flags, "ERR": np.full_like(images, 2.0)}
    planes["VAR_POISSON"] = np.full_like(images, 2.0)
    hdus = [fits.ImageHDU(plane, name=name) for name, plane in planes.items()]
    hdus[0].header["DISPAXIS"] = 1
    fits.HDUList([primary, *hdus]).writeto(folder / f"segment{number}.fits")
    tables = [table(order, images, number) for order in (1, 2)]
    parts = [part for order in (1, 2) for part in aperture(order)]
    fits.HDUList([primary, *tables, *parts]).writeto(folder / f"spectra{number}.fits")


def table(order, images, number):
    """Spectra of an order, with the lost sample filled as models would."""
    used = slice(0, CUTOFF[order])
    flux = (np.nan_to_num(images, nan=trace(1)[31, 20]) * weights(order)).sum(axis=1)[:, used]
    error = np.full(flux.shape, 2.0 * np.sqrt(9.0))
    times = 59000.0 + (np.arange(LENGTH) + LENGTH * (number - 1)) / 1440.0
    wide = f"{CUTOFF[order]}D"
    wavelength = np.tile(np.linspace(2.8, 0.8, COLUMNS)[used], (LENGTH, 1))
    columns = [
        fits.Column("WAVELENGTH", wide, "um", array=wavelength),
        fits.Column("FLUX", wide, "DN/s", array=flux),
        fits.Column("FLUX_ERROR", wide, "DN/s", array=error),
        fits.Column("FLUX_VAR_POISSON", wide, array=np.zeros(flux.shape)),
        fits.Column("MJD-AVG", "D", array=times),
        fits.Column("TDB-MID", "D", array=times + 0.001),
    ]
    hdu = fits.BinTableHDU.from_columns(columns, name="EXTRACT1D", ver=order)
    hdu.header["SPORDER"] = order
    return hdu


def aperture(order):
    """Images of the aperture and table of the trace."""
    images = np.stack([weights(order), np.zeros((ROWS, COLUMNS), np.float32)])
    columns = np.arange(CUTOFF[order], dtype=float)
    values = {
        "COLUMN": columns,
        "ROW": np.full(len(columns), TRACES[order]),
        "WAVELENGTH": np.linspace(2.8, 0.8, COLUMNS)[: len(columns)],
        "CONTAMINATION": np.full(len(columns), CONTAMINATION[order]),
    }
    table = fits.BinTableHDU.from_columns(
        [fits.Column(name, "D", array=array) for name, array in values.items()],
        name="TRACE",
        ver=order,
    )
    image = fits.ImageHDU(images, name="APERTURE", ver=order)
    for hdu in (image, table):
        hdu.header["SPORDER"] = order
    return image, table


def write_traces(path):
    """Reference of straight traces."""
    tree = {
        "meta": {
            "pwcpos_cmd": 245.76,
            "pwcpos_bounds": [245.54, 246.04],
            "wavemap_wlmin": 0.5,
            "wavemap_wlmax": 5.5,
            "wavemap_nwl": 5001,
            "subarray_ymin": COLUMNS - 1,
            "soss_xdim": COLUMNS,
            "soss_ydim": ROWS,
            "order2_separation_cutoff": [0.77, 0.95],
        },
        "traces": [],
        "wavecal_models": [],
        "throughputs": [],
    }
    columns = np.arange(COLUMNS, dtype=float)
    for order, row in TRACES.items():
        name = {"spectral_order": order}
        line = np.stack([columns, np.full(COLUMNS, row)], axis=1)
        where = {"pivot_x": 32.0, "pivot_y": 70.0, "cutoff": CUTOFF[order]}
        tree["traces"].append(name | {"trace": line} | where)
        extents = {"scale_extents": np.array([[0.0, -0.1], [COLUMNS, 0.1]])}
        coefficients = {"coefficients": np.array([2.8, -2.0, 0.0])}
        tree["wavecal_models"].append(name | coefficients | extents)
        light = {"wavelength": np.array([0.5, 5.5]), "throughput": np.ones(2)}
        tree["throughputs"].append(name | light)
    asdf.AsdfFile(tree).write_to(path)
    return str(path)


def write_profiles(path):
    """Reference of the light of each order over its column."""
    hdus = []
    for order in (1, 2):
        light = trace(order)
        profile = (light / np.maximum(light.sum(axis=0), 1.0)).astype("f4")
        hdus.append(fits.ImageHDU(profile, name="ORDER", ver=order))
        hdus[-1].header["ORDER"] = order
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return str(path)


def compare(folder, number, traces, spectra):
    """Model and statistics of a segment."""
    run_step(
        model_segment.process,
        {"snr": 5.0, "window": 25, "photometry": {}},
        segment=str(folder / f"segment{number}.fits"),
        flagged=str(folder / f"segment{number}.fits"),
        reference=str(folder / "reference.npz"),
        spectra=spectra,
        pastasoss=traces,
        out_model=folder / f"model{number}.fits",
        out_statistics=folder / f"statistics{number}.npz",
    )


def make_table(folder, stem, spectra):
    """Light curves of segments; input files and params of the step."""
    numbers = range(1, len(spectra) + 1)
    files = {
        "spectra": spectra,
        "models": [str(folder / f"model{k}.fits") for k in numbers],
        "statistics": [str(folder / f"statistics{k}.npz") for k in numbers],
        "visit_references": [str(folder / "reference.npz")],
    }
    params = {
        "segments": [
            {"number": k, "detector": "NIS", "first": 1 + LENGTH * (k - 1), "reference": 0}
            for k in numbers
        ],
        "options": {"min_wavelength": None, "max_wavelength": None},
        "bins": {
            "resolving_power": 5,
            "pixels": None,
            "edges": None,
            "clip_time": 5.0,
            "clip_wavelength": 8.0,
        },
        "decorrelate": "auto",
    }
    run_step(
        light_curve.process,
        params,
        **files,
        out_light_curve=f"{stem}_lc.ecsv",
        out_spectra=f"{stem}_spectra.fits",
        out_binned=f"{stem}_speclc.fits",
    )
    return files, params


@pytest.fixture(scope="module", name="folder")
def processed(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("soss"), np.random.default_rng(1)
    traces = write_traces(folder / "traces.asdf")
    for number in (1, 2):
        write_segment(folder, number, rng)
    run_step(
        visit_reference.process,
        {"background": "auto", "lengths": [LENGTH, LENGTH], "search_box_width": 41},
        segments=[str(folder / f"segment{number}.fits") for number in (1, 2)],
        pastasoss=traces,
        specprofile=write_profiles(folder / "profiles.fits"),
        out_reference=folder / "reference.npz",
    )
    spectra = [str(folder / f"spectra{number}.fits") for number in (1, 2)]
    for number, path in enumerate(spectra, start=1):
        compare(folder, number, traces, path)
    files, params = make_table(folder, folder / "soss", spectra)
    segments = [str(folder / f"segment{number}.fits") for number in (1, 2)]
    files |= {"light_curve": folder / "soss_lc.ecsv", "segments": segments, "products": []}
    files |= {"spectra": str(folder / "soss_spectra.fits"), "depths": folder / "soss_depths.ecsv"}
    own = {"light_curve": str(folder / "soss_lc.ecsv"), "binned": str(folder / "soss_speclc.fits")}
    run_step(fit_depths.process, {}, **own, out_depths=str(files["depths"]))
    params |= {
        "product": "soss",
        "branch": "spectroscopy",
        "exposure_integrations": {"NIS": [2 * LENGTH]},
        "names": [],
        "association": "asn.json",
        "settings": {"references": {}},
    }
    make_report(str(folder / "soss"), files, params)
    return folder


def test_regions_of_both_orders(folder):
    with open_fits(folder / "spectra1.fits") as spectra:
        first, second = read_regions(spectra, 0, (ROWS, COLUMNS))
    assert (first.name, second.name) == ("1", "2")
    np.testing.assert_array_equal(second.weights, weights(2))
    assert len(second.pixels) == 50
    assert second.trace[49] == 110.0
    assert np.isnan(second.trace[50:]).all()


def test_statistics_of_each_order(folder):
    # The flagged pixel is in row 31, which is in the aperture of the first.
    for order, expected in ((1, [3]), (2, [])):
        arrays = read_statistics(folder / "statistics1.npz", order)
        assert np.flatnonzero(arrays["outliers"][:, 0]).tolist() == expected
        assert arrays["class_sizes"][0] == 9 * CUTOFF[order]


def test_references_of_each_order(folder):
    references = load_references(folder / "reference.npz")
    assert list(references) == ["1", "2"]
    for order in (1, 2):
        reference = references[str(order)]
        assert reference.noise_factor == pytest.approx(1.0, abs=0.03)
        # Rows beyond 26 of both traces are background, of both orders alike.
        assert reference.region.used[58:83].all()
        assert not reference.region.used[100:120, :50].any()


def test_table_has_errors_photons_and_positions_of_each_order(folder):
    columns, units, meta = read_ecsv(folder / "soss_lc.ecsv")
    assert units["flux"] == "DN/s"
    assert meta["EXP_TYPE"] == "NIS_SOSS"
    for order in (1, 2):
        rows = columns["order"] == order
        assert rows.sum() == 2 * LENGTH
        assert columns["missing"][rows].max() < 0.01
        # Half of the variance of the samples is that of photons; the background of 32 rows adds to
        # it, as of (sum P)^2 / sum P^2 = 2 root pi times 1.5 pixels.
        ratio = columns["photon_error"][rows] / columns["flux_error"][rows]
        ratio *= meta["light_curves"][order - 1]["error_factor"]
        expected = np.sqrt(0.5 / (1.0 + 3.0 * np.sqrt(np.pi) / 32.0))
        np.testing.assert_allclose(ratio, expected, rtol=0.01)
        # Light of the whole profile is 1.5 times the root of 2 pi of its height.
        light = (100.0 if order == 1 else 50.0) * 1.5 * np.sqrt(2 * np.pi) * CUTOFF[order]
        np.testing.assert_allclose(np.median(columns["flux"][rows]), light, rtol=5e-3)
        np.testing.assert_allclose(np.median(columns["y"][rows]), TRACES[order], atol=0.05)
        assert np.ptp(columns["y"][rows]) < 0.05
        np.testing.assert_allclose(columns["width"][rows], 1.5, atol=0.05)
        scatter = np.std(columns["flux_corrected"][rows] / columns["flux_error"][rows])
        assert scatter == pytest.approx(1.0, abs=0.3)


def test_bins_of_each_order(folder):
    with fits.open(folder / "soss_speclc.fits") as hdus:
        hdus.verify("exception")
        for version in (1, 2):
            assert hdus["FLUX", version].header["SPORDER"] == version
            assert len(hdus["FLUX", version].data) == 2 * LENGTH
            bins = hdus["BINS", version].data["ELEMENTS"]
            assert bins.sum() == CUTOFF[version]


def test_diagnostics_and_page_name_the_orders(folder):
    found = json.loads((folder / "soss_diagnostics.json").read_text())
    made = read_ecsv(folder / "soss_lc.ecsv")[2]["light_curves"]
    factors = {record["order"]: record["error_factor"] for record in made}
    for curve in found["light_curves"]:
        for kind in ("mean", "p95"):
            assert curve[f"contamination_{kind}"] == CONTAMINATION[curve["order"]]
        assert 0.75 < curve["ratio_to_error"] < 1.3
        ratio = curve["ratio_to_photon"] / curve["ratio_to_error"] / factors[curve["order"]]
        np.testing.assert_allclose(
            ratio, np.sqrt(2.0 * (1.0 + 3.0 * np.sqrt(np.pi) / 32.0)), rtol=0.01
        )
    assert found["verdict"]["findings"] == []
    page = (folder / "soss_report.html").read_text()
    assert "NIS order 1" in page
    assert "NIS order 2" in page
    shown = re.findall('id="plot-([a-z_]+)"', page)
    # There are no bins, no jump and no dip.
    without = {"binned_light_curves", "depth_spectrum", "tilt_frames"}
    assert shown == [name for name in PLOTS["spectroscopy"] if name not in without]


def test_spectra_without_apertures_have_a_table_still(folder, tmp_path, caplog):
    with fits.open(folder / "spectra1.fits") as hdus:
        fits.HDUList([hdus[0], hdus[1], hdus[2]]).writeto(tmp_path / "spectra.fits")
    for name in ("segment1.fits", "reference.npz", "traces.asdf"):
        (tmp_path / name).symlink_to(folder / name)
    spectra = str(tmp_path / "spectra.fits")
    compare(tmp_path, 1, str(tmp_path / "traces.asdf"), spectra)
    assert "no aperture is known" in caplog.text
    make_table(tmp_path, tmp_path / "soss", [spectra])
    columns, _, _ = read_ecsv(tmp_path / "soss_lc.ecsv")
    assert np.isfinite(columns["flux"]).all()
    assert (columns["outlier_fraction"] == 0.0).all()
