"""Backbone, pooling, embedding, neck and classifier in one module."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from reid_model.config.model import ModelConfig
from reid_model.models.backbones import build_backbone
from reid_model.models.pooling import AveragePooling, GeMPooling


class Outputs(NamedTuple):
    """What the losses need: class scores (n, classes) and the feature before the neck (n, d)."""

    scores: Tensor
    features: Tensor


class ReIDNetwork(nn.Module):
    """A person re-identification network in the manner of Luo et al. (CVPRW 2019).

    ``forward`` gives the losses' inputs, ``embed`` the retrieval feature.
    """

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__()
        self.backbone = build_backbone(config)
        self.pool = GeMPooling() if config.gem_pooling else AveragePooling()
        self.embedding = _embedding(self.backbone.width, config.feat_dim)
        self.neck = _neck(config)
        self.dropout = nn.Dropout(config.dropout_rate)
        self.classifier = nn.Linear(config.feat_dim, num_classes, bias=False)
        nn.init.normal_(self.classifier.weight, std=0.001)
        self._test_before_neck = config.neck_feat == "before"
        self._flip = config.with_flip_feature

    def forward(self, images: Tensor) -> Outputs:
        """Scores and features of normalised images (n, c, h, w)."""
        features = self._features(images)
        return Outputs(self.classifier(self.dropout(self.neck(features))), features)

    def embed(self, images: Tensor) -> Tensor:
        """The un-normalised retrieval feature (n, feat_dim) of normalised images."""
        found = self._embed_once(images)
        return (found + self._embed_once(images.flip(-1))) / 2 if self._flip else found

    def _embed_once(self, images: Tensor) -> Tensor:
        features = self._features(images)
        return features if self._test_before_neck else self._through_neck(features)

    def _features(self, images: Tensor) -> Tensor:
        features: Tensor = self.embedding(self.pool(self.backbone(images)))
        return features

    def _through_neck(self, features: Tensor) -> Tensor:
        found: Tensor = self.neck(features)
        return found


def _embedding(width: int, feat_dim: int) -> nn.Module:
    """A linear layer to ``feat_dim``, or nothing where the backbone already has that width."""
    if width == feat_dim:
        return nn.Identity()
    layer = nn.Linear(width, feat_dim)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)
    return layer


def _neck(config: ModelConfig) -> nn.Module:
    """BNNeck: batch normalisation whose bias stays 0 (Luo et al., section 4.5)."""
    if config.neck == "no":
        return nn.Identity()
    neck = nn.BatchNorm1d(config.feat_dim)
    neck.bias.requires_grad_(False)
    return neck
