import re
from dataclasses import replace

import pytest

from scripts.lib.errors import InputError
from scripts.lib.planning.members import Members
from tests.support.plans import make_product, make_segment, product_wildcards, segment_wildcards

SPECTRA, SOSS, IMAGES = map(make_product, ("NRS_BRIGHTOBJ", "NIS_SOSS", "NRC_TSIMAGE"))


@pytest.fixture(name="members")
def members_of_three_products():
    return Members([SPECTRA, SOSS, IMAGES])


def matching(pattern, *items):
    """Items whose name a pattern allows."""
    return [item for item in items if re.fullmatch(pattern, item.name)]


def test_wildcards_of_a_segment(members):
    segment = IMAGES.segments[1]
    assert members.segment(segment_wildcards(segment)) is segment
    assert members.product(segment_wildcards(segment)) is IMAGES
    assert members.segments(segment_wildcards(segment)) == [segment]


def test_wildcards_of_a_product(members):
    assert members.product(product_wildcards(SOSS)) is SOSS
    assert members.segments(product_wildcards(SOSS)) == SOSS.segments
    assert len(members) == 6


def test_an_unknown_segment_is_a_mistake_of_the_user(members):
    message = (
        "nrs_brightobj-seg009_o001: segment: found in no association, expected one of a member"
    )
    for ask in (members.segment, members.product, members.segments):
        with pytest.raises(InputError, match=re.escape(message)):
            ask(segment_wildcards(make_segment(9)))


def test_the_mistake_is_given_to_what_stops_the_run():
    def stop(message):
        raise SystemExit(message)

    with pytest.raises(SystemExit, match="nrs_brightobj-seg009_o001"):
        Members([SPECTRA], stop).segment(segment_wildcards(make_segment(9)))


def visit(*segments):
    """Members of a product of segments, given as their numbers and what differs from the first."""
    made = []
    for number, changes in segments:
        segment = make_segment(number)
        made.append(replace(segment, name=f"{segment.name}-{len(made)}", **changes))
    return Members([make_product(segments=made)]), [segment_wildcards(s) for s in made], made


def test_segments_of_a_detector_with_images_of_one_size_are_comparable():
    other, large = {"detector": "D2"}, {"shape": (3, 64, 100)}
    members, wildcards, made = visit((1, {}), (1, other), (2, {}), (2, large), (2, other))
    assert members.comparable(wildcards[0]) == [made[0], made[2]]
    assert members.comparable(wildcards[2]) == [made[0], made[2]]
    assert members.comparable(wildcards[1]) == [made[1], made[4]]
    assert members.comparable(wildcards[3]) == [made[3]]


def test_neighbours_are_those_of_the_same_detector():
    other = {"detector": "D2"}
    members, wildcards, made = visit((1, {}), (1, other), (2, {}), (2, other), (3, {}))
    assert members.neighbour(wildcards[2], -1) is made[0]
    assert members.neighbour(wildcards[2], 1) is made[4]
    assert members.neighbour(wildcards[3], -1) is made[1]
    assert members.neighbour(wildcards[3], 1) is None
    assert members.neighbour(wildcards[0], -1) is None


def test_where_integrations_are_missing_there_is_no_neighbour():
    members, wildcards, made = visit((1, {}), (3, {}), (4, {}))
    assert members.neighbour(wildcards[0], 1) is None
    assert members.neighbour(wildcards[1], -1) is None
    assert members.neighbour(wildcards[1], 1) is made[2]


def test_segments_of_another_exposure_are_no_neighbours():
    later = {"exposure_id": "later"}
    members, wildcards, _ = visit((1, {}), (2, later))
    assert members.neighbour(wildcards[0], 1) is None
    assert members.neighbour(wildcards[1], -1) is None


def test_patterns_of_products(members):
    assert matching(members.product_pattern("spectroscopy"), SPECTRA, SOSS, IMAGES) == [
        SPECTRA,
        SOSS,
    ]
    assert matching(members.product_pattern("imaging"), SPECTRA, SOSS, IMAGES) == [IMAGES]
    every = [SPECTRA, SOSS, IMAGES]
    assert matching(members.product_pattern(), *every) == every


@pytest.mark.parametrize(
    ("step", "product"),
    [("extract_1d", SPECTRA), ("extract_soss", SOSS), ("tso_photometry", IMAGES)],
)
def test_patterns_of_the_segments_of_a_step(members, step, product):
    segments = [*SPECTRA.segments, *SOSS.segments, *IMAGES.segments]
    assert matching(members.segment_pattern(step), *segments) == [*product.segments]


def test_the_pattern_of_all_segments_leaves_their_numbers_open(members):
    segments = [*SPECTRA.segments, *SOSS.segments, *IMAGES.segments, make_segment(9)]
    assert matching(members.segment_pattern(), *segments) == segments
    assert members.segment_pattern().count("|") == 2


def test_patterns_of_groups_and_compressed_segments():
    packed = make_segment(3, "NIS_SOSS", packed=True)
    group = make_product("NIS_SOSS", [packed], is_group=True)
    members = Members([SPECTRA, group])
    assert matching(members.group_pattern(), SPECTRA, group) == [group]
    assert matching(members.packed_pattern(), *SPECTRA.segments, packed) == [packed]


def test_a_pattern_without_names_matches_nothing():
    members = Members([])
    for pattern in (members.packed_pattern(), members.group_pattern(), members.segment_pattern()):
        assert not re.fullmatch(pattern, "")
