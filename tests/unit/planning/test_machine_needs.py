import math
import os
from collections import namedtuple

import pytest

from scripts.lib.planning import machine_needs, resources
from tests.support.builders import load_products, write_association, write_exposure

STEPS = (
    *("outlier_detection", "extract_1d", "white_light", "tso_photometry"),
    *("light_curve", "spectroscopic_light_curves", "report"),
)
BINS = {"resolving_power": 100, "pixels": None, "edges": None}
Disk = namedtuple("Disk", "total used free")


def configuration(*skipped):
    config = {step: {"skip": step in skipped} for step in STEPS}
    config["spectroscopic_light_curves"] |= BINS
    config["improved"] = {"save_masks": False}
    return config | {"max_memory_mb": 512, "output_dir": "results", "export": []}


def product(tmp_path, exp_type="MIR_LRS-SLITLESS"):
    """Product of two segments of three integrations of 4 x 5 pixels."""
    write_association(tmp_path / "asn.json", write_exposure(tmp_path, EXP_TYPE=exp_type))
    return load_products(["asn.json"], tmp_path)[0]


def test_files_for_other_tools_have_flux_error_and_flag(tmp_path):
    lrs = product(tmp_path)
    sizes = machine_needs.file_bytes(lrs, configuration() | {"export": ["eureka", "xarray"]})
    # Two segments of three integrations of five elements and at most twenty bins.
    assert sizes[f"{lrs.name}_eureka"] == sizes[f"{lrs.name}_xarray"] == 2 * 3 * (5 + 20) * 17
    assert f"{lrs.name}_eureka" not in machine_needs.file_bytes(lrs, configuration())


def write_soss(tmp_path):
    return product(tmp_path, "NIS_SOSS")


def test_sizes_follow_the_shapes(tmp_path):
    lrs = product(tmp_path)
    sizes = machine_needs.file_bytes(lrs, configuration())
    rows = 3 * (5 * 136 + 64)
    assert sizes[f"{lrs.name}_x1dints.fits"] == 2 * rows
    assert sizes[lrs.segments[0].crfints] == lrs.segments[0].data_bytes + 1_500_000
    assert sizes[f"segments/{lrs.segments[1].name}_extract1d.fits"] == rows + 1_500_000
    first, second = (f"segments/{segment.name}" for segment in lrs.segments)
    # Two maps of flags, aperture and background, 4 bytes a pixel.
    assert sizes[f"{second}_statistics.npz"] == 4 * 5 * 4 * 4
    assert sizes[f"{second}_model.fits"] == 3 * 5 * 32 + 1_500_000
    assert sizes[f"{first}_reference.npz"] == 4 * 5 * 120
    assert f"{second}_reference.npz" not in sizes
    assert sizes[f"{lrs.name}_spectra.fits"] == 2 * 3 * 5 * 25
    assert len(sizes) == 13
    assert len(machine_needs.file_bytes(lrs, configuration("extract_1d"))) == 3
    assert len(machine_needs.file_bytes(lrs, configuration("light_curve"))) == 6
    soss = machine_needs.file_bytes(write_soss(tmp_path), configuration())
    assert soss[f"{lrs.name}_x1dints.fits"] == 2 * 3 * (3 * 5 * 136 + 64)
    masked = configuration()
    masked["improved"]["save_masks"] = True
    masks = f"{lrs.segments[1].name}_outliers.fits"
    assert masks not in sizes
    assert machine_needs.file_bytes(lrs, masked)[masks] == 3 * 4 * 5


@pytest.mark.parametrize(
    ("options", "bins"),
    [
        ({}, 5),
        ({"resolving_power": 1.5}, 5),
        # Each bin ends at twice the wavelength of its start: three to a ratio of 8, four to 9.
        ({"resolving_power": 1.0}, 4),
        ({"pixels": 2}, 3),
        ({"edges": [5.0, 8.0, 12.0], "pixels": 1}, 2),
    ],
)
def test_sizes_of_light_curves_follow_the_bins(tmp_path, options, bins):
    config = configuration()
    config["spectroscopic_light_curves"] |= options
    for exp_type, orders in (("MIR_LRS-SLITLESS", 1), ("NIS_SOSS", 3)):
        visit = product(tmp_path, exp_type)
        sizes = machine_needs.file_bytes(visit, config)
        assert sizes[f"{visit.name}_speclc.fits"] == 6 * orders * bins * 17


def test_existing_files_need_no_more_disk_space(tmp_path):
    lrs, config = product(tmp_path), configuration()
    sizes = machine_needs.file_bytes(lrs, config)
    assert machine_needs.missing_bytes([lrs], [config], tmp_path) == sum(sizes.values())
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / lrs.segments[0].crfints).touch()
    rest = sum(sizes.values()) - sizes[lrs.segments[0].crfints]
    assert machine_needs.missing_bytes([lrs], [config], tmp_path) == rest


def test_memory_and_time(tmp_path):
    lrs = product(tmp_path)
    assert machine_needs.memory_mb(lrs, configuration("outlier_detection", "extract_1d")) == 0
    # Hardly any data need a block of 64 MB; the report takes most of the rest.
    report = resources.STEPS["report_visit"]
    largest = report.libraries_mb + 64 + 2 * report.member_mb
    assert machine_needs.memory_mb(lrs, configuration()) == largest
    without = configuration("light_curve", "spectroscopic_light_curves", "report")
    collect = resources.STEPS["collect_spectra"]
    largest = collect.libraries_mb + collect.blocks_mb + 2 * collect.member_mb
    assert machine_needs.memory_mb(lrs, without) == largest
    # Hardly any data: two jobs for each of two segments, and two that collect, 2 s each.
    assert machine_needs.core_seconds(lrs, configuration()) == pytest.approx(12, abs=0.01)


def test_disk_space_for_the_products(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_needs.shutil, "disk_usage", lambda _: Disk(0, 0, 100_000_000))
    assert machine_needs.disk_findings(99_000_000, "results", tmp_path) == []
    (finding,) = machine_needs.disk_findings(200_000_000, "results", tmp_path)
    assert (
        str(finding) == "results: disk space: found 100 MB free, expected 200 MB for the products"
    )
    assert finding.severity == "error"


def test_folder_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_needs.shutil, "disk_usage", lambda _: Disk(0, 0, 1000))
    (finding,) = machine_needs.disk_findings(0, "results", tmp_path)
    assert (finding.severity, finding.path) == ("warning", "TMPDIR")

    def refuse():
        raise FileNotFoundError

    monkeypatch.setattr(machine_needs.tempfile, "gettempdir", refuse)
    (finding,) = machine_needs.disk_findings(0, "results", tmp_path)
    assert (finding.severity, finding.path) == ("error", "TMPDIR")


@pytest.mark.parametrize(
    ("peak", "severity", "text"),
    [(400, None, ""), (600, "note", "--cores 1 "), (1200, "warning", "lower max_memory_mb")],
)
def test_memory_for_the_jobs(peak, severity, text):
    findings = machine_needs.memory_findings(peak, 1000, 2)
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    assert not findings or text in findings[0].effect


def test_memory_of_a_container(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine_needs, "_CONTAINER_LIMIT", limit)
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
    assert machine_needs.machine_memory_mb() == whole
    limit.write_text("max\n")
    assert machine_needs.machine_memory_mb() == whole
    limit.write_text("50000000\n")
    assert math.isclose(machine_needs.machine_memory_mb(), 50)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (123_400_000, "123 MB"), (5.61e12, "5.6 TB")],
)
def test_texts_of_sizes(size, text):
    assert machine_needs.size_text(size) == text
