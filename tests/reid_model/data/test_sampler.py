"""P x K plans: every claim of the module for any labels (hypothesis)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_model.data.sampler import (
    PKBatches,
    ShuffledBatches,
    in_micro_batches,
    num_batches,
    plan_epoch,
    plan_shuffled,
)

COUNTS = st.lists(st.integers(1, 23), min_size=2, max_size=12)


def _labels(counts: list[int]) -> list[int]:
    return [label for label, count in enumerate(counts) for _ in range(count)]


@given(counts=COUNTS, instances=st.integers(1, 6), data=st.data(), epoch=st.integers(0, 99))
def test_every_batch_is_p_identities_with_k_crops(
    counts: list[int], instances: int, data: st.DataObject, epoch: int
) -> None:
    labels = _labels(counts)
    people = data.draw(st.integers(1, len(counts)))
    plan = plan_epoch(labels, people, instances, seed=5, epoch=epoch)
    assert len(plan) == num_batches(labels, people, instances) > 0
    for batch in plan:
        groups = Counter(labels[index] for index in batch)
        assert len(groups) == people
        assert set(groups.values()) == {instances}
    assert plan == plan_epoch(labels, people, instances, seed=5, epoch=epoch)


@given(counts=COUNTS, instances=st.integers(1, 6))
def test_every_crop_is_seen_each_epoch_if_no_identity_is_too_large(
    counts: list[int], instances: int
) -> None:
    labels = _labels(counts)
    people = 2
    total = num_batches(labels, people, instances)
    seen = {index for batch in plan_epoch(labels, people, instances, 1, 0) for index in batch}
    for label, count in enumerate(counts):
        crops = {index for index, own in enumerate(labels) if own == label}
        if -(-count // instances) <= total:
            assert crops <= seen


def test_a_crop_is_repeated_only_where_an_identity_has_too_few() -> None:
    labels = _labels([8, 8, 8, 8])
    flat = [index for batch in plan_epoch(labels, 2, 4, 3, 0) for index in batch]
    assert sorted(flat) == list(range(32))


@given(counts=COUNTS, instances=st.integers(1, 6), epoch=st.integers(0, 99))
def test_a_batch_repeats_a_crop_only_where_the_identity_has_fewer_than_k(
    counts: list[int], instances: int, epoch: int
) -> None:
    labels = _labels(counts)
    for batch in plan_epoch(labels, 2, instances, seed=5, epoch=epoch):
        for index, shown in Counter(batch).items():
            assert shown <= -(-instances // counts[labels[index]])


def test_epochs_and_seeds_differ() -> None:
    labels = _labels([9] * 10)
    plans = [plan_epoch(labels, 4, 4, seed, epoch) for seed in (1, 2) for epoch in (0, 1)]
    assert len({str(plan) for plan in plans}) == 4


def test_who_shares_a_batch_varies_within_an_epoch() -> None:
    labels = _labels([16] * 16)
    plan = plan_epoch(labels, 4, 4, seed=0, epoch=0)
    partners = {frozenset(labels[index] for index in batch) for batch in plan}
    assert len(partners) > len(plan) * 0.9


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_devices_share_one_plan(world_size: int) -> None:
    labels = _labels([5] * 9)
    ranks = [
        PKBatches(labels, 8, 4, seed=3, rank=rank, world_size=world_size)
        for rank in range(world_size)
    ]
    for sampler in ranks:
        sampler.set_epoch(7)
    whole = plan_epoch(labels, 8, 4, 3, 7)
    shared = [sum(parts, []) for parts in zip(*ranks, strict=True)]
    assert shared == whole
    assert {len(sampler) for sampler in ranks} == {len(whole)}


def test_plain_shuffling_covers_what_fits() -> None:
    plan = plan_shuffled(50, 16, seed=1, epoch=0)
    flat = [index for batch in plan for index in batch]
    assert [len(batch) for batch in plan] == [16, 16, 16]
    assert len(set(flat)) == 48
    assert plan != plan_shuffled(50, 16, seed=1, epoch=1)
    assert len(ShuffledBatches(50, 16, seed=1)) == 3


def test_a_set_smaller_than_one_batch_is_one_batch() -> None:
    assert [sorted(batch) for batch in plan_shuffled(5, 16, seed=1, epoch=0)] == [list(range(5))]


@pytest.mark.parametrize(("count", "world_size"), [(19, 2), (7, 4), (2, 2), (50, 2)])
def test_every_devices_share_of_a_shuffled_batch_is_equal(count: int, world_size: int) -> None:
    ranks = [
        ShuffledBatches(count, 16 * world_size, seed=1, rank=rank, world_size=world_size)
        for rank in range(world_size)
    ]
    for parts in zip(*ranks, strict=True):
        assert len({len(part) for part in parts}) == 1
        assert len(parts[0]) == min(16, count // world_size)
        assert len(set(sum(parts, []))) == sum(map(len, parts))


def test_a_batch_in_micro_batches_is_the_same_batch() -> None:
    labels = _labels([5] * 9)
    whole, parts = PKBatches(labels, 8, 4, seed=3), PKBatches(labels, 8, 4, seed=3, accumulate=2)
    assert len(parts) == 2 * len(whole) == 2 * parts.steps
    halves = list(parts)
    assert [a + b for a, b in zip(halves[::2], halves[1::2], strict=True)] == list(whole)
    assert {len({labels[index] for index in half}) for half in halves} == {4}
    parts.start_at(0, 1)
    assert list(parts) == halves[2:]
    assert in_micro_batches([[1, 2, 3, 4, 5]], 2) == [[1, 2, 3], [4, 5]]


def test_the_parts_of_all_devices_together_are_those_of_one() -> None:
    """Triplets are mined over all devices, so a part must hold the same people on any number."""
    labels = _labels([5] * 9)
    people = {"labels": labels, "people": 8, "instances": 4, "seed": 3, "accumulate": 2}
    crops = {"count": len(labels), "batch_size": 16, "seed": 3, "accumulate": 2}
    for kind, options in ((PKBatches, people), (ShuffledBatches, crops)):
        alone = [sorted(part) for part in kind(**options)]
        ranks = [kind(**options, rank=rank, world_size=2) for rank in range(2)]
        assert [sorted(sum(parts, [])) for parts in zip(*ranks, strict=True)] == alone
        assert len(alone) > 2
