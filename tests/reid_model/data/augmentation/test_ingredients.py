"""Hue, grey rectangles, patches, AutoAugment and AugMix: crop by crop against slow references."""

from __future__ import annotations

import colorsys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from reid_model.data.augmentation.draws import Augmentation, Plan, draw_plan
from reid_model.data.augmentation.pixels import Normaliser, augment
from reid_model.data.augmentation.rectangles import (
    GREYED,
    PASTED,
    RECTANGLE_DRAWS,
    Shape,
    rectangles,
)

SIZE = (40, 20)
PLAIN = Augmentation(padding=0, flip=0.0, erase=0.0)
ALL: dict[str, Any] = {
    "hue": 0.2, "auto_augment": 0.5, "augmix": 0.5, "patch": 0.5, "local_grey": 0.5
}  # fmt: skip


def crops(count: int, channels: int = 3) -> Tensor:
    """Smooth pictures, each of its own colours."""
    dice = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, channels, 5, 3, generator=dice) * 255
    return torch.nn.functional.interpolate(coarse, SIZE).permute(0, 2, 3, 1).byte().contiguous()


def plan_of(count: int, **how: float) -> Plan:
    return draw_plan(replace(PLAIN, **how), SIZE, 3, 1, np.arange(count))  # type: ignore[arg-type]


def carried_out(given: Tensor, plan: Plan) -> Tensor:
    """Whole numbers, channels last."""
    channels = given.shape[3]
    images = augment(given, plan, 0, Normaliser((0.0,) * channels, (1.0,) * channels))
    return (images * 255).round().byte().permute(0, 2, 3, 1)


def test_hue_moves_by_a_share_of_the_circle_and_nothing_else_does() -> None:
    given, plan = crops(12), plan_of(12, hue=0.2)
    assert plan.hues is not None
    assert 0.1 < np.abs(plan.hues).max() <= 0.2
    for crop, shift, image in zip(given, plan.hues, carried_out(given, plan), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(crop[20, 10] / 255).tolist())
        expected = torch.tensor(colorsys.hsv_to_rgb((hue + shift) % 1.0, saturation, value)) * 255
        assert (image[20, 10] - expected).abs().max() < 2


def test_a_rectangle_of_a_share_of_the_crops_turns_grey() -> None:
    given, plan = crops(200), plan_of(200, local_grey=0.4)
    found, boxes = carried_out(given, plan), plan.grey_boxes
    assert boxes is not None
    assert abs((boxes[:, 1] > 0).mean() - 0.4) < 0.1
    for crop, image, (top, bottom, left, right) in zip(given, found, boxes, strict=True):
        grey = np.array(Image.fromarray(crop.numpy()).convert("L").convert("RGB"))
        expected = crop.numpy().copy()
        expected[top:bottom, left:right] = grey[top:bottom, left:right]
        assert np.abs(image.numpy().astype(int) - expected).max() <= 1


def test_a_patch_of_another_crop_covers_a_share_of_the_crops() -> None:
    given, plan = crops(200), plan_of(200, patch=0.5)
    found, patches = carried_out(given, plan), plan.patches
    assert patches is not None
    pasted = patches.boxes[:, 1] > 0
    assert abs(pasted.mean() - 0.5) < 0.1
    assert (patches.sources != np.arange(200)).all()
    assert abs((patches.degrees[pasted] != 0).mean() - 0.5) < 0.15
    assert set(patches.degrees) == set(range(-10, 11))
    for index, (top, bottom, left, right) in enumerate(patches.boxes):
        expected, to = given[index].clone(), (patches.tops[index], patches.lefts[index])
        rows, columns = slice(to[0], to[0] + bottom - top), slice(to[1], to[1] + right - left)
        part = given[patches.sources[index], top:bottom, left:right]
        if patches.degrees[index]:
            expected[rows, columns] = found[index, rows, columns]
        else:
            expected[rows, columns] = part.flip(1) if patches.flips[index] else part
        assert torch.equal(found[index], expected)


def test_a_batch_of_one_crop_has_no_other_to_take_a_patch_from() -> None:
    assert torch.equal(carried_out(crops(1), plan_of(1, patch=1.0)), crops(1))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["auto_augment", "augmix"])
def test_a_policy_changes_a_share_of_the_crops_by_their_own_seeds(name: str, channels: int) -> None:
    """Whatever torch's generator has drawn, and without drawing from it."""
    given, plan = crops(200, channels), plan_of(200, **{name: 0.5})
    seeds = plan.auto if name == "auto_augment" else plan.mix
    assert seeds is not None
    torch.manual_seed(5)
    before = torch.get_rng_state()
    found = carried_out(given, plan)
    assert torch.equal(torch.get_rng_state(), before)
    changed = (found != given).flatten(1).any(1).numpy()
    assert abs((seeds != 0).mean() - 0.5) < 0.1
    assert not changed[seeds == 0].any()
    assert changed[seeds != 0].mean() > 0.6  # some changes do nothing to some crops
    one = int(np.flatnonzero(changed)[3])
    alone = draw_plan(replace(PLAIN, **{name: 0.5}), SIZE, 3, 1, [one])  # type: ignore[arg-type]
    torch.manual_seed(6)
    assert torch.equal(carried_out(given[one : one + 1], alone)[0], found[one])


def test_mixed_crops_stay_near_themselves() -> None:
    """AugMix's severity is mild, and half of the mixture on average is the crop itself."""
    given = crops(100)
    away = {
        name: (carried_out(given, plan_of(100, **{name: 1.0})).float() - given).abs().mean()
        for name in ("augmix", "auto_augment")
    }
    assert 1 < away["augmix"] < 30
    assert away["augmix"] < away["auto_augment"]


@pytest.mark.parametrize("shape", [GREYED, PASTED])
def test_rectangles_have_the_published_areas_and_ratios(shape: Shape) -> None:
    size = (400, 400)
    draws = np.random.default_rng(1).random((4000, RECTANGLE_DRAWS))
    found = rectangles(draws, size, shape)
    fitting = found[:, 1] > 0
    assert fitting.mean() > 0.99
    top, bottom, left, right = found[fitting].T
    assert min(top.min(), left.min()) >= 0
    assert max(bottom.max(), right.max()) <= 400
    area, ratio = (bottom - top) * (right - left) / 400**2, (bottom - top) / (right - left)
    assert area.min() == pytest.approx(shape.area[0], abs=0.01)
    assert area.max() == pytest.approx(shape.area[1], abs=0.02)
    assert ratio.min() > 0.9 * shape.ratio[0]
    assert ratio.max() < 1.1 * shape.ratio[1]
    assert (ratio > 1).mean() > 0.6  # even, not even on a log scale


def test_all_of_them_leave_the_other_draws_as_they_are() -> None:
    how = Augmentation(padding=3, flip=0.5, erase=0.5, colours=(0.4, 0.4, 0.4))
    plain, more = (
        draw_plan(each, SIZE, 3, 1, np.arange(32)) for each in (how, replace(how, **ALL))
    )
    for name in ("flips", "tops", "lefts", "boxes", "colours"):
        assert np.array_equal(getattr(plain, name), getattr(more, name))
    assert plain.patches is plain.hues is plain.auto is plain.mix is plain.grey_boxes is None


def test_the_crops_given_stay_as_they_are() -> None:
    given = crops(40)
    carried_out(given, plan_of(40, **ALL))
    assert torch.equal(given, crops(40))
