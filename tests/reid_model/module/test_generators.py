"""Each process draws its own dropout, and draws it on after a resume."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from reid_model.module.generators import random_states, restore_random_state, start_random_state


@pytest.fixture(autouse=True)
def _own_generator() -> Iterator[None]:
    with torch.random.fork_rng():
        yield


def _mask_of(rank: int) -> Tensor:
    torch.manual_seed(5)
    start_random_state(5, rank)
    return torch.nn.functional.dropout(torch.ones(64))


def test_no_two_processes_have_the_same_mask() -> None:
    masks = [_mask_of(rank) for rank in range(4)]
    assert all(torch.equal(_mask_of(rank), mask) for rank, mask in enumerate(masks))
    assert len({tuple(mask.tolist()) for mask in masks}) == 4


def test_each_process_goes_on_with_its_own_numbers() -> None:
    states, expected = [], []
    for rank in range(2):
        _mask_of(rank)
        states += random_states(1)
        expected.append(torch.rand(8))
    for rank in range(2):
        restore_random_state(states, 5, rank)
        assert torch.equal(torch.rand(8), expected[rank])
    restore_random_state(states, 5, rank=2)
    assert not any(torch.equal(torch.rand(8), numbers) for numbers in expected)
