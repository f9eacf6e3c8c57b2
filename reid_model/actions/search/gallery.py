"""A gallery of embeddings, opened from Parquet or from an index that is mapped into memory.

An index is an Arrow file whose embeddings have length 1, so nothing is read before it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from reid_model.errors import DataError

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

INDEX_SUFFIX: Final = ".arrow"
_COLUMNS: Final = ("path", "pid", "camid")


@dataclass(frozen=True)
class Gallery:
    """Rows of length 1 in blocks (n, d), and a table of path, pid and camid of all rows."""

    blocks: Sequence[Floats]
    crops: pa.Table

    @property
    def dimension(self) -> int:
        """The length of an embedding."""
        return int(self.blocks[0].shape[1])

    def rows(self, places: Iterable[int]) -> list[dict[str, Any]]:
        """Path, pid and camid of some rows; the others are not touched, as by ``Table.take``."""
        return [self.crops.slice(place, 1).to_pylist()[0] for place in places]


def open_gallery(path: Path) -> Gallery:
    """An index (.arrow), whose rows are read as they are needed, or a Parquet file of `inference`.

    Raises DataError for anything else.
    """
    try:
        if path.suffix.lower() == INDEX_SUFFIX:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            blocks = [_matrix(chunk) for chunk in table.column("embedding").chunks]
        else:
            table = pq.read_table(path, columns=[*_COLUMNS, "embedding"])
            blocks = [unit_rows(_matrix(chunk)) for chunk in table.column("embedding").chunks]
        crops = table.select(_COLUMNS)
    except (OSError, ValueError, KeyError, pa.ArrowException) as exc:
        raise DataError(
            f"{path} is not a gallery: {exc}; `re_identification inference` writes one, with "
            "inference.output_file=gallery.parquet or gallery.arrow"
        ) from exc
    if not len(crops):
        raise DataError(f"{path} holds no embeddings")
    return Gallery(blocks, crops)


def _matrix(chunk: pa.Array) -> Floats:
    if not pa.types.is_fixed_size_list(chunk.type):
        raise ValueError("its column embedding has no fixed length")
    flat = chunk.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(len(chunk), -1)


def unit_rows(rows: Floats) -> Floats:
    """Each row scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = (rows / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled


def nearest(queries: Floats, blocks: Sequence[Floats], count: int) -> tuple[Places, Floats]:
    """The ``count`` rows nearest to each query, best first, and their cosine similarities.

    Both sides have length 1. The blocks are walked once for all queries. Of equal rows the first
    wins. Raises DataError for a row that is not finite.

    Each thread walks blocks of its own: those of a matrix library wait for each other after every
    block, which takes twice as long or more if others use the machine (docs/measured.md).
    """
    threads = min(len(blocks), len(os.sched_getaffinity(0)))
    ends = [len(blocks) * part // threads for part in range(threads + 1)]
    starts = np.cumsum([0, *map(len, blocks)]).tolist()

    def walk(first: int, end: int) -> list[_Best]:
        best = [_Best(count) for _ in queries]
        for start, block in zip(starts[first:end], blocks[first:end], strict=True):
            for own, scores in zip(best, _similarities(queries, block), strict=True):
                own.add(scores, np.arange(start, start + len(block)))
        return best

    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        best, *others = pool.map(walk, ends, ends[1:])
    for part in others:
        for own, other in zip(best, part, strict=True):
            own.add(other.scores, other.places)
    return np.stack([own.places for own in best]), np.stack([own.scores for own in best])


def _similarities(queries: Floats, block: Floats) -> Floats:
    """(queries, rows). Many times ``block`` is fastest in this order (docs/measured.md)."""
    found: Floats = np.ascontiguousarray((block @ queries.T).T)
    if not np.isfinite(found).all():
        raise DataError("the gallery holds embeddings that are not finite: make it anew")
    return found


class _Best:
    """The best rows for one query so far, of rows that come in the order of their places."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.places = np.empty(0, dtype=np.int64)
        self.scores = np.empty(0, dtype=np.float32)

    def add(self, scores: Floats, places: Places) -> None:
        """Take what is better than the worst so far; an equal row is later, so it loses."""
        if len(self.scores) == self._count:
            kept = np.flatnonzero(scores > self.scores[-1])
        elif len(scores) > self._count:
            kept = np.flatnonzero(scores >= np.partition(scores, -self._count)[-self._count])
        else:
            kept = np.arange(len(scores))
        if not len(kept):
            return
        self.scores = np.concatenate([self.scores, scores[kept]])
        self.places = np.concatenate([self.places, places[kept]])
        order = np.argsort(-self.scores, kind="stable")[: self._count]
        self.scores, self.places = self.scores[order], self.places[order]
