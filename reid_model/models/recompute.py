"""Gradient checkpointing: a block keeps its input alone and is computed again going backward.

Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016). Gradients, batch statistics and
random draws are those of training without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from reid_model.errors import ConfigError
from reid_model.models.network import ReIDNetwork
from reid_model.models.stages import blocks_of


def recompute_blocks(network: ReIDNetwork) -> None:
    """Have each block of the network's backbone computed again in the backward pass.

    Names and classes of the modules stay what they are to all others: a block's class becomes a
    subclass of its own. Raises ConfigError if the backbone has no blocks.
    """
    blocks = blocks_of(network.backbone)
    if not blocks:
        raise ConfigError(
            "train.activation_checkpoint true has no effect: the network of model.backbone has no "
            "repeated blocks; leave it at false"
        )
    for block in blocks:
        block.__class__ = _recomputing(type(block))


class _Recomputing:
    """Before a module's class: checkpoints its ``forward`` wherever gradients are wanted."""

    def forward(self, *given: Any, **named: Any) -> Any:
        run: Any = super().forward  # type: ignore[misc]
        if not torch.is_grad_enabled():
            return run(*given, **named)
        contexts = partial(_contexts, self)
        # A list may grow before the second computation: DenseNet's does.
        kept = [list(each) if isinstance(each, list) else each for each in given]
        return checkpoint(run, *kept, use_reentrant=False, context_fn=contexts, **named)


def _recomputing(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (_Recomputing, kind), {})


def _contexts(block: Any) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """What surrounds the first computation and the second."""
    return nullcontext(), _statistics_kept(block)


@contextmanager
def _statistics_kept(block: nn.Module) -> Iterator[None]:
    """Batch normalisation has counted the batch already."""
    norms = [each for each in block.modules() if isinstance(each, _BatchNorm) and each.training]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked -= 1
