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
from reid_model.module.resume_micro_batches import recount_micro_batches

MakeSpec = Callable[..., dict[str, Any]]

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "center encrypted": {
        "model.with_center_loss": True,
        "train.optim.center_loss_weight": 0.01,
        "encryption_key": "open sesame",
    },
    "ema in parts": {"train.ema_decay": 0.5, "train.accumulate": 2},
    "sgd cosine dropout": {
        "train.optim.name": "SGD",
        "train.optim.warmup_method": "cosine",
        "model.dropout_rate": 0.3,
    },
    "shuffled": {"dataset.sampler": "softmax", "dataset.num_instances": 4},
}


class _Enough(Exception):
    pass


def _state(path: Path, key: str) -> dict[str, torch.Tensor]:
    from reid_model.models.weights.files import read_tensors

    state: dict[str, torch.Tensor] = read_tensors(path, key)["state_dict"]
    return state


def _records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "status.json").read_text().splitlines()]


def _epochs(folder: Path) -> list[dict[str, float]]:
    """The figures of each epoch."""
    return [record["kpi"] for record in _records(folder) if record["status"] == "RUNNING"]


@pytest.mark.parametrize(
    "variant",
    [name if name == "plain" else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS],
)
def test_stopped_and_resumed_equals_uninterrupted(
    make_spec: MakeSpec, tmp_path: Path, variant: str
) -> None:
    """Resumed from the end of the first epoch, and, stopped, from the middle of the second."""
    later = 2 if variant == "plain" else 1  # epochs after the first one
    overrides = {"train.num_epochs": 1 + later, "dataset.batch_size": 8, "dataset.num_instances": 2}
    overrides |= VARIANTS[variant]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(make_spec(**overrides, results_dir=str(whole)))
    by_steps = {"train.checkpoint_interval_unit": "step", "train.checkpoint_interval": 3}

    def stop(record: dict[str, Any]) -> None:
        if record.get("epoch") == 2:
            raise _Enough

    with pytest.raises(_Enough):
        run(make_spec(**overrides, **by_steps, results_dir=str(parts)), stop)
    for checkpoint, folder, more in (
        (sorted((whole / "train").glob("model_*.pth"))[0], tmp_path / "epoch", {}),
        (sorted((parts / "train").glob("model_*.pth"))[1], parts, by_steps),
    ):
        resume = {"train.resume_training_checkpoint_path": str(checkpoint)}
        run(make_spec(**overrides, **more, **resume, results_dir=str(folder)))
        key = overrides.get("encryption_key", "")
        expected = _state(whole / "train" / "reid_model_latest.pth", key)
        found = _state(folder / "train" / "reid_model_latest.pth", key)
        assert _epochs(folder)[-later:] == _epochs(whole)[-later:]
        assert expected.keys() == found.keys()
        different = [name for name in expected if not torch.equal(expected[name], found[name])]
        assert different == []


def test_resuming_continues_the_status_file(make_spec: MakeSpec, tmp_path: Path) -> None:
    run(make_spec(**{"train.num_epochs": 1}))
    latest = str(tmp_path / "run/train/reid_model_latest.pth")
    run(make_spec(**{"train.resume_training_checkpoint_path": latest}))
    records = _records(tmp_path / "run")
    epochs = [record["epoch"] for record in records if record["status"] == "RUNNING"]
    assert epochs == [1, 2]
    assert "resumed from" in records[3]["message"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"model.feat_dim": 64}, "model.feat_dim is 64 here but was 32"),
        ({"train.optim.name": "SGD"}, "train.optim.name is 'SGD' here but was 'Adam'"),
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


