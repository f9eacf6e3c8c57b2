"""Any network of timm as a backbone: ``model.backbone`` timm:NAME.

A crop's one vector is what timm's own head makes of the features before it classifies: the class
token of a vision transformer, the normalised mean of a ConvNeXt, the attention pooling of CLIP.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from reid_model.config.model import ModelConfig
from reid_model.errors import ConfigError
from reid_model.models.timm_networks.body import errors_as_config_errors


class TimmFeatures(nn.Module):
    """(n, channels, h, w) images to a map (n, width, rows, columns) and a vector (n, width)."""

    sees_cameras = False

    def __init__(self, config: ModelConfig, body: Any, num_cameras: int) -> None:
        """``body``: from :func:`reid_model.models.timm_networks.body.create_body`."""
        super().__init__()
        self.body = body
        self._extend(config, num_cameras)
        with errors_as_config_errors(config):
            found, pooled = self._tried(config)
        self.width = int(pooled.shape[1])
        _check_map(config, tuple(found.shape), self.width)

    def _extend(self, config: ModelConfig, num_cameras: int) -> None:
        """Add what the network of timm lacks; here nothing."""
        if config.sie_camera:
            raise ConfigError(
                f"model.sie_camera true acts on Swins and on timm's plain vision transformers, not "
                f"on {config.backbone}; leave it at false"
            )

    def forward(self, images: Tensor, cameras: Tensor | None = None) -> tuple[Tensor, ...]:
        """The last feature map, and the vector that timm's head makes of it."""
        found = self.body.forward_features(images)
        return self._as_map(found), self._pooled(found)

    def _pooled(self, found: Tensor) -> Tensor:
        pooled: Tensor = self.body.forward_head(found, pre_logits=True)
        return pooled

    def _tried(self, config: ModelConfig) -> tuple[Tensor, Tensor]:
        """The features of one empty crop; it draws no random number."""
        shape = (1, config.input_channels, config.input_height, config.input_width)
        self.eval()
        with torch.no_grad():
            found, pooled, *_ = self(torch.zeros(shape))
        self.train()
        if not isinstance(pooled, Tensor) or pooled.dim() != 2:
            raise ConfigError(f"model.backbone {config.backbone} gives no one vector for a crop")
        return found, pooled

    def _as_map(self, found: Any) -> Tensor:
        """Features of any layout as (n, width, rows, columns), without class tokens."""
        if not isinstance(found, Tensor) or found.dim() not in (3, 4):
            raise ConfigError("its features are neither a map nor a row of patches")
        if found.dim() == 4:
            last = str(getattr(self.body, "output_fmt", "NCHW")) == "NHWC"
            as_map: Tensor = found.permute(0, 3, 1, 2) if last else found
            return as_map
        patches: Tensor = found[:, int(getattr(self.body, "num_prefix_tokens", 0)) :]
        rows, columns = self._grid(patches.shape[1])
        patches = patches.transpose(1, 2)
        return patches.reshape(patches.shape[0], patches.shape[1], rows, columns)

    def _grid(self, patches: int) -> tuple[int, int]:
        rows, columns = getattr(getattr(self.body, "patch_embed", None), "grid_size", None) or (
            1,
            1,
        )
        return (rows, columns) if rows * columns == patches else (1, patches)


def _check_map(config: ModelConfig, shape: tuple[int, ...], width: int) -> None:
    """Raise ConfigError if parts or pooling are asked of a map that does not serve them."""
    needs = [name for name in ("gem_pooling", "jpm") if getattr(config, name)]
    if needs and shape[1] != width:
        raise ConfigError(
            f"model.{needs[0]} needs a feature map as wide as the feature: {config.backbone} has "
            f"{shape[1]} and {width}"
        )
    patches = shape[2] * shape[3]
    if config.jpm and config.devide_length > patches:
        raise ConfigError(
            f"model.devide_length {config.devide_length} is more than the {patches} patches of a "
            f"{config.input_height}x{config.input_width} crop"
        )
