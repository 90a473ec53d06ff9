"""Profiles that users run with."""

import pytest
import yaml

from tests.support.steps import ROOT

PROFILES = sorted((ROOT / "workflow/profiles").glob("*/profile.yaml"))


def test_there_is_a_profile_for_runs_without_one():
    assert "default" in {path.parent.name for path in PROFILES}
    assert (ROOT / "profiles/default/profile.yaml").is_file()


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_no_choice_of_jobs_needs_space_for_temporary_files(path):
    """The default scheduler ends a run with a traceback of its solver when TMPDIR is full."""
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["scheduler"] == "greedy"
