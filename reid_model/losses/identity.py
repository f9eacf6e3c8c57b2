"""The identity loss: which of the training set's people is this?"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from reid_model.losses.margin_heads import MARGIN_HEADS

SMOOTHING = 0.1


def cross_entropy(logits: Tensor, labels: Tensor, *, smooth: bool, others: bool = False) -> Tensor:
    """Mean cross-entropy of (n, classes) logits in float32, labels optionally smoothed by 0.1.

    Szegedy et al., "Rethinking the Inception architecture" (CVPR 2016), section 7. ``others``: the
    true label keeps 0.9 and each other gets 0.1 / (classes - 1), as in fast-reid.
    """
    share = SMOOTHING if smooth else 0.0
    if others:
        share *= logits.shape[1] / max(logits.shape[1] - 1, 1)
    return F.cross_entropy(logits.float(), labels, label_smoothing=share)


@dataclass(frozen=True)
class IdentityLoss:
    """Cross-entropy over the training identities.

    ``kind`` softmax takes scores as they are; a margin head takes cosines. ``cosine`` says that the
    scores of softmax are cosines, which are then multiplied by ``scale``.
    """

    kind: str = "softmax"
    smooth: bool = True
    cosine: bool = False
    margin: float = 0.5
    scale: float = 30.0
    others: bool = False

    def __call__(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of (n, classes) scores with (n,) labels."""
        logits = self._logits(scores, labels)
        return cross_entropy(logits, labels, smooth=self.smooth, others=self.others)

    def _logits(self, scores: Tensor, labels: Tensor) -> Tensor:
        if self.kind != "softmax":
            return MARGIN_HEADS[self.kind](scores, labels, self.margin, self.scale)
        return self.scale * scores.float() if self.cosine else scores
