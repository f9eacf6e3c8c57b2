"""Jigsaw patches: groups of far-apart patches that must each recognise the person.

He et al., "TransReID" (ICCV 2021), section 3.3, on the last feature map of a Swin backbone. Each
group is pooled by its mean; the paper's shared transformer layer needs a class token, which Swin
does not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Jigsaw:
    """Shift, shuffle into ``groups`` (where ``rearrange``) and cut into ``parts``."""

    parts: int
    shift: int
    groups: int
    rearrange: bool

    def __call__(self, features: Tensor) -> tuple[Tensor, ...]:
        """The mean (n, c) of each part of an (n, c, h, w) feature map, h * w >= parts."""
        patches = features.flatten(2)
        if self.rearrange:
            patches = shuffled(patches.roll(-self.shift, 2), self.groups)
        return tuple(part.mean(2) for part in torch.tensor_split(patches, self.parts, dim=2))


def shuffled(patches: Tensor, groups: int) -> Tensor:
    """(n, c, l) patches dealt out in turn: 0, l / groups, 2 l / groups, ..., 1, ...

    The last patches are repeated where ``groups`` does not divide their number.
    """
    missing = -patches.shape[2] % groups
    if missing:
        patches = torch.cat([patches, patches[:, :, -missing:]], 2)
    rows = patches.reshape(*patches.shape[:2], groups, -1)
    return rows.transpose(2, 3).flatten(2)
