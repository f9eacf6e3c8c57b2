"""ImageNet weights for the backbone, from the local cache or a short download."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import torch

from reid_model.config.families import IBN_RESNETS, OSNETS, RESNETS, SWINS, TIMM
from reid_model.config.model import ModelConfig
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.resnet import torchvision_name
from reid_model.models.weights.files import naming
from reid_model.models.weights.match import load_weights, read_weights, start_from
from reid_model.models.weights.timm_weights import fitted, timm_file

_TIMEOUT_S = 10.0
# Of IBN-Net, where its authors publish them; names end in the first digits of the SHA-256.
_IBN_RELEASE = "https://github.com/XingangPan/IBN-Net/releases/download/v1.0/"
_IBN_FILES = {
    "resnet_18_ibn_a": "resnet18_ibn_a-2f571257.pth",
    "resnet_34_ibn_a": "resnet34_ibn_a-94bc1577.pth",
    "resnet_50_ibn_a": "resnet50_ibn_a-d9d0bb7b.pth",
    "resnet_101_ibn_a": "resnet101_ibn_a-59ea0ac6.pth",
    "resnet_50_ibn_b": "resnet50_ibn_b-9ca61e85.pth",
    "resnet_101_ibn_b": "resnet101_ibn_b-c55f6dba.pth",
}


def start_from_weights(network: ReIDNetwork, config: ModelConfig, passphrase: str = "") -> str:
    """Load what ``model.pretrain_choice`` asks for; returns one line that says what happened.

    ``passphrase`` opens an encrypted file. Raises CheckpointError when a file was named and cannot
    be used.
    """
    found = find_weights(config)
    if isinstance(found, str):
        return found
    if config.pretrained_model_path:
        with naming("model.pretrained_model_path"):
            weights = fitted(network, read_weights(found, passphrase))
            partial = config.pretrained_partial
            report = start_from(network, weights, source=str(found), partial=partial)
        return f"starting weights from {found}: {report.summary()}"
    weights = fitted(network, read_weights(found))
    report = load_weights(network.backbone, weights, source=str(found))
    return f"ImageNet weights from {found}: {report.summary()}"


def find_weights(config: ModelConfig) -> Path | str:
    """The file of starting weights, downloaded if needed, or a line that says why there is none.

    Raises CheckpointError when ``model.pretrained_model_path`` names no file.
    """
    if config.pretrain_choice == "none":
        return "training from scratch (model.pretrain_choice none)"
    if config.pretrained_model_path:
        path = Path(config.pretrained_model_path)
        if not path.is_file():
            raise CheckpointError(f"model.pretrained_model_path: {path} does not exist")
        return path
    if config.backbone in OSNETS:
        return missing_weights(config.backbone, "this trainer knows no file to fetch")
    timms = config.backbone.startswith(TIMM)
    cached = (timm_file if timms else _imagenet_file)(config.backbone)
    return missing_weights(config.backbone, cached) if isinstance(cached, str) else cached


def missing_weights(backbone: str, reason: str) -> str:
    """The warning for ImageNet weights that are neither cached nor downloadable."""
    return (
        f"WARNING: no pretrained weights for {backbone} ({reason}): training from scratch; "
        "set model.pretrained_model_path or model.pretrain_choice=none"
    )


def _url(backbone: str) -> str:
    """Where torchvision, IBN-Net (ResNets) and timm (Swins) have the published weights."""
    if backbone in IBN_RESNETS:
        return _IBN_RELEASE + _IBN_FILES[backbone]
    if backbone in SWINS:
        import timm  # half a second, for Swins alone

        return str(timm.get_pretrained_cfg(backbone).url)
    import torchvision  # a second, for ResNets alone

    return str(torchvision.models.get_model_weights(torchvision_name(backbone)).IMAGENET1K_V1.url)


@functools.cache
def _imagenet_file(backbone: str) -> Path | str:
    """The cached weights file, downloaded if need be, or the reason why there is none.

    Cached per process, so a sweep without internet waits for the time-out once, not per trial.
    """
    url = _url(backbone)
    target = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
    if target.is_file():
        return target
    partial = target.with_suffix(f".{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as reply, partial.open("wb") as out:
            shutil.copyfileobj(reply, out)
            if reply.length:  # copyfileobj does not notice a short reply
                raise OSError(f"cut short by {reply.length} bytes")
        if backbone in RESNETS and not _is_genuine(partial, target.stem):
            partial.unlink()
            return f"the file from {url} is not what its name says"
        partial.replace(target)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        return f"not in {target.parent} and the download failed: {exc}"
    return target


def _is_genuine(file: Path, stem: str) -> bool:
    """Names of torchvision's and IBN-Net's files end in the first digits of their SHA-256."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return digest.startswith(stem.rpartition("-")[2])
