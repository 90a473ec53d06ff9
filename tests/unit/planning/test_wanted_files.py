import pytest

from scripts.lib.planning import targets, wanted_files
from tests.support.plans import complete_config, make_product, make_segment

NAME = "nrs_brightobj"
CRFINTS = [f"<results>/{NAME}-seg00{k}_o001_crfints.fits" for k in (1, 2)]
OWN_STEPS = ["visit_reference", "model_segment"]
REPORT_FILES = [f"<results>/{NAME}_{end}" for end in ("diagnostics.json", "report.html")]


def without(*skipped):
    return complete_config(**{step: {"skip": True} for step in skipped})


@pytest.mark.parametrize(
    ("skipped", "steps"),
    [
        ((), (["outlier_detection", "extract_1d"], ["collect_spectra", "white_light"])),
        (("white_light",), (["outlier_detection", "extract_1d"], ["collect_spectra"])),
        (("outlier_detection",), (["extract_1d"], ["collect_spectra", "white_light"])),
        (("extract_1d",), (["outlier_detection"], [])),
        (("outlier_detection", "extract_1d"), ([], [])),
        # A skipped step of the other branch means nothing here.
        (
            ("tso_photometry",),
            (["outlier_detection", "extract_1d"], ["collect_spectra", "white_light"]),
        ),
    ],
)
def test_steps_of_spectra(skipped, steps):
    assert wanted_files.product_steps(make_product(), without(*skipped)) == steps


@pytest.mark.parametrize(
    ("exp_type", "steps"),
    [
        ("NIS_SOSS", (["outlier_detection", "extract_soss"], ["collect_spectra", "white_light"])),
        ("NRC_TSIMAGE", (["outlier_detection", "tso_photometry"], ["collect_photometry"])),
    ],
)
def test_steps_of_other_modes(exp_type, steps):
    assert wanted_files.product_steps(make_product(exp_type), complete_config()) == steps


def test_images_without_photometry_are_not_collected():
    images = make_product("NRC_TSIMAGE")
    assert wanted_files.product_steps(images, without("tso_photometry")) == (
        ["outlier_detection"],
        [],
    )


@pytest.mark.parametrize(
    ("skipped", "steps"),
    [
        ((), (OWN_STEPS, ["light_curve", "fit_depths", "report_visit"])),
        (("report",), (OWN_STEPS, ["light_curve", "fit_depths"])),
        (("spectroscopic_light_curves", "report"), (OWN_STEPS, ["light_curve", "fit_depths"])),
        # Nothing of our own is made.
        (("light_curve",), ([], [])),
        (("extract_1d",), ([], [])),
    ],
)
def test_steps_of_the_report(skipped, steps):
    assert wanted_files.report_steps(make_product(), without(*skipped)) == steps


def test_files_of_spectra():
    assert wanted_files.product_files(make_product(), complete_config()) == [
        *CRFINTS,
        f"<results>/{NAME}_x1dints.fits",
        f"<results>/{NAME}_whtlt.ecsv",
        f"<results>/{NAME}_lc.ecsv",
        f"<results>/{NAME}_spectra.fits",
        f"<results>/{NAME}_speclc.fits",
        f"<results>/{NAME}_depths.ecsv",
        *REPORT_FILES,
    ]


def test_files_of_images():
    assert wanted_files.product_files(make_product("MIR_IMAGE"), complete_config()) == [
        "<results>/mir_image-seg001_o001_crfints.fits",
        "<results>/mir_image-seg002_o001_crfints.fits",
        "<results>/mir_image_phot.ecsv",
        "<results>/mir_image_lc.ecsv",
        "<results>/mir_image_depths.ecsv",
        "<results>/mir_image_diagnostics.json",
        "<results>/mir_image_report.html",
    ]


