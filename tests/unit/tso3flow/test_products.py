import builtins
import json
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.files.ecsv import write_ecsv
from tso3flow.products import LightCurve, open_product

ROOT = Path(__file__).resolve().parents[3]
LENGTH, ELEMENTS = 40, 3
KNOWN = (("NRS1", 1), ("NRS2", 1), ("NRS2", 2))


def curve_columns(number, detector, order):
    """Columns of a curve that has its number in the flux."""
    rng = np.random.default_rng(number)
    flux = number + 1.0 + 1e-3 * rng.normal(size=LENGTH)
    flux[3] = np.nan
    return {
        "detector": np.full(LENGTH, detector),
        "order": np.full(LENGTH, order),
        "mjd_utc": 59770.0 + 0.001 * np.arange(LENGTH),
        "bjd_tdb": 59770.004 + 0.001 * np.arange(LENGTH),
        "flux_corrected": flux,
        "flux_corrected_error": np.full(LENGTH, 1e-3),
        "quality": np.where(np.arange(LENGTH) == 3, 1, np.where(np.arange(LENGTH) == 7, 16, 0)),
    }


def spectra_hdus(table, columns):
    """HDUs of a product with an image and tables for each curve."""
    hdus = [fits.PrimaryHDU()]
    for number, (detector, order) in enumerate(KNOWN):
        about = fits.Header([("DETECTOR", detector), ("SPORDER", order), ("BUNIT", "Jy")])
        time = np.array([(59770.004 + k,) for k in range(LENGTH)], [("BJD_TDB", "f8")])
        axes = np.zeros(ELEMENTS, [(name, "f8") for name in columns])
        axes[columns[0]] = np.arange(ELEMENTS) + number
        hdus += [
            fits.BinTableHDU(time, name="TIME", ver=number + 1),
            fits.BinTableHDU(axes, name=table, ver=number + 1),
        ]
        for name, dtype in (("FLUX", float), ("ERROR", float), ("QUALITY", np.uint8)):
            image = np.full((LENGTH, ELEMENTS), number, dtype)
            hdus.append(fits.ImageHDU(image, about, name=name, ver=number + 1))
    return fits.HDUList(hdus)


@pytest.fixture(scope="module", name="stem")
def written_product(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "results"
    folder.mkdir()
    stem = folder / "jw1"
    parts = [curve_columns(number, *labels) for number, labels in enumerate(KNOWN)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    units = {"flux_corrected": "Jy", "flux_corrected_error": "Jy"}
    write_ecsv(Path(f"{stem}_lc.ecsv"), columns, units, {}, {"TARGNAME": "WASP-39"})
    spectra_hdus("SPECTRUM", ("WAVELENGTH", "COLUMN")).writeto(f"{stem}_spectra.fits")
    spectra_hdus("BINS", ("WAVELENGTH", "LOWER", "UPPER")).writeto(f"{stem}_speclc.fits")
    Path(f"{stem}_diagnostics.json").write_text(json.dumps({"product": "jw1"}))
    return str(stem)


@pytest.mark.parametrize("ending", ["", "_lc.ecsv", "_spectra.fits", "_diagnostics.json"])
def test_any_file_of_a_product_opens_it(stem, ending):
    assert open_product(f"{stem}{ending}").stem == stem


def test_a_folder_with_one_visit_opens_it(stem):
    product = open_product(Path(stem).parent)
    assert product.stem == stem
    assert product.curves() == list(KNOWN)
    assert product.diagnostics() == {"product": "jw1"}


def test_a_light_curve_has_rows_of_its_detector_and_order(stem):
    curve = open_product(stem).light_curve("nrs2", 2)
    assert (curve.detector, curve.order) == ("NRS2", 2)
    assert len(curve.time) == LENGTH
    np.testing.assert_allclose(np.nanmedian(curve.flux), 3.0, rtol=1e-3)
    assert np.flatnonzero(~curve.good).tolist() == [3, 7]
    assert curve.time_scale == "tdb"


def test_times_without_barycentre_are_utc():
    columns = curve_columns(0, "NRS1", 1)
    columns["bjd_tdb"] = np.full(LENGTH, np.nan)
    curve = LightCurve("NRS1", 1, columns, {"flux_corrected": "Jy"})
    series = curve.to_timeseries()
    assert (curve.time_scale, series.time.scale) == ("utc", "utc")
    np.testing.assert_array_equal(series.time.mjd, columns["mjd_utc"])


def test_a_time_series_has_unit_error_and_quality_of_the_integrations_with_a_time(stem):
    curve = open_product(stem).light_curve("NRS1")
    curve.columns["bjd_tdb"][5] = np.nan
    series = curve.to_timeseries()
    assert len(series) == LENGTH - 1
    assert series.colnames == ["time", "flux", "flux_err", "quality"]
    assert str(series["flux"].unit) == str(series["flux_err"].unit) == "Jy"
    assert series.time.scale == "tdb"


@pytest.mark.parametrize("number", range(3))
def test_spectra_and_bins_are_those_of_the_curve(stem, number):
    product = open_product(stem)
    for part in (product.spectra(*KNOWN[number]), product.bins(*KNOWN[number])):
        assert (part.detector, part.order) == KNOWN[number]
        assert part.flux.shape == (LENGTH, ELEMENTS)
        assert (part.flux == number).all()
        assert part.wavelength.tolist() == [number, number + 1, number + 2]
        assert part.unit == "Jy"
        assert part.time[1] == 59771.004


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("NRS2",), "found 2 for detector NRS2, order any, expected one of NRS1 order 1, NRS2"),
        (("NRS3",), "found 0 for detector NRS3"),
        ((), "found 3 for detector any"),
    ],
)
def test_what_is_not_one_curve_is_named(stem, labels, message):
    product = open_product(stem)
    for read in (product.light_curve, product.spectra, product.bins):
        with pytest.raises(InputError, match=message):
            read(*labels)


def test_missing_files_are_named(stem, tmp_path):
    with pytest.raises(InputError, match=r"nothing_lc\.ecsv: file: found none"):
        open_product(tmp_path / "nothing")
    with pytest.raises(InputError, match="folder: found none"):
        open_product(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}_lc.ecsv").touch()
    with pytest.raises(InputError, match=r"found a_lc\.ecsv, b_lc\.ecsv, expected"):
        open_product(tmp_path)
    with pytest.raises(InputError, match=r"a_speclc\.fits: file: found none"):
        open_product(tmp_path / "a").bins()


def test_lightkurve_that_is_missing_is_one_line(stem, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **named):
        if name == "lightkurve":
            raise ModuleNotFoundError(name=name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install lightkurve"):
        open_product(stem).light_curve("NRS1").to_lightkurve()


def test_the_page_about_python_runs(stem, monkeypatch):
    monkeypatch.chdir(Path(stem).parents[1])
    text = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        exec(block, names)
    assert names["outliers"][7, 4, 5]
    assert names["report"]["scatter_ppm"] == pytest.approx(1000, rel=0.4)
    np.testing.assert_allclose(np.nanmedian(names["spectra"].flux), 40.0, rtol=0.05)
    assert np.isfinite(names["flux"]).all()
    assert np.isfinite(names["photometry"].flux).all()
