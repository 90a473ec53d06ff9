from dataclasses import replace

import pytest

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.planning import resources
from tests.support.crds_cache import write_parameters
from tests.support.plans import (
    SOSS_FILES,
    complete_config,
    crfints,
    make_plan,
    make_product,
    make_segment,
    product_wildcards,
    segment_wildcards,
)

SPECTRA, SOSS, IMAGES = map(make_product, ("NRS_BRIGHTOBJ", "NIS_SOSS", "NRC_TSIMAGE"))
FIRST, SECOND = SPECTRA.segments
# Jobs that are for no product or segment.
NOTHING = object()


class TestSegments:
    def test_outliers_are_flagged_in_the_calibrated_file(self):
        assert make_plan(SPECTRA).calints(segment_wildcards(FIRST)) == FIRST.path

    def test_a_compressed_segment_is_unpacked_first(self):
        packed = make_segment(packed=True)
        plan = make_plan(make_product(segments=[packed]))
        assert plan.packed_calints(segment_wildcards(packed)) == packed.path
        unpacked = f"<results>/segments/{packed.name}_calints.fits"
        assert plan.calints(segment_wildcards(packed)) == unpacked

    def test_steps_read_segments_with_outliers_flagged(self):
        plan = make_plan(SPECTRA)
        assert [plan.flagged_segment(segment_wildcards(SECOND))] == crfints(SECOND)
        assert plan.flagged_segments(product_wildcards(SPECTRA)) == crfints(FIRST, SECOND)

    def test_steps_read_the_calibrated_files_where_that_is_skipped(self):
        packed = make_segment(2, packed=True)
        product = make_product(segments=[FIRST, packed])
        plan = make_plan(product, outlier_detection={"skip": True})
        files = [FIRST.path, f"<results>/segments/{packed.name}_calints.fits"]
        assert plan.flagged_segments(product_wildcards(product)) == files
        assert [plan.flagged_segment(segment_wildcards(s)) for s in product.segments] == files

    def test_outlier_detection_may_be_skipped_by_a_parameter_reference(self, tmp_path):
        write_parameters(tmp_path / "pars.asdf", "OutlierDetectionStep", {"skip": True})
        plan = make_plan(SPECTRA, folder=tmp_path, pars={"outlier_detection": "pars.asdf"})
        assert plan.flagged_segment(segment_wildcards(FIRST)) == FIRST.path

    def test_the_report_reads_calibrated_segments_unless_they_are_compressed(self):
        product = make_product(segments=[make_segment(packed=True), SECOND])
        (flagged,) = crfints(product.segments[0])
        found = make_plan(product).sampled_segments(product_wildcards(product))
        assert found == [flagged, SECOND.path]

    def test_the_report_lists_what_is_complete_before_it(self):
        plan, wildcards = make_plan(SPECTRA), product_wildcards(SPECTRA)
        found = {path.rpartition("_")[2] for path in plan.files_before_report(wildcards)}
        assert found == {
            *("crfints.fits", "x1dints.fits", "whtlt.ecsv"),
            *("lc.ecsv", "spectra.fits", "speclc.fits", "depths.ecsv"),
        }

    def test_an_unknown_segment_is_a_mistake_of_the_user(self):
        plan, wildcards = make_plan(SPECTRA), segment_wildcards(make_segment(9))
        asked = (plan.calints, plan.flagged_segment, plan.reference("gain"), plan.asn_pool)
        for ask in asked:
            with pytest.raises(InputError, match="nrs_brightobj-seg009_o001: segment: found in no"):
                ask(wildcards)


class TestIntermediateFiles:
    def test_spectra_have_no_photometry(self):
        plan = make_plan(SPECTRA, IMAGES)
        stem = f"<results>/segments/{FIRST.name}"
        assert plan.spectra_file(segment_wildcards(FIRST)) == f"{stem}_extract1d.fits"
        assert plan.photometry_file(segment_wildcards(FIRST)) == []
        assert plan.spectra_files(product_wildcards(SPECTRA)) == [
            f"<results>/segments/{segment.name}_extract1d.fits" for segment in (FIRST, SECOND)
        ]

    def test_images_have_no_spectra(self):
        plan = make_plan(SPECTRA, IMAGES)
        segment = IMAGES.segments[1]
        photometry = f"<results>/segments/{segment.name}_photometry.fits"
        assert plan.photometry_file(segment_wildcards(segment)) == photometry
        assert plan.spectra_file(segment_wildcards(segment)) == []
        assert plan.photometry_files(product_wildcards(IMAGES))[1] == photometry

    def test_every_segment_has_statistics(self):
        found = make_plan(SPECTRA).statistics_files(product_wildcards(SPECTRA))
        assert found[1] == f"<results>/segments/{SECOND.name}_statistics.npz"
        assert len(found) == 2