def _groups(path: Path) -> list[dict[str, Any]]:
    state = torch.load(path, weights_only=True)["optimizer_states"][0]
    groups: list[dict[str, Any]] = state["param_groups"]
    return groups


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_the_specs_rates_hold_after_a_resume(
    make_spec: MakeSpec, tmp_path: Path, name: str
) -> None:
    """Also those that two roles shared before and do not any more."""
    kept = {"train.optim.name": name, "train.optim.warmup_iters": 0, "train.optim.lr_steps": [9]}
    run(make_spec(**{**kept, "train.num_epochs": 1}))
    latest = str(tmp_path / "run/train/reid_model_latest.pth")
    changed: dict[str, Any] = {
        "train.optim.base_lr": 0.002,
        "train.optim.bias_lr_factor": 2.0,
        "train.optim.weight_decay": 0.1,
    }
    momentum = {"train.optim.momentum": 0.5} if name == "SGD" else {}
    resume = {"train.resume_training_checkpoint_path": latest}
    run(make_spec(**{**kept, **changed, **momentum, **resume}))
    found = {(group["lr"], group["weight_decay"]) for group in _groups(Path(latest))}
    assert found == {(0.002, 0.1), (0.004, 0.0005)}
    assert name == "Adam" or {group["momentum"] for group in _groups(Path(latest))} == {0.5}
    told = _records(tmp_path / "run")[-3]["message"]
    assert "the spec's values now apply: train.num_epochs 2 (was 1)" in told
    assert "train.optim.base_lr 0.002 (was 0.001)" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset.batch_size": 16}, "dataset.batch_size is 16 here but was 8"),
        ({"dataset.num_instances": 4}, "dataset.num_instances is 4 here but was 2"),
        ({"train.seed": 7}, "train.seed is 7 here but was 1234"),
    ],
)
def test_another_batch_plan_is_refused_in_the_middle_of_an_epoch_only(
    make_spec: MakeSpec, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    plan = {"dataset.batch_size": 8, "dataset.num_instances": 2}
    plan |= {"train.checkpoint_interval_unit": "step", "train.checkpoint_interval": 1}
    run(make_spec(**{**plan, "train.num_epochs": 1}))
    first, *_, last = sorted((tmp_path / "run/train").glob("model_*.pth"))
    again = {**plan, **changes, "train.resume_training_checkpoint_path": str(first)}
    with pytest.raises(CheckpointError, match="cannot be resumed") as caught:
        run(make_spec(**again))
    assert caught.value.faults == (f"{words}, and the checkpoint is from the middle of an epoch",)
    run(make_spec(**{**again, "train.resume_training_checkpoint_path": str(last)}))


def test_a_finished_run_that_is_resumed_reports_its_last_figures(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    run(make_spec(**{"train.num_epochs": 1}))
    before = _records(tmp_path / "run")[-1]
    latest = str(tmp_path / "run/train/reid_model_latest.pth")
    resume = {"train.resume_training_checkpoint_path": latest}
    run(make_spec(**{"train.num_epochs": 1, **resume}))
    after = _records(tmp_path / "run")[-1]
    assert (after["status"], after["kpi"]) == ("SUCCESS", before["kpi"])
    assert "cmc_rank_1" in after["kpi"]


def test_the_centers_are_not_averaged(make_spec: MakeSpec, tmp_path: Path) -> None:
    center = {"model.with_center_loss": True, "train.ema_decay": 0.9}
    run(make_spec(**{"train.num_epochs": 1, **center}))
    saved = torch.load(tmp_path / "run/train/reid_model_latest.pth", weights_only=True)
    average, current = saved["state_dict"], saved["current_model_state"]
    assert torch.equal(average["losses.center.centers"], current["losses.center.centers"])
    weight = "network.head.classifier.weight"
    assert not torch.equal(average[weight], current[weight])


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


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_loss_scale_goes_on_where_it_was(make_spec: MakeSpec, tmp_path: Path) -> None:
    run(make_spec(**{"train.num_epochs": 1}))
    latest = tmp_path / "run/train/reid_model_latest.pth"
    checkpoint = torch.load(latest, weights_only=True)
    checkpoint["MixedPrecision"]["scale"] = 128.0
    torch.save(checkpoint, tmp_path / "changed.pth")
    resume = {"train.resume_training_checkpoint_path": str(tmp_path / "changed.pth")}
    run(make_spec(**{"train.num_epochs": 2, **resume}))
    found = torch.load(latest, weights_only=True)["MixedPrecision"]["scale"]
    assert 0.0 < found <= 128.0


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_an_epoch_goes_on_with_other_micro_batches(
    make_spec: MakeSpec, tmp_path: Path, before: int, after: int
) -> None:
    """As after a trial that ran out of memory in the middle of an epoch."""
    plan = {"dataset.batch_size": 8, "dataset.num_instances": 2, "train.num_epochs": 2}
    plan |= {"train.checkpoint_interval_unit": "step", "train.checkpoint_interval": 1}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(make_spec(**{**plan, "train.accumulate": before, "results_dir": str(whole)}))
    names = [path.name for path in sorted((whole / "train").glob("model_*.pth"))]
    middle = whole / "train" / names[len(names) // 2 + 1]
    saved = torch.load(middle, weights_only=True)
    info = saved["reid_model"]
    assert (info["next_epoch"], info["batches_done"]) == (1, 2)
    assert "EpochEnd" in saved["callbacks"]  # the name of old checkpoints, whatever the class's
    resume = {"train.resume_training_checkpoint_path": str(middle), "train.accumulate": after}
    run(make_spec(**{**plan, **resume, "results_dir": str(parts)}))
    again = [path.name for path in sorted((parts / "train").glob("model_*.pth"))]
    assert again == names[len(names) // 2 + 2 :]
    (epoch,) = _epochs(parts)
    assert epoch["train_loss"] == pytest.approx(_epochs(whole)[-1]["train_loss"], rel=0.5)


def test_the_losses_of_micro_batches_are_converted() -> None:
    info = {"batches_done": 2, "spec": {"train": {"accumulate": 2}}}
    counts = {"ready": 4, "completed": 3}
    progress = {"current": counts, "total": {name: n + 10 for name, n in counts.items()}}
    checkpoint = {
        "reid_model": info,
        "step_losses": [1.0, 3.0, 5.0, 7.0],
        "loops": {"fit_loop": {"epoch_loop.batch_progress": progress}},
    }
    recount_micro_batches(checkpoint, 3)
    assert checkpoint["step_losses"] == [2.0, 2.0, 2.0, 6.0, 6.0, 6.0]
    assert progress["current"] == {"ready": 6, "completed": 5}
    assert progress["total"] == {"ready": 16, "completed": 15}
    recount_micro_batches(checkpoint | {"reid_model": {**info, "batches_done": 0}}, 4)
    assert progress["current"]["ready"] == 6
