"""Draws the augmentation of each crop: policies, colours, rectangles, flip and shift.

The draw depends on (seed, epoch, index) and on how often the batch has already shown the crop;
:mod:`reid_model.data.augmentation.pixels` applies it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reid_model.config.dataset import DatasetConfig
from reid_model.data.augmentation.patches import PATCH_DRAWS, Patches, draw_patches
from reid_model.data.augmentation.randoms import uniforms
from reid_model.data.augmentation.rectangles import (
    ERASED,
    GREYED,
    RECTANGLE_DRAWS,
    Draws,
    Ints,
    rectangles,
)

_NEXT_OCCURRENCE = 1 << 40  # beyond every crop's index
# Columns of a crop's random numbers; new ones come last, so that the others stay as they were.
_COLOURS_AT = 4 + RECTANGLE_DRAWS
_MORE_AT = _COLOURS_AT + 4
_PATCH_AT = _MORE_AT + 4
_GREY_BOX_AT = _PATCH_AT + PATCH_DRAWS
_NUM_DRAWS = _GREY_BOX_AT + RECTANGLE_DRAWS
_SEEDS = 1 << 53


@dataclass(frozen=True)
class Augmentation:
    """How strongly training crops are varied.

    ``padding`` is in pixels, ``colours`` are the largest relative changes (0..1) of brightness,
    contrast and saturation, ``hue`` the largest shift as a share of the colour circle; all others
    are probabilities.
    """

    padding: int
    flip: float
    erase: float
    colours: tuple[float, float, float] = (0.0, 0.0, 0.0)
    grey: float = 0.0
    hue: float = 0.0
    auto_augment: float = 0.0
    augmix: float = 0.0
    patch: float = 0.0
    local_grey: float = 0.0


def augmentation_of(data: DatasetConfig) -> Augmentation:
    """What the ``dataset`` section asks for."""
    return Augmentation(
        padding=data.padding,
        flip=data.prob,
        erase=data.re_prob,
        colours=(data.brightness, data.contrast, data.saturation),
        grey=data.grey_prob,
        hue=data.hue,
        auto_augment=data.auto_augment_prob,
        augmix=data.augmix_prob,
        patch=data.patch_prob,
        local_grey=data.local_grey_prob,
    )


@dataclass(frozen=True)
class Plan:
    """The augmentation of each crop of a batch.

    ``boxes`` are (top, bottom, left, right) to erase, ``grey_boxes`` to turn grey; ``colours`` the
    factors (n, 3) float32 of brightness, contrast and saturation, ``hues`` shifts (n,); ``auto``
    and ``mix`` seeds (n,) of AutoAugment and AugMix, 0 for crops that are left alone. None is for
    what no crop gets.
    """

    flips: npt.NDArray[np.bool_]
    tops: Ints
    lefts: Ints
    boxes: Ints
    colours: npt.NDArray[np.float32] | None = None
    hues: npt.NDArray[np.float64] | None = None
    auto: Ints | None = None
    mix: Ints | None = None
    patches: Patches | None = None
    grey_boxes: Ints | None = None


def draw_plan(
    how: Augmentation, size: tuple[int, int], seed: int, epoch: int, indices: npt.ArrayLike
) -> Plan:
    """The augmentation of a batch's crops ``indices`` in one epoch; ``size`` is (height, width).

    A crop that a batch shows twice gets two different augmentations.
    """
    shown = np.asarray(indices, np.int64)
    count = _NUM_DRAWS if _has_more(how) else _MORE_AT
    draws = uniforms(seed, epoch, shown + _occurrences(shown) * _NEXT_OCCURRENCE, count)
    shifts = (draws[:, 1:3] * (2 * how.padding + 1)).astype(np.int64)
    boxes = rectangles(draws[:, 4:_COLOURS_AT], size, ERASED)
    boxes[draws[:, 3] >= how.erase] = 0
    varied = any(how.colours) or how.grey
    colours = _colours(how, draws[:, _COLOURS_AT:_MORE_AT]) if varied else None
    plan = Plan(draws[:, 0] < how.flip, shifts[:, 0], shifts[:, 1], boxes, colours)
    return replace(plan, **_more(how, size, draws)) if _has_more(how) else plan


def _has_more(how: Augmentation) -> bool:
    return any((how.hue, how.auto_augment, how.augmix, how.patch, how.local_grey))


def _more(how: Augmentation, size: tuple[int, int], draws: Draws) -> dict[str, Any]:
    """Plan fields of the less common augmentations; None for each that is off."""
    hue, auto, mix, grey = draws[:, _MORE_AT:_PATCH_AT].T
    grey_boxes = rectangles(draws[:, _GREY_BOX_AT:], size, GREYED)
    grey_boxes[grey >= how.local_grey] = 0
    patches = draw_patches(draws[:, _PATCH_AT:_GREY_BOX_AT], size, how.patch)
    return {
        "hues": (2 * hue - 1) * how.hue if how.hue else None,
        "auto": _seeds(auto, how.auto_augment),
        "mix": _seeds(mix, how.augmix),
        "patches": patches if how.patch else None,
        "grey_boxes": grey_boxes if how.local_grey else None,
    }


def _seeds(draws: Draws, probability: float) -> Ints | None:
    """A seed for each crop whose draw is below ``probability``, 0 for the others."""
    if not probability:
        return None
    return np.where(draws < probability, 1 + (draws * _SEEDS).astype(np.int64), 0)


def _colours(how: Augmentation, draws: Draws) -> npt.NDArray[np.float32]:
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
