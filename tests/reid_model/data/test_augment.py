"""Batched augmentation against one crop at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_model.data.augment import Augmentation, Normaliser, Plan, augmented, draw_plan

SIZE = (20, 10)
HOW = Augmentation(padding=3, flip=0.5, erase=0.5)
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


def test_the_batch_is_what_each_crop_alone_would_be() -> None:
    crops = _crops(64)
    plan = draw_plan(HOW, SIZE, seed=3, epoch=1, indices=np.arange(64))
    expected = _one_by_one(crops, plan, HOW.padding)
    found = augmented(crops, plan, HOW.padding, NORMALISE)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_a_crops_plan_does_not_depend_on_its_batch() -> None:
    whole = draw_plan(HOW, SIZE, 3, 1, np.arange(32))
    alone = draw_plan(HOW, SIZE, 3, 1, [17])
    assert alone.flips[0] == whole.flips[17]
    assert (alone.tops[0], alone.lefts[0]) == (whole.tops[17], whole.lefts[17])
    assert alone.boxes[0].tolist() == whole.boxes[17].tolist()


def test_a_crop_shown_twice_in_a_batch_looks_different() -> None:
    crops = _crops(1).expand(16, -1, -1, -1)
    plan = draw_plan(HOW, SIZE, 3, 1, [5] * 16)
    images = augmented(crops, plan, HOW.padding, NORMALISE)
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
    assert torch.equal(augmented(crops, plan, 0, NORMALISE), NORMALISE(crops))
