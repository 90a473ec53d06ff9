"""The settings of STScI's notebooks, as they are written there, in runs of the workflow."""

import copy

import pytest
import yaml
from astropy.io import fits

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.notebooks import APERTURES, NOTEBOOKS
from tests.workflow.test_dag import ARCHIVE_ONLY, snakemake

pytestmark = pytest.mark.slow

LENGTHS = {"nis_soss": (2,)}


@pytest.mark.parametrize("mode", NOTEBOOKS)
def test_settings_of_the_notebooks_run_as_they_are_written(tmp_path, mode):
    simulate_visit(tmp_path, VisitOptions(mode=mode, segment_lengths=LENGTHS.get(mode, (6, 5))))
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    block = copy.deepcopy(NOTEBOOKS[mode])
    if block.get("extract_1d", {}).get("override_extract1d") == APERTURES:
        block["extract_1d"]["override_extract1d"] = config["references"].pop("extract1d")
    (tmp_path / "my.yaml").write_text(yaml.safe_dump(config | block | ARCHIVE_ONLY))
    made = snakemake(tmp_path, "--cores", "1")
    assert made.returncode == 0, made.stdout
    names = {path.name.rsplit("_", 1)[1] for path in (tmp_path / "results").glob("jw*.*")}
    assert (
        names
        == {
            "nrs_brightobj": {"crfints.fits", "x1dints.fits", "whtlt.ecsv"},
            # <segment>_extract_1d.fits
            "nis_soss": {"crfints.fits", "x1dints.fits", "whtlt.ecsv", "1d.fits"},
            "nrc_tsgrism": {"x1dints.fits", "whtlt.ecsv"},
            "mir_lrs_slitless": {"crfints.fits", "x1dints.fits", "whtlt.ecsv"},
            "mir_image": {"crfints.fits", "phot.ecsv"},
        }[mode]
    )
    if mode == "nrs_brightobj":
        (path,) = (tmp_path / "results").glob("*_x1dints.fits")
        header = fits.getheader(path)
        assert header["S_PXREPL"] == "COMPLETE"
        assert header["NPXPROFI"] > 0
