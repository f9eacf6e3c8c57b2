"""Crops in memory and crops from files are the same crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reid_model.data.store import Size, open_store
from reid_model.errors import DataError

SIZE = Size(16, 8, 3)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    random = np.random.default_rng(1)
    files = [tmp_path / f"{index:04d}_c1.png" for index in range(6)]
    for file in files:
        Image.fromarray(random.integers(0, 255, (20, 12, 3), dtype=np.uint8)).save(file)
    return files


@pytest.mark.parametrize("workers", [0, 3])
def test_memory_and_files_agree(paths: list[Path], workers: int) -> None:
    fast = open_store(paths, SIZE, workers=workers)
    slow = open_store(paths, SIZE, workers=workers, memory_limit=0)
    assert (fast.in_memory, slow.in_memory) == (True, False)
    assert len(fast) == len(slow) == 6
    assert torch.equal(fast.gather([4, 0, 4]), slow.gather([4, 0, 4]))


def test_every_broken_file_is_told_at_the_scan(paths: list[Path]) -> None:
    for path in (paths[1], paths[4]):
        path.write_bytes(b"broken")
    for limit in (None, 0):
        with pytest.raises(DataError) as caught:
            open_store(paths, SIZE, workers=2, memory_limit=limit)
        assert [name in str(caught.value) for name in ("0001_c1.png", "0004_c1.png")] == [True] * 2
        assert len(caught.value.faults) == 2


def test_many_broken_files_are_counted(tmp_path: Path) -> None:
    files = [tmp_path / f"{index:04d}_c1.jpg" for index in range(25)]
    for file in files:
        file.touch()
    with pytest.raises(DataError, match="and 15 more"):
        open_store(files, SIZE, workers=1)
