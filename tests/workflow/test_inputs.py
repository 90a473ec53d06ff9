"""Input as users have it: folders without associations, compressed files, unusual headers."""

import gzip
import json
import re

import pytest
import yaml
from astropy.io import fits
from astropy.table import QTable

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.builders import write_exposure, write_segment
from tests.workflow.test_dag import ARCHIVE_ONLY, message_of, planned, snakemake

SLITLESS = {"INSTRUME": "MIRI", "FILTER": "P750L", "SUBARRAY": "SLITLESSPRISM"}
PRODUCT = "jw00001-o003_t000_miri_p750l-slitlessprism"
SEGMENT = "jw00001003001_04101_00001-seg00{}_mirimage"


def pack(path):
    """Compress a file and remove it."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    path.unlink()


def configure(folder, **config):
    (folder / "my.yaml").write_text(
        yaml.safe_dump({"associations": ["data"], **ARCHIVE_ONLY, **config})
    )


@pytest.fixture(name="folder")
def folder_of_segments(tmp_path):
    """Two segments, one of them compressed, and a target acquisition."""
    data = tmp_path / "data"
    data.mkdir()
    names = write_exposure(data, **SLITLESS)
    pack(data / names[1])
    acquisition = SLITLESS | {"EXP_TYPE": "MIR_TACQ"}
    write_segment(data / "jw00001003001_02101_00001_mirimage_calints.fits", **acquisition)
    configure(tmp_path)
    return tmp_path


def test_jobs_of_a_folder_without_association(folder):
    jobs = {"outlier_detection": 2, "extract_1d": 2, "collect_spectra": 1, "white_light": 1}
    assert planned(folder) == jobs | {"unpack_segment": 1, "write_association": 1}
    written = snakemake(folder, "--dry-run").stdout
    assert "EXP_TYPE: found 'MIR_TACQ': target acquisition; left out" in written
    inputs = re.findall(r"^    input: (.*)$", written, re.MULTILINE)
    assert f"data/{SEGMENT.format(2)}_calints.fits.gz" in inputs
    assert f"results/segments/{SEGMENT.format(2)}_o003_calints.fits" in inputs
    assert any(line.endswith(f"results/{PRODUCT}_asn.json") for line in inputs)


def test_compressed_segments_are_unpacked_for_spectra_if_nothing_flags_outliers(folder):
    configure(folder, outlier_detection={"skip": True}, white_light={"skip": True})
    jobs = {"extract_1d": 2, "collect_spectra": 1, "unpack_segment": 1, "write_association": 1}
    assert planned(folder) == jobs
    written = snakemake(folder, "--dry-run").stdout
    assert f"input: results/segments/{SEGMENT.format(2)}_o003_calints.fits" in written


def test_paths_may_start_at_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    configure(folder, associations=["~/data"], output_dir="~/made")
    written = snakemake(folder, "--dry-run").stdout
    assert f"{folder}/data/{SEGMENT.format(2)}_calints.fits.gz" in written
    assert f"{folder}/made/{PRODUCT}_x1dints.fits" in written


def test_types_without_a_pipeline_are_refused_before_any_job(folder):
    name = f"{SEGMENT.format(1)}_calints.fits"
    write_segment(folder / "data" / name, **(SLITLESS | {"EXP_TYPE": "MIR_MRS"}))
    (line,) = [line for line in message_of(folder).splitlines() if "MIR_MRS" in line]
    assert line.startswith(f"data/{name}: EXP_TYPE: found MIR_MRS, expected one of NRC_TSIMAGE, ")
    assert line.endswith(": time series of the MIRI MRS are not supported")


def test_a_folder_without_segments(folder):
    (folder / "empty").mkdir()
    configure(folder, associations=["empty"])
    assert message_of(folder) == (
        "empty: association: found neither an association (*.json) nor a segment "
        "(*_calints.fits, *_calints.fits.gz), expected one or more"
    )


@pytest.mark.slow
def test_products_of_a_download_record_what_is_unusual(tmp_path):
    options = VisitOptions(mode="mir_lrs_slitless", segment_lengths=(6, 6, 6), frame_size=(60, 72))
    simulate_visit(tmp_path / "simulated", options)
    data = tmp_path / "data"
    data.mkdir()
    paths = sorted((tmp_path / "simulated").glob("*_calints.fits"))
    for path in paths[:2]:
        path.rename(data / path.name)
    fits.delval(data / paths[0].name, "TARGNAME")
    pack(data / paths[1].name)
    (reference,) = (tmp_path / "simulated" / "references").glob("*extract1d.json")
    references = {"extract1d": str(reference), "apcorr": None}
    made = {name: {"skip": False} for name in ("light_curve", "spectroscopic_light_curves")}
    configure(tmp_path, references=references, **made)
    done = snakemake(tmp_path, "--cores", "1")
    assert done.returncode == 0, done.stdout

    results = tmp_path / "results"
    (association,) = results.glob("*_asn.json")
    name = association.name.removesuffix("_asn.json")
    members = json.loads(association.read_text())["products"][0]["members"]
    assert [member["expname"] for member in members] == [
        f"../data/{paths[0].name}",
        f"../data/{paths[1].name}.gz",
    ]
    assert not list(results.glob("segments/*_calints.fits"))
    unusual, other = (fits.getheader(path) for path in sorted(results.glob("*_crfints.fits")))
    assert "input warning: TARGNAME: found none" in str(unusual["HISTORY"])
    assert "input warning" not in str(other["HISTORY"])
    assert unusual["ASNTABLE"] == other["ASNTABLE"] == association.name
    x1dints = fits.getheader(results / f"{name}_x1dints.fits")
    assert x1dints["ASNTABLE"] == association.name
    line = f"{paths[0].name}: TARGNAME: found none, expected the name of the target"
    history = "".join(str(x1dints["HISTORY"]).split())
    assert "inputwarning:" + line.replace(" ", "") in history
    for kind in ("spectra", "speclc"):
        history = fits.getheader(results / f"{name}_{kind}.fits")["HISTORY"]
        assert line.replace(" ", "") in "".join(str(history).split())
    for kind in ("whtlt", "lc"):
        table = QTable.read(results / f"{name}_{kind}.ecsv")
        assert any(text.startswith(line) for text in table.meta["input_warnings"])
    assert planned(tmp_path) == {}

    paths[2].rename(data / paths[2].name)
    jobs = planned(tmp_path)
    assert jobs == {
        "write_association": 1,
        # The reference is made of all segments, for which the second is unpacked again, and all are
        # compared with it.
        **dict.fromkeys(("visit_reference", "unpack_segment"), 1),
        **dict.fromkeys(("outlier_detection", "extract_1d"), 2),
        "model_segment": 3,
        **dict.fromkeys(("collect_spectra", "white_light", "light_curve_spectroscopy"), 1),
        "fit_depths_spectroscopy": 1,
    }


@pytest.mark.slow
def test_a_truncated_compressed_segment_ends_in_one_line(folder):
    packed = folder / "data" / f"{SEGMENT.format(2)}_calints.fits.gz"
    write_segment(packed.with_suffix(""), shape=(3, 60, 70), **SLITLESS, EXSEGNUM=2, INTSTART=4)
    packed.write_bytes(gzip.compress(packed.with_suffix("").read_bytes(), 0)[:-9])
    packed.with_suffix("").unlink()
    target = f"results/{SEGMENT.format(2)}_o003_crfints.fits"
    done = snakemake(folder, "--cores", "1", target)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    lines = [line for line in done.stdout.splitlines() if " ERROR " in line]
    assert len(lines) == 1
    assert "bytes that end early, expected a complete .gz file" in lines[0]
    assert not (folder / target).exists()
