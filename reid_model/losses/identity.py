"""The identity loss: which of the training set's people is this?"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

SMOOTHING = 0.1


def identity_loss(scores: Tensor, labels: Tensor, *, smooth: bool) -> Tensor:
    """Cross-entropy of (n, classes) scores in float32, labels optionally smoothed by 0.1.

    Szegedy et al., "Rethinking the Inception architecture" (CVPR 2016), section 7.
    """
    return F.cross_entropy(scores.float(), labels, label_smoothing=SMOOTHING if smooth else 0.0)
