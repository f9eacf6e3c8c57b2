"""Validation batches: every crop is there, for any number of devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reid_model.config import load_spec
from reid_model.data.batches import EvenBatches
from reid_model.data.inputs import open_inputs


@given(count=st.integers(1, 60), size=st.integers(1, 17), world_size=st.integers(1, 5))
def test_devices_share_all_crops_in_equal_parts(count: int, size: int, world_size: int) -> None:
    ranks = [
        EvenBatches(count, size, rank=rank, world_size=world_size) for rank in range(world_size)
    ]
    shares = [[index for batch in batches for index in batch] for batches in ranks]
    assert {index for share in shares for index in share} == set(range(count))
    assert len({len(share) for share in shares}) == 1
    for batches in ranks:
        sizes = [len(batch) for batch in batches]
        assert len(sizes) == len(batches)
        assert all(0 < found <= size for found in sizes)
    if world_size == 1:
        assert shares[0] == list(range(count))


def test_devices_share_the_reader_processes(make_spec: Callable[..., dict[str, Any]]) -> None:
    spec = make_spec(**{"dataset.num_workers": 2, "dataset.cache_limit_gb": 0.0})
    config = load_spec(spec)
    inputs = open_inputs(config, 2)
    for world_size, workers in ((1, 2), (2, 1)):
        loaders = inputs.loaders(config, rank=0, world_size=world_size, start=(0, 0), to_gpu=False)
        assert [found.num_workers for found in loaders] == [workers, workers]
