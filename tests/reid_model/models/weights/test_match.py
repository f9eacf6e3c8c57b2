"""Starting weights: what matches is told, nothing matched is an error, nothing is executed."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from reid_model.config import load_spec
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights import pretrained
from reid_model.models.weights.match import load_weights, read_weights
from reid_model.models.weights.pretrained import start_from_weights


def _network(seed: int = 0, **model: Any) -> ReIDNetwork:
    torch.manual_seed(seed)
    return ReIDNetwork(load_spec({"model": {"backbone": "osnet_x0_25", **model}}).model, 5)


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [
        *((wrap, "") for wrap in (
            None, "state_dict", "model", "net", "net_dict", "model_state", "params", "weights",
            "teacher", "ema",
        )),
        *(("state_dict", prefix) for prefix in (
            "module.", "model.", "network.", "model.base.", "_orig_mod.", "encoder.base.",
            "module._orig_mod.model.", "_orig_mod.module.", "model.module._orig_mod.backbone.base.",
        )),
    ],
)  # fmt: skip
def test_known_layouts_match(tmp_path: Path, wrap: str | None, prefix: str) -> None:
    source = _network(1)
    part = source.backbone if prefix.endswith("base.") else source
    weights: dict[str, Any] = {f"{prefix}{name}": v for name, v in part.state_dict().items()}
    torch.save({wrap: weights, "epoch": 3} if wrap else weights, tmp_path / "w.pth")
    target = _network(2)
    report = load_weights(target, read_weights(tmp_path / "w.pth"), source="w.pth")
    assert len(report.matched) == len(weights)
    assert report.unexpected == report.wrong_shape == ()
    assert torch.equal(target.backbone.conv1.conv.weight, source.backbone.conv1.conv.weight)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(_network(1).state_dict(), tmp_path / "w.safetensors")
    report = load_weights(_network(2), read_weights(tmp_path / "w.safetensors"), source="w")
    assert report.missing == ()


def test_what_does_not_fit_is_told_by_name_and_shape() -> None:
    weights = {**_network(1).state_dict(), "extra.weight": torch.zeros(2)}
    report = load_weights(_network(2, feat_dim=64), weights, source="w")
    assert report.unexpected == ("extra.weight",)
    assert "head.classifier.weight (5, 256) -> (5, 64)" in report.wrong_shape
    assert "head.classifier.weight" in report.missing
    assert "1 of the file unused" in report.summary()


def test_a_part_of_the_backbone_must_be_asked_for(tmp_path: Path) -> None:
    """Weights of a wider OSNet: most are of another shape."""
    wide = ReIDNetwork(load_spec({"model": {"backbone": "osnet_x1_0"}}).model, 5)
    torch.save(wide.state_dict(), tmp_path / "wide.pth")
    model = {"pretrain_choice": "self", "pretrained_model_path": str(tmp_path / "wide.pth")}
    network = _network()
    with pytest.raises(CheckpointError) as told:
        start_from_weights(
            network, load_spec({"model": {**model, "backbone": "osnet_x0_25"}}).model
        )
    assert "% of the backbone's parameters; it looks like osnet_x1_0: set model.backbone" in str(
        told.value
    )
    partial = {**model, "backbone": "osnet_x0_25", "pretrained_partial": True}
    said = start_from_weights(network, load_spec({"model": partial}).model)
    assert "of another shape" in said


@pytest.mark.parametrize(
    ("held", "built"),
    [("resnet_18_ibn_a", "resnet_18"), ("resnet_18", "resnet_18_ibn_a"),
     ("resnet_34", "resnet_18")],
)  # fmt: skip
def test_another_architecture_of_the_same_names_must_be_asked_for(
    tmp_path: Path, held: str, built: str
) -> None:
    """It has nearly all of the backbone's parameters, and what it computes beside is lost."""
    torch.save(_network(1, backbone=held).state_dict(), tmp_path / "w.pth")
    model = {"pretrain_choice": "self", "pretrained_model_path": str(tmp_path / "w.pth")}
    network = _network(2, backbone=built)
    with pytest.raises(CheckpointError, match=f"it looks like {held}: set model.backbone"):
        start_from_weights(network, load_spec({"model": {**model, "backbone": built}}).model)
    partial = {**model, "backbone": built, "pretrained_partial": True}
    said = start_from_weights(network, load_spec({"model": partial}).model)
    assert "of the file unused" in said


