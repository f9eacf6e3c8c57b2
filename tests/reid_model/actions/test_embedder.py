"""Embeddings in order, whatever the batches and devices."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reid_model.actions.embedder import Embedder, inference_devices, open_crops
from reid_model.actions.training.restore import Restored, restore_network
from reid_model.config import load_spec
from reid_model.data.decode import decode
from reid_model.data.folder import Crop, list_folder
from reid_model.errors import ConfigError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Restored:
    """The trained network."""
    return restore_network(str(checkpoint), load_spec({"dataset": {"num_workers": 0}}), key="k")


@pytest.fixture(scope="module")
def crops(three_cameras: Path) -> tuple[Crop, ...]:
    """The gallery's crops."""
    return list_folder(three_cameras / "sample_test", "k").crops


@pytest.mark.parametrize("devices", [(CPU,), (CPU, CPU, CPU)])
@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("batch_size", [5, 1000])
def test_every_crop_is_embedded_in_order(
    network: Restored,
    crops: tuple[Crop, ...],
    devices: tuple[torch.device, ...],
    cached: bool,
    batch_size: int,
) -> None:
    store = open_crops(crops, network, cached=cached)
    parts = list(Embedder(network, devices, batch_size).features(store, crops))
    found = torch.cat(parts)
    assert {len(part) for part in parts[:-1]} <= {batch_size}
    for place in (0, 7, len(crops) - 1):
        pixels = decode(crops[place].path, height=32, width=16, channels=3) / 255.0
        image = torch.tensor((pixels - [0.485, 0.456, 0.406]) / 0.226, dtype=torch.float32)
        with torch.inference_mode():
            alone = network.network.embed(image.permute(2, 0, 1)[None])
        torch.testing.assert_close(found[place], alone[0], rtol=1e-4, atol=1e-5)
    assert len(found) == len(crops)


def test_more_devices_than_exist_are_refused() -> None:
    with pytest.raises(ConfigError, match="inference.num_gpus|inference.gpu_ids"):
        inference_devices(99, (0,), section="inference")
