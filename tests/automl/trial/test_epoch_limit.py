"""A trial of a population ends where it should, with a checkpoint to go on from."""

from pathlib import Path

import pytest

from automl.trial.run import EpochLimit, EpochLimitReached, Lineage


def _checkpoint(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"weights")


def test_it_ends_at_the_first_epoch_whose_checkpoint_is_there(tmp_path: Path) -> None:
    heard: list[int] = []
    on_epoch = EpochLimit(tmp_path, Lineage(until=2)).watch(lambda e, kpi: heard.append(e), "score")
    _checkpoint(tmp_path, "model_epoch_001.pth")
    on_epoch(1, {"score": 0.1})
    on_epoch(2, {"score": 0.2})
    on_epoch(3, {"loss": 0.2})
    log = (tmp_path / "log.txt").read_text()
    assert log == "automl: no checkpoint of epoch 2 yet: the trial runs on\n"
    _checkpoint(tmp_path, "model_epoch_002.pth")
    with pytest.raises(EpochLimitReached):
        on_epoch(4, {"score": 0.4})
    assert heard == [1, 2, 3, 4]


def test_a_name_without_an_epoch_will_do(tmp_path: Path) -> None:
    _checkpoint(tmp_path, "last.ckpt")
    on_epoch = EpochLimit(tmp_path, Lineage(until=1)).watch(lambda e, kpi: None, "score")
    with pytest.raises(EpochLimitReached):
        on_epoch(1, {"score": 0.1})


def test_other_trials_run_out(tmp_path: Path) -> None:
    _checkpoint(tmp_path, "model_epoch_009.pth")
    limit = EpochLimit(tmp_path, Lineage())
    limit.watch(lambda e, kpi: None, "score")(9, {"score": 0.1})
    assert not limit.is_over


@pytest.mark.parametrize(("reached", "over"), [(0, False), (1, False), (2, True), (3, True)])
def test_nothing_is_left_to_do_after_a_death_at_the_end(
    tmp_path: Path, reached: int, over: bool
) -> None:
    _checkpoint(tmp_path, "model_epoch_002.pth")
    assert EpochLimit(tmp_path, Lineage(0, until=2, reached=reached)).is_over == over
    (tmp_path / "model_epoch_002.pth").write_bytes(b"")
    assert not EpochLimit(tmp_path, Lineage(0, until=2, reached=reached)).is_over


@pytest.mark.parametrize(
    ("epochs", "left"), [((1, 2, 3, 4), {1, 2}), ((1, 3, 4), {1, 3, 4}), ((1, 2), {1, 2})]
)
@pytest.mark.parametrize("died", [False, True])
def test_what_is_saved_after_the_last_epoch_is_nobodys_start(
    tmp_path: Path, epochs: tuple[int, ...], left: set[int], died: bool
) -> None:
    """A child process trains on until it is stopped."""
    for epoch in epochs:
        _checkpoint(tmp_path, f"model_epoch_{epoch:03d}.pth")
    limit = EpochLimit(tmp_path, Lineage(until=2, reached=2 if died else 0))
    if not died:
        with pytest.raises(EpochLimitReached):
            limit.watch(lambda e, kpi: None, "score")(2, {"score": 0.2})
    limit.trim()
    assert {int(path.stem[-3:]) for path in tmp_path.glob("*.pth")} == left
