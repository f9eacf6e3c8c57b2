"""What goes to the device with a batch, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from reid_model.config import load_spec
from reid_model.data.batches import Batch
from reid_model.data.inputs import open_inputs
from reid_model.models.network import ReIDNetwork
from reid_model.module import ReIDModule


def test_places_stay_on_the_cpu(make_spec: Callable[..., dict[str, Any]]) -> None:
    """They would be waited for at each step if they had to come back from a GPU."""
    config = load_spec(make_spec())
    inputs = open_inputs(config, world_size=1)
    network = ReIDNetwork(config.model, inputs.train.num_classes)
    module = ReIDModule(config, network, inputs.train, inputs.retrieval)
    batch = Batch(torch.zeros(2, 4, 4, 3, dtype=torch.uint8), torch.tensor([1, 0]))
    moved = module.transfer_batch_to_device(batch, torch.device("meta"), 0)
    assert moved.crops.device.type == "meta"
    assert moved.indices.device.type == "cpu"
