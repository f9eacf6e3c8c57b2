"""The names of TransReID's networks in ours: He et al. (ICCV 2021).

With parts, its network has a branch for the whole crop (``b1``) and one for the parts (``b2``),
each a copy of the last block and its norm; those of the backbone itself are then used no more.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import torch
from torch import Tensor

REPLACED: Final = "replaced."
"""Begins the names of tensors whose place in the network a branch has taken."""

CAMERAS: Final = "camera.table"
_PART = re.compile(r"^(bottleneck|classifier)_(\d)\.")
_OURS = {"bottleneck": "neck", "classifier": "classifier"}
_BLOCK = re.compile(r"^blocks\.(\d+)\.")


def renamed(name: str, bare: Collection[str]) -> str:
    """Our name of a tensor of TransReID; that of others as it is. ``bare``: all of the file."""
    part = _PART.match(name)
    if part:
        return f"part_heads.{int(part[2]) - 1}.{_OURS[part[1]]}.{name[part.end() :]}"
    if name == "sie_embed":
        return CAMERAS
    if "b1.1.weight" not in bare:
        return name
    last = max((int(found[1]) for each in bare if (found := _BLOCK.match(each))), default=0)
    for theirs, ours in (
        (f"blocks.{last}.", f"{REPLACED}block."),
        ("norm.", f"{REPLACED}norm."),
        ("b1.0.", f"blocks.{last}."),
        ("b1.1.", "norm."),
        ("b2.", "part_block."),
    ):
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    return name


def camera_table(value: Tensor) -> Tensor:
    """TransReID's (cameras, 1, width), which counts from 0, as a table by the names' own numbers.

    These count from 1 in Market-1501, DukeMTMC and MSMT17, so row 0 is zeros and belongs to no
    camera.
    """
    rows = value.flatten(1)
    return torch.cat([torch.zeros_like(rows[:1]), rows])
