"""AutoAugment and AugMix by torchvision, for the crops that are to get them.

torchvision draws from the generator of the CPU, to which each crop's seed gives a state of its own.
The crops stay on their device, so that no training step waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor

from reid_model.data.augmentation.rectangles import Ints

Transform = Callable[[Tensor], Tensor]
_FILL = 128.0  # what comes into view behind a crop's edge, as in fast-reid


def auto_augmented(crops: Tensor, seeds: Ints) -> Tensor:
    """Crops (n, height, width, channels) with one of 25 pairs of changes where a seed is not 0.

    Cubuk et al., "AutoAugment" (CVPR 2019), the policy found on ImageNet, as fast-reid has it.
    """
    return _changed(crops, seeds, _auto_augment())


def augmixed(crops: Tensor, seeds: Ints) -> Tensor:
    """Crops mixed with three chains of changes of themselves where a seed is not 0.

    Hendrycks et al., "AugMix" (ICLR 2020), with torchvision's defaults, which are the paper's.
    """
    return _changed(crops, seeds, _augmix())


def _changed(crops: Tensor, seeds: Ints, transform: Transform) -> Tensor:
    chosen = np.flatnonzero(seeds).tolist()
    found = crops.clone() if chosen else crops
    with torch.random.fork_rng(devices=[]):
        for index in chosen:
            torch.default_generator.manual_seed(int(seeds[index]))
            found[index] = transform(crops[index].permute(2, 0, 1)).permute(1, 2, 0)
    return found


@cache
def _auto_augment() -> Transform:
    from torchvision.transforms.v2 import AutoAugment, InterpolationMode

    made: Transform = AutoAugment(interpolation=InterpolationMode.BILINEAR, fill=_FILL)
    return made


@cache
def _augmix() -> Transform:
    from torchvision.transforms.v2 import AugMix

    class SeededAugMix(AugMix):  # type: ignore[misc]
        """Draws the mixture's weights on the CPU, by a method that is there to be replaced."""

        def _sample_dirichlet(self, params: Tensor) -> Tensor:
            drawn: Tensor = super()._sample_dirichlet(torch.full(params.shape, self.alpha))
            return drawn.to(params.device)

    made: Transform = SeededAugMix(fill=_FILL)
    return made
