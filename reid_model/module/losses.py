"""The losses of a spec, weighted and added over the heads of a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid_model.config import ExperimentConfig
from reid_model.losses.center import CenterLoss
from reid_model.losses.identity import IdentityLoss
from reid_model.losses.triplet import TripletLoss
from reid_model.models.head import HeadOutput
from reid_model.models.network import Outputs


class WeightedLosses(nn.Module):
    """Identity loss, metric loss and center loss, as ``model`` and ``train.optim`` ask for."""

    def __init__(self, config: ExperimentConfig, num_classes: int, feat_dim: int) -> None:
        super().__init__()
        model, optim = config.model, config.train.optim
        self._id_weight, self._metric_weight = model.id_loss_weight, model.triplet_loss_weight
        self._center_weight = optim.center_loss_weight
        self._identity = IdentityLoss(
            kind=model.id_loss_type,
            smooth=model.label_smooth,
            others=model.label_smooth_others,
            cosine=model.cos_layer,
            margin=optim.cosine_margin,
            scale=optim.cosine_scale,
        )
        self._metric = TripletLoss(
            margin=None if model.no_margin else optim.triplet_loss_margin,
            weighted=model.metric_loss_type == "weighted_triplet",
            normalise=optim.trp_l2,
        )
        self.center = (
            CenterLoss(num_classes, feat_dim, optim.center_lr, config.train.accumulate)
            if model.with_center_loss
            else None
        )

    def forward(self, outputs: Outputs, labels: Tensor) -> Tensor:
        """The loss of one batch; labels (n,). Moves the centers, if there are any.

        Half of the loss is the parts', if there are any (He et al., TransReID, equation 6).
        """
        loss = self._head_loss(outputs.whole, labels)
        if outputs.parts:
            parts = [self._head_loss(part, labels) for part in outputs.parts]
            loss = (loss + torch.stack(parts).mean()) / 2
        return loss + self._center_loss(outputs.whole.features, labels)

    def _head_loss(self, output: HeadOutput, labels: Tensor) -> Tensor:
        identity = self._identity(output.scores, labels)
        metric = self._metric(output.features, labels)
        return self._id_weight * identity + self._metric_weight * metric

    def _center_loss(self, features: Tensor, labels: Tensor) -> Tensor | float:
        if self.center is None:
            return 0.0
        loss: Tensor = self._center_weight * self.center(features, labels)
        self.center.step(features, labels)
        return loss
