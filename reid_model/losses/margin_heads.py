"""Margin heads: logits from cosines, the true class made harder by a margin.

Each function takes (n, classes) cosines, (n,) labels, a margin and a scale, and returns logits for
the cross-entropy, in float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

MarginHead = Callable[[Tensor, Tensor, float, float], Tensor]


def arcface(cosines: Tensor, labels: Tensor, margin: float, scale: float) -> Tensor:
    """cos(angle + margin) for the true class (Deng et al., "ArcFace", CVPR 2019, eq. 3).

    Beyond angle + margin = pi, where the cosine would rise again, it goes on falling linearly.
    """
    target = _true(cosines, labels)
    sine = (1.0 - target.square()).clamp(min=1e-12).sqrt()
    shifted = target * math.cos(margin) - sine * math.sin(margin)
    linear = target - margin * math.sin(margin)
    harder = torch.where(target > math.cos(math.pi - margin), shifted, linear)
    return scale * _with_true(cosines, labels, harder)


def cosface(cosines: Tensor, labels: Tensor, margin: float, scale: float) -> Tensor:
    """cos(angle) - margin for the true class (Wang et al., "CosFace", CVPR 2018, eq. 4).

    AM-softmax (Wang et al., IEEE SPL 2018) is the same formula.
    """
    return scale * _with_true(cosines, labels, _true(cosines, labels) - margin)


def circle(cosines: Tensor, labels: Tensor, margin: float, scale: float) -> Tensor:
    """Self-paced cosines (Sun et al., "Circle loss", CVPR 2020, eq. 6).

    True classes are drawn to 1 - margin, others to margin, the faster the farther they are.
    """
    cosines = cosines.float()
    target = _true(cosines, labels)
    pull = (1.0 + margin - target).clamp(min=0.0).detach()
    push = (cosines + margin).clamp(min=0.0).detach()
    others = scale * push * (cosines - margin)
    return _with_true(others, labels, scale * pull * (target - (1.0 - margin)))


MARGIN_HEADS: dict[str, MarginHead] = {
    "arcface": arcface,
    "cosface": cosface,
    "amsoftmax": cosface,
    "circle": circle,
}


def _true(cosines: Tensor, labels: Tensor) -> Tensor:
    return cosines.float().gather(1, labels[:, None]).squeeze(1)


def _with_true(cosines: Tensor, labels: Tensor, values: Tensor) -> Tensor:
    return cosines.float().scatter(1, labels[:, None], values[:, None])
