"""Draws the augmentation of each crop: colour, flip, shift and erased rectangle.

The draw depends on (seed, epoch, index) and on how often the batch has already shown the crop;
:mod:`reid_model.data.pixels` applies it. Erasing follows Zhong et al., "Random Erasing
Data Augmentation" (AAAI 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reid_model.data.randoms import uniforms

_ERASE_AREA = (0.02, 0.4)
_ERASE_LOG_RATIO = (math.log(0.3), math.log(1 / 0.3))
_ERASE_ATTEMPTS = 10
_NEXT_OCCURRENCE = 1 << 40  # beyond every crop's index
_COLOURS_AT = 4 + 4 * _ERASE_ATTEMPTS
_NUM_DRAWS = _COLOURS_AT + 4

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Augmentation:
    """How strongly training crops are varied.

    ``padding`` is in pixels; ``flip``, ``erase`` and ``grey`` are probabilities, ``colours`` the
    largest relative changes (0..1) of brightness, contrast and saturation.
    """

    padding: int
    flip: float
    erase: float
    colours: tuple[float, float, float] = (0.0, 0.0, 0.0)
    grey: float = 0.0


@dataclass(frozen=True)
class Plan:
    """The augmentation of each crop of a batch.

    ``boxes`` are (top, bottom, left, right) to erase, ``colours`` the factors (n, 3) float32 of
    brightness, contrast and saturation, None where no crop's are changed.
    """

    flips: npt.NDArray[np.bool_]
    tops: Ints
    lefts: Ints
    boxes: Ints
    colours: npt.NDArray[np.float32] | None = None


def draw_plan(
    how: Augmentation, size: tuple[int, int], seed: int, epoch: int, indices: npt.ArrayLike
) -> Plan:
    """The augmentation of a batch's crops ``indices`` in one epoch; ``size`` is (height, width).

    A crop that a batch shows twice gets two different augmentations.
    """
    shown = np.asarray(indices, np.int64)
    draws = uniforms(seed, epoch, shown + _occurrences(shown) * _NEXT_OCCURRENCE, _NUM_DRAWS)
    shifts = (draws[:, 1:3] * (2 * how.padding + 1)).astype(np.int64)
    boxes = _boxes(draws[:, 4:_COLOURS_AT].reshape(len(draws), _ERASE_ATTEMPTS, 4), *size)
    boxes[draws[:, 3] >= how.erase] = 0
    varied = any(how.colours) or how.grey
    colours = _colours(how, draws[:, _COLOURS_AT:]) if varied else None
    return Plan(draws[:, 0] < how.flip, shifts[:, 0], shifts[:, 1], boxes, colours)


def _colours(how: Augmentation, draws: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Each crop's factors in [1 - strength, 1 + strength]; a grey one has no saturation."""
    factors = np.asarray(1 + (2 * draws[:, :3] - 1) * np.asarray(how.colours), np.float32)
    factors[draws[:, 3] < how.grey, 2] = 0.0
    return factors


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
