import pytest
from astropy.io import fits

from scripts.lib.fits.headers import read_hdus
from scripts.lib.planning.reference_lookup import ReferenceLookup
from scripts.lib.planning.trace_frames import frame_findings
from scripts.lib.references.selection import ReferenceFiles
from tests.support.plans import complete_config, make_product, make_segment
from tests.support.spectral_segments import write_segment

MODEL = {"skip": False}
BY_TRACE = {"skip": False, "algorithm": "trace_model"}
MODES = [
    ("MIR_LRS-SLITLESS", "MIRI", "alpha_beta"),
    ("MIR_LRS-FIXEDSLIT", "MIRI", "alpha_beta"),
    ("NRS_BRIGHTOBJ", "NIRSPEC", "slit_frame"),
]


@pytest.fixture(name="found")
def finder(tmp_path):
    """Function that examines a product of one segment with a frame of some name."""

    def find(exp_type, instrument, frame, model="SlitModel", packed=False, **sections):
        path = tmp_path / f"segment_calints.fits{'.gz' if packed else ''}"
        primary = {"EXP_TYPE": exp_type, "INSTRUME": instrument, "DATAMODL": model}
        write_segment(path, primary=primary)
        with fits.open(path) as hdus:
            tree = bytes(hdus["ASDF"].data.tobytes()).replace(b"\n...", b"\n#" + frame + b"\n...")
            hdus["ASDF"] = fits.BinTableHDU.from_columns(
                [fits.Column("ASDF_METADATA", f"{len(tree)}B", array=[list(tree)])], name="ASDF"
            )
            hdus.writeto(path, overwrite=True)
        segment = make_segment(exp_type=exp_type, packed=packed)
        object.__setattr__(segment, "path", str(path))
        config = complete_config(**sections)
        files = ReferenceFiles(config, {}, tmp_path, {})
        files.register(str(path), read_hdus(path))
        product = make_product(exp_type, [segment])
        found = frame_findings(product, ReferenceLookup(files, config))
        return [f"{finding.severity}: {finding}" for finding in found]

    return find


@pytest.mark.parametrize(("exp_type", "instrument", "frame"), MODES)
def test_a_frame_across_the_spectrum_is_found(found, exp_type, instrument, frame):
    for sections in ({"adaptive_trace_model": MODEL}, {"pixel_replace": BY_TRACE}):
        assert found(exp_type, instrument, frame.encode(), **sections) == []


@pytest.mark.parametrize(("exp_type", "instrument", "frame"), MODES)
@pytest.mark.parametrize("sections", [{"adaptive_trace_model": MODEL}, {"pixel_replace": BY_TRACE}])
def test_a_missing_frame_stops_a_run_where_a_trace_is_modelled(
    found, exp_type, instrument, frame, sections
):
    (line,) = found(exp_type, instrument, b"other", **sections)
    assert line.startswith("error: ")
    assert f"world coordinates: found none there, expected the frame {frame}" in line
    assert found(exp_type, instrument, b"other") == []
    skipped = sections | {"extract_1d": {"skip": True}}
    assert found(exp_type, instrument, b"other", **skipped) == []
    assert found(exp_type, instrument, b"other", packed=True, **sections) == []


def test_data_without_any_trace_model_are_left_to_the_warning(found):
    sections = {"pixel_replace": BY_TRACE}
    assert found("MIR_LRS-SLITLESS", "MIRI", b"other", model="CubeModel", **sections) == []
    assert found("NRC_TSIMAGE", "NIRCAM", b"other", **sections) == []
