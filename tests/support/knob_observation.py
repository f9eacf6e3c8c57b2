"""What a train spec makes happen, as comparable values: the other side of the knob test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.folders import check_results_dir
from reid_model.actions.train import run
from reid_model.actions.training import loggers
from reid_model.actions.training.devices import pick_devices
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.loggers import build_loggers
from reid_model.actions.training.network import build_network
from reid_model.config import load_spec
from reid_model.config.loggers import usable_loggers
from reid_model.data.cache import cache_of
from reid_model.data.inputs import open_inputs
from reid_model.models.weights.files import read_tensors
from reid_model.models.weights.pretrained import start_from_weights
from reid_model.module import ReIDModule, rate_schedule
from reid_model.module.optimizers import build_optimizer

Observation = dict[str, Any]


def built(spec: dict[str, Any], folder: Path) -> Observation:
    """Devices, data, network, losses, optimiser and schedule, without training."""
    config = load_spec(spec)
    check_results_dir(config)
    usable_loggers(config)
    inputs = open_inputs(config, 1)
    train, held = inputs.loaders(config, rank=0, world_size=1, start=(0, 0), to_gpu=False)
    with isolated(config.train):
        flags = (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic)
        torch.manual_seed(1)
        network = build_network(config, inputs.train)
        told = start_from_weights(network, config.model)
        weights = _digest(network.state_dict())
        module = ReIDModule(config, network, inputs.train, inputs.retrieval)
        batch = next(iter(train))
        images = module._augmented(batch) if _has_trainer(module) else None
        cameras = module._train_cameras[batch.indices]
        labels = module._labels[batch.indices]
        torch.manual_seed(2)
        kept: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(_counted(kept), lambda tensor: tensor):
            outputs = network(images, cameras)
        loss = module.losses(outputs, labels)
        centers = module.losses.state_dict()
        embedded = network.eval().embed(images, cameras)
    optimizer = build_optimizer(network, config.train)
    schedule = rate_schedule(config)
    return {
        "flags": flags,
        "told": told,
        "weights": weights,
        "batches": [len(batch.indices) for batch in train],
        "held": [len(batch.indices) for batch in held],
        "images": _digest({"images": images}),
        "loss": float(loss.detach()),
        "centers": _digest(centers),
        "embedded": _digest({"embedded": embedded}),
        "kept for the backward pass": sum(kept),
        "optimizer": (type(optimizer).__name__, _groups(optimizer)),
        "rates": [round(schedule.factor(step / 10), 9) for step in range(300)],
    }


def _counted(kept: list[int]) -> Callable[[torch.Tensor], torch.Tensor]:
    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.numel())
        return tensor

    return keep


class _Clock:
    current_epoch = 0
    world_size = 1


def _has_trainer(module: ReIDModule) -> bool:
    """Give the module the one thing of a trainer that augmentation asks for."""
    module.__dict__["_trainer"] = _Clock()
    return True


def _digest(tensors: dict[str, Any]) -> str:
    """Names, shapes, and for each tensor a weighted sum that any change would move."""
    told = []
    for name, value in tensors.items():
        flat = value.detach().double().flatten()
        ramp = torch.linspace(1.0, 2.0, len(flat), dtype=torch.float64)
        told.append((name, tuple(value.shape), float((flat * ramp).sum())))
    return str(told)


def _groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    return [
        {**{name: value for name, value in group.items() if name != "params"}}
        | {"count": len(group["params"])}
        for group in optimizer.param_groups
    ]


def workers(spec: dict[str, Any], folder: Path) -> Observation:
    """Reader processes where crops are not cached."""
    spec["dataset"]["cache_limit_gb"] = 0.0
    config = load_spec(spec)
    inputs = open_inputs(config, 1)
    loader, _ = inputs.loaders(config, rank=0, world_size=1, start=(0, 0), to_gpu=False)
    return {"workers": loader.num_workers}


def cached(spec: dict[str, Any], folder: Path) -> Observation:
    """Whether and where decoded crops are kept."""
    config = load_spec(spec)
    cache, inputs = cache_of(config.dataset), open_inputs(config, 1)
    return {"folder": cache.folder, "kept": inputs.train_store.in_memory}


def devices(spec: dict[str, Any], folder: Path) -> Observation:
    """The devices that would be used on a machine with four GPUs."""
    config = load_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 4)
        patch.setattr(torch.cuda, "get_device_name", lambda index: "GPU")
        return vars(pick_devices(config.train.num_gpus, config.train.gpu_ids))


def trained(spec: dict[str, Any], folder: Path) -> Observation:
    """A real run: its files below ``folder``, records, and whether checkpoints are readable."""
    records: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reid_model.models.compiled.BACKEND", "eager")  # to generate code takes long
        run(spec, records.append)
    files = sorted(folder.rglob("*"))
    checkpoints = [path for path in files if path.suffix == ".pth" and not path.is_symlink()]
    newest = read_tensors(checkpoints[-1], spec.get("encryption_key", "")) if checkpoints else {}
    states = newest.get("callbacks", {}).values()
    return {
        "files": [str(path.relative_to(folder)) for path in files if path.is_file()],
        "scores": [state.get("scores") for state in states],
        "facts": [(record["status"], record.get("kpi")) for record in records],
        "message": records[0]["message"],
        "encrypted": [path.read_bytes()[:4] for path in checkpoints],
        "averaged": "averaging_state" in newest,
    }


def logged(spec: dict[str, Any], folder: Path) -> Observation:
    """What Weights & Biases would be told, its package being there."""
    config = load_spec(spec)
    told: dict[str, Any] = {}

    def fake(**options: Any) -> object:
        told.update({name: str(value) for name, value in options.items()})
        return object()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loggers, "WandbRun", fake)
        found = build_loggers(replace(config, train=replace(config.train, loggers=())))
    return {"told": json.dumps(told, sort_keys=True), "count": len(found)}


OBSERVERS: dict[str, Callable[[dict[str, Any], Path], Observation]] = {
    "built": built,
    "workers": workers,
    "cached": cached,
    "devices": devices,
    "trained": trained,
    "logged": logged,
}
