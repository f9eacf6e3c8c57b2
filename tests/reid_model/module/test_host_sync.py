"""A training step asks its device for no value, which on a GPU would be a wait at each step.

The meta device has no values at all: whatever asks for one, by ``item``, a boolean index or
``nonzero``, is an error there, while the step takes the way that batches on a GPU take.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from reid_model.config import load_spec
from reid_model.data.batches import Batch
from reid_model.data.inputs import open_inputs
from reid_model.models.network import ReIDNetwork
from reid_model.module import ReIDModule

META = torch.device("meta")


@pytest.fixture
def step(
    make_spec: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., torch.Tensor]:
    """Runs one step forward and backward on the meta device and returns its loss."""
    monkeypatch.setattr(torch, "autocast", lambda *words, **options: nullcontext())  # not for meta

    def run(**overrides: Any) -> torch.Tensor:
        config = load_spec(make_spec(**overrides))
        inputs = open_inputs(config, world_size=1)
        network = ReIDNetwork(config.model, inputs.train.num_classes, inputs.train.num_cameras)
        module = ReIDModule(config, network, inputs.train, inputs.retrieval).to(META)
        module.trainer = pl.Trainer(accelerator="cpu", devices=1, barebones=True)
        module.on_fit_start()
        indices = torch.arange(config.dataset.batch_size)
        size = (config.model.input_height, config.model.input_width, 3)
        batch = Batch(torch.zeros(len(indices), *size, dtype=torch.uint8), indices)
        loss = module.training_step(module.transfer_batch_to_device(batch, META, 0))
        loss.backward()
        return loss

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"model.metric_loss_type": "weighted_triplet", "model.with_center_loss": True},
        {
            f"dataset.{name}": 0.5
            for name in ("hue", "local_grey_prob", "auto_augment_prob", "augmix_prob", "patch_prob")
        },
        {"model.no_margin": True, "model.cos_layer": True},
        {"model.id_loss_type": "arcface"},
        {"model.id_loss_type": "cosface"},
        {"model.id_loss_type": "amsoftmax"},
        {"model.id_loss_type": "circle"},
        {"dataset.brightness": 0.2, "dataset.re_prob": 1.0, "train.optim.trp_l2": True},
    ],
    ids=lambda spec: "-".join(map(str, spec)) or "default",
)
def test_a_step_reads_nothing_back(step: Any, spec: dict[str, Any]) -> None:
    assert step(**spec).device == META


def test_reading_a_value_back_is_noticed(step: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReIDModule, "_check_finite", lambda module, loss: float(loss))
    with pytest.raises(RuntimeError, match="meta"):
        step()
