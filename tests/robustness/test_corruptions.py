"""A small part of the campaign of corruptions, the same in every run."""

import zlib

import pytest

from tests.robustness.corruptions import all_cases
from tests.robustness.outcomes import READ_AT_START, attempt, make_visits

SEED = 1
VISITS = ("spectra", "images")


@pytest.fixture(name="visits", scope="module")
def simulated_visits(tmp_path_factory):
    home = tmp_path_factory.mktemp("visits")
    return home, make_visits(home, VISITS)


def chosen():
    """One case of each class and visit; those read at start cost a dry-run each, the campaign has them."""
    found = {}
    for case in sorted(
        all_cases(), key=lambda case: zlib.crc32(f"{case.kind}{case.name}".encode())
    ):
        if case.kind not in READ_AT_START and case.visit in VISITS:
            found.setdefault((case.kind, case.visit), case)
    return list(found.values())


def test_the_campaign_has_cases_of_every_class_and_no_two_of_a_name():
    names = {(case.kind, case.name, case.visit) for case in all_cases()}
    assert len(names) == len(all_cases()) >= 300
    assert {case.visit for case in chosen()} == set(VISITS)


def test_corrupted_segments_end_in_a_message_or_in_products_that_hold(visits):
    home, expected = visits
    faults = []
    for case in chosen():
        outcome = attempt(case, SEED, home, expected)
        if not outcome.is_good:
            faults.append(f"{outcome.result}: {case.visit}: {case.kind}: {case.name}")
    assert not faults, "\n".join(faults)
