"""The labels of a retrieval split as the scoring functions take them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reid_model.data.folder import Crop
from reid_model.data.splits import RetrievalSplit


def retrieval_labels(
    split: RetrievalSplit, device: torch.device
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pids of queries (Q,) and gallery (G,), then camids, in ``reid_model.retrieval``'s order."""

    def column(crops: Sequence[Crop], name: str) -> Tensor:
        return torch.tensor([getattr(crop, name) for crop in crops], device=device)

    return (
        column(split.query, "pid"),
        column(split.gallery, "pid"),
        column(split.query, "camid"),
        column(split.gallery, "camid"),
    )
