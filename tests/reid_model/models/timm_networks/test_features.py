"""Networks of timm as backbones: what they give, what is refused, and weights of other sizes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from reid_model.actions import export, train
from reid_model.config import load_spec
from reid_model.errors import ConfigError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.pretrained import start_from_weights

MakeSpec = Callable[..., dict[str, Any]]
VIT = "timm:vit_tiny_patch16_224"


def network(backbone: str, height: int = 64, width: int = 32, **model: Any) -> ReIDNetwork:
    given = {"backbone": backbone, "input_height": height, "input_width": width, **model}
    config = load_spec({"model": given}).model
    torch.manual_seed(0)
    return ReIDNetwork(config, 3).eval()


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("vit_tiny_patch16_224", 192),  # class token
        ("vit_small_patch16_dinov3", 384),  # rotary positions
        ("deit_tiny_distilled_patch16_224", 192),  # two tokens
        ("convnext_atto", 320),  # takes no img_size
        ("mobilenetv3_small_050", 1024),  # a layer after the pooling
    ],
)
def test_a_networks_feature_is_that_of_timms_own_head(name: str, width: int) -> None:
    net = network(f"timm:{name}", neck_feat="before")
    images = torch.rand(2, 3, 64, 32)
    body = net.backbone.body
    with torch.inference_mode():
        expected = body.forward_head(body.forward_features(images), pre_logits=True)
        found = net.embed(images)
    assert found.shape == (2, width)
    torch.testing.assert_close(found, expected)


def test_generalised_pooling_and_parts_see_the_patches() -> None:
    net = network(VIT, gem_pooling=True, jpm=True, devide_length=2)
    assert net.embed(torch.rand(2, 3, 64, 32)).shape == (2, 3 * 192)
    assert network(VIT, reduce_feat_dim=True, feat_dim=48).feat_dim == 48


@pytest.mark.parametrize(
    ("backbone", "more", "words"),
    [
        ("timm:vit_smal_patch16_224", {}, r"no such network; did you mean .*vit_small_patch16_224"),
        (f"{VIT}.nobody", {}, r"no weights 'nobody' .*did you mean"),
        ("timm:crossvit_tiny_240", {}, "cannot take crops of 64x32"),
        ("timm:mobilenetv3_small_050", {"gem_pooling": True}, "map as wide as the feature"),
        (
            "timm:mobilenetv3_small_050",
            {"att_drop_rate": 0.2},
            "model.att_drop_rate 0.2 has no effect",
        ),
        (VIT, {"jpm": True, "devide_length": 9}, "more than the 8 patches of a 64x32 crop"),
        (VIT, {"last_stride": 2}, "model.last_stride 2 has no effect unless"),
    ],
)
def test_what_cannot_act_is_one_error(backbone: str, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        network(backbone, **more)


def test_weights_of_square_crops_fit_tall_ones(tmp_path: Path) -> None:
    file = tmp_path / "vit.pth"
    source = timm.create_model("vit_tiny_patch16_224", num_classes=7)
    torch.save({"model": source.state_dict()}, file)
    net = network(VIT, pretrain_choice="self", pretrained_model_path=str(file))
    config = load_spec({"model": {"backbone": VIT, "pretrained_model_path": str(file)}}).model
    told = start_from_weights(net, config)
    assert told.startswith(f"starting weights from {file}")
    torch.testing.assert_close(net.backbone.body.cls_token, source.cls_token)
    assert net.backbone.body.pos_embed.shape[1] == 1 + 8


def test_weights_of_a_convnext_load_by_their_own_names(tmp_path: Path) -> None:
    file = tmp_path / "next.pth"
    source = timm.create_model("convnext_atto", num_classes=7)
    torch.save(source.state_dict(), file)
    net = network("timm:convnext_atto")
    config = load_spec(
        {"model": {"backbone": "timm:convnext_atto", "pretrained_model_path": str(file)}}
    ).model
    start_from_weights(net, config)
    own, theirs = net.backbone.body.state_dict(), source.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in own.items())


@pytest.mark.slow
def test_a_vision_transformer_trains_resumes_and_is_exported(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    size = {"model.backbone": VIT, "model.reduce_feat_dim": True}
    train.run(make_spec(**size))
    first, last = sorted((tmp_path / "run/train").glob("*.pth"))[:2]
    whole = torch.load(last, weights_only=True)
    again = make_spec(
        **size, results_dir=str(tmp_path / "again"),
        **{"train.resume_training_checkpoint_path": str(first)},
    )  # fmt: skip
    train.run(again)
    resumed = torch.load(tmp_path / "again/train" / last.name, weights_only=True)
    for name, value in whole["state_dict"].items():
        torch.testing.assert_close(resumed["state_dict"][name], value, rtol=0, atol=0)
    export.run(make_spec(**size, **{"export.checkpoint": str(first)}))
    assert (tmp_path / "run/export/model.onnx").is_file()
