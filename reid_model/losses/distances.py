"""Pairwise distances that have a gradient everywhere."""

from __future__ import annotations

import torch
from torch import Tensor

_SMALLEST_SQUARE = 1e-12


def euclidean(first: Tensor, second: Tensor) -> Tensor:
    """Euclidean distances (n, m) between rows of (n, d) and (m, d), in float32.

    The square is clamped before the root, whose gradient at 0 is infinite.
    """
    first, second = first.float(), second.float()
    squares = first.square().sum(1)[:, None] + second.square().sum(1)[None, :]
    with torch.autocast(first.device.type, enabled=False):
        products = first @ second.T
    return (squares - 2 * products).clamp(min=_SMALLEST_SQUARE).sqrt()
