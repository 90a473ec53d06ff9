import pytest

from scripts.lib.doctor.page import WIDTH, finding_lines, page, segment_table, time_text
from scripts.lib.doctor.records import product_record, segment_record, utc_text, verdict
from scripts.lib.findings import Finding
from tests.support.builders import load_products, write_association, write_exposure, write_segment
from tests.unit.planning.test_machine_needs import configuration

CONFIG = configuration() | {"extract_1d": {"skip": False, "soss_atoca": True}}


@pytest.fixture(name="product")
def product_of_two_segments(tmp_path):
    keywords = {"CAL_VER": "1.13.4", "CRDS_CTX": "jwst_1200.pmap", "INSTRUME": "MIRI"}
    write_association(tmp_path / "asn.json", write_exposure(tmp_path, **keywords))
    return load_products(["asn.json"], tmp_path)[0]


def test_record_of_a_product(product):
    record = product_record(product, CONFIG, {"extract1d": "a.json", "apcorr": "N/A"})
    assert record["branch"] == "spectroscopy"
    assert "EXP_TYPE MIR_LRS-SLITLESS" in record["reason"]
    assert record["steps"][:2] == ["outlier_detection", "extract_1d"]
    assert record["steps"][-1] == "report"
    first, second = record["segments"]
    assert (first["segment"], first["first_integration"], first["last_integration"]) == (1, 1, 3)
    assert (second["cal_ver"], second["crds_ctx"]) == ("1.13.4", "jwst_1200.pmap")
    assert first["utc"] == ["2020-05-31 00:00:30", "2020-05-31 00:02:30"]


@pytest.mark.parametrize(
    ("atoca", "text"), [(True, "models of the orders (ATOCA)"), (False, ": box")]
)
def test_reason_of_soss(tmp_path, atoca, text):
    write_association(tmp_path / "asn.json", write_exposure(tmp_path, EXP_TYPE="NIS_SOSS"))
    config = CONFIG | {"extract_1d": {"skip": False, "soss_atoca": atoca}}
    record = product_record(load_products(["asn.json"], tmp_path)[0], config, {})
    assert record["reason"].endswith(text)


def test_reason_of_images(tmp_path):
    write_association(tmp_path / "asn.json", write_exposure(tmp_path, EXP_TYPE="MIR_IMAGE"))
    record = product_record(load_products(["asn.json"], tmp_path)[0], CONFIG, {})
    assert record["branch"] == "imaging"
    assert "aperture photometry" in record["reason"]


def test_table_of_segments(product):
    lines = segment_table([segment_record(segment) for segment in product.segments])
    sizes = [f"{segment.facts.file_bytes / 1000:.1f} kB" for segment in product.segments]
    assert [" ".join(line.split()) for line in lines[1:]] == [
        f"001 MIRIMAGE 1-3 2020-05-31 00:00-00:02 59000.0038-59000.0052 {sizes[0]} 1.13.4 jwst_1200",
        f"002 MIRIMAGE 4-6 2020-05-31 00:03-00:05 59000.0059-59000.0073 {sizes[1]} 1.13.4 jwst_1200",
    ]
    assert max(map(len, lines)) <= WIDTH


def test_table_of_a_segment_without_times_and_versions(tmp_path):
    names = ["jw1_00001-seg001_mirimage_calints.fits"]
    write_segment(tmp_path / names[0], rows=0, DETECTOR=None)
    write_association(tmp_path / "asn.json", names)
    (product,) = load_products(["asn.json"], tmp_path)
    (_, line) = segment_table([segment_record(segment) for segment in product.segments])
    assert line.split()[1:5] == ["-", "1-3", "-", "-"]
    assert line.split()[-2:] == ["-", "-"]


def widest_record():
    """Segment of an exposure that ends on the next day, with the longest of everything."""
    record = {"segment": 123, "detector": "NRCALONG", "bytes": 123_400_000, "cal_ver": "1.13.4"}
    record |= {"first_integration": 12345, "last_integration": 65000, "crds_ctx": "jwst_1535.pmap"}
    return record | {"utc": [utc_text(59000.9), utc_text(59001.2)], "bjd_tdb": [59000.9, 59001.2]}


def test_night_that_ends_on_another_day():
    line = segment_table([widest_record()])[1]
    assert "2020-05-31 21:36-04:48+1d 59000.9000-59001.2000" in line
    assert len(line) <= WIDTH


def test_times_without_a_calendar():
    line = segment_table([widest_record() | {"utc": [utc_text(1e9), utc_text(2e9)]}])[1]
    assert "1000000000.0-2000000000.0" in line


def test_times_beyond_the_calendar():
    assert utc_text(1e9) == "1000000000.0"


def test_findings_that_are_alike_are_one():
    findings = [
        Finding("note", "c", key="NINTS", found="3"),
        *(
            Finding(
                "warning",
                f"s{k}",
                key="INT_TIMES",
                found=f"{k} rows",
                expected="9",
                effect="no times",
            )
            for k in (1, 2, 3)
        ),
        Finding("error", "a", found="truncated"),
    ]
    assert finding_lines(findings + findings[:1]) == [
        "Findings: 1 error, 3 warnings, 1 note",
        "",
        "ERROR    a",
        "         truncated",
        "",
        "WARNING  s1 (and 2 more, alike)",
        "         INT_TIMES: found 1 rows, expected 9",
        "         -> no times",
        "",
        "NOTE     c",
        "         NINTS: found 3",
    ]


def test_no_findings():
    assert finding_lines([]) == ["Findings: none"]


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        ([], "all well: a run can start"),
        (["note"], "all well: a run can start"),
        (["warning", "note"], "1 warning: a run can start; read the warnings first"),
        (
            ["error", "warning", "error"],
            "2 errors and 1 warning: a run would stop or fail; fix the errors first",
        ),
    ],
)
def test_verdict(severities, line):
    findings = [
        Finding(severity, f"f{k}", key="k", found="x") for k, severity in enumerate(severities)
    ]
    assert verdict(findings) == line
    # The same finding twice is one, as in the heading of the list.
    assert verdict(findings * 2) == line


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (119, "119 s"), (720, "12 min"), (9000, "2.5 h")]
)
def test_texts_of_times(seconds, text):
    assert time_text(seconds) == text


def test_page_fits_its_width(product):
    long = Finding(
        "warning", "f", key="KEY", found="word " * 40, expected="word " * 40, effect="word " * 40
    )
    report = {
        "version": "1.0",
        "made": "2026-01-01T00:00:00.000",
        "output_dir": "results",
        "missing_bytes": 5,
        "free_bytes": 10,
        "machine_mb": 16000,
        "cores": 4,
        "products": [product_record(product, CONFIG, {"extract1d": "a.json"})],
        "others": [segment_record(product.segments[0])],
        "findings": [long],
        "verdict": verdict([long]),
    }
    lines = page(report).split("\n")
    assert max(map(len, lines)) <= WIDTH
    assert lines[3] == product.name
    assert lines[-2] == "VERDICT: 1 warning: a run can start; read the warnings first"
    assert "  references   extract1d a.json" in lines
    assert "Segments of no product, because of the errors below" in lines
    assert "disk           5 B to be written to results, 10 B free" in lines
