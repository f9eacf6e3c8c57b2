"""Finding the best epoch's checkpoint and dropping beaten ones, never through a link."""

from pathlib import Path

from automl.spec.checkpoints import checkpoint_files
from automl.trial.checkpoints import best_checkpoint, drop_checkpoints


def _trial(folder: Path) -> Path:
    (folder / "train").mkdir(parents=True)
    for epoch in (1, 2, 10):
        (folder / "train" / f"model_epoch_{epoch:03d}_step_00009.pth").write_bytes(b"w")
    (folder / "train" / "model_latest.pth").symlink_to("model_epoch_010_step_00009.pth")
    (folder / "status.json").write_text("{}")
    return folder


def test_the_best_epochs_checkpoint(tmp_path: Path) -> None:
    folder = _trial(tmp_path / "0001")
    found = best_checkpoint(folder, 2)
    assert found is not None
    assert found.name == "model_epoch_002_step_00009.pth"


def test_the_newest_epoch_where_the_best_was_not_saved(tmp_path: Path) -> None:
    found = best_checkpoint(_trial(tmp_path / "0001"), 5)
    assert found is not None
    assert found.name == "model_epoch_010_step_00009.pth"
    (tmp_path / "empty").mkdir()
    assert best_checkpoint(tmp_path / "empty", 1) is None


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
