"""Visits whose references come from a miniature CRDS cache, without network, and reruns."""

import json
import os
import re
import shutil
from hashlib import sha1

import pytest
import yaml
from astropy.io import fits
from astropy.table import QTable

from scripts.lib.provenance.reference_records import recorded_texts
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.builders import write_association, write_segment
from tests.support.crds_cache import reference_path, write_context, write_parameters
from tests.workflow.test_dag import ARCHIVE_ONLY, planned, snakemake

pytestmark = pytest.mark.slow

TYPE = ["META.EXPOSURE.TYPE"]
PARAMETERS = "jwst_miri_pars-outlierdetectionstep_000{}.asdf"
APERTURES = "jwst_miri_extract1d_000{}.json"
EXTRACTION = {"extract_1d": 2, "collect_spectra": 1, "white_light": 1}
# Python reads this before anything else: whatever asks for the network fails.
OFFLINE = """
import socket

def refuse(*_, **__):
    raise OSError("the network is off")

socket.getaddrinfo = socket.create_connection = refuse
"""


def rules(apertures=1, parameters=1):
    """Rules for MIRI LRS with references of these numbers."""
    slitless = ("MIR_LRS-FIXEDSLIT|MIR_LRS-SLITLESS",)
    tso = (
        [*TYPE, "META.VISIT.TSOVISIT"],
        {("MIR_LRS-SLITLESS", "T"): PARAMETERS.format(parameters)},
    )
    return {
        "miri": {
            "extract1d": (TYPE, {slitless: APERTURES.format(apertures), ("MIR_IMAGE",): "N/A"}),
            "apcorr": (TYPE, {("MIR_LRS-SLITLESS",): "jwst_miri_apcorr_0001.fits"}),
            "pars-outlierdetectionstep": tso,
        }
    }


def fill_cache(cache, simulated):
    """Write the references of the contexts 1 to 4, those of a simulated visit for the most part."""
    first = simulated / "miri_lrs_slitless_extract1d.json"
    shutil.copy(first, reference_path(cache, APERTURES.format(1)))
    another = json.loads(first.read_text()) | {"history": "Another"}
    reference_path(cache, APERTURES.format(2)).write_text(json.dumps(another))
    correction = simulated / "miri_lrs_slitless_apcorr.fits"
    shutil.copy(correction, reference_path(cache, "jwst_miri_apcorr_0001.fits"))
    for number, snr in ((1, "4.5 4.0"), (2, "6.0 4.0")):
        path = reference_path(cache, PARAMETERS.format(number))
        write_parameters(path, "OutlierDetectionStep", {"snr": snr, "scale": "1.2 0.7"})
    for number, changes in enumerate(({}, {"apertures": 2}, {"parameters": 2}, {}), start=1):
        write_context(cache, number, rules(**changes))


def configure(folder, **changes):
    """Write the configuration, in which no reference is named."""
    config = {"associations": ["*_asn.json"], **ARCHIVE_ONLY, "crds_context": "jwst_0001.pmap"}
    (folder / "my.yaml").write_text(yaml.safe_dump(config | changes))


@pytest.fixture(scope="module", name="visit")
def processed_visit(tmp_path_factory):
    """A visit with products, processed with a miniature cache alone and without network."""
    folder = tmp_path_factory.mktemp("references")
    options = {"mode": "mir_lrs_slitless", "integrations": 6, "segments": 2}
    simulate_visit(folder, VisitOptions(**options, aperture_correction=True))
    fill_cache(folder / "cache", folder / "references")
    shutil.rmtree(folder / "references")
    (folder / "config.yaml").unlink()
    (folder / "offline").mkdir()
    (folder / "offline" / "sitecustomize.py").write_text(OFFLINE)
    configure(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRDS_PATH", str(folder / "cache"))
        patch.setenv("CRDS_SERVER_URL", "https://jwst-crds.stsci.edu")
        patch.setenv("PYTHONPATH", str(folder / "offline"), prepend=os.pathsep)
        made = snakemake(folder, "--cores", "2")
        assert made.returncode == 0, made.stdout
        yield folder


def test_products_record_what_they_were_made_with(visit):
    cache = visit / "cache" / "references" / "jwst" / "miri"
    (path,) = (visit / "results").glob("*_x1dints.fits")
    header = fits.getheader(path)
    assert header["R_EXTR1D"] == f"crds://{APERTURES.format(1)}"
    assert header["CRDS_CTX"] == "jwst_0001.pmap"
    names = [APERTURES.format(1), "jwst_miri_apcorr_0001.fits"]
    expected = [
        f"{kind} crds://{name} sha1 {sha1((cache / name).read_bytes()).hexdigest()}"
        for kind, name in zip(("extract1d", "apcorr"), names, strict=True)
    ]
    first, *records = recorded_texts([[card.image for card in header.cards]])
    assert records == expected
    assert first.startswith(f"pars-outlierdetectionstep crds://{PARAMETERS.format(1)} sha1 ")
    segment = fits.getheader(next((visit / "results").glob("*_crfints.fits")))
    (record,) = recorded_texts([[card.image for card in segment.cards]])
    assert record == first
    assert segment["CRDS_CTX"] == "jwst_0001.pmap"


def test_nothing_is_assumed_or_left_out(visit):
    written = snakemake(visit, "--dry-run").stdout
    assert "Nothing to be done" in written
    assert f"found null: crds://{APERTURES.format(1)} is used" in written
    assert "light outside the aperture" not in written


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (2, EXTRACTION),
        (3, {"outlier_detection": 2, **EXTRACTION}),
        (4, {}),
    ],
)
def test_another_context_reruns_what_uses_what_is_new(visit, context, expected):
    configure(visit, crds_context=f"jwst_{context:04d}.pmap")
    assert planned(visit) == expected
    configure(visit)


