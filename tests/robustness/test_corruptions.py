"""A part of the campaign of corruptions, the same in every run: a hundred random cases, and all recipes."""

import zlib
from collections import defaultdict

import pytest

from tests.robustness.corrupt_hostile import hostile_cases
from tests.robustness.corrupt_meaning import meaning_cases
from tests.robustness.corrupt_seeded import seeded_cases
from tests.robustness.corruptions import all_cases
from tests.robustness.outcomes import attempt, make_visits

SEED = 1
VISITS = ("spectra", "images", "counts", "lrs", "grism", "tsimage", "soss")
RANDOM = 100
MODES = ("spectra", "images", "lrs", "grism", "tsimage", "soss")


@pytest.fixture(name="visits", scope="module")
def simulated_visits(tmp_path_factory):
    home = tmp_path_factory.mktemp("visits")
    return home, make_visits(home, VISITS)


def in_random_order(cases):
    """Cases in an order that depends on their names alone."""
    return sorted(
        cases, key=lambda case: zlib.crc32(f"{case.kind}{case.name}{case.visit}".encode())
    )


def one_of_each_class():
    """One case of each class and visit of the corruptions byte by byte and value by value."""
    recipes = {(case.kind, case.name, case.visit) for case in listed()}
    found = {}
    for case in in_random_order(all_cases()):
        name = (case.kind, case.name, case.visit)
        if case.kind.startswith("any ") or name in recipes or case.visit not in VISITS:
            continue
        found.setdefault((case.kind, case.visit), case)
    return list(found.values())


def listed():
    """Recipes: corruptions of meaning, and hostile files in each of the modes in turn."""
    groups = defaultdict(list)
    for case in hostile_cases():
        groups[(case.kind, case.name)].append(case)
    hostile = [
        min(group, key=lambda case: (MODES.index(case.visit) - k) % len(MODES))
        for k, group in enumerate(groups.values())
    ]
    return [*meaning_cases(), *hostile]


def random_cases():
    """A hundred random cases, of all classes and visits."""
    cases = [case for case in seeded_cases() if case.visit in VISITS]
    return in_random_order(cases)[:RANDOM]


def faults_of(cases, visits):
    """Cases that did not end in a message or in products that hold, one line each."""
    home, expected = visits
    outcomes = [attempt(case, SEED, home, expected) for case in cases]
    return [
        f"{outcome.result}: {case.visit}: {case.kind}: {case.name}: {outcome.message[-500:]}"
        for case, outcome in zip(cases, outcomes, strict=True)
        if not outcome.is_good
    ]


def test_the_campaign_has_cases_of_every_class_and_no_two_of_a_name():
    names = {(case.kind, case.name, case.visit) for case in all_cases()}
    assert len(names) == len(all_cases()) >= 5000
    assert {case.visit for case in random_cases()} == set(VISITS)
    assert len({case.kind for case in random_cases()}) > 9


@pytest.mark.parametrize("chosen", [one_of_each_class, random_cases])
def test_corrupted_visits_end_in_a_message_or_in_products_that_hold(visits, chosen):
    faults = faults_of(chosen(), visits)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("part", range(4))
def test_all_recipes_end_in_a_message_or_in_products_that_hold(visits, part):
    faults = faults_of(listed()[part::4], visits)
    assert not faults, "\n".join(faults)