class TestVisitReferences:
    """Two detectors of two segments each, a compressed one among them, in the order of their names."""

    segments = tuple(
        replace(
            make_segment(number, packed=number == 2), detector=detector, name=f"{number}{detector}"
        )
        for number in (1, 2)
        for detector in ("D1", "D2")
    )
    product = make_product(segments=segments)
    plan = make_plan(product)

    def reference(self, name):
        return f"<results>/segments/{name}_reference.npz"

    def test_a_reference_is_that_of_all_segments_of_a_detector(self):
        for segment in self.segments[::2]:
            wildcards = segment_wildcards(segment)
            assert self.plan.visit_reference(wildcards) == self.reference("1D1")
            unpacked = "<results>/segments/2D1_calints.fits"
            assert self.plan.reference_segments(wildcards) == [self.segments[0].path, unpacked]
            assert self.plan.reference_lengths(wildcards) == [3, 3]

    def test_a_product_has_a_reference_for_each_detector(self):
        wildcards = product_wildcards(self.product)
        references = [self.reference("1D1"), self.reference("1D2")]
        assert self.plan.visit_references(wildcards) == references
        records = self.plan.segment_records(wildcards)
        assert [record["reference"] for record in records] == [0, 1, 0, 1]

    def test_segments_read_their_neighbours(self):
        first, last = (segment_wildcards(self.segments[k]) for k in (0, 2))
        assert self.plan.neighbour(-1)(first) == []
        assert self.plan.neighbour(1)(first) == ["<results>/segments/2D1_calints.fits"]
        assert self.plan.neighbour(-1)(last) == [self.segments[0].path]
        assert self.plan.neighbour(1)(last) == []

    def test_every_segment_has_a_model(self):
        models = self.plan.model_files(product_wildcards(self.product))
        assert models[1] == "<results>/segments/1D2_model.fits"
        assert len(models) == 4


class TestAssociations:
    def test_an_association_of_the_user_is_taken_as_it_is(self):
        plan = make_plan(SPECTRA)
        assert plan.association(product_wildcards(SPECTRA)) == "in/nrs_brightobj_asn.json"
        for wildcards in (product_wildcards(SPECTRA), segment_wildcards(FIRST)):
            assert plan.asn_table(wildcards) == "nrs_brightobj_asn.json"
            assert plan.asn_pool(wildcards) == "pool.csv"

    def test_the_association_of_a_group_is_written(self):
        group = make_product(is_group=True)
        plan = make_plan(group)
        assert plan.association(product_wildcards(group)) == "<results>/nrs_brightobj_asn.json"
        content = plan.association_content(product_wildcards(group))
        (product,) = content["products"]
        assert product["name"] == "nrs_brightobj"
        assert [member["expname"] for member in product["members"]] == [
            f"../{segment.path}" for segment in group.segments
        ]


