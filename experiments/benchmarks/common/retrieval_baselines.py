"""What `retrieval.py` measures against: the usual ways of scoring and re-ranking, in plain NumPy.

Written from the public definitions and sharing no code with `reid_model`, so that equal figures
mean something. The shapes of the loops are those found in most re-identification code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """Features (N, D) float32 and labels (N,) of queries and gallery."""

    query: Floats
    gallery: Floats
    query_pids: Ints
    gallery_pids: Ints
    query_camids: Ints
    gallery_camids: Ints


def market_like(queries: int, images: int, width: int, seed: int) -> Problem:
    """Random features with the structure of real ones: persons who look alike, camera shifts.

    A sixth of the gallery are distractors (pid 0), a sixth of the identities share a wardrobe each.
    """
    rng = np.random.default_rng(seed)
    persons = max(2, queries * 750 // 3368)
    wardrobes = rng.normal(size=(max(1, persons // 6), width))
    looks = rng.normal(size=(persons + 1, width)) * 0.75
    looks += wardrobes[rng.integers(len(wardrobes), size=persons + 1)]
    query_pids = np.arange(queries) % persons + 1
    gallery_pids = rng.integers(1, persons + 1, size=images)
    gallery_pids[rng.random(images) < 1 / 6] = 0
    pids = np.concatenate([query_pids, gallery_pids])
    camids = rng.integers(1, 7, size=len(pids))
    features = looks[pids] + 0.45 * rng.normal(size=(7, width))[camids]
    stranger = wardrobes[rng.integers(len(wardrobes), size=len(pids))]
    stranger += 0.75 * rng.normal(size=(len(pids), width))
    features[pids == 0] = stranger[pids == 0]
    features += 1.3 * rng.normal(size=(len(pids), width))
    cut = features.astype(np.float32)
    return Problem(
        cut[:queries],
        cut[queries:],
        query_pids,
        gallery_pids,
        camids[:queries],
        camids[queries:],
    )


def squared_distances(left: Reals, right: Reals) -> Reals:
    """Squared Euclidean distances of the L2-normalised rows, by one product in their precision."""
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (left, right))
    distances: Reals = a @ b.T
    distances *= -2
    distances += 2
    return distances


def usual_scores(problem: Problem, max_rank: int = 50) -> Doubles:
    """mAP, mINP and the CMC curve by the usual loop: its running precision is a Python list."""

    def precision(hits: Ints) -> float:
        running = [count / (place + 1.0) for place, count in enumerate(hits.cumsum())]
        return float((np.asarray(running) * hits).sum() / hits.sum())

    return _scores(problem, precision, max_rank, np.float32)


def array_scores(problem: Problem, max_rank: int = 50, precise: bool = False) -> Doubles:
    """The same loop, its inner step on arrays; ``precise``: distances in float64."""

    def precision(hits: Ints) -> float:
        places = np.flatnonzero(hits) + 1
        return float((np.arange(1, len(places) + 1) / places).mean())

    return _scores(problem, precision, max_rank, np.float64 if precise else np.float32)


def _scores(
    problem: Problem,
    precision: Callable[[Ints], float],
    max_rank: int,
    dtype: type[np.floating],
) -> Doubles:
    curves, precisions, penalties = [], [], []
    for hits in _ranked_hits(problem, dtype):
        curves.append(np.minimum(hits.cumsum(), 1)[:max_rank])
        precisions.append(precision(hits))
        penalties.append(hits.sum() / (np.flatnonzero(hits)[-1] + 1))
    curve = np.mean(curves, axis=0)
    return np.concatenate([[np.mean(precisions), np.mean(penalties)], curve])


def _ranked_hits(problem: Problem, dtype: type[np.floating]) -> Iterator[Ints]:
    """Per valid query, 0 or 1 for each counted gallery image in ranked order."""
    query, gallery = problem.query.astype(dtype), problem.gallery.astype(dtype)
    order = np.argsort(squared_distances(query, gallery), axis=1)
    for row in range(len(order)):
        pids = problem.gallery_pids[order[row]]
        own = pids == problem.query_pids[row]
        removed = own & (problem.gallery_camids[order[row]] == problem.query_camids[row])
        hits = own[~removed].astype(np.int64)
        if hits.any():
            yield hits


def dense_rerank(
    query: Reals, gallery: Reals, k1: int = 20, k2: int = 6, weight: float = 0.3
) -> Reals:
    """k-reciprocal re-ranking with dense matrices, the encodings in float16."""
    count, queries = len(query) + len(gallery), len(query)
    everything = np.concatenate([query, gallery])
    distances = squared_distances(everything, everything)
    distances /= distances.max(axis=1, keepdims=True)
    ranked = np.argpartition(distances, range(k1 + 1), axis=1)[:, : k1 + 1].astype(np.int32)
    codes = np.zeros((count, count), dtype=np.float16)
    for row in range(count):
        members = _expanded(ranked, row, k1)
        code = np.exp(-distances[row, members])
        codes[row, members] = code / code.sum()
    distances = distances[:queries, queries:].copy()
    codes = np.stack([codes[ranked[row, :k2]].mean(axis=0) for row in range(count)])
    shared = [np.flatnonzero(codes[:, column]) for column in range(count)]
    result = np.empty_like(distances)
    for row in range(queries):
        common = np.zeros(count, dtype=np.float32)
        for column in np.flatnonzero(codes[row]):
            others = shared[column]
            common[others] += np.minimum(codes[row, column], codes[others, column])
        result[row] = (1 - common / (2 - common))[queries:]
    result *= 1 - weight
    result += weight * distances
    return result


def _expanded(ranked: npt.NDArray[np.int32], row: int, k1: int) -> npt.NDArray[np.int32]:
    core = _reciprocal(ranked, row, k1)
    members = [core]
    for candidate in core:
        half = _reciprocal(ranked, candidate, round(k1 / 2))
        if len(np.intersect1d(half, core)) > 2 / 3 * len(half):
            members.append(half)
    return np.unique(np.concatenate(members))


def _reciprocal(ranked: npt.NDArray[np.int32], row: int, k: int) -> npt.NDArray[np.int32]:
    forward = ranked[row, : k + 1]
    mutual = (ranked[forward, : k + 1] == row).any(axis=1)
    found: npt.NDArray[np.int32] = forward[mutual]
    return found
