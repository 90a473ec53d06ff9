import pytest

from scripts.lib.planning import machine_needs
from scripts.lib.planning.side_files import side_files, side_paths
from scripts.lib.references.parameters import KINDS
from scripts.lib.references.settings_schema import setting_defaults
from tests.support.plans import make_product

OPTIONS = {
    "outlier_detection": ("save_results", "save_intermediate_results"),
    "adaptive_trace_model": ("save_results", "save_intermediate_results"),
    "pixel_replace": ("save_results",),
    "extract_1d": ("save_results", "save_profile", "save_scene_model", "save_residual_image"),
    "photom": ("save_results",),
    "tso_photometry": ("save_catalog",),
}
SLIT = {"outlier_detection", "median", "adaptive_trace_model", "spline_full", "spline_used"}
SLIT |= {"pixel_replace", "extract_1d", "profile", "scene_model", "residual"}
SOSS = {"outlier_detection", "median", "pixel_replace", "extract_1d", "photom"}
SOSS |= {"SossExtractModel", "AtocaSpectra", "SossWaveGrid"}


def everything(**changes):
    """A configuration that asks for all files; changes are of `skip`."""
    config = {step: setting_defaults()[step] | {"skip": False} for step in KINDS}
    for step, names in OPTIONS.items():
        config[step] |= dict.fromkeys(names, True)
    config["extract_1d"] |= {"soss_modelname": "m", "soss_wave_grid_out": "g"}
    for step, skip in changes.items():
        config[step]["skip"] = skip
    return config


@pytest.mark.parametrize(
    ("exp_type", "kinds"),
    [
        ("NRS_BRIGHTOBJ", SLIT),
        ("NIS_SOSS", SOSS),
        ("NRC_TSIMAGE", {"outlier_detection", "median", "phot"}),
    ],
)
def test_each_mode_has_its_files(exp_type, kinds):
    assert set(side_files(make_product(exp_type), everything()).values()) == kinds
    none = {step: setting_defaults()[step] for step in KINDS}
    assert side_files(make_product(exp_type), none) == {}


def test_steps_that_are_skipped_have_no_files():
    config = everything(extract_1d=True, tso_photometry=True)
    assert set(side_files(make_product(), config).values()) == {"outlier_detection", "median"}
    config = everything(pixel_replace=True, adaptive_trace_model=True, outlier_detection=True)
    kinds = {"extract_1d", "profile", "scene_model", "residual"}
    assert set(side_files(make_product(), config).values()) == kinds


def test_files_are_those_that_all_configurations_ask_for():
    product = make_product()
    paths = side_paths(product, everything(), everything(extract_1d=True))
    names = [segment.name for segment in product.segments]
    ends = ("outlier_detection", "median")
    assert paths == [f"<results>/{name}_{end}.fits" for end in ends for name in names]


def test_the_disk_space_of_all_files_is_foreseen():
    for exp_type in ("NRS_BRIGHTOBJ", "NIS_SOSS", "NRC_TSIMAGE"):
        product, config = make_product(exp_type), everything()
        config |= {"improved": {"save_masks": False}, "light_curve": {"skip": True}}
        config |= {"spectroscopic_light_curves": setting_defaults()["spectroscopic_light_curves"]}
        sizes = machine_needs.file_bytes(product, config)
        (segment, *_) = product.segments
        cube = 4 * segment.shape[0] * segment.shape[1] * segment.shape[2]
        for template in side_files(product, config):
            assert sizes[template.removeprefix("<results>/").format(segment=segment.name)] > 0
        median = sizes[f"{segment.name}_median.fits"]
        assert median - cube == sizes[segment.crfints] - segment.data_bytes