def test_a_setting_wins_over_the_parameter_reference(visit):
    configure(visit, outlier_detection={"snr": 5.0})
    assert "snr: found 5.0: it wins over 4.5" in snakemake(visit, "--dry-run").stdout
    assert planned(visit) == {"outlier_detection": 2, **EXTRACTION}
    configure(visit)


def test_a_changed_file_reruns_what_uses_it(visit):
    path = reference_path(visit / "cache", APERTURES.format(1))
    content, times = path.read_bytes(), path.stat()
    path.write_bytes(content + b"\n")
    assert planned(visit) == EXTRACTION
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert planned(visit) == {}


def test_a_file_that_is_missing_in_the_cache_stops_the_run(visit):
    path = reference_path(visit / "cache", "jwst_miri_apcorr_0001.fits")
    path.rename(path.with_suffix(".away"))
    done = snakemake(visit, "--dry-run")
    path.with_suffix(".away").rename(path)
    assert done.returncode == 1
    assert f"{path}: file: found none, expected the apcorr that CRDS selects" in done.stdout
    assert "Traceback" not in done.stdout


def test_niriss_soss_has_its_references_from_the_cache(tmp_path, monkeypatch):
    kinds = ("pastasoss", "specprofile", "speckernel", "photom", "wavelengthrange")
    names = {}
    for kind in kinds:
        suffix = ".asdf" if kind in ("pastasoss", "wavelengthrange") else ".fits"
        names[kind] = f"jwst_niriss_{kind}_0005{suffix}"
        fits.HDUList([fits.PrimaryHDU()]).writeto(reference_path(tmp_path / "cache", names[kind]))
    rule = {kind: (TYPE, {("NIS_SOSS",): name}) for kind, name in names.items()}
    context = write_context(tmp_path / "cache", 5, {"niriss": rule})
    keywords = {"INSTRUME": "NIRISS", "EXP_TYPE": "NIS_SOSS", "DETECTOR": "NIS"}
    date = {"DATE-OBS": "2022-07-13", "TIME-OBS": "00:00:00"}
    write_segment(tmp_path / "jw1-seg001_nis_calints.fits", NINTS=3, **keywords, **date)
    write_association(tmp_path / "a_asn.json", ["jw1-seg001_nis_calints.fits"])
    configure(tmp_path, crds_context=context)
    monkeypatch.setenv("CRDS_PATH", str(tmp_path / "cache"))
    written = snakemake(tmp_path, "--dry-run").stdout
    inputs = dict(re.findall(r"rule (\w+):\n    input: (.*)", written))
    folder = f"{tmp_path}/cache/references/jwst/niriss"
    for kind in kinds:
        rule = "white_light" if kind == "wavelengthrange" else "extract_soss"
        assert f"{folder}/{names[kind]}" in inputs[rule]


def test_a_mode_without_aperture_correction_has_none_from_the_cache(tmp_path, monkeypatch):
    grism = ("NRC_TSGRISM",)
    rule = {kind: (TYPE, {grism: f"jwst_nircam_{kind}_0006.fits"}) for kind in ("apcorr", "gain")}
    context = write_context(tmp_path / "cache", 6, {"nircam": rule})
    keywords = {"INSTRUME": "NIRCAM", "EXP_TYPE": "NRC_TSGRISM", "DETECTOR": "NRCALONG"}
    date = {"DATE-OBS": "2022-07-13", "TIME-OBS": "00:00:00"}
    write_segment(tmp_path / "jw1-seg001_nrcalong_calints.fits", NINTS=3, **keywords, **date)
    write_association(tmp_path / "a_asn.json", ["jw1-seg001_nrcalong_calints.fits"])
    configure(tmp_path, crds_context=context)
    monkeypatch.setenv("CRDS_PATH", str(tmp_path / "cache"))
    done = snakemake(tmp_path, "--dry-run")
    assert done.returncode == 0, done.stdout
    assert "rule extract_1d:" in done.stdout
    assert "apcorr" not in done.stdout


def test_photometry_records_the_gain_of_the_configuration(tmp_path):
    options = {"segment_lengths": (4,), "frame_size": (48, 48), "photom": False}
    simulate_visit(tmp_path, VisitOptions(mode="nrc_tsimage", gain_reference=True, **options))
    given = yaml.safe_load((tmp_path / "config.yaml").read_text())["references"]["gain"]
    configure(tmp_path, crds_context=None, references={"gain": given})
    made = snakemake(tmp_path, "--cores", "1")
    assert made.returncode == 0, made.stdout
    (path,) = (tmp_path / "results").glob("*_phot.ecsv")
    gain = tmp_path / given
    expected = f"gain {gain.name} sha1 {sha1(gain.read_bytes()).hexdigest()}"
    assert QTable.read(path).meta["reference_files"] == [expected]
