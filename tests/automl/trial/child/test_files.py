"""The end of a log, for the message of a sweep that stops early; files that vanish while read."""

import os
from pathlib import Path
from typing import Any

import pytest

from automl.trial.child.files import Lines, files_named, log_tail
from automl.trial.child.metrics_file import MetricsFile


def test_the_last_lines(tmp_path: Path) -> None:
    folder = tmp_path / "trials" / "0003"
    folder.mkdir(parents=True)
    assert log_tail(folder) == ""
    (folder / "log.txt").write_text("x" * 20_000 + "\none\n\ntwo\nthree\n")
    assert log_tail(folder, lines=2) == "last lines of trials/0003/log.txt:\n  two\n  three"


def test_files_are_found_up_to_two_levels_down_the_nearest_first(tmp_path: Path) -> None:
    for below in ("b-c", "b/c", ".hidden", "a/b/c"):
        (tmp_path / below).mkdir(parents=True)
    near = ["status.json", ".hidden/status.json", "b/status.json", "b-c/status.json"]
    for name in (*near, "b/c/status.json", "a/b/c/status.json", "b/other.json"):
        (tmp_path / name).touch()
    (tmp_path / "a" / "status.json").mkdir()
    found = [str(path.relative_to(tmp_path)) for path in files_named(tmp_path, "status.json")]
    assert found == [*near, "b/c/status.json"]


def test_a_folder_that_vanishes_meanwhile_holds_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trainers write a checkpoint into a folder that they then rename."""
    (tmp_path / "train" / "tmp-checkpoint").mkdir(parents=True)
    (tmp_path / "train" / "status.json").touch()
    scandir = os.scandir

    def without_checkpoint(path: Any) -> Any:
        if Path(path).name == "tmp-checkpoint" or Path(path).name == "train":
            raise FileNotFoundError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", without_checkpoint)
    found = files_named(tmp_path, "status.json")
    assert found == [tmp_path / "train" / "status.json"]


def test_a_file_that_vanishes_meanwhile_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "metrics.json"
    for method in ("exists", "is_file"):  # it was there a moment ago
        monkeypatch.setattr(Path, method, lambda path: True)
    assert Lines(gone).new_lines() == []
    assert MetricsFile(gone, from_start=True).new_records() == []
