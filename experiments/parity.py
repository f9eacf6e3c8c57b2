"""Compares embeddings with those of torchreid's and fast-reid's own networks, weights at random.

Needs their code, which is not installed beside ours (fast-reid pins torch 1.13):

    pip download --no-deps -d peers torchreid==0.2.5
    tar xf peers/torchreid-0.2.5.tar.gz
    pip install --no-deps --target peers/site fastreid==1.4.0 yacs tabulate termcolor
    python experiments/parity.py torchreid-0.2.5 peers/site

Prints the largest difference of each network, relative to its largest number, and exits with 1
where one exceeds 1e-5. Recorded results of two are tests: tests/reid_model/models/test_peers.py.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import types
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from reid_model.config import load_spec
from reid_model.models.weights.foreign import network_of_weights

LARGEST: Final = 1e-5
NO_NECK: Final = {"neck": "no", "feat_dim": 2048, "last_stride": 2}
TORCHREID: Final = (
    ("osnet.py", "osnet_x0_25", {"backbone": "osnet_x0_25"}),
    ("osnet.py", "osnet_x1_0", {"backbone": "osnet_x1_0"}),
    ("osnet_ain.py", "osnet_ain_x0_25", {"backbone": "osnet_ain_x0_25"}),
    ("osnet_ain.py", "osnet_ain_x1_0", {"backbone": "osnet_ain_x1_0"}),
    ("resnet.py", "resnet50_fc512", {"backbone": "resnet_50"}),
    ("resnet.py", "resnet50", {"backbone": "resnet_50", **NO_NECK}),
    ("resnet_ibn_a.py", "resnet50_ibn_a", {"backbone": "resnet_50_ibn_a", **NO_NECK}),
    ("resnet_ibn_b.py", "resnet50_ibn_b", {"backbone": "resnet_50_ibn_b", **NO_NECK}),
)
FAST_REID: Final = (  # pooling, numbers after the reduction (0 without one), depth, its switches
    ("GlobalAvgPool", 0, "50x", ()),
    ("GeneralizedMeanPooling", 0, "18x", ()),
    ("GeneralizedMeanPoolingP", 256, "50x", ()),
    ("GlobalAvgPool", 0, "50x", ("WITH_IBN",)),
    ("GeneralizedMeanPoolingP", 0, "50x", ("WITH_NL",)),
    ("GlobalAvgPool", 0, "50x", ("WITH_IBN", "WITH_NL")),
)


def main() -> None:
    """Compare all, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("torchreid", type=Path, help="Its unpacked source.")
    parser.add_argument("fast_reid", type=Path, help="The folder in which it is installed.")
    options = parser.parse_args()
    peers = [*_of_torchreid(options.torchreid), *_of_fast_reid(options.fast_reid)]
    differences = [_difference(*peer) for peer in peers]
    sys.exit(not max(differences) <= LARGEST)


def fill(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Numbers that follow from a tensor's name and shape alone, such that activations stay sane."""
    return {name: _filled(name, value) for name, value in weights.items()}


def _filled(name: str, value: Tensor) -> Tensor:
    dice = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return value
    if name.endswith("running_var"):
        return torch.rand(value.shape, generator=dice) + 0.5
    if name.endswith("pool_layer.p"):
        return torch.full_like(value, 2.7)
    drawn = torch.randn(value.shape, generator=dice)
    if value.dim() < 2:
        return drawn * 0.1 + float(name.endswith("weight"))
    scale: float = value[0].numel() ** -0.5
    return drawn * scale


def _difference(name: str, theirs: nn.Module, model: Mapping[str, Any]) -> float:
    weights = fill(theirs.state_dict())
    theirs.load_state_dict(weights)
    ours, told = network_of_weights(weights, load_spec({"model": model}).model, source=name)
    images = torch.randn(4, 3, 256, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected, found = theirs.eval()(images), ours.embed(images)
    difference = float((found - expected).abs().max() / expected.abs().max())
    print(f"{name}: {tuple(found.shape)}, largest difference {difference:.1e}; {told}")
    return difference


def _of_torchreid(folder: Path) -> Iterator[tuple[str, nn.Module, Mapping[str, Any]]]:
    """Its modules alone: the package imports data sets and their downloaders."""
    for file, name, model in TORCHREID:
        path = folder / "torchreid" / "reid" / "models" / file
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None  # the file is there
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield f"torchreid {name}", getattr(module, name)(num_classes=7, pretrained=False), model


def _of_fast_reid(folder: Path) -> Iterator[tuple[str, nn.Module, Mapping[str, Any]]]:
    """Its ResNets with its usual head; what it imports for evaluation alone is left empty."""
    sys.path.insert(0, str(folder))
    sys.modules.update({name: types.ModuleType(name) for name in ("faiss", "cv2")})
    for pooling, reduced, depth, switches in FAST_REID:
        width = 512 if depth == "18x" else 2048
        gem = pooling != "GlobalAvgPool"
        model = {
            "backbone": f"resnet_{depth[:2]}" + ("_ibn_a" if "WITH_IBN" in switches else ""),
            "non_local": "WITH_NL" in switches,
            "feat_dim": reduced or width,
            "gem_pooling": gem,
        }
        theirs = _baseline(pooling, reduced, depth, switches)
        yield f"fast-reid {depth} {pooling} {reduced} {' '.join(switches)}", theirs, model


def _baseline(pooling: str, reduced: int, depth: str, switches: tuple[str, ...]) -> nn.Module:
    get_cfg = importlib.import_module("fastreid.config").get_cfg
    resnet = importlib.import_module("fastreid.modeling.backbones.resnet")
    heads = importlib.import_module("fastreid.modeling.heads")
    config = get_cfg()
    config.MODEL.BACKBONE.update(
        DEPTH=depth, PRETRAIN=False, LAST_STRIDE=1, FEAT_DIM=512 if depth == "18x" else 2048,
        **dict.fromkeys(switches, True),
    )  # fmt: skip
    config.MODEL.HEADS.update(
        NUM_CLASSES=7, POOL_LAYER=pooling, EMBEDDING_DIM=reduced, WITH_BNNECK=True
    )
    config.MODEL.HEADS.CLS_LAYER = "Linear"

    class Baseline(nn.Module):
        """Its ``meta_arch/baseline.py`` without the losses."""

        def __init__(self) -> None:
            super().__init__()
            self.backbone = resnet.build_resnet_backbone(config)
            self.heads = heads.EmbeddingHead(config)

        def forward(self, images: Tensor) -> Tensor:
            found: Tensor = self.heads(self.backbone(images))
            return found

    return Baseline()


if __name__ == "__main__":
    main()
