"""Validation batches: every crop is there, for any number of devices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reid_model.data.batches import EvenBatches


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
