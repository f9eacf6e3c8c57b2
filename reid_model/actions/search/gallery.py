"""A gallery of embeddings, opened from Parquet or from an index that is mapped into memory.

An index is an Arrow file whose embeddings have length 1, so nothing is read before it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from reid_model.errors import DataError

Floats = npt.NDArray[np.float32]

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
            f"{path} is no gallery: {exc}; `re_identification inference` writes one, with "
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


def nearest(
    queries: Floats, blocks: Iterable[Floats], count: int
) -> tuple[npt.NDArray[np.int64], Floats]:
    """The ``count`` rows nearest to each query, best first, and their cosine similarities.

    Both sides have length 1. The blocks are walked once for all queries. Of equal rows the first
    wins.
    """
    places = np.empty((len(queries), 0), dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    start = 0
    for block in blocks:
        found = queries @ block.T
        own = np.broadcast_to(np.arange(start, start + len(block)), found.shape)
        start += len(block)
        if len(block) > count:
            # Those with the count-th score or more: equal ones are told apart by their place.
            least = np.partition(found, -count, axis=1)[:, -count].min()
            kept = (found >= least).any(axis=0)
            found, own = found[:, kept], own[:, kept]
        scores, places = np.hstack([scores, found]), np.hstack([places, own])
        order = np.lexsort((places, -scores), axis=1)[:, :count]
        scores = np.take_along_axis(scores, order, axis=1)
        places = np.take_along_axis(places, order, axis=1)
    return places, scores