class TestReferences:
    def test_references_of_spectra(self):
        plan = make_plan(SPECTRA, references={"extract1d": "e.json", "apcorr": "a.fits"})
        wildcards = segment_wildcards(FIRST)
        assert plan.reference("extract1d")(wildcards) == "e.json"
        assert plan.reference("gain")(wildcards) == []
        assert plan.aperture_correction(wildcards) == "a.fits"
        assert plan.assumed_apertures(wildcards) is None
        names = plan.reference_names("extract1d", "apcorr", "photom")(wildcards)
        assert names == {"extract1d": "e.json", "apcorr": "a.fits"}

    def test_wavelength_ranges_of_soss(self):
        plan = make_plan(SOSS, SPECTRA, references={**SOSS_FILES, "wavelengthrange": "w.asdf"})
        assert plan.wavelength_ranges(product_wildcards(SOSS)) == "w.asdf"
        assert plan.wavelength_range_name(product_wildcards(SOSS)) == {"wavelengthrange": "w.asdf"}
        assert plan.wavelength_ranges(product_wildcards(SPECTRA)) == []

    def test_optional_files_of_soss(self):
        options = {"soss_estimate": "in//e.fits", "soss_modelname": "mine"}
        plan = make_plan(SOSS, extract_1d=options)
        assert plan.soss_input("soss_estimate") == "in/e.fits"
        assert plan.soss_input("soss_wave_grid_in") == []
        models = plan.soss_output("soss_modelname", "SossExtractModel")
        assert models == "<results>/{segment}_mine_SossExtractModel.fits"
        assert plan.soss_output("soss_wave_grid_out", "SossWaveGrid") == []

    @pytest.mark.parametrize(("skip", "save"), [(False, True), (False, False), (True, True)])
    def test_side_products_of_steps_that_are_done(self, skip, save):
        plan = make_plan(SPECTRA, pixel_replace={"skip": skip, "save_results": save})
        found = plan.side_output("pixel_replace", "save_results", "pixel_replace")
        wanted = save and not skip
        assert found == ("<results>/{segment}_pixel_replace.fits" if wanted else [])

    @pytest.mark.parametrize(("kind", "used"), [("box", False), ("optimal", True), (None, True)])
    def test_image_of_a_point_source_where_it_is_fitted(self, kind, used):
        sections = {"extract_1d": {"extraction_type": kind}, "references": {"psf": "psf.fits"}}
        plan = make_plan(SPECTRA, **sections)
        assert plan.point_source(segment_wildcards(SPECTRA.segments[0])) == (
            "psf.fits" if used else []
        )

    def test_parameter_references(self, tmp_path):
        write_parameters(tmp_path / "p.asdf", "OutlierDetectionStep", {"snr": 3.0})
        plan = make_plan(IMAGES, folder=tmp_path, pars={"outlier_detection": "p.asdf"})
        (record,) = plan.parameter_records("outlier_detection")(
            segment_wildcards(IMAGES.segments[0])
        )
        assert record.startswith("pars-outlierdetectionstep p.asdf sha1 ")
        assert plan.photometry_records(product_wildcards(IMAGES)) == [record]
        assert plan.parameter_records("tso_photometry")(product_wildcards(IMAGES)) == []


class TestSettings:
    def test_settings_of_a_step(self):
        plan = make_plan(SPECTRA, white_light={"min_wavelength": 1.5})
        assert plan.options("white_light")(product_wildcards(SPECTRA))["min_wavelength"] == 1.5
        assert (
            plan.options("extract_1d")(segment_wildcards(FIRST)) == complete_config()["extract_1d"]
        )

    def test_masks_are_an_output_where_they_are_wanted(self):
        assert make_plan().masks_output() == []
        plan = make_plan(improved={"save_masks": True})
        assert plan.masks_output() == "<results>/{segment}_outliers.fits"

    def test_the_star_is_searched_as_for_the_photometry_of_the_archive(self, tmp_path):
        segment = segment_wildcards(IMAGES.segments[0])
        assert make_plan(IMAGES).search_box(segment) == 41
        plan = make_plan(IMAGES, tso_photometry={"search_box_width": 21})
        assert plan.search_box(segment) == 21

    def test_bins_are_no_output_where_they_are_skipped(self):
        assert make_plan().binned_output() == "<results>/{product}_speclc.fits"
        assert make_plan(spectroscopic_light_curves={"skip": True}).binned_output() == []

    def test_exports_are_made_of_spectra_and_bins(self):
        plan, spectra = make_plan(SPECTRA, IMAGES), product_wildcards(SPECTRA)
        assert plan.own_spectra(spectra) == f"<results>/{SPECTRA.name}_spectra.fits"
        assert plan.own_bins(spectra) == f"<results>/{SPECTRA.name}_speclc.fits"
        images = product_wildcards(IMAGES)
        assert (plan.own_spectra(images), plan.own_bins(images)) == ([], [])
        plan = make_plan(SPECTRA, spectroscopic_light_curves={"skip": True})
        assert plan.own_bins(spectra) == []

    def test_the_report_has_all_settings_that_affect_a_product(self, tmp_path):
        write_parameters(tmp_path / "p.asdf", "OutlierDetectionStep", {"snr": 3.0})
        plan = make_plan(
            SPECTRA,
            folder=tmp_path,
            references={"extract1d": "e.json"},
            pars={"outlier_detection": "p.asdf"},
        )
        found = plan.product_settings(product_wildcards(SPECTRA))
        left_out = {"associations", "output_dir", "max_memory_mb", "crds_context"}
        left_out |= {"export", "summary_formats"}
        assert found.keys() == complete_config().keys() - left_out
        assert found["references"] == {"extract1d": "e.json", "apcorr": "N/A"}
        assert found["outlier_detection"]["snr"] == 3.0


