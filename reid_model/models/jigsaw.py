"""Jigsaw patches: groups of far-apart patches that must each recognise the person.

He et al., "TransReID" (ICCV 2021), section 3.3. The shared transformer layer of the paper is that
of timm's vision transformers (:mod:`reid_model.models.timm_networks.vit_features`); parts of other
networks are means of the last feature map.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.config.model import ModelConfig


@dataclass(frozen=True)
class Jigsaw:
    """Shift, shuffle into ``groups`` (if ``rearrange``) and cut into ``parts``."""

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

    def groups_as_published(self, patches: Tensor) -> tuple[Tensor, ...]:
        """The (n, length // parts, c) patches of each part, of (n, length, c) in all.

        As in TransReID's code: it moves one patch fewer than ``shift``, repeats the last but one
        if ``groups`` does not divide, and leaves out what is left after equal parts.
        """
        length = patches.shape[1] // self.parts
        if self.rearrange:
            patches = patches.roll(-max(self.shift - 1, 0), 1)
            missing = -patches.shape[1] % self.groups
            patches = torch.cat([patches, patches[:, -1 - missing : -1]], 1)
            patches = shuffled(patches.transpose(1, 2), self.groups).transpose(1, 2)
        return torch.split(patches[:, : length * self.parts], length, 1)


def jigsaw_of(config: ModelConfig) -> Jigsaw:
    """The jigsaw of ``model.jpm``, without parts if that is off."""
    parts = config.devide_length if config.jpm else 0
    return Jigsaw(parts, config.shift_num, config.shuffle_group, config.re_arrange)


def shuffled(patches: Tensor, groups: int) -> Tensor:
    """(n, c, l) patches dealt out in turn: 0, l / groups, 2 l / groups, ..., 1, ...

    The last patches are repeated if ``groups`` does not divide their number.
    """
    missing = -patches.shape[2] % groups
    if missing:
        patches = torch.cat([patches, patches[:, :, -missing:]], 2)
    rows = patches.reshape(*patches.shape[:2], groups, -1)
    return rows.transpose(2, 3).flatten(2)
