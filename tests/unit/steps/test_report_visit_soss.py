"""Tables, metrics and page of two overlapping spectral orders, from files small enough to see through."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits

from scripts import light_curve, report_visit, segment_statistics
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.branches import PLOTS
from scripts.lib.light_curves.extraction_regions import read_regions, read_statistics
from tests.support.steps import run_step

ROWS, COLUMNS, LENGTH, CUTOFF = 24, 64, 30, {1: 64, 2: 50}
APERTURES = {1: (4, 13), 2: (11, 20)}
CONTAMINATION = {1: 0.01, 2: 0.2}


def trace(order):
    """Image of an order: a Gaussian of height 100 or 50 and width 1.5 pixels, (rows, columns)."""
    distance = np.arange(ROWS)[:, None] - (8.0 if order == 1 else 15.0)
    light = (100.0 if order == 1 else 50.0) * np.exp(-(distance**2) / 4.5)
    return light * (np.arange(COLUMNS) < CUTOFF[order])


def weights(order):
    first, last = APERTURES[order]
    image = np.zeros((ROWS, COLUMNS), np.float32)
    image[first:last, : CUTOFF[order]] = 1.0
    return image


def write_segment(folder, number, rng):
    """Segment and spectra; errors of 2, of which photons have a half of the variance."""
    images = (trace(1) + trace(2) + rng.normal(0, 2, (LENGTH, ROWS, COLUMNS))).astype("f4")
    flags = np.zeros(images.shape, np.uint32)
    flags[3, 12, 20] = 17
    images[3, 12, 20] = np.nan
    primary = fits.PrimaryHDU()
    primary.header.update({"EXP_TYPE": "NIS_SOSS", "FILTER": "CLEAR", "TARGNAME": "X"})
    planes = {"SCI": images, "DQ": flags, "ERR": np.full_like(images, 2.0)}
    planes["VAR_POISSON"] = np.full_like(images, 2.0)
    hdus = [fits.ImageHDU(plane, name=name) for name, plane in planes.items()]
    hdus[0].header["DISPAXIS"] = 1
    fits.HDUList([primary, *hdus]).writeto(folder / f"segment{number}.fits")
    tables = [table(order, images, number) for order in (1, 2)]
    parts = [part for order in (1, 2) for part in aperture(order)]
    fits.HDUList([primary, *tables, *parts]).writeto(folder / f"spectra{number}.fits")


def table(order, images, number):
    """Spectra of an order without the light of the other, as models would take it off."""
    used, other = slice(0, CUTOFF[order]), trace(3 - order)
    flux = ((np.nan_to_num(images, nan=100.0) - other) * weights(order)).sum(axis=1)[:, used]
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
        "ROW": np.full(len(columns), 8.0 if order == 1 else 15.0),
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


class Files(SimpleNamespace):
    """Outputs of a job, by attribute, key or ``get``."""

    def __getitem__(self, name):
        return getattr(self, name)

    def get(self, name, default=None):
        return getattr(self, name, default)


@pytest.fixture(scope="module", name="folder")
def processed(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("soss"), np.random.default_rng(1)
    for number in (1, 2):
        write_segment(folder, number, rng)
        run_step(
            segment_statistics.process,
            {"photometry": {}},
            segment=str(folder / f"segment{number}.fits"),
            spectra=str(folder / f"spectra{number}.fits"),
            out_statistics=folder / f"statistics{number}.npz",
        )
    spectra, statistics = (
        [str(folder / f"{kind}.{form}") for kind in (f"{stem}1", f"{stem}2")]
        for stem, form in (("spectra", "fits"), ("statistics", "npz"))
    )
    segments = [{"number": k, "detector": "NIS", "first": 1 + LENGTH * (k - 1)} for k in (1, 2)]
    limits = {"min_wavelength": None, "max_wavelength": None}
    bins = {"resolving_power": 5, "pixels": None, "edges": None}
    run_step(
        light_curve.process,
        {"segments": segments, "options": limits, "bins": bins, "replaced": False},
        spectra=spectra,
        statistics=statistics,
        out_light_curve=folder / "lc.ecsv",
        out_binned=folder / "speclc.fits",
    )
    plots = {f"{name}_png": str(folder / f"{name}.png") for name in PLOTS["spectroscopy"]}
    pages = {"diagnostics": folder / "d.json", "report": folder / "report.html"}
    job = Files(
        input=Files(
            light_curve=folder / "lc.ecsv",
            spectra=spectra,
            statistics=statistics,
            member=folder / "segment1.fits",
        ),
        output=Files(**plots, **pages),
        log=[],
    )
    job.params = Files(
        product="soss",
        branch="spectroscopy",
        segments=segments,
        exposure_integrations={segments[0]["detector"]: [2 * LENGTH]},
        replaced=False,
        names=[],
        association="asn.json",
        settings={"references": {}},
    )
    report_visit.process(job)
    return folder


def test_regions_of_both_orders(folder):
    with open_fits(folder / "spectra1.fits") as spectra:
        first, second = read_regions(spectra, 0, (ROWS, COLUMNS))
    assert (first.name, second.name) == ("1", "2")
    np.testing.assert_array_equal(second.weights, weights(2))
    assert len(second.pixels) == 50
    assert second.trace[49] == 15.0
    assert np.isnan(second.trace[50:]).all()


def test_statistics_of_each_order(folder):
    # The flagged pixel is in row 12, which both apertures have.
    for order in (1, 2):
        arrays = read_statistics(folder / "statistics1.npz", order)
        assert np.flatnonzero(arrays["outliers"][:, 0]).tolist() == [3]
        np.testing.assert_allclose(arrays["photon_part"], 0.5)
        assert arrays["class_sizes"][0] == 9 * CUTOFF[order]


def test_table_has_errors_photons_and_positions_of_each_order(folder):
    columns, units, meta = read_ecsv(folder / "lc.ecsv")
    assert units["flux"] == "DN/s"
    assert meta["EXP_TYPE"] == "NIS_SOSS"
    for order in (1, 2):
        rows = columns["order"] == order
        assert rows.sum() == 2 * LENGTH
        np.testing.assert_array_equal(columns["missing"][rows], 0.0)
        np.testing.assert_allclose(columns["flux_error"][rows], 6.0 * np.sqrt(CUTOFF[order]))
        np.testing.assert_allclose(
            columns["photon_error"][rows] / columns["flux_error"][rows], np.sqrt(0.5)
        )
        # Light of the whole profile is 1.5 times the root of 2 pi of its height.
        light = (100.0 if order == 1 else 50.0) * 1.5 * np.sqrt(2 * np.pi) * CUTOFF[order]
        np.testing.assert_allclose(np.median(columns["flux"][rows]), light, rtol=5e-3)
        assert np.ptp(columns["y"][rows]) < 0.05
        # The second segment's median has noise of its own, which must not look like a jump.
        width = columns["width"][rows]
        assert abs(width[:LENGTH].mean() - width[LENGTH:].mean()) < 2e-3


def test_bins_of_each_order(folder):
    with fits.open(folder / "speclc.fits") as hdus:
        hdus.verify("exception")
        for version in (1, 2):
            assert hdus["FLUX", version].header["SPORDER"] == version
            assert len(hdus["FLUX", version].data) == 2 * LENGTH
            bins = hdus["BINS", version].data["ELEMENTS"]
            assert bins.sum() == CUTOFF[version]


def test_diagnostics_and_page_name_the_orders(folder):
    found = json.loads((folder / "d.json").read_text())
    for curve in found["light_curves"]:
        for kind in ("mean", "p95"):
            assert curve[f"contamination_{kind}"] == CONTAMINATION[curve["order"]]
        assert 0.75 < curve["ratio_to_error"] < 1.3
        ratio = curve["ratio_to_photon"] / curve["ratio_to_error"]
        np.testing.assert_allclose(ratio, np.sqrt(2.0), rtol=1e-4)
    assert found["verdict"]["findings"] == []
    page = (folder / "report.html").read_text()
    assert "NIS order 1" in page
    assert "NIS order 2" in page
    assert "Vector drawing" not in page
    assert page.count("<img") == len(PLOTS["spectroscopy"])


def test_spectra_without_apertures_have_a_table_still(folder, tmp_path, caplog):
    with fits.open(folder / "spectra1.fits") as hdus:
        fits.HDUList([hdus[0], hdus[1], hdus[2]]).writeto(tmp_path / "spectra.fits")
    spectra, statistics = str(tmp_path / "spectra.fits"), str(tmp_path / "statistics.npz")
    segment = str(folder / "segment1.fits")
    files = {"segment": segment, "spectra": spectra, "out_statistics": statistics}
    run_step(segment_statistics.process, {"photometry": {}}, **files)
    assert "no aperture is known" in caplog.text
    segments = [{"number": 1, "detector": "NIS", "first": 1}]
    limits = {"min_wavelength": None, "max_wavelength": None}
    run_step(
        light_curve.process,
        {"segments": segments, "options": limits, "replaced": False},
        spectra=[spectra],
        statistics=[statistics],
        out_light_curve=tmp_path / "lc.ecsv",
    )
    columns, _, _ = read_ecsv(tmp_path / "lc.ecsv")
    assert np.isfinite(columns["flux"]).all()
    assert np.isnan(columns["x"]).all()
    assert (columns["photon_error"] == 0.0).all()