class TestWarnings:
    WARNING = Finding("warning", "in/a.fits", key="NINTS", found="4", expected="5")
    NOTE = Finding("note", "in/a.fits", key="TARGNAME", found="none")

    def test_warnings_of_a_segment(self):
        segment = make_segment(findings=(self.WARNING, self.NOTE))
        plan = make_plan(make_product(segments=[segment, SECOND]))
        assert plan.input_warnings(segment_wildcards(segment)) == ["NINTS: found 4, expected 5"]
        assert plan.input_warnings(segment_wildcards(SECOND)) == []

    def test_warnings_of_a_product_are_about_references_association_and_segments(self):
        together = Finding("warning", "in/asn.json", key="members", found="a gap")
        segment = make_segment(findings=(self.WARNING, self.NOTE))
        product = make_product(segments=[segment], findings=(together,))
        plan = make_plan(product)
        expected = [
            "config: references/extract1d of NRS_BRIGHTOBJ: found null: the aperture is the whole array",
            "asn.json: members: found a gap",
            "a.fits: NINTS: found 4, expected 5",
        ]
        assert plan.input_warnings(product_wildcards(product)) == expected
        assert plan.input_warnings(product_wildcards(product)) == expected


class TestRecords:
    def test_segments_of_the_reports(self):
        assert make_plan(SPECTRA).segment_records(product_wildcards(SPECTRA)) == [
            {"number": 1, "detector": "D1", "first": 1, "reference": 0},
            {"number": 2, "detector": "D1", "first": 4, "reference": 0},
        ]

    def test_each_exposure_has_its_number_of_integrations(self):
        second = replace(SECOND, exposure_id="another", exposure_integrations=20)
        third = replace(SECOND, detector="D2", name="third")
        product = make_product(segments=[FIRST, second, third])
        found = make_plan(product).exposure_integrations(product_wildcards(product))
        assert found == {"D1": [6, 20], "D2": [6]}

    def test_names_of_the_jobs(self):
        names = make_plan(SPECTRA).job_names(product_wildcards(SPECTRA))
        assert names == [FIRST.name, SECOND.name, SPECTRA.name]


class TestResources:
    def test_memory_grows_with_the_attempt(self):
        memory = make_plan(SPECTRA).memory("extract_1d")
        # Snakemake, libraries, and a block of data.
        once = resources.SNAKEMAKE_MB + 150 + 32
        assert memory(segment_wildcards(FIRST), attempt=1) == once
        assert memory(segment_wildcards(FIRST), attempt=2) == 2 * once

    def test_memory_counts_the_segments_of_a_product(self):
        memory = make_plan(SPECTRA).memory("collect_spectra")
        assert memory(product_wildcards(SPECTRA), 1) == resources.SNAKEMAKE_MB + 150 + 32 + 2 * 2

    def test_time_grows_with_the_attempt(self):
        runtime = make_plan(SPECTRA).runtime("extract_soss")
        # Five minutes for the start, and one for 10 MB at 1 MB/s.
        assert [runtime(segment_wildcards(FIRST), attempt=k) for k in (1, 2)] == [6, 12]

    def test_working_memory_is_four_times_the_data_up_to_the_limit(self):
        plan = make_plan(SPECTRA)
        assert plan.work_mb(segment_wildcards(FIRST)) == 64 + 4 * 10
        assert plan.work_mb(product_wildcards(SPECTRA)) == 64 + 4 * 20
        assert make_plan(SPECTRA, max_memory_mb=70).work_mb(segment_wildcards(FIRST)) == 70
