import numpy as np

from scripts.lib.spectra.wavelength_limits import edge_findings, limit_findings

SPECTRA = {"NRS1": np.array([2.9, 3.3, 3.7]), "NRS2": np.array([3.8, np.nan, 5.2])}


def limits(low, high):
    return dict.fromkeys(SPECTRA, (low, high))


def test_limits_that_hold_an_element_of_each_spectrum():
    assert limit_findings(SPECTRA, limits(3.7, 3.8)) == []


def test_limits_beyond_all_spectra_are_an_error():
    (error,) = limit_findings(SPECTRA, limits(50.0, 1e10))
    assert error.severity == "error"
    assert str(error) == (
        "config: white_light/min_wavelength, max_wavelength: found from 50, "
        "expected a part of the spectrum, 2.9 to 5.2 µm"
    )


def test_limits_between_two_elements_are_an_error():
    (error,) = limit_findings({"NRS1": SPECTRA["NRS1"]}, {"NRS1": (3.0, 3.2)}, "references/x")
    assert str(error) == (
        "config: references/x: found 3 to 3.2, expected a part of the spectrum, 2.9 to 3.7 µm"
    )


def test_limits_beyond_one_spectrum_are_a_warning_that_names_it():
    (warning,) = limit_findings(SPECTRA, limits(-1.0, 3.5))
    assert warning.severity == "warning"
    assert warning.text.endswith(
        "found up to 3.5, expected a part of 3.8 to 5.2 µm, the spectrum of NRS2: "
        "the white light of NRS2 is NaN"
    )


def test_spectra_without_wavelengths_hold_nothing():
    (error,) = limit_findings({"A": np.full(2, np.nan)}, {"A": (1.0, 2.0)})
    assert error.text.endswith(
        "found 1 to 2, expected a part of the spectrum, of unknown wavelengths"
    )


def test_edges_in_another_unit_are_an_error():
    (error,) = edge_findings(SPECTRA, [2900.0, 3700.0, 5200.0])
    assert str(error) == (
        "config: spectroscopic_light_curves/edges: found 2900 to 5200, "
        "expected wavelengths of the spectrum, 2.9 to 5.2 µm"
    )
    assert error.severity == "error"


def test_bins_in_the_gap_of_the_detectors_are_a_warning():
    (warning,) = edge_findings(SPECTRA, [3.0, 3.5, 3.6, 3.75, 3.8, 5.0])
    assert warning.severity == "warning"
    assert "found 2 of 5 bins without an element (3.5 to 3.6, 3.75 to 3.8)" in warning.text
    assert edge_findings(SPECTRA, [3.0, 4.0]) == []


def test_a_bin_does_not_include_its_upper_edge():
    (error,) = edge_findings(SPECTRA, [2.0, 2.9])
    assert error.severity == "error"
