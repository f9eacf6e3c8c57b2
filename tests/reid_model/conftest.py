"""A tiny rendered data set and specs that train on it in about a second."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.synthetic import make_data

Spec = dict[str, Any]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits of 8 + 8 identities, 2 cameras, 32x16 pixels."""
    folder = tmp_path_factory.mktemp("people") / "data"
    make_data(
        folder, ids=16, cameras=2, images_per_camera=2, height=32, width=16, seed=3, tar=False
    )
    return folder


@pytest.fixture
def make_spec(data_dir: Path, tmp_path: Path) -> Callable[..., Spec]:
    """A small train spec; dotted overrides are applied to it."""
    base: Spec = {
        "results_dir": str(tmp_path / "run"),
        "model": {
            "backbone": "osnet_x0_25",
            "input_height": 32,
            "input_width": 16,
            "feat_dim": 32,
            "pretrain_choice": "none",
        },
        "dataset": {
            "train_dataset_dir": str(data_dir / "sample_train"),
            "test_dataset_dir": str(data_dir / "sample_test"),
            "query_dataset_dir": str(data_dir / "sample_query"),
            "batch_size": 16,
            "num_workers": 0,
            "padding": 2,
        },
        "train": {"num_epochs": 2, "optim": {"base_lr": 0.001}},
    }

    def build(**overrides: Any) -> Spec:
        spec = copy.deepcopy(base)
        for dotted, value in overrides.items():
            *sections, name = dotted.split(".")
            node = spec
            for section in sections:
                node = node.setdefault(section, {})
            node[name] = value
        return spec

    return build


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
