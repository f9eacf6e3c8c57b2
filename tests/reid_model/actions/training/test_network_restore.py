"""Networks rebuilt from checkpoints: what the file knows, what the spec may still choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from reid_model.actions.training.restore import explicit_keys, restore_network
from reid_model.config import ExperimentConfig, load_spec
from reid_model.config.packaged.template import template_of
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.encryption import encrypt

OWN = {"backbone": "osnet_x0_25", "input_height": 32, "input_width": 16, "feat_dim": 32}


def _restored(path: Path, **model: Any) -> ReIDNetwork:
    return restore_network(
        str(path), load_spec({"model": model}), key="evaluate.checkpoint"
    ).network


def _bare_weights(checkpoint: Path, target: Path) -> Path:
    """The checkpoint's network weights alone, as another program would save them."""
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    weights = {
        name.removeprefix("network."): value
        for name, value in state.items()
        if name.startswith("network.")
    }
    torch.save(weights, target)
    return target


@pytest.fixture
def images() -> torch.Tensor:
    """Four random crops."""
    return torch.randn(4, 3, 32, 16, generator=torch.Generator().manual_seed(1))


def test_the_default_spec_takes_everything_from_the_checkpoint(
    checkpoint: Path, images: torch.Tensor
) -> None:
    found = restore_network(str(checkpoint), ExperimentConfig(), key="evaluate.checkpoint")
    assert not found.network.training
    assert found.network.num_classes == 8
    assert vars(found.config.model).items() >= OWN.items()
    assert found.network.embed(images).shape == (4, 32)
    for told in ("model.backbone osnet_x0_25", "model.feat_dim 32"):
        assert told in found.note


def test_neither_data_nor_pretraining_file_is_needed(checkpoint: Path, tmp_path: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    content["reid_model"]["spec"]["model"] |= {
        "pretrain_choice": "self",
        "pretrained_model_path": "/gone/weights.pth",
    }
    torch.save(content, tmp_path / "moved.pth")
    assert _restored(tmp_path / "moved.pth").num_classes == 8


def test_what_contradicts_the_checkpoint_is_listed(checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match="another network than the spec says") as caught:
        _restored(checkpoint, backbone="resnet_18", feat_dim=64)
    assert caught.value.faults == (
        "model.backbone is 'resnet_18' in the spec and 'osnet_x0_25' in the checkpoint",
        "model.feat_dim is 64 in the spec and 32 in the checkpoint",
    )


def test_input_size_and_test_feature_may_be_chosen_anew(checkpoint: Path) -> None:
    spec = {"model": {"input_height": 64, "neck_feat": "before"}, "dataset": {"pixel_std": [1] * 3}}
    found = restore_network(str(checkpoint), load_spec(spec), key="evaluate.checkpoint")
    assert (found.config.model.input_height, found.config.model.input_width) == (64, 16)
    assert found.config.dataset.pixel_std == (1.0, 1.0, 1.0)
    assert "set anew: model.input_height 64, model.neck_feat before" in found.note


def _before(checkpoint: Path, target: Path) -> Path:
    """The checkpoint as if it had been trained to be used before the neck, mirrored."""
    content = torch.load(checkpoint, weights_only=True)
    content["reid_model"]["spec"]["model"] |= {"neck_feat": "before", "with_flip_feature": True}
    torch.save(content, target)
    return target


def _said(path: Path, spec: dict[str, Any]) -> ExperimentConfig:
    config = load_spec(spec)
    return restore_network(
        str(path), config, key="evaluate.checkpoint", explicit=explicit_keys(spec)
    ).config


def test_a_default_that_the_spec_says_counts(checkpoint: Path, tmp_path: Path) -> None:
    path = _before(checkpoint, tmp_path / "before.pth")
    model = _said(path, {"model": {"neck_feat": "after"}}).model
    assert (model.neck_feat, model.with_flip_feature) == ("after", True)
    model = _said(path, {"model": {"with_flip_feature": False}}).model
    assert (model.neck_feat, model.with_flip_feature) == ("before", False)
    with pytest.raises(CheckpointError, match="another network") as caught:
        _said(path, {"model": {"backbone": "resnet_50"}})
    assert caught.value.faults == (
        "model.backbone is 'resnet_50' in the spec and 'osnet_x0_25' in the checkpoint",
    )


def test_a_complete_template_says_only_what_is_not_its_default(
    checkpoint: Path, tmp_path: Path
) -> None:
    path = _before(checkpoint, tmp_path / "before.pth")
    template = yaml.safe_load(template_of("evaluate"))
    assert explicit_keys(template) == frozenset()
    assert _said(path, template).model.neck_feat == "before"
    template["model"]["input_height"] = 64
    assert _said(path, template).model.input_height == 64


def test_bare_weights_are_built_by_the_spec(
    checkpoint: Path, tmp_path: Path, images: torch.Tensor
) -> None:
    bare = _bare_weights(checkpoint, tmp_path / "bare.pth")
    expected, found = _restored(checkpoint), _restored(bare, **OWN)
    assert torch.equal(found.embed(images), expected.embed(images))
    assert found.num_classes == 8


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"feat_dim": 64}, "model.feat_dim"),
        ({"gem_pooling": True}, "model.gem_pooling"),
        ({"input_channels": 1}, "model.input_channels"),
        ({"backbone": "osnet_x1_0"}, "model.backbone"),
        ({"neck": "no"}, "model.neck"),
    ],
)
def test_bare_weights_that_do_not_fit_name_the_keys(
    checkpoint: Path, tmp_path: Path, wrong: dict[str, Any], key: str
) -> None:
    bare = _bare_weights(checkpoint, tmp_path / "bare.pth")
    config = load_spec({"model": OWN})
    config = replace(config, model=replace(config.model, **wrong))
    with pytest.raises(CheckpointError, match=f"do not describe it: .*{key}"):
        restore_network(str(bare), config, key="evaluate.checkpoint")


def test_an_encrypted_checkpoint_needs_its_key(checkpoint: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pth"
    locked.write_bytes(encrypt(checkpoint.read_bytes(), "open sesame"))
    spec = {"encryption_key": "open sesame"}
    assert restore_network(str(locked), load_spec(spec), key="evaluate.checkpoint").network
    with pytest.raises(CheckpointError, match="set encryption_key"):
        _restored(locked)
    with pytest.raises(CheckpointError, match="not the one it was written with"):
        restore_network(str(locked), load_spec({"encryption_key": "x"}), key="evaluate.checkpoint")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_file_that_is_no_checkpoint_is_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="broken.pth"):
        _restored(path)
