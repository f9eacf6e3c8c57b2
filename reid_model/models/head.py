"""From a pooled vector to what the losses need: embedding, neck and classifier."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reid_model.config.model import ModelConfig


class HeadOutput(NamedTuple):
    """Class scores (n, classes) and the feature before the neck (n, d)."""

    scores: Tensor
    features: Tensor


class Head(nn.Module):
    """Embedding, BNNeck, dropout and classifier in the manner of Luo et al. (CVPRW 2019)."""

    def __init__(self, config: ModelConfig, width: int, feat_dim: int, num_classes: int) -> None:
        super().__init__()
        self.feat_dim = feat_dim
        self.embedding = _embedding(width, feat_dim)
        self.neck = _neck(config.neck, feat_dim)
        self.dropout = nn.Dropout(config.dropout_rate)
        cosine = config.cos_layer or config.id_loss_type != "softmax"
        self.classifier = (CosineClassifier if cosine else _classifier)(feat_dim, num_classes)
        self._test_before_neck = config.neck_feat == "before"

    def forward(self, pooled: Tensor) -> HeadOutput:
        """Scores and features of pooled vectors (n, width)."""
        features: Tensor = self.embedding(pooled)
        return HeadOutput(self.classifier(self.dropout(self.neck(features))), features)

    def embed(self, pooled: Tensor) -> Tensor:
        """The retrieval feature (n, feat_dim) of pooled vectors."""
        features: Tensor = self.embedding(pooled)
        if self._test_before_neck:
            return features
        after: Tensor = self.neck(features)
        return after

    def take_fully_connected(self, weight: Tensor) -> None:
        """Become the head that torchreid's networks are trained with: linear, norm, ReLU.

        ``weight``: that of the linear layer, (feat_dim, width). Zhou et al. (ICCV 2019), and
        torchreid 0.2.5, ``reid/models/osnet.py``.
        """
        self.feat_dim, width = weight.shape
        norm, linear = nn.BatchNorm1d(self.feat_dim), nn.Linear(width, self.feat_dim)
        self.embedding, self.neck = nn.Sequential(linear, norm, nn.ReLU()), nn.Identity()
        self.classifier = nn.Linear(self.feat_dim, self.classifier.out_features, bias=False)


class CosineClassifier(nn.Linear):
    """Cosines between features and one direction per class, in place of inner products."""

    def __init__(self, feat_dim: int, num_classes: int) -> None:
        super().__init__(feat_dim, num_classes, bias=False)
        nn.init.xavier_normal_(self.weight)

    def forward(self, features: Tensor) -> Tensor:
        """(n, classes) cosines in -1..1, in float32."""
        with torch.autocast(features.device.type, enabled=False):
            return F.linear(F.normalize(features.float()), F.normalize(self.weight.float()))


def _classifier(feat_dim: int, num_classes: int) -> nn.Linear:
    layer = nn.Linear(feat_dim, num_classes, bias=False)
    nn.init.normal_(layer.weight, std=0.001)
    return layer


def _embedding(width: int, feat_dim: int) -> nn.Module:
    """A linear layer to ``feat_dim``, or nothing if the backbone already has that width.

    It starts small, so that distances start near the triplet margin rather than far above it.
    """
    if width == feat_dim:
        return nn.Identity()
    layer = nn.Linear(width, feat_dim)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)
    return layer


def _neck(kind: str, feat_dim: int) -> nn.Module:
    """BNNeck: batch normalisation whose bias stays 0 (Luo et al., section 4.5)."""
    if kind == "no":
        return nn.Identity()
    neck = nn.BatchNorm1d(feat_dim)
    neck.bias.requires_grad_(False)
    return neck
