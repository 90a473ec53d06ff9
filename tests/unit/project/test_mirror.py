"""Every module of the library and every step has a test file of its name."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS, TESTS = ROOT / "scripts", ROOT / "tests" / "unit"


def expected_tests():
    """Path of the test file below tests/unit of each module, by the module's path."""
    steps = {path.name: Path("steps", f"test_{path.name}") for path in SCRIPTS.glob("[a-z]*.py")}
    library = (path.relative_to(SCRIPTS / "lib") for path in (SCRIPTS / "lib").rglob("[a-z]*.py"))
    return steps | {str(path): path.with_name(f"test_{path.name}") for path in library}


def test_every_module_has_a_test_file_of_its_name():
    assert not [name for name, test in expected_tests().items() if not (TESTS / test).is_file()]


def test_a_test_file_has_tests():
    for test in expected_tests().values():
        assert "def test_" in (TESTS / test).read_text(encoding="utf-8"), test
