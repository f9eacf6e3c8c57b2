"""The stages of a backbone from the input on: what layer-wise rates and partial freezing count.

Stage 0 is the stem (first convolution, patch embedding, positions). Behind it are the four stages
of a convolutional network or a Swin, or the blocks of a vision transformer; layers that come after
the last one, such as a final normalisation, belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from torch import nn

from reid_model.config.model import ModelConfig
from reid_model.errors import ConfigError

_BODY = "body."  # a network of timm inside a backbone of ours
_AFTER = "after all"  # what no pattern of timm knows comes last
# Names of our own layers, and what to add to the number in them.
_OWN = (
    (re.compile(r"(?:layer|NL_)(\d)(?:\.|$)"), 0),  # ResNet
    (re.compile(r"(?:conv|pool)([2-5])(?:\.|$)"), -1),  # OSNet
    (re.compile(r"semantic\.(?:scale|shift)\.(\d)(?:\.|$)"), 2),  # Swin, before stage 2 and later
)
_STEM = re.compile(r"(conv1|bn1|relu|maxpool|camera)(\.|$)")
_OWN_BLOCK = re.compile(r"layer\d\.\d+|conv[234]\.\d+|part_block\.0")


def stage_numbers(backbone: nn.Module) -> dict[str, int]:
    """The stage of every module and parameter of a backbone, by name.

    Raises ConfigError for a network of timm that names no stages.
    """
    modules, parameters = backbone.named_modules(), backbone.named_parameters()
    names = [name for name, _ in chain(modules, parameters) if name]
    inside = [name.removeprefix(_BODY) for name in names if name.startswith(_BODY)]
    found = {f"{_BODY}{name}": stage for name, stage in _by_timm(backbone, inside).items()}
    own = {name: _own_stage(name) for name in names if name not in found}
    last = max([*found.values(), *filter(None, own.values())], default=0)
    return found | {name: last if stage is None else stage for name, stage in own.items()}


def check_frozen_stages(config: ModelConfig, backbone: nn.Module) -> None:
    """Raise ConfigError if ``model.freeze_stages`` is more than the backbone has."""
    if config.freeze != "stages":
        return
    count = max(stage_numbers(backbone).values())
    if config.freeze_stages > count:
        raise ConfigError(
            f"model.freeze_stages {config.freeze_stages} is more than the {count} stages that "
            f"{config.backbone} has behind its stem"
        )


def blocks_of(backbone: nn.Module) -> list[nn.Module]:
    """The repeated blocks of layers that make the stages, none inside another; maybe none."""
    patterns = [_OWN_BLOCK]
    if _has_body(backbone):
        given: Any = _matcher(backbone, coarse=False).get("blocks", ())
        listed = [given] if isinstance(given, str) else [pattern for pattern, _ in given]
        numbered = (pattern for pattern in listed if pattern.endswith(r"(\d+)"))
        patterns += [re.compile(re.escape(_BODY) + each.removeprefix("^")) for each in numbered]
    return [
        module
        for name, module in backbone.named_modules()
        if any(pattern.fullmatch(name) for pattern in patterns) and any(module.children())
    ]


def _own_stage(name: str) -> int | None:
    """None for what is neither in the stem nor numbered."""
    if _STEM.match(name):
        return 0
    for pattern, more in _OWN:
        if found := pattern.match(name):
            return int(found[1]) + more
    return None


def _by_timm(backbone: nn.Module, names: Iterable[str]) -> dict[str, int]:
    """timm's own grouping; what it leaves for the head is of the last stage."""
    if not _has_body(backbone):
        return {}
    from timm.models._manipulate import group_with_matcher

    matcher = _matcher(backbone, coarse=True)
    listed = [(name, None) for name in [*names, _AFTER]]
    found: dict[str, int] = group_with_matcher(listed, matcher, reverse=True)
    after = found.pop(_AFTER)
    return {name: min(stage, after - 1) for name, stage in found.items()}


def _has_body(backbone: nn.Module) -> bool:
    return isinstance(getattr(backbone, "body", None), nn.Module)


def _matcher(backbone: nn.Module, *, coarse: bool) -> Mapping[str, Any]:
    body: Any = backbone.body
    found = body.group_matcher(coarse=coarse) if hasattr(body, "group_matcher") else None
    if not isinstance(found, Mapping):
        raise ConfigError(
            f"timm does not say of which stages {type(body).__name__} is made: leave model.freeze, "
            "train.optim.layer_decay and train.activation_checkpoint at their defaults"
        )
    return found
