import numpy as np
import pytest
from astropy.io import fits

from scripts import visit_reference
from scripts.lib.errors import InputError
from scripts.lib.moving_profile.reference_file import load_references
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support import soss_files
from tests.support.steps import run_step


@pytest.fixture(scope="module", name="segments")
def two_segments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visit")
    options = {"mode": "nrs_brightobj", "frame_size": (16, 64), "detectors": ("nrs1",)}
    simulate_visit(folder, VisitOptions(segment_lengths=(15, 9), **options))
    return [str(path) for path in sorted(folder.glob("*_calints.fits"))]


def reference_of(folder, segments, lengths, background="auto", **files):
    """References of segments, and the bytes of their file."""
    params = {"background": background, "lengths": lengths, "search_box_width": 41}
    path = folder / "reference.npz"
    run_step(visit_reference.process, params, segments=segments, out_reference=path, **files)
    return load_references(path), path.read_bytes()


def test_a_reference_is_that_of_all_segments(segments, tmp_path):
    references, _ = reference_of(tmp_path, segments, [15, 9])
    (reference,) = references.values()
    images = np.concatenate([fits.getdata(path, "SCI") for path in segments])
    images[np.concatenate([fits.getdata(path, "DQ") for path in segments]) & 1 == 1] = np.nan
    known = np.isfinite(reference.median)
    assert known.mean() > 0.95
    median = np.nanmedian(images[:, known], axis=0)
    np.testing.assert_allclose(reference.median[known] / reference.scale, median, rtol=1e-6)


def test_the_same_segments_have_the_same_bytes(segments, tmp_path):
    first, second = (reference_of(tmp_path, segments, [15, 9])[1] for _ in range(2))
    assert first == second


def test_background_is_a_setting(segments, tmp_path):
    modes = [
        reference_of(tmp_path, segments, [15, 9], background)[0]["all"].region.mode
        for background in ("column", "frame", "none")
    ]
    assert modes == ["column", "frame", "none"]


def test_segments_of_another_length_than_planned_are_refused(segments, tmp_path):
    with pytest.raises(
        InputError, match=r"seg002.*found shape \(9, 16, 64\), expected \(8, 16, 64\)"
    ):
        reference_of(tmp_path, segments, [15, 8])
    assert list(tmp_path.iterdir()) == []


def test_soss_that_is_not_extracted_has_no_reference(tmp_path):
    planes = [
        fits.ImageHDU(np.ones((3, 96, 8), kind), name=name)
        for name, kind in (("SCI", "f4"), ("ERR", "f4"), ("DQ", "u4"))
    ]
    primary = fits.PrimaryHDU()
    primary.header.update(EXP_TYPE="NIS_SOSS", SUBARRAY="FULL", FILTER="CLEAR")
    fits.HDUList([primary, *planes]).writeto(tmp_path / "segment.fits")
    soss_files.write_traces(tmp_path / "traces.asdf")
    references, _ = reference_of(
        tmp_path, [str(tmp_path / "segment.fits")], [3], pastasoss=str(tmp_path / "traces.asdf")
    )
    assert references == {}


@pytest.mark.parametrize("version", ["", "_2022-version"])
def test_the_trace_of_a_real_segment_is_the_stars_and_not_that_of_reference_pixels(
    shared_data, tmp_path, version
):
    # Four columns of reference pixels without flags are brighter than the star beyond 8 um.
    folder = shared_data / "eureka-miri-lrs-sim"
    path = folder / f"ERS_NGTS10_2022_new_drift_041_calints{version}.fits"
    references, _ = reference_of(tmp_path, [str(path)], [4])
    reference = references["all"]
    assert reference.trace[reference.lit].mean() == pytest.approx(37.3, abs=0.5)
    assert reference.width == pytest.approx(1.3, abs=0.2)
