"""Parts of other crops, pasted over crops as occluders: torchreid's RandomPatch.

torchreid takes a patch from the crops of the last steps, here it is from another crop of the batch:
so a resumed run goes on as if it had not stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from reid_model.data.augmentation.rectangles import (
    PASTED,
    RECTANGLE_DRAWS,
    Draws,
    Ints,
    rectangles,
)

_OWN = 7  # draws beside those of the rectangle
PATCH_DRAWS = _OWN + RECTANGLE_DRAWS
_MAX_DEGREES = 10


@dataclass(frozen=True)
class Patches:
    """For each crop of a batch the crop and box that its patch is from, and where it goes.

    ``boxes`` are (top, bottom, left, right), all 0 for crops that get none; ``flips`` mirrors and
    ``degrees`` turns the patch.
    """

    sources: Ints
    boxes: Ints
    tops: Ints
    lefts: Ints
    flips: npt.NDArray[np.bool_]
    degrees: Ints


def draw_patches(draws: Draws, size: tuple[int, int], probability: float) -> Patches:
    """From (n, PATCH_DRAWS) random numbers, for crops of ``size`` (height, width)."""
    happens, source, flip, turns, degrees, top, left = draws[:, :_OWN].T
    boxes = rectangles(draws[:, _OWN:], size, PASTED)
    count = len(draws)
    boxes[(happens >= probability) | (count < 2)] = 0
    tall, wide = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    away = 1 + (source * max(1, count - 1)).astype(np.int64)
    turned = (degrees * (2 * _MAX_DEGREES + 1)).astype(np.int64) - _MAX_DEGREES
    return Patches(
        sources=(np.arange(count) + away) % count,
        boxes=boxes,
        tops=(top * (size[0] - tall + 1)).astype(np.int64),
        lefts=(left * (size[1] - wide + 1)).astype(np.int64),
        flips=flip < 0.5,
        degrees=np.where(turns < 0.5, turned, 0),
    )


def pasted(crops: Tensor, patches: Patches) -> Tensor:
    """(n, height, width, channels) crops with their patches over them."""
    found = crops.clone()
    for index in np.flatnonzero(patches.boxes[:, 1]).tolist():
        top, bottom, left, right = patches.boxes[index].tolist()
        patch = crops[patches.sources[index], top:bottom, left:right]
        patch = patch.flip(1) if patches.flips[index] else patch
        to_top, to_left = int(patches.tops[index]), int(patches.lefts[index])
        rows = slice(to_top, to_top + bottom - top)
        columns = slice(to_left, to_left + right - left)
        found[index, rows, columns] = _turned(patch, int(patches.degrees[index]))
    return found


def _turned(patch: Tensor, degrees: int) -> Tensor:
    """The patch turned inside its rectangle, whose corners become black."""
    if not degrees:
        return patch
    from torchvision.transforms.v2.functional import rotate  # a second, which few runs need

    turned: Tensor = rotate(patch.permute(2, 0, 1), degrees)
    return turned.permute(1, 2, 0)
