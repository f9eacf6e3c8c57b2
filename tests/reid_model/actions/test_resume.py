"""A run that was stopped and resumed ends like one that was not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.train import run
from reid_model.errors import CheckpointError

MakeSpec = Callable[..., dict[str, Any]]

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "center": {"model.with_center_loss": True, "train.optim.center_loss_weight": 0.01},
    "dropout": {"model.dropout_rate": 0.3},
    "ema": {"train.ema_decay": 0.5},
    "sgd cosine": {"train.optim.name": "SGD", "train.optim.warmup_method": "cosine"},
    "encrypted": {"encryption_key": "open sesame"},
    "shuffled": {"dataset.sampler": "softmax"},
}


class _Enough(Exception):
    pass


def _state(path: Path, key: str) -> dict[str, torch.Tensor]:
    from reid_model.models.files import read_tensors

    state: dict[str, torch.Tensor] = read_tensors(path, key)["state_dict"]
    return state


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("unit", ["epoch", "step"])
def test_stopped_and_resumed_equals_uninterrupted(
    make_spec: MakeSpec, tmp_path: Path, variant: str, unit: str
) -> None:
    overrides = {"train.num_epochs": 3, "dataset.batch_size": 8, **VARIANTS[variant]}
    overrides |= {"train.checkpoint_interval_unit": unit, "dataset.num_instances": 2}
    overrides |= {"train.checkpoint_interval": 3 if unit == "step" else 1}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(make_spec(**{**overrides, "results_dir": str(whole)}))

    def stop(record: dict[str, Any]) -> None:
        if record.get("epoch") == 2:
            raise _Enough

    with pytest.raises(_Enough):
        run(make_spec(**{**overrides, "results_dir": str(parts)}), stop)
    saved = sorted((parts / "train").glob("model_*.pth"))
    # For steps: a checkpoint in the middle of the second epoch.
    chosen = saved[1] if unit == "step" else saved[0]
    resume = {"train.resume_training_checkpoint_path": str(chosen), "results_dir": str(parts)}
    run(make_spec(**{**overrides, **resume}))
    key = overrides.get("encryption_key", "")
    expected = _state(whole / "train" / "reid_model_latest.pth", key)
    found = _state(parts / "train" / "reid_model_latest.pth", key)
    assert expected.keys() == found.keys()
    different = [name for name in expected if not torch.equal(expected[name], found[name])]
    assert different == []


def test_resuming_continues_the_status_file(make_spec: MakeSpec, tmp_path: Path) -> None:
    run(make_spec(**{"train.num_epochs": 1}))
    latest = str(tmp_path / "run/train/reid_model_latest.pth")
    run(make_spec(**{"train.resume_training_checkpoint_path": latest}))
    lines = (tmp_path / "run/status.json").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    epochs = [record["epoch"] for record in records if record["status"] == "RUNNING"]
    assert epochs == [1, 2]
    assert "resumed from" in records[3]["message"]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"model.feat_dim": 64}, "model.feat_dim is 64 here but was 32"),
        ({"train.optim.name": "SGD"}, "train.optim.name is SGD here but was Adam"),
        ({"train.resume_training_checkpoint_path": "/no.pth"}, "/no.pth does not exist"),
        ({"encryption_key": "x"}, None),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_by_key(
    make_spec: MakeSpec, tmp_path: Path, overrides: dict[str, Any], words: str | None
) -> None:
    run(make_spec(**{"train.num_epochs": 1}))
    latest = str(tmp_path / "run/train/reid_model_latest.pth")
    spec = make_spec(**{"train.resume_training_checkpoint_path": latest, **overrides})
    if words is None:
        run(spec)
        return
    with pytest.raises(CheckpointError, match=words):
        run(spec)


def test_encrypted_checkpoints_do_not_load_without_their_key(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    run(make_spec(**{"train.num_epochs": 1, "encryption_key": "one"}))
    latest = tmp_path / "run/train/reid_model_latest.pth"
    assert b"one" not in latest.read_bytes()[:4096]
    for key in ("", "two"):
        spec = make_spec(
            **{"train.resume_training_checkpoint_path": str(latest), "encryption_key": key}
        )
        with pytest.raises(CheckpointError, match="encryption_key"):
            run(spec)
