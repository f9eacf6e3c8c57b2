"""Which checkpoints are kept, and where the links point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.spec.checkpoints import epoch_of
from reid_model.actions.train import run
from reid_model.actions.training.checkpoints import (
    BEST,
    LATEST,
    AtomicCheckpointIO,
    KeptCheckpoints,
    without_scores,
)

SCORES = [0.2, 0.5, None, 0.4, 0.5, 0.1]


def _fill(folder: Path, keep: int, due: list[bool]) -> None:
    shelf = KeptCheckpoints(folder, keep)
    for index, (score, is_due) in enumerate(zip(SCORES, due, strict=True)):
        path = folder / f"model_{index}.pth"
        path.touch()
        shelf.register(path, score, extra=not is_due)
        shelf.prune(path)


@pytest.mark.parametrize(
    ("keep", "due", "kept"),
    [
        (-1, [True] * 6, [0, 1, 2, 3, 4, 5]),
        (0, [True] * 6, [5]),
        (1, [True] * 6, [1, 5]),
        (2, [True] * 6, [1, 4, 5]),
        (-1, [False, False, True, True, True, True], [1, 2, 3, 4, 5]),
    ],
)
def test_the_newest_and_the_best_are_kept(
    tmp_path: Path, keep: int, due: list[bool], kept: list[int]
) -> None:
    _fill(tmp_path, keep, due)
    names = sorted(path.name for path in tmp_path.glob("model_*.pth"))
    assert names == [f"model_{index}.pth" for index in kept]
    assert (tmp_path / LATEST).resolve().name == "model_5.pth"
    assert (tmp_path / BEST).exists() is bool(keep)


def test_the_best_link_points_to_the_earliest_best(tmp_path: Path) -> None:
    _fill(tmp_path, -1, [True] * 6)
    assert (tmp_path / BEST).resolve().name == "model_1.pth"
    assert (tmp_path / BEST).is_symlink()


def test_a_resumed_run_knows_the_best_so_far(tmp_path: Path) -> None:
    before, after = KeptCheckpoints(tmp_path, 1), KeptCheckpoints(tmp_path, 1)
    for name, score in (("a", 0.5), ("b", 0.2)):
        (tmp_path / name).touch()
        before.register(tmp_path / name, score, extra=False)
        before.prune(tmp_path / name)
    after.restore({"scores": {**before.state()["scores"], "gone": 0.9}, "extra": []})
    assert after.best_score() == 0.5
    (tmp_path / "c").touch()
    after.register(tmp_path / "c", 0.3, extra=False)
    after.prune(tmp_path / "c")
    assert (tmp_path / BEST).resolve().name == "a"
    assert sorted(path.name for path in tmp_path.iterdir() if not path.is_symlink()) == ["a", "c"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    writer = AtomicCheckpointIO()
    writer.save_checkpoint({"a": 1}, target)
    before = target.read_bytes()
    broken: dict[str, Any] = {"a": lambda: 1}
    with pytest.raises(Exception, match="pickle|lambda"):
        writer.save_checkpoint(broken, target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model.pth"]


@pytest.mark.parametrize("metric", ["mAP", "train_loss"])
def test_the_best_is_the_best_by_the_metric_that_was_asked_for(
    make_spec: Callable[..., dict[str, Any]], tmp_path: Path, metric: str
) -> None:
    records: list[dict[str, Any]] = []
    keys = {"train.num_epochs": 4, "train.save_top_k": 1, "train.checkpoint_metric": metric}
    run(make_spec(**keys, **{"train.optim.warmup_iters": 0}), records.append)
    sign = -1 if metric == "train_loss" else 1
    reached = {r["epoch"]: sign * r["kpi"][metric] for r in records if r["status"] == "RUNNING"}
    best = max(reached, key=lambda epoch: reached[epoch])
    folder = tmp_path / "run" / "train"
    assert (folder / BEST).resolve().name.startswith(f"model_epoch_{best:03d}_")
    assert {epoch_of(path) for path in folder.glob("model_*.pth")} == {best, 4}


def test_scores_by_another_metric_count_no_more_after_a_resume(tmp_path: Path) -> None:
    shelf, again = KeptCheckpoints(tmp_path, 1), KeptCheckpoints(tmp_path, 1)
    for index, score in enumerate(SCORES):
        (tmp_path / f"model_{index}.pth").touch()
        shelf.register(tmp_path / f"model_{index}.pth", score, extra=False)
    again.restore(without_scores(shelf.state()))
    assert again.best_score() is None
