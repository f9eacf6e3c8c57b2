"""A frozen backbone keeps weights and batch statistics, for all epochs or the first ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from reid_model.actions import train


def changed(before: dict[str, Any], after: dict[str, Any], part: str) -> bool:
    names = [name for name in before if f".{part}." in f".{name}."]
    assert names
    return any(not torch.equal(before[name], after[name]) for name in names)


def test_the_first_stages_keep_weights_and_statistics_for_good(
    make_spec: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Whatever the weight decay; the checkpoint is resumed and goes on so."""
    frozen = {"model.freeze": "stages", "model.freeze_stages": 2, "train.checkpoint_interval": 1}
    train.run(make_spec(**frozen))
    (newest,) = (tmp_path / "run/train").glob("*epoch_001*.pth")
    more = {"train.num_epochs": 3, "train.resume_training_checkpoint_path": str(newest)}
    train.run(make_spec(**frozen, **more))
    files = sorted((tmp_path / "run/train").glob("*epoch_*.pth"))
    first, second, third = (torch.load(file, weights_only=True)["state_dict"] for file in files)
    for part in ("backbone.conv1", "backbone.conv2", "backbone.conv3"):
        assert not changed(first, second, part)
        assert not changed(second, third, part)
    for part in ("backbone.conv4", "backbone.conv4.0.conv1.bn.running_mean", "head"):
        assert changed(first, second, part)
        assert changed(second, third, part)


def test_the_backbone_learns_after_its_frozen_epochs_and_the_head_at_once(
    make_spec: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    frozen = {"model.freeze": "backbone", "model.freeze_epochs": 2}
    train.run(make_spec(**{**frozen, "train.num_epochs": 3, "train.grad_clip": 1.0}))
    files = sorted((tmp_path / "run/train").glob("*epoch_*.pth"))
    first, second, third = (torch.load(file, weights_only=True)["state_dict"] for file in files)
    assert not changed(first, second, "backbone")
    assert changed(first, second, "head")
    assert changed(second, third, "backbone")
