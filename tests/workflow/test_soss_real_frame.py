"""Extraction of a real SOSS image: the trace is where others have measured it."""

import asdf
import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.soss.scene import load_references
from scripts.lib.soss.trace_reference import read_traces
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit, read_config

REFERENCES = ("pastasoss", "specprofile", "speckernel")
# The position of the wheel is not stated with the image; this is the commanded one.
WHEEL = 245.76
LABEL = "WRAPPED FRAME, no exposure"
EDGE = 5
WIDTH = 40


def wrap_frame(path, frame):
    """Put one image in all integrations of a segment, and say so."""
    from stdatamodels.jwst import datamodels

    with datamodels.CubeModel(path) as model:
        model.data[:] = frame
        model.err[:] = np.sqrt(np.abs(frame) + 1)
        model.var_poisson[:] = model.err**2
        model.var_rnoise[:] = 0
        model.var_flat[:] = 0
        edge = np.ones(frame.shape, bool)
        edge[:-4, 4:-4] = False
        model.dq[:] = np.where(edge, 2147483649, 0)
        model.data[:, edge] = np.nan
        model.meta.target.catalog_name = "WASP-39"
        model.meta.exposure.segment_number = 1
        model.meta.program.title = LABEL
        model.add_history_entry(f"{LABEL}: one median image in all integrations")
        model.save(path, overwrite=True)


def use_pastasoss_traces(path, folder):
    """Put the traces of pastasoss, from its text files, into a reference."""
    files = {1: "order1_trace_refmodel", 2: "order2_trace_refmodel_002"}
    with asdf.open(path, lazy_load=False, memmap=False) as file:
        for entry in file.tree["traces"]:
            if entry["spectral_order"] in files:
                name = f"jwst_niriss_gr700xd_{files[entry['spectral_order']]}.txt"
                # The first line of the table is the centre of the rotation.
                pivot, *points = np.loadtxt(folder / name)
                entry["pivot_x"], entry["pivot_y"] = (float(value) for value in pivot)
                entry["trace"] = np.array(points)
        tree = dict(file.tree)
    asdf.AsdfFile(tree).write_to(path)


@pytest.fixture(name="real", scope="module")
def extracted_frame(shared_data, tmp_path_factory):
    """Image, measured trace of order 1, spectrum, and references of an extraction."""
    data = shared_data / "niriss-soss-refs"
    if not data.is_dir():
        pytest.skip(f"no {data}")
    folder = tmp_path_factory.mktemp("real")
    visit = {"integrations": 3, "segments": 1, "photom": False, "pupil_wheel": WHEEL}
    simulate_visit(folder, VisitOptions("nis_soss", real_references=str(data), **visit))
    (segment,) = folder.glob("*_calints.fits")
    frame = np.load(data / "wasp39b_ers_medframe.npy").astype("f4")
    wrap_frame(segment, frame)
    references = read_config(folder)["references"]
    paths = {name: folder / references[name] for name in REFERENCES}
    use_pastasoss_traces(paths["pastasoss"], data)
    config = folder / "config.yaml"
    config.write_text(config.read_text() + "\nextract_1d:\n  soss_atoca: false\n")
    product = process_visit(folder)
    measured = np.genfromtxt(data / "wasp39b_CMADF_traces.csv", delimiter=",", names=True)
    with fits.open(folder / "results" / f"{product.name}_x1dints.fits") as hdus:
        yield frame, measured["order1"], hdus, paths


def test_the_segment_says_that_it_is_a_wrapped_frame(real):
    *_, hdus, _ = real
    assert hdus[0].header["TITLE"] == LABEL


def test_trace_is_within_a_pixel_of_the_measured_one(real):
    _, measured, _, paths = real
    traces = read_traces(paths["pastasoss"])
    geometry = load_references(
        traces, paths, WHEEL, "SUBSTRIP256", (256, 2048), order_3=True
    ).geometry
    distance = np.abs(geometry[1].trace_rows - measured)[EDGE:-EDGE]
    assert np.median(distance) < 0.6
    assert np.mean(distance < 1) > 0.85
    assert distance.max() < 2.5


def test_spectrum_is_the_light_about_the_measured_trace(real):
    frame, measured, hdus, _ = real
    flux = hdus["EXTRACT1D", 1].data["FLUX"]
    assert hdus["EXTRACT1D", 1].header["SPORDER"] == 1
    np.testing.assert_array_equal(flux[0], flux[2])
    rows = np.arange(256)[:, None]
    box = np.clip(WIDTH / 2 + 0.5 - np.abs(rows - measured), 0, 1)
    light = (frame * box).sum(axis=0)
    ratio = (flux[1] / light)[EDGE:-EDGE]
    assert abs(np.median(ratio) - 1) < 0.01
    assert np.mean(np.abs(ratio - 1) < 0.03) > 0.9


def test_light_is_lost_if_the_box_is_elsewhere(real):
    frame, measured, hdus, _ = real
    rows = np.arange(256)[:, None]
    box = np.clip(WIDTH / 2 + 0.5 - np.abs(rows - measured - 12), 0, 1)
    light = (frame * box).sum(axis=0)
    ratio = (hdus["EXTRACT1D", 1].data["FLUX"][1] / light)[EDGE:-EDGE]
    assert np.median(ratio) > 1.05
