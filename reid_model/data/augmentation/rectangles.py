"""Draws rectangles inside crops: to erase, to turn grey, or to take from another crop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Draws = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ATTEMPTS: Final = 10
RECTANGLE_DRAWS: Final = 4 * _ATTEMPTS


@dataclass(frozen=True)
class Shape:
    """Shares of the crop's area, and the ratio of height to width, on a log scale or not."""

    area: tuple[float, float]
    ratio: tuple[float, float]
    log: bool


# Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020), as torchvision draws it.
ERASED: Final = Shape((0.02, 0.4), (0.3, 1 / 0.3), log=True)
# Gong et al., "An Effective Data Augmentation for Person Re-identification" (2021): its LGT.
GREYED: Final = Shape((0.02, 0.4), (0.3, 1 / 0.3), log=False)
# Zhou et al., "Learning Generalisable Omni-Scale Representations" (2019): torchreid's RandomPatch.
PASTED: Final = Shape((0.01, 0.5), (0.1, 10.0), log=False)


def rectangles(draws: Draws, size: tuple[int, int], shape: Shape) -> Ints:
    """(top, bottom, left, right) of the first attempt of each row that lies inside the crop.

    ``draws``: (n, RECTANGLE_DRAWS); ``size``: (height, width). All 0 if no attempt fits.
    """
    height, width = size
    tries = draws.reshape(len(draws), _ATTEMPTS, 4)
    low, high = shape.area
    area = (low + (high - low) * tries[..., 0]) * height * width
    ratio = _ratios(tries[..., 1], shape)
    tall = np.rint(np.sqrt(area * ratio)).astype(np.int64)
    wide = np.rint(np.sqrt(area / ratio)).astype(np.int64)
    fits = (tall < height) & (wide < width) & (tall > 0) & (wide > 0)
    top = (tries[..., 2] * (height - tall + 1)).astype(np.int64)
    left = (tries[..., 3] * (width - wide + 1)).astype(np.int64)
    rows = np.arange(len(tries))
    first = fits.argmax(axis=1)
    boxes = np.stack([top, top + tall, left, left + wide], axis=-1)[rows, first]
    boxes[~fits[rows, first]] = 0
    return np.asarray(boxes)


def _ratios(draws: Draws, shape: Shape) -> Draws:
    low, high = map(math.log, shape.ratio) if shape.log else shape.ratio
    found = low + (high - low) * draws
    return np.exp(found) if shape.log else found
