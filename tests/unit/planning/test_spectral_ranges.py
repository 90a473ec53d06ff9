import pytest

from scripts.lib.fits.headers import read_hdus
from scripts.lib.planning.reference_lookup import ReferenceLookup
from scripts.lib.planning.spectral_ranges import spectral_findings
from scripts.lib.references.selection import ReferenceFiles
from tests.support import soss_files
from tests.support.plans import complete_config, make_product, make_segment
from tests.support.spectral_segments import write_segment


@pytest.fixture(name="found")
def finder(tmp_path):
    """Function that examines a product of one segment, of 1 to 1.4 µm unless of NIRISS SOSS."""

    def find(exp_type="NRS_BRIGHTOBJ", packed=False, primary=None, **sections):
        path = tmp_path / f"segment_calints.fits{'.gz' if packed else ''}"
        write_segment(path, primary={"EXP_TYPE": exp_type, **(primary or {})})
        segment = make_segment(exp_type=exp_type, packed=packed)
        object.__setattr__(segment, "path", str(path))
        config = complete_config(**sections)
        files = ReferenceFiles(config, {}, tmp_path, {})
        files.register(str(path), read_hdus(path))
        bins = config["spectroscopic_light_curves"]
        product = make_product(exp_type, [segment])
        found = spectral_findings(product, ReferenceLookup(files, config), bins)
        return [f"{finding.severity}: {finding}" for finding in found]

    return find


def test_limits_beyond_the_spectrum_stop_a_run(found):
    assert found(white_light={"min_wavelength": 50.0}) == [
        "error: config: white_light/min_wavelength, max_wavelength: found from 50, "
        "expected a part of the spectrum, 1 to 1.4 µm"
    ]
    assert found(white_light={"max_wavelength": 1.1}) == []


def test_edges_beyond_the_spectrum_stop_a_run(found):
    edges = {"edges": [1000.0, 1200.0]}
    assert found(spectroscopic_light_curves=edges) == [
        "error: config: spectroscopic_light_curves/edges: found 1000 to 1200, "
        "expected wavelengths of the spectrum, 1 to 1.4 µm"
    ]
    assert found(spectroscopic_light_curves=edges | {"skip": True}) == []


def test_an_offset_off_the_array_stops_a_run(found, tmp_path):
    (tmp_path / "e.json").write_text('{"apertures": [{"id": "NRC_TSGRISM", "extract_width": 3}]}')
    references = {"extract1d": str(tmp_path / "e.json")}
    assert found("NRC_TSGRISM", extract_1d={"position_offset": 1}, references=references) == []
    (line,) = found("NRC_TSGRISM", extract_1d={"position_offset": 60}, references=references)
    assert line.startswith(f"error: {tmp_path}/e.json: found the aperture beyond the array")


def test_nothing_is_read_where_no_setting_names_wavelengths_or_an_offset(found, monkeypatch):
    monkeypatch.setattr("scripts.lib.planning.spectral_ranges._wavelengths", None)
    assert found() == []
    assert found("NRC_TSIMAGE", white_light={"min_wavelength": 50.0}) == []
    assert found(white_light={"min_wavelength": 50.0}, extract_1d={"skip": True}) == []


def test_compressed_segments_are_left_to_the_jobs(found):
    assert found(packed=True, white_light={"min_wavelength": 50.0}) == []


def test_orders_of_niriss_soss_are_examined_each_by_itself(found, tmp_path):
    soss_files.write_traces(tmp_path / "traces.asdf")
    references = {"pastasoss": str(tmp_path / "traces.asdf")}
    primary = {"SUBARRAY": "SUBSTRIP256", "PWCPOS": 245.76}
    given = {"references": references, "primary": primary}
    (line,) = found("NIS_SOSS", white_light={"min_wavelength": 1.5}, **given)
    assert line.startswith("warning: ")
    assert line.endswith("the white light of D1 order 2, D1 order 3 is NaN")
    (line,) = found("NIS_SOSS", white_light={"min_wavelength": 3.0}, **given)
    assert line.startswith("error: ")
