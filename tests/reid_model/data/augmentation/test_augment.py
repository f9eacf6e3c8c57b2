"""Batched augmentation against one crop at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from reid_model.data.augmentation.draws import Augmentation, Plan, draw_plan
from reid_model.data.augmentation.pixels import (
    Normaliser,
    augment,
    augment_batch,
    augment_each,
)

SIZE = (20, 10)
HOW = Augmentation(padding=3, flip=0.5, erase=0.5)
COLOURFUL = Augmentation(padding=3, flip=0.5, erase=0.5, colours=(0.4, 0.4, 0.4))
ENHANCERS = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
Vary = Callable[[torch.Tensor, Plan, int, Normaliser], torch.Tensor]
NORMALISE = Normaliser((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))


def _crops(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, *SIZE, 3), dtype=torch.uint8, generator=generator)


def _one_by_one(crops: torch.Tensor, plan: Plan, padding: int) -> np.ndarray:
    mean, std = np.array([0.4, 0.5, 0.6]), np.array([0.2, 0.25, 0.3])
    found = []
    for index, crop in enumerate(crops.numpy()):
        if plan.flips[index]:
            crop = crop[:, ::-1]
        padded = np.pad(crop, ((padding, padding), (padding, padding), (0, 0)))
        top, left = plan.tops[index], plan.lefts[index]
        image = (padded[top : top + SIZE[0], left : left + SIZE[1]] / 255.0 - mean) / std
        up, down, west, east = plan.boxes[index]
        image[up:down, west:east] = 0.0
        found.append(image.transpose(2, 0, 1))
    return np.stack(found)


@pytest.mark.parametrize("vary", [augment_each, augment_batch])
@pytest.mark.parametrize("padding", [0, 3, 24])  # the last shifts some crops out of sight
def test_each_crop_is_varied_as_its_plan_says(vary: Vary, padding: int) -> None:
    crops = _crops(64)
    how = Augmentation(padding, flip=0.5, erase=0.5)
    plan = draw_plan(how, SIZE, seed=3, epoch=1, indices=np.arange(64))
    found = vary(crops, plan, padding, NORMALISE)
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(found.numpy(), _one_by_one(crops, plan, padding), atol=1e-5)


@pytest.mark.gpu
def test_on_a_gpu_the_pixels_are_the_same() -> None:
    crops = _crops(64)
    plan = draw_plan(COLOURFUL, SIZE, seed=3, epoch=1, indices=np.arange(64))
    there = augment(crops.cuda(), plan, HOW.padding, Normaliser((0.4, 0.5, 0.6), (0.2,) * 3))
    here = augment(crops, plan, HOW.padding, Normaliser((0.4, 0.5, 0.6), (0.2,) * 3))
    step = 1 / (255 * 0.2)  # of a pixel's value: colours are rounded to whole ones
    torch.testing.assert_close(there.cpu(), here, rtol=0, atol=1.01 * step)


def test_colours_are_those_of_each_image_alone() -> None:
    """Pillow's own enhancers, one after the other, without their rounding in between."""
    crops = _crops(16) // 2 + 64  # far from black and white, where Pillow clips at each step
    colours = (0.3, 0.2, 0.4)
    plan = draw_plan(Augmentation(0, 0.0, 0.0, colours), SIZE, 3, 1, np.arange(16))
    found = augment(crops, plan, 0, Normaliser((0.0,) * 3, (1.0,) * 3)) * 255
    assert plan.colours is not None
    for crop, factors, image in zip(crops, plan.colours, found, strict=True):
        expected = Image.fromarray(crop.numpy())
        for enhancer, factor in zip(ENHANCERS, factors, strict=True):
            expected = enhancer(expected).enhance(float(factor))
        there = torch.from_numpy(np.array(expected)).permute(2, 0, 1)
        assert (image - there).abs().max() < 4  # three times cut off by Pillow, rounded once here
    factors = plan.colours
    assert (np.abs(factors - 1) <= colours).all()
    assert (factors.std(0) > 0.05).all()


def test_a_share_of_the_crops_loses_its_colours() -> None:
    """As Pillow's own conversion; the others stay as they are."""
    crops = _crops(200)
    plan = draw_plan(Augmentation(0, 0.0, 0.0, grey=0.25), SIZE, 3, 1, np.arange(200))
    found = augment(crops, plan, 0, Normaliser((0.0,) * 3, (1.0,) * 3)) * 255
    assert plan.colours is not None
    grey = plan.colours[:, 2] == 0
    assert abs(grey.mean() - 0.25) < 0.1
    for crop, image, lost in zip(crops, found, grey, strict=True):
        picture = Image.fromarray(crop.numpy())
        expected = np.array(picture.convert("L").convert("RGB") if lost else picture)
        assert (image - torch.from_numpy(expected).permute(2, 0, 1)).abs().max() < 1.01


def test_colours_leave_the_other_draws_as_they_are() -> None:
    plain = draw_plan(HOW, SIZE, 3, 1, np.arange(32))
    colourful = draw_plan(COLOURFUL, SIZE, 3, 1, np.arange(32))
    assert plain.colours is None
    for name in ("flips", "tops", "lefts", "boxes"):
        assert np.array_equal(getattr(plain, name), getattr(colourful, name))


def test_a_crops_plan_does_not_depend_on_its_batch() -> None:
    whole = draw_plan(HOW, SIZE, 3, 1, np.arange(32))
    alone = draw_plan(HOW, SIZE, 3, 1, [17])
    assert alone.flips[0] == whole.flips[17]
    assert (alone.tops[0], alone.lefts[0]) == (whole.tops[17], whole.lefts[17])
    assert alone.boxes[0].tolist() == whole.boxes[17].tolist()


def test_a_crop_shown_twice_in_a_batch_looks_different() -> None:
    crops = _crops(1).expand(16, -1, -1, -1)
    plan = draw_plan(HOW, SIZE, 3, 1, [5] * 16)
    images = augment(crops, plan, HOW.padding, NORMALISE)
    assert len({image.numpy().tobytes() for image in images}) > 12
    first = draw_plan(HOW, SIZE, 3, 1, [5])
    assert (plan.tops[0], plan.lefts[0]) == (first.tops[0], first.lefts[0])


def test_probabilities_and_ranges_hold() -> None:
    plan = draw_plan(HOW, SIZE, 9, 0, np.arange(4000))
    erased = plan.boxes[:, 1] > plan.boxes[:, 0]
    assert abs(plan.flips.mean() - 0.5) < 0.03
    assert abs(erased.mean() - 0.5) < 0.03
    assert set(plan.tops) == set(plan.lefts) == set(range(7))
    top, bottom, left, right = plan.boxes[erased].T
    assert top.min() >= 0
    assert bottom.max() <= SIZE[0]
    assert left.min() >= 0
    assert right.max() <= SIZE[1]
    share = (bottom - top) * (right - left) / (SIZE[0] * SIZE[1])
    assert share.min() > 0.005
    assert share.max() < 0.5


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_never_and_always(probability: float) -> None:
    plan = draw_plan(Augmentation(0, probability, probability), SIZE, 1, 0, np.arange(300))
    assert plan.flips.all() == plan.flips.any() == bool(probability)
    assert (plan.boxes.any(axis=1)).mean() == probability


def test_nothing_asked_for_is_only_normalised() -> None:
    crops = _crops(4)
    plan = draw_plan(Augmentation(0, 0.0, 0.0), SIZE, 1, 0, np.arange(4))
    assert torch.equal(augment(crops, plan, 0, NORMALISE), NORMALISE(crops))
