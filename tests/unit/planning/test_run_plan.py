import pytest

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.planning.plan import Plan
from tests.support.plans import (
    complete_config,
    crfints,
    make_plan,
    make_product,
    register_segments,
)

SPECTRA, SOSS, IMAGES = map(make_product, ("NRS_BRIGHTOBJ", "NIS_SOSS", "NRC_TSIMAGE"))
FIRST, SECOND = SPECTRA.segments
# Jobs that are for no product or segment.
NOTHING = object()


class TestAllProducts:
    def test_products_and_a_summary(self):
        files = make_plan(SPECTRA, IMAGES).all_products(NOTHING)
        assert len(files) == len(set(files)) == 10 + 7 + 4
        assert files[0] == crfints(FIRST)[0]
        assert "<results>/nrc_tsimage_phot.ecsv" in files
        assert files[-4::3] == ["<results>/summary.ecsv", "<results>/summary.html"]

    def test_tables_of_all_visits_are_written_in_the_formats_that_are_asked_for(self):
        files = make_plan(SPECTRA, IMAGES, summary_formats=["parquet"]).all_products(NOTHING)
        assert files[-2:] == [
            "<results>/summary_depths.parquet",
            "<results>/summary_costs.parquet",
        ]

    def test_the_summary_reads_depths_and_logs_of_products_with_a_report(self):
        plan = make_plan(SPECTRA, IMAGES, tso_photometry={"skip": True})
        assert plan.all_depths(NOTHING) == ["<results>/nrs_brightobj_depths.ecsv"]
        names = plan.all_job_names(NOTHING)
        assert list(names) == ["nrs_brightobj"]
        assert names["nrs_brightobj"][0] == FIRST.name
        assert names["nrs_brightobj"][-1] == "nrs_brightobj"

    def test_names_have_no_folder(self):
        names = make_plan(SPECTRA).product_names()
        assert names[0] == f"{FIRST.name}_crfints.fits"
        assert not any("/" in name for name in names)

    def test_diagnostics_are_those_of_products_with_a_report(self):
        plan = make_plan(SPECTRA, IMAGES, tso_photometry={"skip": True})
        files = ["<results>/nrs_brightobj_diagnostics.json"]
        assert plan.all_diagnostics(NOTHING) == files
        assert "<results>/summary.ecsv" not in plan.all_products(NOTHING)
        assert make_plan(SPECTRA, report={"skip": True}).all_diagnostics(NOTHING) == []

    def test_errors_stop_the_run(self):
        errors = [Finding("error", "a", found="broken"), Finding("error", "b", found="broken")]
        plan = make_plan(SPECTRA, findings=[Finding("note", "c", found="fine"), *errors])
        with pytest.raises(InputError, match=r"^a: broken\nb: broken$"):
            plan.all_products(NOTHING)

    def test_a_run_without_associations_says_how_to_name_them(self):
        with pytest.raises(
            InputError, match=r"^No association is configured\.[^\n]*\nassociations:\n"
        ):
            make_plan().all_products(NOTHING)

    def test_the_message_is_given_to_the_function_that_stops_the_run(self):
        def stop(message):
            raise SystemExit(message)

        config = complete_config()
        with pytest.raises(SystemExit, match="No association"):
            Plan([], register_segments([], config), config, stop=stop).all_products(NOTHING)


class TestExamination:
    def test_examined_products(self):
        finding = Finding("note", "a", found="fine")
        plan = make_plan(SPECTRA, IMAGES, findings=[finding], references={"extract1d": "e.json"})
        assert plan.examined_products(NOTHING) == [SPECTRA, IMAGES]
        config = complete_config(references={"extract1d": "e.json"})
        assert plan.examined_configurations(NOTHING) == [config, config]
        assert plan.examined_references(NOTHING) == [
            {"extract1d": "e.json", "apcorr": "N/A", "psf": "N/A"},
            {"gain": "N/A"},
        ]
        assert plan.findings_so_far(NOTHING) == [finding]
        assert plan.loose_segments(NOTHING) == []

    def test_segments_that_belong_to_no_product(self):
        config = complete_config()
        plan = Plan([IMAGES], register_segments([IMAGES, SPECTRA], config), config)
        assert plan.loose_segments(NOTHING) == [FIRST.path, SECOND.path]

    def test_disk_space_for_the_products(self, tmp_path, monkeypatch):
        monkeypatch.setattr("scripts.lib.planning.machine_needs.free_bytes", lambda *_: 1000)
        plan = make_plan(SPECTRA, output_dir=str(tmp_path))
        (finding,) = plan.space_findings()
        assert (finding.severity, finding.found) == ("error", "1.0 kB free")
        assert finding.path == str(tmp_path)
