"""Peak memory of whole steps, each in a process of its own, against the request of their rules."""

import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.lib.planning.resources import peak_mb, work_mb
from scripts.lib.segment_data.wcs_cache import FOLDER, clear
from tests.support.spectral_segments import write_empty_segment

ROOT = Path(__file__).resolve().parents[3]
OUTPUTS = {"outlier_detection": ("calints", "crfints"), "extract_1d": ("segment", "spectra")}
RUN = """
import sys
import scripts.{step}
from scripts.lib.jobs.memory import keep_freed_memory
from scripts.lib.jobs.memory import peak_memory_mb
class Named(dict):
    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]
keep_freed_memory()
params = Named(
    options={{"log_increment": 50}},
    asn_pool="",
    asn_table="",
    adaptive_trace_model={{"skip": True}},
    pixel_replace={{"skip": True}},
    apertures=None,
    reference_names={{}},
    parameter_files=[],
    input_warnings=[],
)
job = Named(
    input=Named({given}=sys.argv[1], extract1d=[], apcorr=[], psf=[]),
    output=Named(
        {made}=sys.argv[2], pixel_replaced="", trace_modelled="", spline_full="", spline_used="",
        profile="", scene_model="", residual="", saved="", catalog="", results="", medians="",
    ),
    params=params,
    resources=Named(work_mb=int(sys.argv[3])),
    threads=1,
    config={{"crds_context": None}},
)
scripts.{step}.process(job)
print(int(peak_memory_mb() * 1e6))
"""


def peak_bytes(step, folder, shape, memory_mb):
    write_empty_segment(folder / "in.fits", shape)
    # World coordinates kept by an earlier run would save the import of asdf and gwcs.
    clear(folder / FOLDER)
    given, made = OUTPUTS[step]
    code = RUN.format(step=step, given=given, made=made)
    files = [str(folder / "in.fits"), str(folder / "out.fits"), str(memory_mb)]
    done = subprocess.run(
        [sys.executable, "-c", code, *files], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (folder / "out.fits").unlink()
    return int(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("step", OUTPUTS)
def test_memory_does_not_grow_with_the_number_of_integrations(step, tmp_path):
    short, long = (peak_bytes(step, tmp_path, (n, 16, 64), 8) for n in (250, 4000))
    assert long < 1.1 * short


@pytest.mark.parametrize(
    ("step", "shape"), [("outlier_detection", (26, 768, 1024)), ("extract_1d", (2, 768, 1024))]
)
def test_memory_is_within_what_the_rule_asks_for(step, shape, tmp_path):
    segment = SimpleNamespace(shape=shape, data_bytes=12 * math.prod(shape))
    peak = peak_bytes(step, tmp_path, shape, work_mb([segment], 512))
    assert peak <= 1e6 * peak_mb(step, [segment], 512)