def test_a_head_that_ours_lacks_is_told_and_no_fault(tmp_path: Path) -> None:
    """torchreid's fully connected layer, where training starts from its backbone."""
    source = _network(1)
    fc = {"fc.0.weight": torch.zeros(512, 128), "fc.1.running_mean": torch.zeros(512)}
    torch.save({**source.backbone.state_dict(), **fc}, tmp_path / "theirs.pth")
    model = {"pretrain_choice": "self", "pretrained_model_path": str(tmp_path / "theirs.pth")}
    target = _network(2)
    said = start_from_weights(
        target, load_spec({"model": {**model, "backbone": "osnet_x0_25"}}).model
    )
    assert "2 of the file unused (fc.0.weight, fc.1.running_mean)" in said
    assert torch.equal(target.backbone.conv1.conv.weight, source.backbone.conv1.conv.weight)


def test_nothing_matched_is_an_error() -> None:
    with pytest.raises(CheckpointError, match="no tensor of other.pth fits"):
        load_weights(_network(), {"blocks.0.w": torch.zeros(3)}, source="other.pth")


class _Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("exploded"),))


def test_a_malicious_pickle_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bomb.pth").write_bytes(pickle.dumps(_Bomb()))
    torch.save({"state_dict": {"a": _Bomb()}}, "bomb2.pth")
    for name in ("bomb.pth", "bomb2.pth"):
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_weights(Path(name))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("content", [None, {"epoch": 3}, [1, 2]])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "w.pth"
    if content is not None:
        torch.save(content, path)
    with pytest.raises(CheckpointError, match="does not exist|holds no tensors"):
        read_weights(path)


def test_missing_imagenet_weights_are_one_loud_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "_imagenet_file", lambda backbone: "no network")
    config = load_spec({"model": {"backbone": "resnet_18"}}).model
    told = start_from_weights(ReIDNetwork(config, 5), config)
    assert told.startswith("WARNING: no pretrained weights for resnet_18 (no network)")
    assert "model.pretrain_choice=none" in told


def test_swins_published_weights_are_found_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the authors' layout, which wraps them in ``model`` and merges patches late."""
    model = {"backbone": "swin_tiny_patch4_window7_224", "input_height": 64, "input_width": 32}
    config = load_spec({"model": model}).model
    source, target = ReIDNetwork(config, 5), ReIDNetwork(config, 5)
    theirs = {}
    for name, value in source.backbone.body.state_dict().items():
        stage = name.split(".")[1]
        late = f"layers.{int(stage) - 1}" if ".downsample." in name else f"layers.{stage}"
        theirs[name.replace(f"layers.{stage}", late)] = value
    (tmp_path / "checkpoints").mkdir()
    torch.save({"model": theirs}, tmp_path / "checkpoints/swin_tiny_patch4_window7_224.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    pretrained._imagenet_file.cache_clear()
    told = start_from_weights(target, config)
    pretrained._imagenet_file.cache_clear()
    assert told.startswith(f"ImageNet weights from {tmp_path}")
    assert "not in the file" not in told
    found = target.backbone.body.state_dict()
    assert all(torch.equal(found[n], v) for n, v in source.backbone.body.state_dict().items())


def test_without_a_network_swin_trains_from_scratch_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def offline(url: str, timeout: float) -> None:
        asked.append((url, timeout))
        raise OSError("no route")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(pretrained.urllib.request, "urlopen", offline)
    model = load_spec({"model": {"backbone": "swin_base_patch4_window7_224"}}).model
    pretrained._imagenet_file.cache_clear()
    found = pretrained.find_weights(model)
    pretrained._imagenet_file.cache_clear()
    assert str(found).startswith("WARNING: no pretrained weights for swin_base")
    assert "no route" in str(found)
    assert [(url.rpartition("/")[2], timeout) for url, timeout in asked] == [
        ("swin_base_patch4_window7_224_22kto1k.pth", 10.0)
    ]


class _CutShort(io.BytesIO):
    length = 7


def test_half_a_download_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(
        pretrained.urllib.request, "urlopen", lambda url, timeout: _CutShort(b"half")
    )
    pretrained._imagenet_file.cache_clear()
    found = pretrained._imagenet_file("swin_tiny_patch4_window7_224")
    pretrained._imagenet_file.cache_clear()
    assert "the download failed: cut short by 7 bytes" in str(found)
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_cached_imagenet_weights_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_spec({"model": {"backbone": "resnet_18"}}).model
    source = ReIDNetwork(config, 5)
    torch.save(source.backbone.state_dict(), tmp_path / "resnet18.pth")
    monkeypatch.setattr(pretrained, "_imagenet_file", lambda backbone: tmp_path / "resnet18.pth")
    target = ReIDNetwork(config, 5)
    assert "ImageNet weights from" in start_from_weights(target, config)
    assert torch.equal(target.backbone.conv1.weight, source.backbone.conv1.weight)
