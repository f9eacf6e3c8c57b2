"""Loggers write below results_dir, and a missing package is one clear error."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_model.actions.train import run
from reid_model.errors import ConfigError

MakeSpec = Callable[..., dict[str, Any]]


def test_csv_and_tensorboard_hold_the_figures(make_spec: MakeSpec, tmp_path: Path) -> None:
    run(make_spec(**{"train.loggers": ["csv", "tensorboard"]}))
    rows = (tmp_path / "run/csv/metrics.csv").read_text().splitlines()
    assert {"cmc_rank_1", "mAP", "train_loss", "step"} <= set(rows[0].split(","))
    assert len(rows) == 3
    assert list((tmp_path / "run/tensorboard").glob("events.out.tfevents.*"))


def test_wandb_without_its_package_is_refused_before_anything_is_written(
    make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "wandb" else known(name)
    )
    with pytest.raises(ConfigError, match="wandb.enable is true but wandb is not installed"):
        run(make_spec(**{"wandb.enable": True}))
    assert not (tmp_path / "run").exists()
