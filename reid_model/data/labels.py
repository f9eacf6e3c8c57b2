"""The labels of a retrieval split as the scoring functions take them."""

from __future__ import annotations

import torch
from torch import Tensor

from reid_model.data.retrieval_split import RetrievalSplit


def retrieval_labels(
    split: RetrievalSplit, device: torch.device
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pids of queries (Q,) and gallery (G,), then ``split.views``, used as camids.

    In ``reid_model.retrieval``'s order.
    """
    pids = ([crop.pid for crop in part] for part in (split.query, split.gallery))
    query, gallery, *views = (torch.tensor(one, device=device) for one in (*pids, *split.views))
    return query, gallery, views[0], views[1]
