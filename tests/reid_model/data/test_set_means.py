"""The mean embeddings of image sets, however their images come in batches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reid_model.data.folder import Crop
from reid_model.data.set_means import set_means


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
def test_means_are_the_same_whatever_the_batches(size: int) -> None:
    counts = (1, 4, 2, 1, 1)
    sets = [Crop(Path("a"), 1, 1, "t", (Path("b"),) * (count - 1)) for count in counts]
    rows = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    expected = torch.stack([own.mean(0) for own in rows.split(list(counts))])
    found = list(set_means(rows.split(size), sets))
    assert torch.allclose(torch.cat(found), expected, atol=1e-6)
    assert torch.equal(torch.cat(found), torch.cat(list(set_means([rows], sets))))
