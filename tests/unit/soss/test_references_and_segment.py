"""References that do not fit a SOSS segment: one clear message before heavy work."""

import asdf
import numpy as np
import pytest
from astropy.io import fits

from scripts import extract_soss
from scripts.lib.errors import InputError
from tests.support import soss_files
from tests.support.steps import run_step


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Segment and references that fit each other."""
    return soss_files.write_visit(tmp_path_factory.mktemp("soss"), 2)


@pytest.fixture
def refused(good, tmp_path, monkeypatch):
    """Extract with some other files, none of the pixels being read; the message of the error."""

    def no_pixels(*_):
        raise AssertionError("pixels were read before the references were checked")

    monkeypatch.setattr(extract_soss, "summarise", no_pixels)
    names = ("segment", "pastasoss", "specprofile", "speckernel")

    def extract(**files):
        paths = {name: next(good.glob(f"{name}.*")) for name in names} | files
        params = {"options": soss_files.OPTIONS, "pixel_replace": {"skip": True}}
        with pytest.raises(InputError) as caught:
            run_step(
                extract_soss.process, params, photom=[], out_spectra=tmp_path / "x.fits", **paths
            )
        assert not (tmp_path / "x.fits").exists()
        message = str(caught.value)
        assert "\n" not in message
        return message

    return extract


def changed_traces(good, path, change):
    """Copy of the pastasoss reference after a change of its tree."""
    with asdf.open(good / "pastasoss.asdf", lazy_load=False, memmap=False) as file:
        tree = dict(file.tree)
    change(tree)
    asdf.AsdfFile(tree).write_to(path)
    return path


def kernel_file(path, leave_out=(), **changes):
    """Kernels without some extensions, or with others in their place."""
    soss_files.write_kernels(path)
    with fits.open(path) as hdus:
        kept = [hdu.copy() for hdu in hdus if hdu.name not in leave_out]
    for hdu in kept:
        if hdu.name in changes:
            hdu.data = changes[hdu.name]
    fits.HDUList(kept).writeto(path, overwrite=True)
    return path


def test_good_references_get_as_far_as_the_pixels(good, refused):
    with pytest.raises(AssertionError, match="pixels were read"):
        refused()


@pytest.mark.parametrize("height", [96, 200, 257])
def test_profile_of_another_subarray(refused, tmp_path, height):
    path = tmp_path / "specprofile.fits"
    image = np.ones((height, 2048), "f4")
    hdus = [fits.ImageHDU(image, name="ORDER", ver=order) for order in (1, 2, 3)]
    for order, hdu in enumerate(hdus, start=1):
        hdu.header["ORDER"] = order
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    message = refused(specprofile=path)
    assert message.startswith(f"{path}: profile of spectral order 1: found shape ({height}, 2048)")
    assert "expected (256, 2048)" in message


def test_profile_without_an_order(refused, tmp_path):
    soss_files.write_profiles(tmp_path / "specprofile.fits", orders=(1, 3))
    message = refused(specprofile=tmp_path / "specprofile.fits")
    assert message.endswith("ORDER: found spectral orders [1, 3], expected also 2")


@pytest.mark.parametrize("position", [245.53, 246.05, 0.0, -245.76])
def test_pupil_wheel_out_of_bounds(refused, tmp_path, position):
    path = tmp_path / "segment.fits"
    soss_files.write_segment(path, 2, PWCPOS=position)
    message = refused(segment=path)
    assert f"PWCPOS: found {position}, expected 245.54 to 246.04" in message
    assert "pastasoss.asdf" in message


def test_no_position_of_the_pupil_wheel(refused, tmp_path):
    path = tmp_path / "segment.fits"
    soss_files.write_segment(path, 2)
    with fits.open(path, mode="update") as hdus:
        del hdus[0].header["PWCPOS"]
    assert "PWCPOS: found None, expected 245.54 to 246.04" in refused(segment=path)


@pytest.mark.parametrize("orders", [(1, 3), (2, 3), (3,)])
def test_traces_without_order_1_or_2(refused, tmp_path, orders):
    path = tmp_path / "pastasoss.asdf"
    soss_files.write_traces(path, orders)
    message = refused(pastasoss=path)
    expected = f"found spectral orders {list(orders)}, expected at least 1 and 2"
    assert message == f"{path}: traces: {expected}"


@pytest.mark.parametrize("part", ["wavecal_models", "throughputs"])
def test_an_order_without_a_part(good, refused, tmp_path, part):
    path = changed_traces(good, tmp_path / "p.asdf", lambda tree: tree[part].pop(1))
    message = refused(pastasoss=path)
    assert message.startswith(f"{path}: {part}: ")
    assert message.endswith("missing for spectral order 2")


def test_traces_of_another_detector(good, refused, tmp_path):
    def change(tree):
        tree["meta"] |= {"soss_xdim": 2000}
        for trace in tree["traces"]:
            trace["cutoff"] = min(trace["cutoff"], 2000)

    path = changed_traces(good, tmp_path / "p.asdf", change)
    assert "meta.soss_xdim: found 2000, expected 2048" in refused(pastasoss=path)


@pytest.mark.parametrize("name", ["WAVELENGTHS", "KERNELS"])
def test_kernels_without_an_extension(refused, tmp_path, name):
    path = kernel_file(tmp_path / "speckernel.fits", leave_out=(name,))
    message = refused(speckernel=path)
    assert message.startswith(f"{path}: ")
    assert f"extension {name}" in message
    assert "missing" in message


def test_kernels_that_lack_columns(refused, tmp_path):
    path = kernel_file(tmp_path / "speckernel.fits", KERNELS=np.ones((101, 25), "f4"))
    message = refused(speckernel=path)
    assert message.startswith(f"{path}: KERNELS: found shape (101, 25)")
    assert "(101, 26)" in message


def test_kernels_without_any_column(refused, tmp_path):
    empty = np.ones((101, 0), "f4")
    path = kernel_file(tmp_path / "speckernel.fits", KERNELS=empty, WAVELENGTHS=empty)
    message = refused(speckernel=path)
    assert message == f"{path}: KERNELS: found shape (101, 0), expected at least one kernel"


@pytest.mark.parametrize("name", ["pastasoss", "specprofile", "speckernel"])
def test_a_reference_that_is_not_there(refused, name):
    message = refused(**{name: []})
    assert message.startswith(f"config: references/{name}: found null")


@pytest.mark.parametrize("name", ["pastasoss", "specprofile", "speckernel"])
def test_a_file_of_another_kind(refused, tmp_path, name):
    path = tmp_path / "notes.txt"
    path.write_text("not a reference\n")
    assert str(path) in refused(**{name: path})
