"""Any network of timm as a backbone: ``model.backbone`` timm:NAME.

A crop's one vector is what timm's own head makes of the features before it classifies: the class
token of a vision transformer, the normalised mean of a ConvNeXt, the attention pooling of CLIP.
"""

from __future__ import annotations

import re
from typing import Any

import timm
import torch
from torch import Tensor, nn

from reid_model.config.families import TIMM
from reid_model.config.model import ModelConfig
from reid_model.errors import ConfigError

_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
_DROPS = {
    "drop_path_rate": "drop_path",
    "proj_drop_rate": "drop_out",
    "attn_drop_rate": "att_drop_rate",
}


class TimmFeatures(nn.Module):
    """(n, channels, h, w) images to a map (n, width, rows, columns) and a vector (n, width)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size = (config.input_height, config.input_width)
        try:
            self.body: Any = _created(config, size)
            found, pooled = self._tried(config, size)
        except ConfigError:
            raise
        except Exception as exc:  # timm's networks raise whatever their layers raise
            said = " ".join(str(exc).split()) or type(exc).__name__
            raise ConfigError(
                f"model.backbone {config.backbone} cannot take crops of "
                f"{size[0]}x{size[1]} (model.input_height x model.input_width): {said:.300}"
            ) from exc
        self.width = int(pooled.shape[1])
        _check_map(config, tuple(found.shape), self.width)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The last feature map, and the vector that timm's head makes of it."""
        found = self.body.forward_features(images)
        return self._as_map(found), self.body.forward_head(found, pre_logits=True)

    def _tried(self, config: ModelConfig, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """The features of one empty crop; it draws no random number."""
        self.body.eval()
        with torch.no_grad():
            found, pooled = self(torch.zeros(1, config.input_channels, *size))
        self.body.train()
        if not isinstance(pooled, Tensor) or pooled.dim() != 2:
            raise ConfigError(f"model.backbone {config.backbone} gives no one vector for a crop")
        return found, pooled

    def _as_map(self, found: Any) -> Tensor:
        """Features of any layout as (n, width, rows, columns), without class tokens."""
        if not isinstance(found, Tensor) or found.dim() not in (3, 4):
            raise ConfigError("its features are no map and no row of patches")
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


def _created(config: ModelConfig, size: tuple[int, int]) -> Any:
    """The network, told the crop's size and the drop rates as far as it takes them."""
    given: dict[str, Any] = {name: getattr(config, key) for name, key in _DROPS.items()}
    given["img_size"] = size
    while True:
        try:
            return timm.create_model(
                config.backbone.removeprefix(TIMM),
                pretrained=False,
                num_classes=0,
                in_chans=config.input_channels,
                **given,
            )
        except TypeError as exc:
            name = _UNEXPECTED.search(str(exc))
            if name is None or name[1] not in given:
                raise
            _leave_out(name[1], config)
            del given[name[1]]


def _leave_out(name: str, config: ModelConfig) -> None:
    """Raise ConfigError where somebody set what the network does not have."""
    key = _DROPS.get(name)
    if key and getattr(config, key) != getattr(ModelConfig, key):
        raise ConfigError(
            f"model.{key} {getattr(config, key)} does not act on {config.backbone}, which has no "
            f"such layers; leave it at {getattr(ModelConfig, key)}"
        )


def _check_map(config: ModelConfig, shape: tuple[int, ...], width: int) -> None:
    """Raise ConfigError where parts or pooling are asked of a map that does not serve them."""
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
