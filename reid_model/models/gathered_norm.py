"""Batch normalisation over the crops of all processes, also on the CPU.

torch's SyncBatchNorm works on GPUs only; this one makes several CPU processes train exactly like
one, which is also how our distributed training is tested.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class _SumOverProcesses(torch.autograd.Function):
    """Sum forward, and, since every process adds to every result, sum backward."""

    @staticmethod
    def forward(ctx: object, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


def _total(values: Tensor) -> Tensor:
    return cast(Tensor, _SumOverProcesses.apply(values))  # type: ignore[no-untyped-call]


class GatheredBatchNorm(_BatchNorm):
    """Batch normalisation of (n, c, ...) with mean and variance over all processes."""

    def forward(self, values: Tensor) -> Tensor:
        """Like torch's batch normalisation; every process must take part in training mode."""
        if not self.training:
            return super().forward(values)
        dims = [0, *range(2, values.dim())]
        count = _total(values.new_tensor(values.numel() / values.shape[1]))
        mean = _total(values.sum(dims)) / count
        centred = values - _shaped(mean, values)
        variance = _total(centred.square().sum(dims)) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        normed = centred * _shaped((variance + self.eps).rsqrt(), values)
        return normed * _shaped(self.weight, values) + _shaped(self.bias, values)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        share = self.momentum if self.momentum is not None else 0.1
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)
        self.num_batches_tracked += 1

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002
        """Any number of dimensions is accepted."""


def gather_norms(network: nn.Module) -> None:
    """Replace every batch normalisation inside ``network``; names and tensors stay the same."""
    for name, child in network.named_children():
        if not isinstance(child, _BatchNorm):
            gather_norms(child)
            continue
        replacement = GatheredBatchNorm(child.num_features, child.eps, child.momentum)
        replacement.weight, replacement.bias = child.weight, child.bias
        for buffer, value in child.named_buffers():
            setattr(replacement, buffer, value)
        setattr(network, name, replacement)


def _shaped(vector: Tensor, like: Tensor) -> Tensor:
    return vector.view(1, -1, *[1] * (like.dim() - 2))
