"""The two distances between L2-normalised features, both exact functions of the grid vectors."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval.fixed_point import (
    SQUARED_UNIT,
    FixedVectors,
    fixed_vectors,
    squared_distances,
)

Distance = Literal["euclidean", "cosine"]
DISTANCES: tuple[Distance, ...] = ("euclidean", "cosine")


def pairwise_distances(query: Tensor, gallery: Tensor, distance: Distance = "euclidean") -> Tensor:
    """Distances between all rows of two feature matrices: (Q, D), (G, D) -> (Q, G) float64.

    Features are L2-normalised inside. ``euclidean`` is in [0, 2]; ``cosine`` is 1 minus the cosine
    similarity, in [0, 2], computed as half the squared Euclidean distance. Both are strictly
    increasing in the exact squared distance, so they order a gallery alike, ties included, and in
    the order that :func:`evaluate_retrieval` scores. Equal vectors are at distance 0 exactly.

    Raises:
        ConfigError: unknown distance.
        DataError: not matrices of one width, or values that are not finite.
    """
    check_distance(distance)
    queries, images = feature_pair(query, gallery)
    return from_squared(squared_distances(queries, images), distance)


def from_squared(squared: Tensor, distance: Distance) -> Tensor:
    """Squared distances on the grid (any shape) as the named distance.

    ``euclidean`` cannot merge two different squared distances: they are integers up to 2**50, and
    float64 roots of neighbouring integers differ below 2**52.
    """
    if distance == "cosine":
        return squared / (2.0 * SQUARED_UNIT)
    return (squared / SQUARED_UNIT).sqrt()


def feature_pair(query: Tensor, gallery: Tensor) -> tuple[FixedVectors, FixedVectors]:
    """Both feature matrices on the grid, on the queries' device.

    Raises:
        DataError: not matrices of one width, no rows, or values that are not finite.
    """
    queries = fixed_vectors(query, "query_features")
    images = fixed_vectors(gallery.to(query.device), "gallery_features")
    if query.shape[1] != gallery.shape[1]:
        raise DataError(
            f"query features have {query.shape[1]} dimensions, gallery features "
            f"{gallery.shape[1]}: both must come from the same model"
        )
    return queries, images


def check_distance(distance: str) -> None:
    """Raise ConfigError unless ``distance`` is one of :data:`DISTANCES`."""
    if distance not in DISTANCES:
        raise ConfigError(f"distance must be one of {', '.join(DISTANCES)}, got {distance!r}")
