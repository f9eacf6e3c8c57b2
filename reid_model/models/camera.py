"""Tells a transformer which camera took a crop.

He et al., "TransReID" (ICCV 2021), section 3.4: side information embeddings.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid_model.config.model import ModelConfig


class CameraEmbedding(nn.Module):
    """Adds ``sie_coe`` times a learned vector of the camera to every patch; nothing when off."""

    def __init__(self, config: ModelConfig, num_cameras: int, width: int) -> None:
        super().__init__()
        self.factor = config.sie_coe if config.sie_camera else 0.0
        if self.factor:
            self.table = nn.Parameter(torch.empty(num_cameras, width))
            nn.init.trunc_normal_(self.table, std=0.02)

    def forward(self, patches: Tensor, cameras: Tensor | None) -> Tensor:
        """(n, ..., width) patches; a camera that training never saw adds nothing."""
        if not self.factor or cameras is None:
            return patches
        known = cameras < len(self.table)
        vectors = self.table[cameras.where(known, 0)] * known[:, None]
        shape = (len(vectors), *(1,) * (patches.dim() - 2), -1)
        return patches + self.factor * vectors.reshape(shape)
