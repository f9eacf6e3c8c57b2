"""What the cache commands say and remove."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from reid_model.cli import cli
from reid_model.data.cache import CropCache
from reid_model.data.crop_file import CropHeader
from reid_model.data.size import Size
from reid_model.errors import DataError

HEADER = CropHeader("a" * 40, "/people", 5, Size(4, 2, 3))


def _said(folder: Path, command: str) -> str:
    options = ["cache", command, "--cache-dir", str(folder)]
    return CliRunner().invoke(cli, options, catch_exceptions=False).output


def test_what_a_run_uses_is_shown_and_not_removed(tmp_path: Path) -> None:
    file = CropCache(tmp_path, 10**6).opened(HEADER, lambda keep: None)
    (tmp_path / "half.crops").write_bytes(b"half")
    table = _said(tmp_path, "list")
    assert max(len(line) for line in table.splitlines()[:-1]) < 100
    row = next(line.split() for line in table.splitlines() if line.endswith("/people"))
    assert (row[:3], row[5:]) == (["5", "4x2x3", "0.0"], ["yes", "/people"])
    assert "not whole, never used: half.crops" in table
    assert "2 files, 0.000 GB" in table
    told = _said(tmp_path, "clear")
    assert "removed 1 file," in told
    assert "left 1 file," in told
    del file
    assert "left" not in _said(tmp_path, "clear")
    assert _said(tmp_path, "list").startswith("0 files")


def test_a_folder_that_is_not_there_is_an_empty_cache(tmp_path: Path) -> None:
    for command in ("list", "clear"):
        assert "0 files, 0.000 GB" in _said(tmp_path / "none", command)
    assert not (tmp_path / "none").exists()


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder.crops").mkdir()
    with pytest.raises(DataError, match=r"folder.crops cannot be read: Is a directory"):
        _said(tmp_path, "list")
    with pytest.raises(DataError, match=r"cannot be cleared: Is a directory"):
        _said(tmp_path, "clear")