@pytest.mark.parametrize(
    ("skipped", "files"),
    [
        (("extract_1d",), CRFINTS),
        (("outlier_detection", "extract_1d"), []),
        (
            ("white_light", "light_curve"),
            [*CRFINTS, f"<results>/{NAME}_x1dints.fits"],
        ),
        (
            ("outlier_detection", "white_light", "report", "spectroscopic_light_curves"),
            [
                f"<results>/{NAME}_{end}"
                for end in ("x1dints.fits", "lc.ecsv", "spectra.fits", "depths.ecsv")
            ],
        ),
    ],
)
def test_skipped_steps_make_no_files(skipped, files):
    assert wanted_files.product_files(make_product(), without(*skipped)) == files


def test_the_association_of_a_group_is_a_product():
    group = make_product(is_group=True)
    config = without("outlier_detection", "extract_1d")
    assert wanted_files.product_files(group, config) == [f"<results>/{NAME}_asn.json"]
    assert targets.association_file(group) == f"<results>/{NAME}_asn.json"
    assert targets.association_file(make_product()) == f"in/{NAME}_asn.json"


@pytest.mark.parametrize(
    ("exp_type", "measured"),
    [
        ("NRS_BRIGHTOBJ", targets.EXTRACT1D),
        ("NIS_SOSS", targets.EXTRACT1D),
        ("NRC_TSIMAGE", targets.PHOTOMETRY),
    ],
)
def test_files_of_segments(exp_type, measured):
    product = make_product(exp_type, [make_segment(1, exp_type, packed=True)])
    assert wanted_files.segment_files(product.segments[0], product, complete_config()) == [
        targets.CALINTS,
        targets.CRFINTS,
        measured,
        targets.MODEL,
        targets.STATISTICS,
    ]


def test_masks_are_products_where_they_are_wanted():
    config = complete_config(improved={"save_masks": True})
    product = make_product()
    masks = [f"<results>/{segment.name}_outliers.fits" for segment in product.segments]
    assert set(masks) < set(wanted_files.product_files(product, config))
    assert wanted_files.segment_files(product.segments[0], product, config)[-1] == targets.MASKS
    config["light_curve"]["skip"] = True
    assert not set(masks) & set(wanted_files.product_files(product, config))
    assert targets.MASKS not in wanted_files.segment_files(product.segments[0], product, config)


def test_folders_for_other_tools_are_products_where_they_are_wanted():
    config = complete_config(export=["xarray", "eureka", "xarray"])
    product = make_product()
    folders = [f"<results>/{NAME}_{layout}" for layout in ("xarray", "eureka")]
    assert wanted_files.export_folders(product, config) == folders
    assert wanted_files.product_files(product, config)[-2:] == folders
    assert wanted_files.report_steps(product, config)[1][-1] == "export_product"
    config["light_curve"]["skip"] = True
    assert wanted_files.export_folders(product, config) == []
    assert wanted_files.export_folders(product, complete_config()) == []


def test_a_plain_segment_is_not_unpacked():
    product = make_product()
    config = without("extract_1d")
    assert wanted_files.segment_files(product.segments[0], product, config) == [targets.CRFINTS]


def test_a_summary_needs_two_reports():
    product = make_product()
    assert wanted_files.summary_files([product]) == []
    tables = [f"<results>/summary{name}.ecsv" for name in ("", "_depths", "_costs")]
    files = [*tables, "<results>/summary.html"]
    assert wanted_files.summary_files([product, product]) == files
    copies = [path.replace(".ecsv", ".csv") for path in tables]
    assert wanted_files.summary_files([product, product], ["csv", "csv"]) == [*files, *copies]
    assert wanted_files.summary_files([product], ["csv"]) == []


def test_a_report_needs_light_curves():
    product = make_product()
    assert wanted_files.has_report(product, complete_config())
    assert not wanted_files.has_report(product, without("report"))
    assert not wanted_files.has_report(product, without("light_curve"))
    assert not wanted_files.has_report(product, without("extract_1d"))
