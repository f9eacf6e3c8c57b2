"""Files of embeddings, written batch by batch: JSON, Parquet or an Arrow index, by the suffix."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from reid_model.actions.search.gallery import INDEX_SUFFIX, unit_rows
from reid_model.data.folder import Crop

Floats = npt.NDArray[np.float32]

LINES_SUFFIX = ".jsonl"
JSON_SUFFIXES = (".json", LINES_SUFFIX)
PARQUET_SUFFIX = ".parquet"
# What stands before the first object, between two, and after the last.
_ARRAY, _LINES = ("[\n", ",\n", "\n]\n"), ("", "\n", "\n")
_ROW_GROUP = 4096
_INDEX_BLOCK = 16384  # rows that a search compares at once


class ListedCrop(NamedTuple):
    """A crop and the split that lists it: ``query`` or ``gallery``."""

    crop: Crop
    split: str


class EmbeddingFile(Protocol):
    """Rows of image path, pid, camid, split, embedding; a context manager that ends the file.

    With tracks, also the track's name ('' for a crop alone) and how many images were averaged; the
    path is that of the first.
    """

    def add(self, listed: Sequence[ListedCrop], embeddings: Floats) -> None:
        """Write consecutive crops with their embeddings (n, d)."""

    def __enter__(self) -> EmbeddingFile:
        """Itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the file."""


def open_embedding_file(path: Path, dimension: int, *, tracks: bool = False) -> EmbeddingFile:
    """The writer for the suffix of ``path``; ``dimension`` is the length of an embedding.

    ``tracks``: whether rows are image sets.
    """
    if path.suffix.lower() == PARQUET_SUFFIX:
        return ParquetFile(path, dimension, tracks=tracks)
    if path.suffix.lower() == INDEX_SUFFIX:
        return IndexFile(path, dimension, tracks=tracks)
    return JsonFile(path, lines=path.suffix.lower() == LINES_SUFFIX, tracks=tracks)


class JsonFile:
    """One JSON array, as TAO writes it, or one object a line; each object on a line of its own.

    ``img_path`` and ``embedding`` are TAO's keys. Numbers have the 9 digits that make a float32.
    """

    def __init__(self, path: Path, *, lines: bool, tracks: bool = False) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._tracks = tracks
        self._ahead, self._between, self._end = _LINES if lines else _ARRAY

    def add(self, listed: Sequence[ListedCrop], embeddings: Floats) -> None:
        """See EmbeddingFile."""
        for (crop, split), embedding in zip(listed, embeddings, strict=True):
            head = {
                "img_path": _text(crop.path),
                "pid": crop.pid,
                "camid": crop.camid,
                "split": split,
                **({"track": crop.track, "images": _count(crop)} if self._tracks else {}),
            }
            numbers = ", ".join(f"{value:.9g}" for value in embedding.tolist())
            self._file.write(f'{self._ahead}{json.dumps(head)[:-1]}, "embedding": [{numbers}]}}')
            self._ahead = self._between

    def __enter__(self) -> JsonFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.write(self._end)
        self._file.close()


class ParquetFile:
    """Columns path, pid, camid, split and embedding (a fixed-size list of float32).

    With tracks, the columns track and images stand before the embedding.
    """

    rows = _ROW_GROUP

    def __init__(self, path: Path, dimension: int, *, tracks: bool = False) -> None:
        self._dimension, self._tracks = dimension, tracks
        self._schema = pa.schema(
            [
                ("path", pa.string()),
                ("pid", pa.int64()),
                ("camid", pa.int64()),
                ("split", pa.string()),
                *([("track", pa.string()), ("images", pa.int64())] if tracks else []),
                ("embedding", pa.list_(pa.float32(), dimension)),
            ]
        )
        self._writer = self.writer(path, self._schema)
        self._waiting: list[tuple[Sequence[ListedCrop], Floats]] = []

    def writer(self, path: Path, schema: pa.Schema) -> Any:
        """What writes tables to the file."""
        return pq.ParquetWriter(path, schema)

    def add(self, listed: Sequence[ListedCrop], embeddings: Floats) -> None:
        """See EmbeddingFile; rows wait until they fill a row group."""
        self._waiting.append((listed, embeddings))
        if sum(len(rows) for rows, _ in self._waiting) >= self.rows:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        listed = [row for rows, _ in self._waiting for row in rows]
        flat = np.concatenate([found for _, found in self._waiting]).reshape(-1)
        columns: list[Any] = [
            pa.array([_text(row.crop.path) for row in listed]),
            pa.array([row.crop.pid for row in listed], pa.int64()),
            pa.array([row.crop.camid for row in listed], pa.int64()),
            pa.array([row.split for row in listed]),
            *self._track_columns(listed),
            pa.FixedSizeListArray.from_arrays(pa.array(flat), self._dimension),
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._waiting.clear()

    def _track_columns(self, listed: Sequence[ListedCrop]) -> list[Any]:
        if not self._tracks:
            return []
        tracks = [row.crop.track for row in listed]
        return [pa.array(tracks), pa.array([_count(row.crop) for row in listed], pa.int64())]

    def __enter__(self) -> ParquetFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
        self._writer.close()


class IndexFile(ParquetFile):
    """The same columns as an Arrow file that loads by memory map; embeddings have length 1."""

    rows = _INDEX_BLOCK

    def writer(self, path: Path, schema: pa.Schema) -> Any:
        """See ParquetFile."""
        return pa.ipc.new_file(str(path), schema)

    def add(self, listed: Sequence[ListedCrop], embeddings: Floats) -> None:
        """See EmbeddingFile."""
        super().add(listed, unit_rows(embeddings))


def _count(crop: Crop) -> int:
    return 1 + len(crop.others)


def _text(path: Path) -> str:
    """The path as valid UTF-8, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
