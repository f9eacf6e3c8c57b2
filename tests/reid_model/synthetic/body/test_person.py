"""Identities: always the same, all different, and families that share their colours."""

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from reid_model.synthetic.body.person import FAMILY_SIZE, Person, make_person

seeds, numbers = st.integers(0, 2**63 - 1), st.integers(0, 10**6)


def colours(person: Person) -> tuple[object, ...]:
    return person.top, person.bottom, person.accent


@given(seeds, numbers)
def test_an_identity_is_always_the_same(seed: int, number: int) -> None:
    assert make_person(seed, number) == make_person(seed, number)


@given(seeds, st.integers(0, 10**5))
def test_a_family_wears_the_same_colours_in_different_places(seed: int, family: int) -> None:
    members = [make_person(seed, family * FAMILY_SIZE + place) for place in range(FAMILY_SIZE)]
    assert len({frozenset(colours(person)) for person in members}) == 1
    for one, other in combinations(members, 2):
        assert colours(one) != colours(other)


@given(seeds, numbers)
def test_attributes_stay_in_their_ranges(seed: int, number: int) -> None:
    person = make_person(seed, number)
    assert len(set(colours(person))) == 3
    assert 0.84 <= person.build <= 1.2
    assert 0.44 <= person.waist <= 0.5
    assert person.side in (-1, 1)


def test_a_thousand_people_differ_in_more_than_their_measures() -> None:
    people = {replace(make_person(0, number), build=1.0, waist=0.5) for number in range(1000)}
    assert len(people) > 990


def test_many_people_share_their_colours() -> None:
    people = [make_person(0, number) for number in range(1000)]
    assert len({frozenset(colours(person)) for person in people}) <= 35
