"""Crops from the cache and crops from files are the same crops."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reid_model.data import store as module
from reid_model.data.cache import CropCache
from reid_model.data.decode import decode
from reid_model.data.size import Size
from reid_model.data.store import header_of, open_store
from reid_model.errors import DataError

SIZE = Size(16, 8, 3)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    random = np.random.default_rng(1)
    files = [tmp_path / f"{index:04d}_c1.png" for index in range(6)]
    for file in files:
        Image.fromarray(random.integers(0, 255, (20, 12, 3), dtype=np.uint8)).save(file)
    return files


@pytest.fixture
def cache(tmp_path: Path) -> CropCache:
    return CropCache(tmp_path / "cache", 10**6)


@pytest.mark.parametrize("size", [SIZE, Size(40, 24, 1)])
def test_cold_warm_and_uncached_crops_are_the_decoded_files(
    paths: list[Path], cache: CropCache, size: Size
) -> None:
    one = [decode(path, height=size.height, width=size.width, channels=size.channels) for path in
           paths]  # fmt: skip
    stores = [open_store(paths, size, cache), open_store(paths, size, cache)]
    stores.append(open_store(paths, size, None))
    assert [store.in_memory for store in stores] == [True, True, False]
    for store in stores:
        assert len(store) == 6
        found = store.gather([4, 0, 4])
        assert torch.equal(found, torch.from_numpy(np.stack([one[4], one[0], one[4]])))
        assert store.note is None


def test_warm_crops_are_not_decoded(
    paths: list[Path], cache: CropCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = open_store(paths, SIZE, cache).gather(range(6))
    monkeypatch.setattr(module, "decode", None)
    assert torch.equal(open_store(paths, SIZE, cache).gather(range(6)), cold)
    with pytest.raises(TypeError):
        open_store(paths[:5], SIZE, cache)


@pytest.mark.parametrize("change", ["time", "length", "name", "fewer", "other"])
def test_the_key_follows_every_file(paths: list[Path], change: str) -> None:
    before, size = header_of(paths, SIZE), SIZE
    if change == "time":
        os.utime(paths[3], (1, 1))
    elif change == "length":
        status = paths[3].stat()
        paths[3].write_bytes(paths[3].read_bytes() + b"\0")
        os.utime(paths[3], ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "name":
        paths[3] = paths[3].rename(paths[3].with_name("0003_c2.png"))
    elif change == "fewer":
        del paths[3]
    else:
        size = Size(8, 16, 3)
    assert header_of(paths, size).key != before.key
    assert header_of(paths, size) == header_of(paths, size)


def test_every_broken_file_is_told_and_nothing_is_kept(paths: list[Path], cache: CropCache) -> None:
    for path in (paths[1], paths[4]):
        path.write_bytes(b"broken")
    paths.append(paths[0].with_name("gone_c1.png"))
    for where in (cache, None):
        with pytest.raises(DataError) as caught:
            open_store(paths, SIZE, where)
        told = ("0001_c1.png", "0004_c1.png", "gone_c1.png")
        assert [name in str(caught.value) for name in told] == [True] * 3
        assert len(caught.value.faults) == 3
    assert not [path for path in cache.folder.iterdir() if path.name != ".lock"]


def test_many_broken_files_are_counted(tmp_path: Path) -> None:
    files = [tmp_path / f"{index:04d}_c1.jpg" for index in range(25)]
    for file in files:
        file.touch()
    with pytest.raises(DataError, match="and 15 more"):
        open_store(files, SIZE, None)


def test_what_cannot_be_cached_is_decoded_each_time_and_said(
    paths: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    expected = open_store(paths, SIZE, None).gather([5, 2])
    for folder, limit, words in (
        (tmp_path / "file/below", 10**6, "Not a directory"),
        (tmp_path / "small", 4096, "more than dataset.cache_limit_gb"),
    ):
        store = open_store(paths, SIZE, CropCache(folder, limit))
        assert torch.equal(store.gather([5, 2]), expected)
        assert words in str(store.note)
        assert "set dataset.cache_dir" in str(store.note)
    assert open_store(paths, SIZE, CropCache(tmp_path / "off", 0)).note is None
    assert not (tmp_path / "off").exists()
