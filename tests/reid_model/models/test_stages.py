"""Which stage of a backbone each of its parts belongs to."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from reid_model.config import load_spec
from reid_model.errors import ConfigError
from reid_model.models.backbones import build_backbone
from reid_model.models.network import ReIDNetwork
from reid_model.models.stages import blocks_of, stage_numbers

SWIN = "swin_tiny_patch4_window7_224"
EXPECTED: dict[str, dict[str, int]] = {
    "resnet_50": {"conv1.weight": 0, "bn1": 0, "layer1.0": 1, "layer4.2.conv3.weight": 4},
    "resnet_50_ibn_a": {"layer3.0.bn1.IN.weight": 3, "NL_2.1.W.1": 2, "layer4.2": 4},
    "osnet_ain_x0_25": {"conv1.bn": 0, "pool2.0.bn.weight": 1, "conv3.0.IN": 2, "conv5": 4},
    "osnet_x0_25": {"conv1.bn": 0, "conv2.0.conv1.bn": 1, "conv4.1": 3, "conv5.conv.weight": 4},
    SWIN: {
        "body.patch_embed.norm": 0,
        "body.layers.0.blocks.1": 1,
        "body.layers.3.blocks.0.attn.qkv.weight": 4,
        "body.norm.weight": 4,
        "camera.table": 0,
        "semantic.scale.0": 2,
        "semantic.shift.2.bias": 4,
    },
    "timm:vit_small_patch16_224": {
        "body.cls_token": 0,
        "body.pos_embed": 0,
        "body.blocks.0.norm1": 1,
        "body.blocks.11.mlp.fc2.bias": 12,
        "body.norm.weight": 12,
    },
    "timm:convnext_tiny": {
        "body.stem.0.weight": 0,
        "body.stages.3.blocks.2.gamma": 4,
        "body.head.norm.weight": 4,
    },
    "timm:mobilenetv3_small_050": {"body.conv_stem.weight": 0, "body.conv_head.weight": 6},
}
BLOCKS = (16, 16, 6, 8, 12, 12, 18, 12)


def backbone(name: str) -> torch.nn.Module:
    model: dict[str, Any] = {"backbone": name}
    model["non_local"] = name == "resnet_50_ibn_a"
    if name == SWIN:
        model |= {"sie_camera": True, "semantic_weight": 0.2}
    with torch.device("meta"):
        return build_backbone(load_spec({"model": model}).model, 2)


@pytest.mark.parametrize(("name", "blocks"), list(zip(EXPECTED, BLOCKS, strict=True)))
def test_every_part_has_its_stage(name: str, blocks: int) -> None:
    net = backbone(name)
    found, expected = stage_numbers(net), EXPECTED[name]
    assert {part: found[part] for part in expected} == expected
    assert found.keys() >= {each for each, _ in net.named_parameters()}
    assert found.keys() >= {each for each, _ in net.named_modules() if each}
    assert set(found.values()) == set(range(max(expected.values()) + 1))
    assert len(blocks_of(net)) == blocks


@pytest.mark.parametrize(("name", "stages"), [("resnet_18", 4), ("timm:vit_tiny_patch16_224", 12)])
def test_more_frozen_stages_than_there_are_is_one_error(name: str, stages: int) -> None:
    def built(count: int) -> None:
        model = {"backbone": name, "freeze": "stages", "freeze_stages": count}
        with torch.device("meta"):
            ReIDNetwork(load_spec({"model": model}).model, 2)

    built(stages)
    with pytest.raises(ConfigError, match=f"freeze_stages {stages + 1} is more than the {stages}"):
        built(stages + 1)
