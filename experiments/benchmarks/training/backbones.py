"""Writes the table of docs/backbones.md: parameters and GFLOPs of every backbone at 256x128.

``python experiments/benchmarks/training/backbones.py`` prints it; ``--write`` puts it into the
page. Networks are built without weights and without memory for them, so nothing is fetched.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from reid_model.config import ExperimentConfig, load_spec
from reid_model.config.families import BACKBONES, IBN_RESNETS, OSNETS, SWINS, TIMM
from reid_model.config.keys import keys_of
from reid_model.config.refusals import is_among
from reid_model.models.backbones import build_backbone

PAGE = Path(__file__).resolve().parents[3] / "docs/backbones.md"
BEGIN, END = "<!-- generated: backbones -->\n", "<!-- end -->"
HEIGHT, WIDTH = 256, 128
EXAMPLES = (
    "vit_small_patch16_224",
    "vit_base_patch16_224",
    "vit_base_patch16_clip_224",
    "resnet50_clip",
    "vit_small_patch14_dinov2",
    "vit_base_patch14_dinov2",
    "vit_small_patch16_dinov3",
    "vit_base_patch16_dinov3",
    "convnext_tiny",
    "convnext_base",
    "swinv2_tiny_window8_256",
    "efficientnet_b0",
    "mobilenetv3_large_100",
)


OF_TRANSFORMERS = ("model.patch_stride", "model.sie_camera", "model.sie_coe")


def row(backbone: str) -> str:
    """One line of the table."""
    size = {"input_height": HEIGHT, "input_width": WIDTH}
    model = load_spec({"model": {"backbone": backbone, **size}}).model
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = build_backbone(model, 0).eval()
        before = counter.get_total_flops()
        network(torch.empty(1, 3, HEIGHT, WIDTH))
    parameters = sum(each.numel() for each in network.parameters()) / 1e6
    giga = (counter.get_total_flops() - before) / 2e9
    seeing = getattr(network, "sees_cameras", False)
    keys = ", ".join(f"`{name}`" for name in acting(backbone, transformer=seeing)) or "none"
    return (
        f"| `{backbone}` | {network.width} | {parameters:.1f} | {giga:.2f} |"
        f" {weights(backbone)} | {keys} |\n"
    )


def acting(backbone: str, *, transformer: bool) -> Iterator[str]:
    """The keys that need this backbone among others: those that act on all are not listed."""
    for name, key in keys_of(ExperimentConfig):
        if name in OF_TRANSFORMERS and not transformer:
            continue
        named = [one["model.backbone"] for one in key.alternatives if "model.backbone" in one]
        if any(is_among(backbone, values) for values in named):
            yield name.removeprefix("model.")


def weights(backbone: str) -> str:
    """Where a backbone's starting weights come from."""
    if backbone in OSNETS:
        return "file: torchreid"
    if backbone in SWINS:
        return "ImageNet (timm); file: SOLIDER, TAO"
    if backbone.startswith(TIMM):
        return "timm's; any file of its names"
    if backbone in IBN_RESNETS:
        return "ImageNet (IBN-Net); file: torchreid, fast-reid"
    return "ImageNet (torchvision); file: BoT, TAO, fast-reid"


def table() -> str:
    """The whole table as Markdown."""
    head = "| backbone | feature | parameters, M | GFLOPs | starting weights | keys of its own |\n"
    names = (*BACKBONES, *(f"{TIMM}{name}" for name in EXAMPLES))
    return head + "|---|---|---|---|---|---|\n" + "".join(map(row, names))


def main() -> None:
    """Print the table, or write it into the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="put it into docs/backbones.md")
    made = table()
    if not options.parse_args().write:
        print(made, end="")
        return
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + made + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
