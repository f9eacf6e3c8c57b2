"""Finding the best epoch's checkpoint and dropping beaten ones, never through a link."""

import zipfile
from pathlib import Path

from automl.spec.checkpoints import checkpoint_files
from automl.trial.files.checkpoints import (
    best_checkpoint,
    drop_checkpoints,
    is_whole,
    resumable_checkpoint,
)
from automl.trial.objective import Objective

MAXIMIZE = Objective("score", "maximize")


def _trial(folder: Path) -> Path:
    (folder / "train").mkdir(parents=True)
    for epoch in (1, 2, 10):
        (folder / "train" / f"model_epoch_{epoch:03d}_step_00009.pth").write_bytes(b"w")
    (folder / "train" / "model_latest.pth").symlink_to("model_epoch_010_step_00009.pth")
    (folder / "status.json").write_text("{}")
    return folder


def test_the_best_epochs_checkpoint(tmp_path: Path) -> None:
    folder = _trial(tmp_path / "0001")
    found = best_checkpoint(folder, {1: 0.2, 2: 0.9, 10: 0.5}, MAXIMIZE)
    assert found == (folder / "train" / "model_epoch_002_step_00009.pth", 0.9)


def test_the_best_epoch_that_was_saved(tmp_path: Path) -> None:
    folder = _trial(tmp_path / "0001")
    found = best_checkpoint(folder, {2: 0.4, 5: 0.9, 10: 0.3}, MAXIMIZE)
    assert found == (folder / "train" / "model_epoch_002_step_00009.pth", 0.4)


def test_the_newest_where_no_epoch_is_known(tmp_path: Path) -> None:
    folder = _trial(tmp_path / "0001")
    found = best_checkpoint(folder, {5: 0.9}, MAXIMIZE)
    assert found == (folder / "train" / "model_epoch_010_step_00009.pth", None)
    (tmp_path / "empty").mkdir()
    assert best_checkpoint(tmp_path / "empty", {1: 0.5}, MAXIMIZE) == (None, None)


def test_dropping_leaves_the_rest_and_what_links_point_to(tmp_path: Path) -> None:
    folder = _trial(tmp_path / "0001")
    outside = tmp_path / "elsewhere.pth"
    outside.write_bytes(b"precious")
    (folder / "train" / "borrowed.pth").symlink_to(outside)
    drop_checkpoints(folder, tmp_path)
    assert list(checkpoint_files(folder)) == []
    assert outside.read_bytes() == b"precious"
    assert (folder / "status.json").exists()
    assert not (folder / "train" / "model_latest.pth").is_symlink()


def _zip(path: Path, size: int = 5_000) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", bytes(range(250)) * (size // 250))
    return path.read_bytes()


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    paths = [tmp_path / f"model_epoch_{epoch:03d}.pth" for epoch in (1, 2, 3, 4)]
    content = _zip(paths[0])
    paths[1].write_bytes(content[:-100])
    paths[2].write_bytes(content[:1000] + b"\xff\xff" + content[1002:])
    paths[3].write_bytes(b"")
    assert [is_whole(path) for path in paths] == [True, False, False, False]
    assert resumable_checkpoint(tmp_path) == (paths[0], (paths[3], paths[2], paths[1]))


def test_formats_that_cannot_be_judged_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "model_epoch_001.ckpt"
    path.write_bytes(b"\x80\x02}q\x00")
    assert resumable_checkpoint(tmp_path) == (path, ())
    assert resumable_checkpoint(tmp_path / "none") == (None, ())
