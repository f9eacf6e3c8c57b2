"""Vision transformers of timm with what TransReID adds: cameras, and parts that share a block.

He et al., "TransReID" (ICCV 2021), sections 3.3 and 3.4.
"""

from __future__ import annotations

import copy
from typing import Any

from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, cat, nn

from reid_model.config.model import ModelConfig
from reid_model.models.camera import CameraEmbedding
from reid_model.models.jigsaw import jigsaw_of
from reid_model.models.timm_networks.features import TimmFeatures


def is_plain_transformer(body: Any) -> bool:
    """Whether timm's network is a vision transformer of its usual steps, whatever its weights."""
    if not isinstance(body, VisionTransformer):
        return False
    return type(body).forward_features is VisionTransformer.forward_features


class VitFeatures(TimmFeatures):
    """As its base, and with ``model.jpm`` a vector (n, width) of each jigsaw part as well.

    ``cameras`` (n,) may be None.
    """

    sees_cameras = True

    def _extend(self, config: ModelConfig, num_cameras: int) -> None:
        self.camera = CameraEmbedding(config, num_cameras, int(self.body.embed_dim))
        self._jigsaw = jigsaw_of(config)
        self.part_block: nn.Sequential | None = None
        if config.jpm:
            last = (self.body.blocks[-1], self.body.norm)
            self.part_block = nn.Sequential(*map(copy.deepcopy, last))

    def forward(self, images: Tensor, cameras: Tensor | None = None) -> tuple[Tensor, ...]:
        """The last feature map, the vector that timm's head makes of it, and those of parts."""
        tokens = self._tokens(images, cameras)
        whole = self.body.norm(self.body.blocks[-1](tokens))
        return self._as_map(whole), self._pooled(whole), *self._parts(tokens)

    def _tokens(self, images: Tensor, cameras: Tensor | None) -> Tensor:
        """What the last block is given; steps as in timm's ``forward_features``."""
        found = self.body._pos_embed(self.body.patch_embed(images))
        found = self.body.patch_drop(self.camera(found, cameras))
        found = self.body.norm_pre(found)
        for block in self.body.blocks[:-1]:
            found = block(found)
        tokens: Tensor = found
        return tokens

    def _parts(self, tokens: Tensor) -> list[Tensor]:
        """The parts share one block, a copy of the last one, and all see the class token."""
        if self.part_block is None:
            return []
        first = int(self.body.num_prefix_tokens)
        groups = self._jigsaw.groups_as_published(tokens[:, first:])
        return [
            self._pooled(self.part_block(cat([tokens[:, :first], group], 1))) for group in groups
        ]
