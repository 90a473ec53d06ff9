import numpy as np
import pytest
from astropy.io import fits

from tests.parity.compare import Finding, compare_crfints, relative_difference
from tests.parity.run import compare, prepare
from tests.parity.store import STORED, unpack
from tests.parity.store_soss import FOLDER, STORED_SOSS, read_columns
from tests.support.steps import process_visit


@pytest.mark.parametrize("case", STORED, ids=lambda case: case.name)
def test_products_equal_those_of_jwst(case, tmp_path):
    unpack(case.name, tmp_path)
    product = process_visit(tmp_path)
    findings = compare(case, tmp_path / "results", tmp_path / "jwst")
    assert not [str(finding) for finding in findings if not finding.good]
    compared = {finding.product for finding in findings}
    assert compared == {path.name for path in (tmp_path / "jwst").iterdir()}
    assert len(compared) == len(product.segments) + (1 if product.branch == "imaging" else 2)


@pytest.mark.parametrize("case", STORED_SOSS, ids=lambda case: case.name)
def test_spectra_of_soss_equal_those_of_jwst(case, tmp_path):
    # The visit is the one that jwst was given, as the simulator depends on the seed only.
    prepare(case, tmp_path)
    process_visit(tmp_path)
    (product,) = (tmp_path / "results").glob("*_x1dints.fits")
    ours = read_columns(product)
    with np.load(FOLDER / f"{case.name}.npz") as jwst:
        assert set(jwst) == set(ours)
        for name, expected in jwst.items():
            allowed = case.allowed * np.nanmedian(np.abs(expected)) if case.modelled else 0
            np.testing.assert_allclose(ours[name], expected, rtol=1e-12, atol=allowed, err_msg=name)


def test_a_changed_value_is_found(tmp_path):
    unpack("bots", tmp_path)
    jwst = next((tmp_path / "jwst").glob("*_crfints.fits"))
    changed = tmp_path / "changed.fits"
    with fits.open(jwst) as hdus:
        hdus["DQ"].data[1, 2, 3] ^= 2
        hdus["SCI"].header["BUNIT"] = "Jy"
        hdus.writeto(changed)
    wrong = [finding.item for finding in compare_crfints(changed, jwst) if not finding.good]
    assert wrong == ["DQ", "SCI keywords"]


@pytest.mark.parametrize(
    ("ours", "jwst", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.1, 2.0], [1.0, 2.0], pytest.approx(0.1)),
        ([float("nan")], [float("nan")], 0),
        ([float("nan")], [1.0], float("inf")),
        ([0.0], [float("nan")], float("inf")),
        ([1e-30], [0.0], float("inf")),
        ([1.0], [1.0, 2.0], float("inf")),
    ],
)
def test_relative_difference(ours, jwst, expected):
    assert relative_difference(ours, jwst) == expected


def test_a_difference_that_is_not_a_number_is_not_good():
    assert not Finding("x", "y", float("nan"), 1.0).good
