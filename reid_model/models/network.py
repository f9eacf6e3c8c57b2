"""Backbone, pooling and heads in one module."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from reid_model.config.families import SWINS, TIMM
from reid_model.config.model import ModelConfig
from reid_model.models.backbones import build_backbone
from reid_model.models.head import Head, HeadOutput
from reid_model.models.jigsaw import jigsaw_of
from reid_model.models.pooling import AveragePooling, GeMPooling
from reid_model.models.stages import check_frozen_stages


class Features(NamedTuple):
    """A feature map (n, c, h, w), the backbone's own summary (n, width), and those of its parts."""

    map: Tensor
    pooled: Tensor | None = None
    parts: tuple[Tensor, ...] = ()


class Outputs(NamedTuple):
    """What the losses need: the whole crop, then its jigsaw parts if there are any."""

    whole: HeadOutput
    parts: tuple[HeadOutput, ...]


class ReIDNetwork(nn.Module):
    """A person re-identification network; ``forward`` is for losses, ``embed`` for retrieval.

    ``cameras`` (n,) are used if ``model.sie_camera`` is on, and may always be left out.
    """

    def __init__(self, config: ModelConfig, num_classes: int, num_cameras: int = 0) -> None:
        super().__init__()
        self.num_classes, self.num_cameras = num_classes, num_cameras
        self.backbone = build_backbone(config, num_cameras)
        check_frozen_stages(config, self.backbone)
        self.pool = GeMPooling() if config.gem_pooling else AveragePooling()
        width = self.backbone.width
        wide = config.backbone in SWINS or config.backbone.startswith(TIMM)
        feat_dim = width if wide and not config.reduce_feat_dim else config.feat_dim
        self.head = Head(config, width, feat_dim, num_classes)
        self._jigsaw = jigsaw_of(config)
        self.part_heads = nn.ModuleList(
            Head(config, width, feat_dim, num_classes) for _ in range(self._jigsaw.parts)
        )
        self._flip = config.with_flip_feature
        self._sees_cameras = getattr(self.backbone, "sees_cameras", False)
        self._gem = config.gem_pooling

    @property
    def feat_dim(self) -> int:
        """Length of the retrieval feature."""
        return self.head.feat_dim * (1 + len(self.part_heads))

    def forward(self, images: Tensor, cameras: Tensor | None = None) -> Outputs:
        """Scores and features of normalised images (n, c, h, w)."""
        features = self._map(images, cameras)
        parts = self._parts(features) if len(self.part_heads) else ()
        told = tuple(head(part) for head, part in zip(self.part_heads, parts, strict=True))
        return Outputs(self.head(self._pooled(features)), told)

    def embed(self, images: Tensor, cameras: Tensor | None = None) -> Tensor:
        """The un-normalised retrieval feature (n, feat_dim) of normalised images."""
        found = self._embed_once(images, cameras)
        if not self._flip:
            return found
        return (found + self._embed_once(images.flip(-1), cameras)) / 2

    def _embed_once(self, images: Tensor, cameras: Tensor | None) -> Tensor:
        """The whole crop's feature, then the parts' features, each divided by their number."""
        features = self._map(images, cameras)
        whole = self.head.embed(self._pooled(features))
        if not len(self.part_heads):
            return whole
        parts = self._parts(features)
        told = [
            head.embed(part) / len(parts)
            for head, part in zip(self._part_heads(), parts, strict=True)
        ]
        return torch.cat([whole, *told], 1)

    def _parts(self, features: Features) -> tuple[Tensor, ...]:
        return features.parts or self._jigsaw(features.map)

    def _part_heads(self) -> list[Head]:
        return [head for head in self.part_heads if isinstance(head, Head)]

    def _map(self, images: Tensor, cameras: Tensor | None) -> Features:
        asked = (images, cameras) if self._sees_cameras else (images,)
        found: Tensor | tuple[Tensor, ...] = self.backbone(*asked)
        if isinstance(found, Tensor):
            return Features(found)
        last, pooled, *parts = found
        return Features(last, pooled, tuple(parts))

    def _pooled(self, features: Features) -> Tensor:
        """The crop's one vector: the backbone's own summary, unless a pooling is asked for."""
        if features.pooled is not None and not self._gem:
            return features.pooled
        pooled: Tensor = self.pool(features.map)
        return pooled
