"""Which of a job's checkpoints is the newest, by epoch, step and time."""

import os
from pathlib import Path

import pytest

from automl.spec.checkpoints import newest_first


@pytest.mark.parametrize(
    "names",
    [
        ["step_100500.ckpt", "step_99000.ckpt"],
        ["model_epoch_010_step_5.pth", "model_epoch_009_step_100500.pth"],
        ["epoch_3_step_100500.pth", "epoch_3_step_99000.pth"],
        ["epoch_3.pth", "epoch_3_step_99000.pth"],
        ["last.ckpt", "step_100500.ckpt", "best.ckpt"],
        ["iter-20000.pt", "iter-3000.pt"],
    ],
)
def test_numbers_decide_before_the_time_of_a_copy(tmp_path: Path, names: list[str]) -> None:
    for age, name in enumerate(names):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (1000 + age, 1000 + age))  # the oldest is the newest file
    assert [path.name for path in newest_first(tmp_path)] == names


def test_names_without_numbers_go_by_time(tmp_path: Path) -> None:
    for age, name in enumerate(["b.pth", "a.pth"]):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    assert [path.name for path in newest_first(tmp_path)] == ["a.pth", "b.pth"]
