"""The average of the weights is kept where the weights are."""

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from reid_model.actions.training.devices import Devices, pick_devices
from reid_model.actions.training.trainer import build_trainer, weight_average
from reid_model.config import load_spec


class _Module(pl.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)


def _kinds(callback: pl.Callback, trainer: pl.Trainer) -> set[str]:
    """Where the average lies after Lightning's set-up, which comes before the weights are moved."""
    callback.setup(trainer, _Module(), "fit")
    return {value.device.type for value in callback._average_model.parameters()}  # type: ignore[attr-defined]


def _trainer(devices: Devices) -> pl.Trainer:
    config = load_spec({"train": {"ema_decay": 0.9}})
    return build_trainer(config, devices, [], lost=print)


def test_the_average_lies_on_the_device_that_it_is_told() -> None:
    trainer = _trainer(Devices("cpu", 1, 1, "one process"))
    assert _kinds(trainer.callbacks[0], trainer) == {"cpu"}
    assert _kinds(weight_average(0.9, torch.device("meta")), trainer) == {"meta"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_no_step_copies_the_weights_to_the_cpu() -> None:
    trainer = _trainer(pick_devices(1, [0]))
    assert _kinds(trainer.callbacks[0], trainer) == {"cuda"}
