"""Training as users and the orchestrator meet it: files, records, stops, bad input."""

from __future__ import annotations

import json
import logging
import random
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from project_paths import ROOT

from reid_model.actions.train import run
from reid_model.errors import BadInputError, ConfigError, DataError, TrainingError
from reid_model.module.losses import WeightedLosses

MakeSpec = Callable[..., dict[str, Any]]
INFO = yaml.safe_load((ROOT / "references/skill_info.yaml").read_text(encoding="utf-8"))
KPIS = set(INFO["metrics"]["reported"])


def _records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "status.json").read_text().splitlines()]


def _weights(path: Path) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return weights


@pytest.fixture(scope="module")
def trained(
    data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[dict[str, Any]]]:
    """One finished run: its folder and the reported records."""
    folder = tmp_path_factory.mktemp("trained")
    spec = {
        "results_dir": str(folder),
        "model": {
            "backbone": "osnet_x0_25",
            "input_height": 32,
            "input_width": 16,
            "feat_dim": 32,
            "pretrain_choice": "none",
        },
        "dataset": {
            f"{split}_dataset_dir": str(data_dir / f"sample_{split}")
            for split in ("train", "test", "query")
        }
        | {"batch_size": 16, "num_workers": 0},
        "train": {"num_epochs": 3, "validation_interval": 2, "optim": {"base_lr": 0.001}},
    }
    reported: list[dict[str, Any]] = []
    run(spec, reported.append)
    return folder, reported


