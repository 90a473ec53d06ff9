"""Settings and fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# No test may depend on a CRDS cache of the machine.
for name in ("CRDS_PATH", "CRDS_CONTEXT"):
    os.environ.pop(name, None)

settings.register_profile("tso3flow", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tso3flow")


@pytest.fixture(scope="session")
def shared_data():
    """Folder of test data kept outside the repository; a test that asks for it skips without it."""
    folder = Path(os.environ.get("TSO3_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared test data in {folder}; TSO3_SHARED_DATA names another folder")
    return folder
