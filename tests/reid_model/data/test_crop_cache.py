"""The cache of decoded crops: who builds it, what is trusted, what goes when room is short."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from processes import wait_until

from reid_model.data import cache as module
from reid_model.data.cache import CacheUnusable, CropCache, cache_folder
from reid_model.data.crop_file import CropFile, CropHeader, Keep
from reid_model.data.size import Size

SIZE = Size(4, 2, 3)
HEADER = CropHeader("a" * 40, "/people", 5, SIZE)
CROPS = np.arange(5 * 24, dtype=np.uint8).reshape(5, 4, 2, 3)

BUILDER = """
import sys, time
from pathlib import Path
import numpy as np
from reid_model.data.cache import CropCache
from reid_model.data.crop_file import CropHeader
from reid_model.data.size import Size

folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
def fill(keep):
    print("building", flush=True)
    for index in range(5):
        keep(index, np.full((4, 2, 3), index, np.uint8))
        time.sleep(seconds / 5)
header = CropHeader("a" * 40, "/people", 5, Size(4, 2, 3))
print(CropCache(folder, 10**6).opened(header, fill).pixels.sum(), flush=True)
"""


def _fill(keep: Keep) -> None:
    for index in (3, 0, 4, 1, 2):
        keep(index, CROPS[index])


def _never(keep: Keep) -> None:
    raise AssertionError("built again")


def _header(letter: str) -> CropHeader:
    return CropHeader(letter * 40, "/people", 5, SIZE)


def _kept(cache: CropCache) -> str:
    return "".join(sorted(entry.path.stem[0] for entry in cache.entries()))


@pytest.fixture
def cache(tmp_path: Path) -> CropCache:
    return CropCache(tmp_path / "cache", 10**6)


@pytest.fixture
def builder(cache: CropCache) -> Callable[[float], subprocess.Popen[str]]:
    """Starts another process that builds the file of HEADER in so many seconds."""

    def start(seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", BUILDER, str(cache.folder), str(seconds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    return start


def test_what_was_built_is_read_back_and_not_built_again(cache: CropCache) -> None:
    built, found = cache.opened(HEADER, _fill), cache.opened(HEADER, _never)
    for file in (built, found):
        assert file.header == HEADER
        assert np.array_equal(file.pixels, CROPS)
        assert not file.pixels.flags.writeable
    assert [entry.num_bytes for entry in cache.entries()] == [HEADER.num_bytes]


def test_a_killed_build_leaves_nothing_that_is_trusted(
    cache: CropCache, builder: Callable[[float], subprocess.Popen[str]]
) -> None:
    with builder(60) as process:
        assert process.stdout
        assert process.stdout.readline() == "building\n"
        partial = cache.folder / f"{HEADER.key}.partial"
        wait_until(lambda: partial.exists() and partial.stat().st_size, process)
        process.send_signal(signal.SIGKILL)
    assert partial.exists()
    partial.rename(cache.folder / f"{HEADER.key}.crops")  # even under the right name
    partial.touch()
    assert np.array_equal(cache.opened(HEADER, _fill).pixels, CROPS)
    assert not partial.exists()


def test_of_two_builders_one_waits_and_uses_what_the_other_built(
    cache: CropCache, builder: Callable[[float], subprocess.Popen[str]]
) -> None:
    with builder(0.5) as first, builder(0.5) as second:
        told = [process.communicate()[0].split() for process in (first, second)]
    total = str(24 * sum(range(5)))
    assert sorted(told) == [[total], ["building", total]]


@pytest.mark.parametrize("damage", ["short", "long", "header", "page", "empty", "other"])
def test_a_damaged_file_is_built_again(cache: CropCache, damage: str) -> None:
    cache.opened(HEADER, _fill)
    (path,) = cache.folder.glob("*.crops")
    content = path.read_bytes()
    changed = {
        "short": content[:-1],
        "long": content + b"\0",
        "header": content.replace(b'"count": 5', b'"count": 4'),
        "page": bytes(4096) + content[4096:],
        "empty": b"",
        "other": HEADER.page().replace(b"aaaa", b"aaab") + content[4096:],
    }
    path.write_bytes(changed[damage])
    assert [entry.header for entry in cache.entries()] == [None]
    assert np.array_equal(cache.opened(HEADER, _fill).pixels, CROPS)


def test_room_is_made_of_what_was_not_used_for_longest(tmp_path: Path) -> None:
    cache = CropCache(tmp_path, 3 * HEADER.num_bytes)
    for age, letter in enumerate("abc"):
        cache.opened(_header(letter), _fill)
        os.utime(tmp_path / f"{letter * 40}.crops", (1000 + age, 1000 + age))
    cache.opened(_header("a"), _never)  # makes b the oldest
    cache.opened(_header("d"), _fill)
    assert _kept(cache) == "acd"


def test_a_file_in_use_stays(tmp_path: Path) -> None:
    cache = CropCache(tmp_path, 2 * HEADER.num_bytes)
    files = {letter: cache.opened(_header(letter), _fill) for letter in "ab"}
    assert [entry.in_use for entry in cache.entries()] == [True, True]
    with pytest.raises(CacheUnusable, match="are in use"):
        cache.opened(_header("c"), _fill)
    pixels = files.pop("b").pixels  # the mapping alone holds it
    assert cache.clear() == []
    del files["a"]
    cache.opened(_header("c"), _fill)
    assert _kept(cache) == "bc"
    assert np.array_equal(pixels, CROPS)
    del pixels
    assert len(cache.clear()) == 2
    assert cache.entries() == []


def test_a_file_that_is_removed_while_open_can_be_read(cache: CropCache) -> None:
    file = cache.opened(HEADER, _fill)
    (path,) = cache.folder.glob("*.crops")
    path.unlink()
    assert np.array_equal(file.pixels, CROPS)


def test_a_full_disk_is_told_and_nothing_is_evicted_in_vain(
    cache: CropCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.opened(_header("b"), _fill)
    usage = type("Usage", (), {"free": 10**9 + 100})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: usage)
    big = CropHeader("c" * 40, "/people", 500, SIZE)
    with pytest.raises(CacheUnusable, match="the disk is full"):
        cache.opened(big, _never)
    assert _kept(cache) == "b"
    cache.opened(HEADER, _fill)  # fits into what b leaves
    assert _kept(cache) == "a"


def test_an_error_while_writing_leaves_nothing(cache: CropCache) -> None:
    def full(keep: Keep) -> None:
        keep(0, CROPS[0])
        raise OSError(28, "No space left on device")

    with pytest.raises(CacheUnusable, match="No space left on device"):
        cache.opened(HEADER, full)
    assert [path.name for path in cache.folder.iterdir()] == [".lock"]


def test_the_folder_is_that_of_the_spec_the_environment_or_the_user(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RE_IDENTIFICATION_CACHE", "~/fast")
    assert cache_folder("/told") == Path("/told")
    assert cache_folder() == tmp_path / "fast"
    monkeypatch.delenv("RE_IDENTIFICATION_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg/re_identification"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache/re_identification"


def test_a_folder_of_the_caches_own_making_is_private(tmp_path: Path) -> None:
    """One that is there already keeps the rights that somebody gave it."""
    (tmp_path / "shared").mkdir(mode=0o750)
    for name, rights in (("made", 0o700), ("shared", 0o750)):
        CropCache(tmp_path / name, 10**6).opened(HEADER, _fill)
        assert (tmp_path / name).stat().st_mode & 0o777 == rights


def test_a_file_whose_time_cannot_be_set_is_used(
    cache: CropCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    cache.opened(HEADER, _fill)
    monkeypatch.setattr(module.os, "utime", refuse)
    assert np.array_equal(cache.opened(HEADER, _never).pixels, CROPS)


def test_a_crop_file_tells_when_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        CropFile(tmp_path / "none.crops")
