"""A small network, trained once, for the actions that use a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.train import run
from reid_model.config import load_spec
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.checkpoint import CheckpointInfo
from reid_model.synthetic import make_data

Spec = dict[str, Any]
UseSpec = Callable[..., Spec]
Records = list[dict[str, Any]]


@pytest.fixture(scope="session")
def three_cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in which most queries have several correct matches."""
    folder = tmp_path_factory.mktemp("three_cameras") / "data"
    make_data(
        folder, ids=16, cameras=3, images_per_camera=2, height=32, width=16, seed=4, tar=False
    )
    return folder


@pytest.fixture(scope="session")
def trained_folder(three_cameras: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a training run of two epochs."""
    folder = tmp_path_factory.mktemp("for_use")
    splits = {
        f"{split}_dataset_dir": str(three_cameras / f"sample_{split}")
        for split in ("train", "test", "query")
    }
    run(
        {
            "results_dir": str(folder),
            "model": {
                "backbone": "osnet_x0_25",
                "input_height": 32,
                "input_width": 16,
                "feat_dim": 32,
                "pretrain_choice": "none",
            },
            "dataset": splits | {"batch_size": 16, "num_workers": 0, "padding": 2},
            "train": {"num_epochs": 2, "optim": {"base_lr": 0.002}},
        }
    )
    return folder


@pytest.fixture(scope="session")
def checkpoint(trained_folder: Path) -> Path:
    """Its newest checkpoint."""
    return trained_folder / "train" / "reid_model_latest.pth"


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a ResNet-18 that was never trained: quicker to trace than an OSNet."""
    spec = load_spec(
        {
            "model": {
                "backbone": "resnet_18",
                "input_height": 32,
                "input_width": 16,
                "feat_dim": 32,
                "gem_pooling": True,
            }
        }
    )
    torch.manual_seed(3)
    network = ReIDNetwork(spec.model, 5)
    info = CheckpointInfo(
        spec=spec,
        num_classes=5,
        num_cameras=2,
        next_epoch=1,
        batches_done=0,
        world_size=1,
        kpi={},
    )
    weights = {f"network.{name}": value for name, value in network.state_dict().items()}
    path = tmp_path_factory.mktemp("untrained") / "untrained.pth"
    torch.save({"reid_model": info.to_plain(), "state_dict": weights}, path)
    return path


@pytest.fixture(scope="session")
def use_spec(checkpoint: Path, three_cameras: Path) -> UseSpec:
    """``use_spec(action, results_dir, **overrides)``: the checkpoint on the data of its training.

    Overrides are ``section.key``, or ``key`` at the root.
    """

    def build(action: str, results_dir: Path, /, **overrides: Any) -> Spec:
        section: Spec = {"checkpoint": str(checkpoint)}
        if action != "export":
            section |= {
                "query_dataset": str(three_cameras / "sample_query"),
                "test_dataset": str(three_cameras / "sample_test"),
            }
        spec: Spec = {
            "results_dir": str(results_dir),
            "dataset": {"num_workers": 0},
            action: section,
        }
        for dotted, value in overrides.items():
            first, _, rest = dotted.rpartition(".")
            (spec.setdefault(first, {}) if first else spec)[rest] = value
        return spec

    return build


@pytest.fixture(scope="session")
def records() -> Callable[[Path], Records]:
    """Reads the status records of a results folder."""

    def read(folder: Path) -> Records:
        lines = (folder / "status.json").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return read
