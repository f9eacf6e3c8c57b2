"""Creates a network of timm as a spec wants it, and says in our words what it cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import timm

from reid_model.config.families import TIMM
from reid_model.config.model import ModelConfig
from reid_model.errors import ConfigError
from reid_model.models.timm_networks.overlapping_patches import OverlappingPatches

_REFUSED = re.compile(r"(?:unexpected keyword|multiple values for keyword) argument '(\w+)'")
_KEYS = {
    "drop_path_rate": "drop_path",
    "proj_drop_rate": "drop_out",
    "attn_drop_rate": "att_drop_rate",
    "embed_layer": "patch_stride",
}


def create_body(config: ModelConfig) -> Any:
    """The network, told the crop's size, drop rates and patches as far as it takes them.

    Raises ConfigError for a key that somebody set and it does not take.
    """
    given: dict[str, Any] = {name: getattr(config, key) for name, key in _KEYS.items()}
    given["img_size"] = (config.input_height, config.input_width)
    if config.patch_stride:
        given["embed_layer"] = partial(OverlappingPatches, stride=config.patch_stride)
    else:
        del given["embed_layer"]
    with errors_as_config_errors(config):
        while True:
            try:
                return _created(config, given)
            except TypeError as exc:
                name = _REFUSED.search(str(exc))
                if name is None or name[1] not in given:
                    raise
                _leave_out(name[1], config)
                del given[name[1]]


def _created(config: ModelConfig, given: dict[str, Any]) -> Any:
    return timm.create_model(
        config.backbone.removeprefix(TIMM),
        pretrained=False,
        num_classes=0,
        in_chans=config.input_channels,
        **given,
    )


@contextmanager
def errors_as_config_errors(config: ModelConfig) -> Iterator[None]:
    """Raise ConfigError for whatever the layers of a network raise of the crops' size."""
    try:
        yield
    except ConfigError:
        raise
    except Exception as exc:  # timm's networks raise whatever their layers raise
        said = " ".join(str(exc).split()) or type(exc).__name__
        raise ConfigError(
            f"model.backbone {config.backbone} cannot take crops of {config.input_height}x"
            f"{config.input_width} (model.input_height x model.input_width): {said:.300}"
        ) from exc


def _leave_out(name: str, config: ModelConfig) -> None:
    """Raise ConfigError if somebody set what the network does not have."""
    key = _KEYS.get(name)
    if key and getattr(config, key) != getattr(ModelConfig, key):
        raise ConfigError(
            f"model.{key} {getattr(config, key)} has no effect on {config.backbone}, which has no "
            f"such layers; leave it at {getattr(ModelConfig, key)}"
        )
