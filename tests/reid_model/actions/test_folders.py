"""Room for checkpoints is counted as they will be kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from reid_model.actions.folders import check_room, kept_checkpoints
from reid_model.config import load_spec
from reid_model.errors import ConfigError

SIZE_MB = 12  # of a checkpoint of a million weights


@pytest.mark.parametrize(
    ("train", "kept"),
    [
        ({"num_epochs": 10}, 10),
        ({"num_epochs": 10, "checkpoint_interval": 4}, 4),
        ({"num_epochs": 10, "checkpoint_interval": 3, "checkpoint_interval_unit": "step"}, 18),
        ({"num_epochs": 10, "save_top_k": 0}, 2),
        ({"num_epochs": 10, "save_top_k": 3}, 5),
    ],
)
def test_the_most_checkpoints_at_once(train: dict[str, Any], kept: int) -> None:
    assert kept_checkpoints(load_spec({"train": train}).train, steps=5) == kept


@pytest.fixture
def free_mb(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    told = {"free": 0}
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(0, 0, told["free"] * 10**6)
    )
    return told


def test_all_that_will_be_kept_must_fit(tmp_path: Path, free_mb: dict[str, int]) -> None:
    network = nn.Linear(10**6, 1, bias=False)
    spec: dict[str, Any] = {"results_dir": str(tmp_path), "train": {"num_epochs": 10}}
    free_mb["free"] = 40 + 10 * SIZE_MB
    assert check_room(load_spec(spec), network, steps=5) is None
    free_mb["free"] = 35 + 5 * SIZE_MB
    warning = check_room(load_spec(spec), network, steps=5)
    assert warning is not None
    assert "has room for 5 of the up to 10 checkpoints" in warning
    assert "train.save_top_k" in warning
    spec["train"]["save_top_k"] = 1
    assert check_room(load_spec(spec), network, steps=5) is None
    free_mb["free"] = 35 + SIZE_MB
    with pytest.raises(ConfigError, match="no room for checkpoints"):
        check_room(load_spec(spec), network, steps=5)
