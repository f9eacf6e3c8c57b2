"""Checks a distance matrix of the caller, such as a re-ranked one, and drops junk columns."""

from __future__ import annotations

import torch
from torch import Tensor

from reid_model.errors import DataError
from reid_model.retrieval.protocol import Protocol


def check_matrix(distances: Tensor) -> None:
    """Raise DataError unless ``distances`` is a floating-point matrix."""
    if distances.ndim != 2 or not distances.is_floating_point():
        raise DataError(
            "distances must be a floating-point matrix (queries, gallery), "
            f"got {tuple(distances.shape)} {distances.dtype}"
        )


def counted_rows(distances: Tensor, protocol: Protocol, rows: slice) -> Tensor:
    """A float64 copy of these rows, junk columns left out.

    Raises:
        DataError: a distance is not finite.
    """
    chunk = distances.detach()[rows][:, protocol.counted].to(torch.float64)
    if not bool(torch.isfinite(chunk).all()):
        raise DataError(
            f"distances of queries {rows.start} to {rows.stop - 1} hold NaN or infinity"
        )
    return chunk
