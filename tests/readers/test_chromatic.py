"""Files for chromatic, read with its readers."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u

from tests.readers.conftest import SPECTRA

# What chromatic says of wavelengths that it sorts, and of packages that it imports.
pytestmark = [
    pytest.mark.readers,
    pytest.mark.filterwarnings("ignore"),
]


def rainbow(made, folder, ending):
    """Rainbow of a file; the reader follows from its name."""
    from chromatic import Rainbow

    return Rainbow(str(made.file(folder) / f"{Path(made.stem).name}_{ending}"))


def in_order(wavelength, *images):
    """Wavelengths and images (time, wavelength) as chromatic has them: ascending, and turned."""
    order = np.argsort(wavelength)
    return wavelength[order], *(image[:, order].T for image in images)


@pytest.mark.parametrize("made", SPECTRA, indirect=True)
def test_spectra_are_those_of_the_product(made):
    for detector, order in made.curves():
        found = rainbow(made, "_xarray", f"{detector.lower()}_stellar-spectra.xc")
        spectra = made.spectra(detector, order)
        good = (spectra.quality == 0) & np.isfinite(spectra.flux)
        wavelength, flux, error, good = in_order(
            spectra.wavelength, spectra.flux, spectra.error, good
        )
        np.testing.assert_allclose(found.wavelength.to_value(u.um), wavelength, rtol=1e-15)
        np.testing.assert_array_equal(found.time.to_value(u.day), spectra.time)
        np.testing.assert_array_equal(found.flux.value, flux)
        np.testing.assert_array_equal(found.uncertainty.value, error)
        np.testing.assert_array_equal(found.ok.astype(bool), good)
        assert found.flux.unit == u.Unit(spectra.unit)
        assert found.metadata["code"].startswith("tso3flow ")
        assert found.metadata["targname"] == "WASP-39"


@pytest.mark.parametrize("made", SPECTRA, indirect=True)
def test_binned_light_curves_are_those_of_the_product(made):
    for detector, order in made.curves():
        found = rainbow(made, "_xarray", f"{detector.lower()}_raw-light-curves.xc")
        bins = made.bins(detector, order)
        wavelength, flux, error, good = in_order(
            bins.wavelength, bins.flux, bins.error, (bins.quality == 0) & np.isfinite(bins.flux)
        )
        np.testing.assert_allclose(found.wavelength.to_value(u.um), wavelength, rtol=1e-15)
        np.testing.assert_array_equal(found.flux.value, flux)
        np.testing.assert_array_equal(found.uncertainty.value, error)
        np.testing.assert_array_equal(found.ok.astype(bool), good)
        by_wavelength = np.argsort(bins.wavelength)
        lower = found.wavelike["wavelength_lower"].to_value(u.um)
        np.testing.assert_allclose(lower, bins.lower[by_wavelength], rtol=1e-15)


@pytest.mark.parametrize("made", ["nrc_tsimage"], indirect=True)
def test_a_light_curve_of_images_has_one_wavelength(made):
    found, curve = rainbow(made, "_xarray", "nrcb1_raw-light-curves.xc"), made.light_curve()
    np.testing.assert_array_equal(found.flux.value, curve.flux[None])
    np.testing.assert_array_equal(found.uncertainty.value, curve.flux_err[None])
    assert found.wavelength.to_value(u.um).tolist() == [2.1]


@pytest.mark.parametrize("made", SPECTRA, indirect=True)
def test_files_for_eureka_are_read_too(made):
    detector, order = made.curves()[0]
    name = f"S3_{Path(made.stem).name}_{detector.lower()}_SpecData.h5"
    from chromatic import Rainbow

    found = Rainbow(str(made.file("_eureka") / name))
    spectra = made.spectra(detector, order)
    _, flux, error = in_order(spectra.wavelength, spectra.flux, spectra.error)
    np.testing.assert_array_equal(found.flux.value, flux)
    np.testing.assert_array_equal(found.uncertainty.value, error)
    # It makes Julian dates of these.
    np.testing.assert_allclose(
        found.time.to_value(u.day), spectra.time + 2400000.5, atol=1e-9, rtol=0
    )
