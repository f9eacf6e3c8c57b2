"""What ``train.activation_checkpoint`` saves and costs: MiB kept of a crop, and time, in turns.

``python experiments/benchmarks/training/activation_checkpoint.py`` takes minutes. Kept is what
lives between forward and backward, parameters left out; of the time it prints the median ratio of
seven turns.
"""

from __future__ import annotations

import copy
import sys
import time
from statistics import median

import torch
from torch import Tensor

from reid_model.config import load_spec
from reid_model.models.network import Outputs, ReIDNetwork
from reid_model.models.recompute import recompute_blocks

NAMES = (
    "resnet_50",
    "osnet_x1_0",
    "swin_tiny_patch4_window7_224",
    "timm:vit_small_patch16_224",
    "timm:convnext_tiny",
)
BATCH, TURNS = 4, 7


def loss(outputs: Outputs) -> Tensor:
    """A number that depends on all that the losses see."""
    return outputs.whole.scores.square().sum() + outputs.whole.features.square().sum()


def kept(network: ReIDNetwork, images: Tensor) -> float:
    """MiB that a crop's forward pass leaves for the backward pass."""
    own = {each.untyped_storage().data_ptr() for each in network.parameters()}
    seen: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        found = loss(network(images))
    total = sum(seen.values())
    found.backward()  # type: ignore[no-untyped-call]
    return total / BATCH / 2**20


def seconds(network: ReIDNetwork, images: Tensor) -> float:
    """Of forward and backward."""
    network.zero_grad()
    began = time.perf_counter()
    loss(network(images)).backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - began


def main() -> None:
    """Print a line for each network."""
    images = torch.rand(BATCH, 3, 256, 128)
    for name in NAMES:
        plain = ReIDNetwork(load_spec({"model": {"backbone": name}}).model, 751)
        saving = copy.deepcopy(plain)
        recompute_blocks(saving)
        before, after = kept(plain, images), kept(saving, images)
        ratio = median(seconds(saving, images) / seconds(plain, images) for _ in range(TURNS))
        sys.stdout.write(f"{name:30} {before:7.1f} MiB {after:7.1f} MiB {ratio:6.2f}\n")


if __name__ == "__main__":
    main()
