"""The learning rate of a real run follows the schedule, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.train import run


def test_warm_up_and_milestones_act(make_spec: Callable[..., dict[str, Any]]) -> None:
    spec = make_spec(
        **{
            "train.num_epochs": 4,
            "train.optim.base_lr": 0.01,
            "train.optim.warmup_iters": 2,
            "train.optim.warmup_factor": 0.5,
            "train.optim.lr_steps": [3],
            "train.optim.gamma": 0.1,
        }
    )
    run(spec)
    rates = [
        torch.load(path, weights_only=True)["optimizer_states"][0]["param_groups"][0]["lr"]
        for path in sorted((Path(spec["results_dir"]) / "train").glob("model_epoch_*.pth"))
    ]
    assert rates == pytest.approx([0.0075, 0.01, 0.001, 0.001])
