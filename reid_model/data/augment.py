"""Flip, shift-crop, normalise and erase whole batches on whatever device they lie.

What happens to a crop is decided by :func:`draw_plan` from (seed, epoch, index) and how often the
batch has shown it before; the tensor operations then only carry it out. Erased rectangles are
filled after normalising, with 0: the mean. Erasing follows Zhong et al., "Random Erasing Data
Augmentation" (AAAI 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from reid_model.data.randoms import uniforms

_ERASE_AREA = (0.02, 0.4)
_ERASE_LOG_RATIO = (math.log(0.3), math.log(1 / 0.3))
_ERASE_ATTEMPTS = 10
_NEXT_OCCURRENCE = 1 << 40  # beyond every crop's index
_NUM_DRAWS = 4 + 4 * _ERASE_ATTEMPTS

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Augmentation:
    """How strongly training crops are varied; ``padding`` in pixels, the others probabilities."""

    padding: int
    flip: float
    erase: float


@dataclass(frozen=True)
class Plan:
    """What happens to each crop of a batch; ``boxes`` are (top, bottom, left, right) to erase."""

    flips: npt.NDArray[np.bool_]
    tops: Ints
    lefts: Ints
    boxes: Ints


def draw_plan(
    how: Augmentation, size: tuple[int, int], seed: int, epoch: int, indices: npt.ArrayLike
) -> Plan:
    """The augmentation of a batch's crops ``indices`` in one epoch; ``size`` is (height, width).

    A crop that a batch shows again is varied anew: two equal pictures would teach it nothing.
    """
    shown = np.asarray(indices, np.int64)
    draws = uniforms(seed, epoch, shown + _occurrences(shown) * _NEXT_OCCURRENCE, _NUM_DRAWS)
    shifts = (draws[:, 1:3] * (2 * how.padding + 1)).astype(np.int64)
    boxes = _boxes(draws[:, 4:].reshape(len(draws), _ERASE_ATTEMPTS, 4), *size)
    boxes[draws[:, 3] >= how.erase] = 0
    return Plan(draws[:, 0] < how.flip, shifts[:, 0], shifts[:, 1], boxes)


def _occurrences(indices: Ints) -> Ints:
    """How often each entry has occurred before it."""
    order = np.argsort(indices, kind="stable")
    ranked = indices[order]
    found = np.empty_like(indices)
    found[order] = np.arange(len(indices)) - np.searchsorted(ranked, ranked)
    return found


def _boxes(draws: npt.NDArray[np.float64], height: int, width: int) -> Ints:
    """The first rectangle of each row of attempts that lies inside the crop; empty if none does."""
    low, high = _ERASE_AREA
    area = (low + (high - low) * draws[..., 0]) * height * width
    low, high = _ERASE_LOG_RATIO
    ratio = np.exp(low + (high - low) * draws[..., 1])
    tall = np.rint(np.sqrt(area * ratio)).astype(np.int64)
    wide = np.rint(np.sqrt(area / ratio)).astype(np.int64)
    fits = (tall < height) & (wide < width) & (tall > 0) & (wide > 0)
    top = (draws[..., 2] * (height - tall + 1)).astype(np.int64)
    left = (draws[..., 3] * (width - wide + 1)).astype(np.int64)
    rows = np.arange(len(draws))
    first = fits.argmax(axis=1)
    boxes = np.stack([top, top + tall, left, left + wide], axis=-1)[rows, first]
    boxes[~fits[rows, first]] = 0
    return np.asarray(boxes)


class Normaliser:
    """Pixels 0..255 to what the network sees: (pixel / 255 - mean) / std for each channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self._scale = torch.tensor([1 / (255 * value) for value in std])
        self._shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)])

    def __call__(self, crops: torch.Tensor) -> torch.Tensor:
        """(n, height, width, channels) uint8 to (n, channels, height, width) float32."""
        scale, shift = self._scale.to(crops.device), self._shift.to(crops.device)
        return (crops * scale + shift).permute(0, 3, 1, 2)


def augmented(crops: torch.Tensor, plan: Plan, padding: int, normalise: Normaliser) -> torch.Tensor:
    """Carry out ``plan`` on (n, height, width, channels) uint8 crops; float32, channels first."""
    images = normalise(_shifted(crops, plan, padding))
    keep = _kept(plan.boxes, images.shape[-2], images.shape[-1], images.device)
    return images * keep[:, None]


def _shifted(crops: torch.Tensor, plan: Plan, padding: int) -> torch.Tensor:
    """Flipped, padded with black and cropped back to size at each crop's own offset."""
    device, (height, width) = crops.device, crops.shape[1:3]
    padded = torch.nn.functional.pad(crops, (0, 0, padding, padding, padding, padding))
    rows = _on(plan.tops, device)[:, None] + torch.arange(height, device=device)
    columns = _on(plan.lefts, device)[:, None] + torch.arange(width, device=device)
    mirrored = width + 2 * padding - 1 - columns
    columns = torch.where(_on(plan.flips, device)[:, None], mirrored, columns)
    batch = torch.arange(len(crops), device=device)[:, None, None]
    return padded[batch, rows[:, :, None], columns[:, None, :]]


def _kept(boxes: Ints, height: int, width: int, device: torch.device) -> torch.Tensor:
    """1 where a pixel stays and 0 where it is erased: (n, height, width) float32."""
    top, bottom, left, right = _on(boxes, device).unbind(1)
    rows = torch.arange(height, device=device)
    columns = torch.arange(width, device=device)
    tall = (rows >= top[:, None]) & (rows < bottom[:, None])
    wide = (columns >= left[:, None]) & (columns < right[:, None])
    return 1.0 - (tall[:, :, None] & wide[:, None, :]).float()


def _on(values: npt.NDArray[np.generic], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(values).to(device, non_blocking=True)
