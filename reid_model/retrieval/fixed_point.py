"""Unit vectors in fixed point, so that a squared distance is an exact integer.

A floating-point matrix product rounds differently for another chunk size, thread count or device,
and then exact duplicates of one image stop being ties. Here every component of a unit vector is a
multiple of 2**-24, held as an integer in a float64. All products and all partial sums of a dot
product stay below 2**53 (Cauchy-Schwarz bounds every partial sum by the product of the norms), so
float64 arithmetic never rounds, in whatever order a library adds. The rounding of the components
moves a cosine by about 2.4e-8 (one standard deviation), as much as an fp32 product does.

Normalisation uses elementwise IEEE operations only, in an order that is written down, so that it
gives the same bits everywhere too. The device must know float64 (Apple's MPS does not).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.errors import DataError
from reid_model.retrieval.chunks import row_chunks

UNIT = float(1 << 24)
"""Length of a unit vector on the grid."""

SQUARED_UNIT = UNIT * UNIT


ROW_CHUNK = 1 << 10


@dataclass(frozen=True, eq=False)
class FixedVectors:
    """N unit vectors on the grid, integers in float64.

    ``values``: (N, D); ``squares``: (N,) squared lengths, in units of ``1 / SQUARED_UNIT``.
    """

    values: Tensor
    squares: Tensor

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: slice | Tensor) -> FixedVectors:
        """The vectors of these rows."""
        return FixedVectors(self.values[rows], self.squares[rows])


def fixed_vectors(features: Tensor, name: str) -> FixedVectors:
    """L2-normalise ``features`` (N, D) onto the grid; a zero vector stays zero.

    Raises:
        DataError: not a floating-point matrix, or a value in it is not finite.
    """
    _check_features(features, name)
    values = torch.empty_like(features, dtype=torch.float64)
    for rows in row_chunks(len(features), ROW_CHUNK):
        exact = features.detach()[rows].to(torch.float64)
        values[rows] = (exact / _lengths(exact) * UNIT).round()
    return FixedVectors(values, torch.linalg.vecdot(values, values))


def squared_distances(left: FixedVectors, right: FixedVectors) -> Tensor:
    """All squared distances (A, B), exact, in units of ``1 / SQUARED_UNIT``."""
    squared = torch.addmm(right.squares, left.values, right.values.T, alpha=-2)
    return squared.add_(left.squares[:, None])


def squared_pair_distances(vectors: FixedVectors, rows: Tensor, cols: Tensor) -> Tensor:
    """The same for the given pairs only: (P,), (P,) -> (P,)."""
    difference = vectors.values[rows] - vectors.values[cols]
    return (difference * difference).sum(1)


def _lengths(exact: Tensor) -> Tensor:
    """(N, 1) Euclidean lengths; 1 where a vector is zero, so that the division is defined."""
    peak = exact.abs().amax(1, keepdim=True)
    safe = torch.where(peak > 0, peak, torch.ones_like(peak))
    scaled = exact / safe
    length = _halving_sum(scaled * scaled).sqrt() * safe
    return torch.where(peak > 0, length, torch.ones_like(length))


def _halving_sum(values: Tensor) -> Tensor:
    """Row sums (N, 1) by adding the right half onto the left one until one column is left.

    ``Tensor.sum`` may pick another order on another device; this order is fixed.
    """
    while values.shape[1] > 1:
        half = (values.shape[1] + 1) // 2
        folded = values[:, :half].clone()
        folded[:, : values.shape[1] - half] += values[:, half:]
        values = folded
    return values


def _check_features(features: Tensor, name: str) -> None:
    if features.ndim != 2 or features.shape[1] == 0 or not features.is_floating_point():
        raise DataError(
            f"{name} must be a floating-point matrix (images, feature dimensions), "
            f"got {tuple(features.shape)} {features.dtype}"
        )
    finite = torch.isfinite(features).all(1)
    if not bool(finite.all()):
        bad = int((~finite).sum())
        first = int((~finite).nonzero()[0, 0])
        raise DataError(
            f"{name}: {bad} of {len(features)} rows hold NaN or infinity (first: row {first}); "
            "the model that produced them has diverged or its input is broken"
        )
