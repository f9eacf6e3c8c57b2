"""Slow, plain references in float64, written from the definitions and sharing no code with us."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from hypothesis import strategies as st
from torch import Tensor

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One retrieval problem; labels in the order that the public functions take."""

    query: Tensor
    gallery: Tensor
    query_pids: Tensor
    gallery_pids: Tensor
    query_camids: Tensor
    gallery_camids: Tensor

    @property
    def labels(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.query_pids, self.gallery_pids, self.query_camids, self.gallery_camids

    @property
    def everything(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        return (self.query, self.gallery, *self.labels)


def random_case(
    seed: int, queries: int = 12, images: int = 40, width: int = 7, pids: int = 4
) -> Case:
    """Features around one centre per person, with junk, distractors and three cameras."""
    generator = torch.Generator().manual_seed(seed)

    def integers(low: int, high: int, count: int) -> Tensor:
        return torch.randint(low, high, (count,), generator=generator)

    query_pids, gallery_pids = integers(1, pids + 1, queries), integers(-1, pids + 1, images)
    centres = torch.randn(pids + 2, width, generator=generator)
    noise = torch.randn(queries + images, width, generator=generator)
    features = centres[torch.cat([query_pids, gallery_pids]) + 1] + noise
    return Case(
        features[:queries],
        features[queries:],
        query_pids,
        gallery_pids,
        integers(0, 3, queries),
        integers(0, 3, images),
    )


@st.composite
def tied_cases(draw: st.DrawFn) -> Case:
    """Corners of a cube in four dimensions: unit vectors that are exact, so ties are everywhere."""
    queries, images = draw(st.integers(1, 5)), draw(st.integers(1, 14))

    def vector(low: int, high: int, count: int) -> Tensor:
        return torch.tensor(draw(st.lists(st.integers(low, high), min_size=count, max_size=count)))

    corner = vector(0, 15, queries + images)
    signs = 1.0 - 2.0 * ((corner[:, None] >> torch.arange(4)) & 1)
    return Case(
        signs[:queries],
        signs[queries:],
        vector(-1, 3, queries),
        vector(-1, 3, images),
        vector(0, 2, queries),
        vector(0, 2, images),
    )


def slow_distances(left: Tensor, right: Tensor) -> Matrix:
    """Euclidean distances of the normalised rows, by explicit differences."""
    a, b = (x.double().numpy() for x in (left, right))
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    distances: Matrix = np.sqrt(((a[:, None] - b[None]) ** 2).sum(2))
    return distances


def slow_order(distances: Matrix, case: Case, query: int) -> list[int]:
    """The counted gallery images of one query, nearest first, ties by position."""
    pid, camid = int(case.query_pids[query]), int(case.query_camids[query])
    counted = [
        image
        for image in range(distances.shape[1])
        if int(case.gallery_pids[image]) != -1
        and not (int(case.gallery_pids[image]) == pid and int(case.gallery_camids[image]) == camid)
    ]
    return sorted(counted, key=lambda image: (distances[query, image], image))


def slow_scores(
    distances: Matrix, case: Case, max_rank: int
) -> tuple[list[float], float, float, int] | None:
    """CMC, mAP, mINP, valid queries; None where no query is valid."""
    first, precision, last = [], [], []
    for query in range(len(distances)):
        pid = int(case.query_pids[query])
        order = slow_order(distances, case, query)
        hits = [rank for rank, image in enumerate(order, 1) if int(case.gallery_pids[image]) == pid]
        if hits:
            first.append(hits[0])
            precision.append(sum(i / rank for i, rank in enumerate(hits, 1)) / len(hits))
            last.append(len(hits) / hits[-1])
    if not first:
        return None
    valid = len(first)
    cmc = [sum(rank <= k for rank in first) / valid for k in range(1, max_rank + 1)]
    return cmc, sum(precision) / valid, sum(last) / valid, valid


def slow_rerank(query: Tensor, gallery: Tensor, k1: int, k2: int, lambda_value: float) -> Matrix:
    """k-reciprocal re-ranking with Python sets and dense float64 vectors (Zhong et al. 2017)."""
    count, queries = len(query) + len(gallery), len(query)
    squared = slow_distances(*[torch.cat([query, gallery])] * 2) ** 2
    distance = squared / np.maximum(squared.max(axis=1, keepdims=True), 1e-300)
    lists = [sorted(range(count), key=lambda j: (j != i, squared[i, j], j)) for i in range(count)]

    def reciprocal(i: int, k: int) -> set[int]:
        return {j for j in lists[i][: k + 1] if i in lists[j][: k + 1]}

    encoding = np.zeros((count, count))
    for i in range(count):
        core = reciprocal(i, k1)
        members = set(core)
        for j in core:
            half = reciprocal(j, round(k1 / 2))
            if len(half & core) > 2 / 3 * len(half):
                members |= half
        columns = sorted(members)
        weight = np.exp(-distance[i, columns])
        encoding[i, columns] = weight / weight.sum()
    if k2 > 1:
        encoding = np.stack([encoding[lists[i][:k2]].mean(axis=0) for i in range(count)])
    jaccard = np.empty((queries, count - queries))
    for i in range(queries):
        for j in range(queries, count):
            smaller = np.minimum(encoding[i], encoding[j]).sum()
            jaccard[i, j - queries] = 1 - smaller / np.maximum(encoding[i], encoding[j]).sum()
    final: Matrix = jaccard * (1 - lambda_value) + distance[:queries, queries:] * lambda_value
    return final
