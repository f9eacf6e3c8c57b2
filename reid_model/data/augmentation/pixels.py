"""Applies an augmentation plan to crops and normalises them; channels first.

On an accelerator a batch is augmented as a whole; on the CPU each crop is shifted as bytes, which
is much cheaper there. The pixels are the same. Erased rectangles are filled after normalising, with
0: the mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from reid_model.data.augmentation.colours import coloured, greyed, on_device, shifted_hue
from reid_model.data.augmentation.draws import Plan
from reid_model.data.augmentation.patches import pasted
from reid_model.data.augmentation.policies import augmixed, auto_augmented


class Normaliser:
    """Pixels 0..255 to what the network sees: (pixel / 255 - mean) / std for each channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self._scale = torch.tensor([1 / (255 * value) for value in std])
        self._shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)])

    def __call__(self, crops: Tensor) -> Tensor:
        """(n, height, width, channels) uint8 to (n, channels, height, width) float32."""
        self._scale, self._shift = self._scale.to(crops.device), self._shift.to(crops.device)
        # Whole rows at a time: three channels are too few for vectorised loops.
        width = crops.shape[2]
        images = crops.flatten(2).to(torch.float32, copy=True)
        images.mul_(self._scale.repeat(width)).add_(self._shift.repeat(width))
        return images.view(crops.shape).permute(0, 3, 1, 2)


def augment(crops: Tensor, plan: Plan, padding: int, normalise: Normaliser) -> Tensor:
    """Carry out ``plan`` on (n, height, width, channels) uint8 crops; float32, channels first."""
    on_cpu = crops.device.type == "cpu"
    vary = augment_each if on_cpu else augment_batch
    return vary(_varied(crops, plan), plan, padding, normalise)


def augment_each(crops: Tensor, plan: Plan, padding: int, normalise: Normaliser) -> Tensor:
    """Flip, shift, normalise and erase crop by crop."""
    pixels = crops.numpy()
    mirrored = crops[torch.from_numpy(plan.flips)].flip(2).numpy()
    places = np.cumsum(plan.flips) - 1
    height, width = pixels.shape[1:3]
    shifted = np.zeros_like(pixels)
    for index, flip in enumerate(plan.flips):
        crop = mirrored[places[index]] if flip else pixels[index]
        to_rows, rows = _overlap(int(plan.tops[index]) - padding, height)
        to_columns, columns = _overlap(int(plan.lefts[index]) - padding, width)
        shifted[index, to_rows, to_columns] = crop[rows, columns]
    images = normalise(torch.from_numpy(shifted))
    for image, (top, bottom, left, right) in zip(images, plan.boxes.tolist(), strict=True):
        image[:, top:bottom, left:right] = 0.0
    return images


def _overlap(shift: int, length: int) -> tuple[slice, slice]:
    """The slices of the visible part of an axis: after and before the shift."""
    first = max(0, shift)
    last = max(first, min(length, length + shift))
    return slice(first - shift, last - shift), slice(first, last)


def augment_batch(crops: Tensor, plan: Plan, padding: int, normalise: Normaliser) -> Tensor:
    """Flip, shift, normalise and erase a whole batch at once, on its device."""
    device, (height, width) = crops.device, crops.shape[1:3]
    # One copy of all small arrays from pinned memory, so that nothing waits for the device.
    numbers = np.column_stack([plan.flips, plan.tops, plan.lefts, plan.boxes]).astype(np.int64)
    flips, tops, lefts, *boxes = on_device(numbers, device).unbind(1)
    rows = torch.arange(height, device=device)
    columns = torch.arange(width, device=device)
    padded = torch.nn.functional.pad(crops, (0, 0, padding, padding, padding, padding))
    seen = lefts[:, None] + columns
    seen = torch.where(flips[:, None].bool(), width + 2 * padding - 1 - seen, seen)
    batch = torch.arange(len(crops), device=device)[:, None, None]
    shifted = padded[batch, (tops[:, None] + rows)[:, :, None], seen[:, None, :]]
    top, bottom, left, right = (side[:, None] for side in boxes)
    tall = (rows >= top) & (rows < bottom)
    wide = (columns >= left) & (columns < right)
    erased = tall[:, None, :, None] & wide[:, None, None, :]
    return normalise(shifted).masked_fill_(erased, 0.0)


def _varied(crops: Tensor, plan: Plan) -> Tensor:
    """Apply the plan's AutoAugment, colour, AugMix, patch and grey changes, in fast-reid's order.

    The input is not modified.
    """
    if plan.auto is not None:
        crops = auto_augmented(crops, plan.auto)
    if plan.colours is not None:
        crops = coloured(crops, plan.colours)
    if plan.hues is not None:
        crops = shifted_hue(crops, plan.hues)
    if plan.mix is not None:
        crops = augmixed(crops, plan.mix)
    if plan.patches is not None:
        crops = pasted(crops, plan.patches)
    return crops if plan.grey_boxes is None else greyed(crops, plan.grey_boxes)
