"""Swin transformers at any input size: timm's blocks with camera and semantic embeddings.

Semantic weight: Chen et al., "SOLIDER" (CVPR 2023), section 3.3.
"""

from __future__ import annotations

import math
from typing import Any

import timm
import torch
from torch import Tensor, nn

from reid_model.config.model import ModelConfig
from reid_model.models.camera import CameraEmbedding

_PATCH = 4
# softplus of this is 1: the semantic scaling starts as the identity.
_UNIT_SOFTPLUS = math.log(math.e - 1.0)


class SwinFeatures(nn.Module):
    """(n, channels, h, w) images to an (n, width, h / 32, w / 32) map; cameras (n,) may be None."""

    sees_cameras = True

    def __init__(self, config: ModelConfig, num_cameras: int) -> None:
        super().__init__()
        self.body: Any = timm.create_model(
            config.backbone,
            pretrained=False,
            num_classes=0,
            global_pool="",
            in_chans=config.input_channels,
            img_size=(_patched(config.input_height), _patched(config.input_width)),
            # Else timm shrinks the windows of small maps, and no published bias table fits them.
            always_partition=True,
            drop_path_rate=config.drop_path,
            proj_drop_rate=config.drop_out,
            attn_drop_rate=config.att_drop_rate,
        )
        self.width = int(self.body.num_features)
        _use_fused_attention(self.body)
        self.camera = CameraEmbedding(config, num_cameras, self.body.embed_dim)
        widths = [self.body.embed_dim * 2**stage for stage in range(1, len(self.body.layers))]
        self.semantic = _SemanticScaling(config.semantic_weight, widths)

    def forward(self, images: Tensor, cameras: Tensor | None = None) -> Tensor:
        """The last stage's feature map; a border is filled up to whole patches with 0, the mean."""
        height, width = images.shape[2:]
        images = nn.functional.pad(
            images, (0, _patched(width) - width, 0, _patched(height) - height)
        )
        found: Tensor = self.camera(self.body.patch_embed(images), cameras)
        for index, stage in enumerate(self.body.layers):
            found = stage.downsample(found)
            if index:
                found = self.semantic(found, index - 1)
            found = stage.blocks(found)
        normed: Tensor = self.body.norm(found)
        return normed.permute(0, 3, 1, 2)


def _patched(length: int) -> int:
    """The length of whole patches that cover ``length`` pixels."""
    return -(-length // _PATCH) * _PATCH


class _SemanticScaling(nn.Module):
    """Scales and shifts the merged patches between stages by the semantic weight; off at 1.0.

    As in SOLIDER's network, without the last of its four layers, which affects no output.
    """

    def __init__(self, weight: float, widths: list[int]) -> None:
        super().__init__()
        self._active = weight < 1.0
        if not self._active:
            return
        self.register_buffer("mixture", torch.tensor([weight, 1.0 - weight]), persistent=False)
        self.scale = nn.ModuleList(_semantic_layer(width, _UNIT_SOFTPLUS) for width in widths)
        self.shift = nn.ModuleList(_semantic_layer(width, 0.0) for width in widths)

    def forward(self, features: Tensor, merging: int) -> Tensor:
        """(n, h, w, width) patches after the ``merging``-th merging (from 0)."""
        if not self._active:
            return features
        scale: Tensor = self.scale[merging](self.mixture)
        shift: Tensor = self.shift[merging](self.mixture)
        return features * nn.functional.softplus(scale) + shift


def _semantic_layer(width: int, start: float) -> nn.Linear:
    layer = nn.Linear(2, width)
    nn.init.trunc_normal_(layer.weight, std=0.02)
    nn.init.constant_(layer.bias, start)
    return layer


def _use_fused_attention(body: nn.Module) -> None:
    """torch's scaled_dot_product_attention in every block; timm leaves it off for windows."""
    for module in body.modules():
        if hasattr(module, "fused_attn"):
            setattr(module, "fused_attn", True)  # noqa: B010
