"""Weights that follow from a tensor's name and shape alone, so that two networks can share them."""

from __future__ import annotations

import zlib

import torch
from torch import Tensor


def filled(name: str, shape: tuple[int, ...]) -> Tensor:
    """Random numbers such that activations stay sane, as experiments/parity.py has them."""
    dice = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    if name.endswith("running_var"):
        return torch.rand(shape, generator=dice) + 0.5
    drawn = torch.randn(shape, generator=dice)
    if len(shape) < 2:
        return drawn * 0.1 + float(name.endswith("weight"))
    return drawn * (1.0 / drawn[0].numel()) ** 0.5
