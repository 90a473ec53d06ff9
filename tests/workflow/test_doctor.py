"""The doctor's page of visits in good and bad health."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.support.builders import int_times
from tests.support.spectral_segments import PRIMARY, asdf_bytes

ROOT = Path(__file__).resolve().parents[2]
STEM = "jw01366003001_04101_00001-seg{:03d}_nrs1"
PRODUCT = "jw01366-o003_t001_nirspec_f290lp-g395h-s1600a1-sub2048"
APERTURE = '{"apertures": [{"id": "S1600A1", "xstart": 0, "xstop": 4, "ystart": 1, "ystop": 4}]}'


def write_segment(path, number, **changes):
    """Write three integrations of spectra without peculiarities."""
    first = 3 * number - 2
    keywords = PRIMARY | {"EXSEGNUM": number, "INTSTART": first, "INTEND": first + 2}
    keywords |= {
        "TARGNAME": "WASP-0",
        "CAL_VER": "1.13.4",
        "CRDS_CTX": "jwst_1200.pmap",
        "NINTS": 6,
    }
    science = np.random.default_rng(number).normal(10, 1, (3, 6, 5)).astype("f4")
    images = {"SCI": science, "DQ": np.zeros(science.shape, "u4")}
    images |= {n: np.ones_like(science) for n in ("ERR", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")}
    images |= changes
    hdus = fits.HDUList([fits.PrimaryHDU()])
    hdus[0].header.update(keywords)
    hdus += [fits.ImageHDU(data, name=name) for name, data in images.items()]
    for name in ("SCI", "ERR"):
        hdus[name].header["BUNIT"] = "MJy"
    hdus["SCI"].header.update({"SLTNAME": "S1600A1", "SRCTYPE": "POINT", "DISPAXIS": 1})
    hdus.append(fits.BinTableHDU(int_times(first, 3), name="INT_TIMES"))
    content = np.frombuffer(asdf_bytes(), np.uint8)[None]
    column = fits.Column("ASDF_METADATA", f"{content.shape[1]}B", array=content)
    hdus.append(fits.BinTableHDU.from_columns([column], name="ASDF"))
    hdus.writeto(path, overwrite=True)


@pytest.fixture(name="visit")
def visit_of_two_segments(tmp_path):
    for number in (1, 2):
        write_segment(tmp_path / f"{STEM.format(number)}_calints.fits", number)
    members = [{"expname": f"{STEM.format(k)}_calints.fits", "exptype": "science"} for k in (1, 2)]
    products = [{"name": PRODUCT, "members": members}]
    (tmp_path / "asn.json").write_text(json.dumps({"asn_id": "o003", "products": products}))
    (tmp_path / "aperture.json").write_text(APERTURE)
    return tmp_path


def doctor(folder, *options, target="doctor", quiet="all", snakefile=ROOT / "Snakefile"):
    """Ask for the page; return the exit code, the page and what else is written."""
    (folder / "my.json").write_text(
        json.dumps({"associations": ["*asn.json"], "references": {"extract1d": "aperture.json"}})
    )
    command = [sys.executable, "-m", "snakemake", target, "--snakefile", snakefile]
    command += ["--cores", "1", "--quiet", quiet, "--configfile", "my.json", *options]
    done = subprocess.run(command, cwd=folder, text=True, check=False, capture_output=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def findings(folder, severity):
    """Key and found of the findings in the JSON."""
    content = json.loads((folder / "results/doctor.json").read_text())
    return [(f["key"], f["found"]) for f in content["findings"] if f["severity"] == severity]


def test_good_visit(visit):
    code, page, _ = doctor(visit)
    assert code == 0
    assert page.rstrip("\n") == (visit / "results/doctor.txt").read_text().rstrip("\n")
    assert f"\n{PRODUCT}\n" in page
    assert "1.13.4" in page
    assert "VERDICT: " in page.rstrip("\n").split("\n")[-1]
    content = json.loads((visit / "results/doctor.json").read_text())
    (product,) = content["products"]
    assert [segment["first_integration"] for segment in product["segments"]] == [1, 4]
    assert product["references"]["extract1d"] == "aperture.json"
    assert findings(visit, "warning") == []
    assert findings(visit, "error") == []
    # Only the page is made.
    assert {path.name for path in (visit / "results").iterdir()} == {"doctor.json", "doctor.txt"}


def test_page_is_made_again(visit):
    doctor(visit)
    spoilt = np.full((3, 6, 5), np.nan, "f4")
    write_segment(visit / f"{STEM.format(2)}_calints.fits", 2, SCI=spoilt)
    code, page, _ = doctor(visit)
    assert code == 0
    assert "no finite pixel in 3 of 3 integrations (4, 5, 6)" in page
    assert ("SCI", "no finite pixel in 3 of 3 integrations (4, 5, 6)") in findings(visit, "warning")


def test_broken_visit(visit):
    path = visit / f"{STEM.format(2)}_calints.fits"
    path.write_bytes(path.read_bytes()[:-3000])
    code, page, errors = doctor(visit)
    assert code == 1
    assert f"ERROR    {path.name}\n         truncated in " in page
    assert "Segments of no product" in page
    assert "VERDICT: 1 error" in page
    assert "doctor: 1 error" in errors
    ((key, found),) = findings(visit, "error")
    assert (key, found.startswith("truncated in ")) == ("", True)


def test_associations_that_are_none(visit):
    (visit / "asn.json").write_text("{")
    code, page, _ = doctor(visit)
    assert code == 1
    assert "found no JSON" in " ".join(page.split())


def test_coordinates_that_cannot_be_read(visit):
    path = visit / f"{STEM.format(1)}_calints.fits"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"gwcs/wcs-1", b"gwcs/wsc-1"))
    code, page, _ = doctor(visit)
    assert (code, "readable world coordinates" in " ".join(page.split())) == (1, True)
    assert [key for key, _ in findings(visit, "error")] == ["ASDF"]


def test_compressed_segment_with_data_of_another(visit):
    path = visit / f"{STEM.format(1)}_calints.fits"
    with fits.open(path) as first:
        write_segment(visit / f"{STEM.format(2)}_calints.fits", 2, SCI=first["SCI"].data)
    packed = Path(f"{path}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    association = (visit / "asn.json").read_text()
    (visit / "asn.json").write_text(association.replace(path.name, packed.name))
    code, _, _ = doctor(visit)
    assert code == 0
    reported = [found for key, found in findings(visit, "warning") if key == "SCI"]
    assert reported == [f"the data of 3 integrations of {packed.name}, 4 as 1 there"]


@pytest.mark.parametrize("quiet", ["host", "all"])
def test_errors_still_stop_other_targets(visit, quiet):
    path = visit / f"{STEM.format(2)}_calints.fits"
    path.write_bytes(path.read_bytes()[:-3000])
    code, _, errors = doctor(visit, target="all", quiet=quiet)
    assert code == 1
    assert f"{path.name}: truncated in " in errors


def test_wrong_settings_are_reported_even_if_quiet(visit):
    code, page, errors = doctor(visit, "--config", "max_memory_mb=many")
    assert (code, page) == (1, "")
    assert "--config: max_memory_mb: found 'many', expected a whole number" in errors


def test_as_part_of_another_workflow(visit):
    (visit / "outer.smk").write_text(
        f"module tso3:\n    snakefile: {str(ROOT / 'Snakefile')!r}\n    config: config\n\n"
        "use rule * from tso3 as tso3_*\n"
    )
    (visit / "asn.json").write_text("{")
    code, page, _ = doctor(visit, target="tso3_doctor", snakefile=visit / "outer.smk")
    assert (code, "VERDICT: 1 error" in page) == (1, True)