def test_the_status_file_and_the_callback_tell_the_same(
    trained: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, reported = trained
    assert reported == _records(folder)
    assert [record["status"] for record in reported] == [
        "STARTED",
        *["RUNNING"] * 3,
        "SUCCESS",
    ]
    assert [record.get("epoch") for record in reported] == [None, 1, 2, 3, 3]


def test_figures_are_plain_and_validation_follows_its_interval(
    trained: tuple[Path, list[dict[str, Any]]],
) -> None:
    _, reported = trained
    figures = [set(record["kpi"]) for record in reported[1:]]
    assert figures == [{"train_loss"}, KPIS, KPIS, KPIS]
    assert all(type(value) is float for record in reported[1:] for value in record["kpi"].values())


def test_what_was_decided_is_told_once(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    message = trained[1][0]["message"]
    for words in ("num_classes taken from the data: 8", "lr_steps [40, 70] -> [1, 2]"):
        assert words in message


def test_checkpoints_have_the_agreed_names_and_load_safely(
    trained: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder = trained[0] / "train"
    names = sorted(path.name for path in folder.glob("model_*.pth"))
    assert [name[:15] for name in names] == [f"model_epoch_00{epoch}" for epoch in (1, 2, 3)]
    assert all(name[15:21] == "_step_" and len(name) == 30 for name in names)
    assert (folder / "reid_model_latest.pth").resolve().name == names[-1]
    assert {path.suffix for path in trained[0].rglob("*") if path.is_file()} == {".pth", ".json"}
    assert not list(folder.glob(".*"))
    assert "network.head.classifier.weight" in _weights(folder / names[-1])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_whatever_the_workers(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    found = []
    for index, workers in enumerate((0, 2, 0)):
        spec = make_spec(**{"results_dir": str(tmp_path / str(index))})
        spec["dataset"]["num_workers"] = workers
        if workers:
            spec["dataset"]["cache_limit_gb"] = 0.0
        run(spec)
        found.append(_weights(tmp_path / str(index) / "train" / "reid_model_latest.pth"))
    other = make_spec(**{"results_dir": str(tmp_path / "other"), "train.seed": 99})
    run(other)
    for weights in found[1:]:
        assert all(torch.equal(weights[name], value) for name, value in found[0].items())
    different = _weights(tmp_path / "other" / "train" / "reid_model_latest.pth")
    name = "network.head.classifier.weight"
    assert not torch.equal(different[name], found[0][name])


@pytest.mark.parametrize("stop", [SystemExit, KeyError, KeyboardInterrupt])
def test_what_report_raises_leaves_with_the_checkpoint_saved(
    make_spec: MakeSpec, tmp_path: Path, stop: type[BaseException]
) -> None:
    def report(record: dict[str, Any]) -> None:
        if record.get("epoch") == 1:
            assert (tmp_path / "run/train/reid_model_latest.pth").exists()
            raise stop("enough")

    with pytest.raises(stop, match="enough"):
        run(make_spec(**{"train.num_epochs": 50}), report)
    assert len(list((tmp_path / "run/train").glob("model_*.pth"))) == 1
    last = _records(tmp_path / "run")[-1]["status"]
    assert last == ("RUNNING" if stop is SystemExit else "FAILURE")


@pytest.mark.parametrize(
    ("number", "left", "code"),
    [(signal.SIGTERM, SystemExit, 143), (signal.SIGINT, KeyboardInterrupt, 0)],
)
def test_signals_end_the_run_with_a_failure_record(
    make_spec: MakeSpec,
    tmp_path: Path,
    number: signal.Signals,
    left: type[BaseException],
    code: int,
) -> None:
    def report(record: dict[str, Any]) -> None:
        if record.get("epoch") == 1:
            signal.raise_signal(number)

    handlers = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(left) as caught:
        run(make_spec(**{"train.num_epochs": 50}), report)
    assert getattr(caught.value, "code", 0) == code
    assert _records(tmp_path / "run")[-1]["message"] == f"stopped by {number.name}"
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_thread_can_train_and_nothing_is_left_behind(make_spec: MakeSpec) -> None:
    spec = make_spec(**{"train.num_epochs": 1, "dataset.num_workers": 2})
    torch.manual_seed(5)
    handlers = list(logging.getLogger("pytorch_lightning").handlers)
    before = (torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist())
    flags = (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic)
    threads = set(threading.enumerate())
    faults: list[BaseException] = []

    def work() -> None:
        try:
            run(spec)
        except BaseException as exc:
            faults.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert faults == []
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]
    assert (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic) == flags
    assert logging.getLogger("pytorch_lightning").handlers == handlers
    assert set(threading.enumerate()) <= threads


def test_a_loss_that_is_not_finite_names_epoch_and_step(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    spec = make_spec(**{"train.optim.base_lr": 10.0, "model.triplet_loss_weight": 100.0})
    spec["train"]["optim"] |= {"name": "SGD", "warmup_iters": 0, "lr_steps": [1]}
    spec["model"]["neck"] = "no"
    with pytest.raises(TrainingError, match=r"is not a finite number in epoch \d, step \d"):
        run(spec)
    last = _records(tmp_path / "run")[-1]
    assert last["status"] == "FAILURE"
    assert "is not a finite number" in last["message"]


def test_a_step_in_parts_is_counted_once(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, forward = iter(range(1, 5)), WeightedLosses.forward

    def third_is_lost(self: WeightedLosses, *given: Any) -> torch.Tensor:
        return forward(self, *given) * (float("nan") if next(parts) == 3 else 1.0)

    monkeypatch.setattr(WeightedLosses, "forward", third_is_lost)
    with pytest.raises(TrainingError, match="epoch 1, step 2;"):
        run(make_spec(**{"train.accumulate": 2, "dataset.num_instances": 2}))


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"results_dir": ""}, "results_dir is empty"),
        ({"dataset.batch_size": 18}, "not a multiple"),
        ({"dataset.batch_size": 48}, "needs 12 identities .* batch_size that works is 32"),
        ({"dataset.num_classes": 9}, "num_classes is 9 but the training set has 8"),
        ({"dataset.train_dataset_dir": "/nowhere"}, "does not exist"),
        ({"train.num_gpus": 9}, "num_gpus is 9|gpu_ids"),
        ({"model.pretrained_model_path": "/no.pth", "model.pretrain_choice": "self"}, "/no.pth"),
        ({"model.jpm": True}, "model.jpm True has no effect unless model.backbone is swin_tiny"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    make_spec: MakeSpec, tmp_path: Path, overrides: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        run(make_spec(**overrides))
    assert not (tmp_path / "run").exists()


def test_where_the_folder_exists_a_refusal_is_recorded(make_spec: MakeSpec, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(ConfigError):
        run(make_spec(**{"train.num_epochs": 0}))
    assert "num_epochs" in _records(tmp_path / "run")[-1]["message"]


def test_a_broken_crop_is_found_before_training(
    make_spec: MakeSpec, data_dir: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(data_dir / "sample_test", tmp_path / "gallery")
    victim = sorted(folder.glob("*.jpg"))[3]
    victim.write_bytes(victim.read_bytes()[:200])
    with pytest.raises(DataError, match=victim.name):
        run(make_spec(**{"dataset.test_dataset_dir": str(folder)}))
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_told_before_training(
    make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: nearly_full)
    with pytest.raises(ConfigError, match="no room for checkpoints"):
        run(make_spec())
    assert not (tmp_path / "run").exists()
