"""Jigsaw parts against moving one patch at a time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reid_model.models.jigsaw import Jigsaw, shuffled


@given(length=st.integers(1, 40), groups=st.integers(1, 6))
def test_every_patch_is_dealt_out(length: int, groups: int) -> None:
    groups = min(groups, length)
    patches = torch.arange(length, dtype=torch.float32)[None, None]
    found = shuffled(patches, groups)[0, 0].int().tolist()
    rows = -(-length // groups)
    missing = rows * groups - length
    padded = [*range(length), *range(length - missing, length)]
    assert found == [padded[group * rows + row] for row in range(rows) for group in range(groups)]
    assert set(found) == set(range(length))


def test_parts_are_means_of_shifted_and_shuffled_patches() -> None:
    features = torch.arange(8.0).reshape(1, 1, 4, 2)
    found = Jigsaw(parts=2, shift=1, groups=2, rearrange=True)(features)
    # shifted 1 2 3 4 5 6 7 0, dealt out 1 5 2 6 | 3 7 4 0
    assert [part.item() for part in found] == [3.5, 3.5]
    plain = Jigsaw(parts=2, shift=1, groups=2, rearrange=False)(features)
    assert [part.item() for part in plain] == [1.5, 5.5]


@pytest.mark.parametrize("parts", [1, 3, 8])
def test_as_many_parts_as_asked_for(parts: int) -> None:
    found = Jigsaw(parts, 2, 3, True)(torch.randn(2, 5, 4, 2))
    assert [part.shape for part in found] == [(2, 5)] * parts


@given(length=st.integers(8, 40), shift=st.integers(1, 6), groups=st.integers(1, 2))
def test_groups_of_patches_are_those_of_transreids_code(
    length: int, shift: int, groups: int
) -> None:
    patches = torch.arange(length)[None, :, None]
    found = Jigsaw(4, shift, groups, True).groups_as_published(patches)
    order = [*range(shift - 1, length), *range(shift - 1)]
    if length % groups:
        order.append(order[-2])
    rows = len(order) // groups
    dealt = [order[group * rows + row] for row in range(rows) for group in range(groups)]
    each = length // 4
    assert [part.flatten().tolist() for part in found] == [
        dealt[part * each : (part + 1) * each] for part in range(4)
    ]
