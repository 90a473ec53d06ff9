from types import SimpleNamespace

import pytest

from scripts.lib.checks.by_mode import mode_check


class References:
    """Steps that are skipped or not, and segments that were registered."""

    def __init__(self, skip):
        self.skip = skip
        self.registered = []

    def register(self, path, _hdus):
        self.registered.append(path)

    def settings(self, step, _path):
        return {"skip": step == self.skip}


def errors(path, skip=None, exp_type="MIR_LRS-SLITLESS", wcs_bytes=None):
    """Keys of the errors of a segment, with or without an extension ASDF."""
    hdus = [SimpleNamespace(name="PRIMARY", header={"EXP_TYPE": exp_type}, data_bytes=0)]
    if wcs_bytes is not None:
        hdus.append(SimpleNamespace(name="ASDF", header={}, data_bytes=wcs_bytes))
    references = References(skip)
    found = mode_check(".", references)(path, hdus)
    assert references.registered == [path]
    return [finding.key for finding in found]


@pytest.mark.parametrize("wcs_bytes", [None, 0])
def test_world_coordinates_are_needed_where_spectra_are_extracted(wcs_bytes):
    assert errors("a_calints.fits", wcs_bytes=wcs_bytes) == ["ASDF"]
    assert errors("a_calints.fits", skip="tso_photometry", wcs_bytes=wcs_bytes) == ["ASDF"]
    assert errors("a_calints.fits", skip="extract_1d", wcs_bytes=wcs_bytes) == []


def test_existing_world_coordinates_are_no_error():
    assert errors("a_calints.fits", wcs_bytes=8) == []


def test_images_without_photometry_need_no_world_coordinates():
    assert errors("a_calints.fits", skip="tso_photometry", exp_type="MIR_IMAGE") == []


def test_world_coordinates_behind_compressed_data_are_not_missed():
    assert errors("a_calints.fits.gz") == []
