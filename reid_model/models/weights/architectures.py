"""Says which architecture a file of weights holds, by the names and shapes of its tensors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from torch import Tensor

from reid_model.models.weights.layouts import bare_name

Shapes = Mapping[str, tuple[int, ...]]

_OSNET_WIDTHS: Final = {16: "x0_25", 32: "x0_5", 48: "x0_75", 64: "x1_0"}
_RESNET_DEPTHS: Final[Mapping[tuple[int, ...], str]] = {
    (2, 2, 2, 2): "18",
    (3, 4, 6, 3): "34 or 50",
    (3, 4, 23, 3): "101",
    (3, 8, 36, 3): "152",
}
_IBN_KINDS: Final = ((r"layer1\.\d+\.bn1\.IN\.", "_ibn_a"), (r"layer1\.\d+\.IN\.", "_ibn_b"))
_VIT_WIDTHS: Final = {192: "tiny", 384: "small", 768: "base", 1024: "large", 1280: "huge"}
_SWIN_SIZES: Final[Mapping[tuple[int, int], str]] = {
    (96, 6): "swin_tiny_patch4_window7_224",
    (96, 18): "swin_small_patch4_window7_224",
    (128, 18): "swin_base_patch4_window7_224",
    (192, 18): "swin_large",
}


def recognised(weights: Mapping[str, Tensor]) -> str:
    """The architecture in the words of its makers, as far as the tensors tell it; else ''."""
    shapes = {bare_name(name): tuple(value.shape) for name, value in weights.items()}
    found = (told(shapes) for told in _FAMILIES)
    return next((words for words in found if words), "")


def _osnet(shapes: Shapes) -> str:
    if "conv2.0.conv1.conv.weight" not in shapes or "conv1.conv.weight" not in shapes:
        return ""
    width = _OSNET_WIDTHS.get(shapes["conv1.conv.weight"][0], "of an unknown width")
    if _any(shapes, r"conv2\.0\.conv2\.\d+\.layers\."):
        return f"osnet_ain_{width}"
    if _any(shapes, r"\.IN\."):
        return f"osnet_ibn_{width} (OSNet-IBN)"
    return f"osnet_{width}"


def _resnet(shapes: Shapes) -> str:
    if "layer1.0.conv1.weight" not in shapes:
        return ""
    blocks = tuple(_count(shapes, rf"layer{stage}\.(\d+)\.conv1\.") for stage in (1, 2, 3, 4))
    bottleneck = "layer1.0.conv3.weight" in shapes
    depth = _RESNET_DEPTHS.get(blocks, f"of {blocks} blocks")
    if " or " in depth:
        depth = "50" if bottleneck else "34"
    ibn = next((kind for mark, kind in _IBN_KINDS if _any(shapes, mark)), "")
    kinds = (
        (r"\.se\.|\.se_module\.", "squeeze and excitation"),
        (r"^NL_|\.non_local", "non-local blocks"),
    )
    added = [words for pattern, words in kinds if _any(shapes, pattern)]
    if bottleneck and shapes.get("layer1.0.conv2.weight", (64, 64))[1] < 64:
        added.append("grouped convolutions (ResNeXt or ResNeSt)")
    return f"resnet_{depth}{ibn}" + (f" with {' and '.join(added)}" if added else "")


def _swin(shapes: Shapes) -> str:
    width = shapes.get("patch_embed.proj.weight") or shapes.get("patch_embed.projection.weight")
    if width is None or not _any(shapes, r"relative_position_bias_table"):
        return ""
    depth = _count(shapes, r"(?:layers|stages)\.2\.blocks\.(\d+)\.")
    return _SWIN_SIZES.get((width[0], depth), f"a Swin of width {width[0]}")


def _vit(shapes: Shapes) -> str:
    if "blocks.0.attn.qkv.weight" not in shapes or "patch_embed.proj.weight" not in shapes:
        return ""
    width, patch = (shapes["patch_embed.proj.weight"][index] for index in (0, -1))
    size = _VIT_WIDTHS.get(width, f"of width {width}")
    return f"a vision transformer (ViT-{size}, patches of {patch})"


def _clip(shapes: Shapes) -> str:
    towers = _any(shapes, r"^visual\.|^vision_model\.|^transformer\.resblocks\.")
    return "CLIP" if towers else ""


def _convnext(shapes: Shapes) -> str:
    blocks = _any(shapes, r"\.conv_dw\.weight$|^stages\.0\.0\.dwconv\.weight$")
    return "a ConvNeXt" if blocks and _any(shapes, r"\.gamma$") else ""


def _others(shapes: Shapes) -> str:
    known = {
        r"^conv_stem\.": "an EfficientNet or MobileNet of timm",
        r"^features\.denseblock1\.": "a DenseNet",
        r"^features\.\d+\.(conv|0)\.": "a MobileNet or VGG of torchvision",
        r"^stem\.|^s1\.": "a RegNet",
    }
    return next((words for pattern, words in known.items() if _any(shapes, pattern)), "")


_FAMILIES: Final[tuple[Callable[[Shapes], str], ...]] = (
    _osnet, _resnet, _swin, _vit, _clip, _convnext, _others,
)  # fmt: skip


def _any(shapes: Shapes, pattern: str) -> bool:
    return any(re.search(pattern, name) for name in shapes)


def _count(shapes: Shapes, pattern: str) -> int:
    """How many numbers the pattern's group takes."""
    return len({found[1] for name in shapes if (found := re.match(pattern, name))})
