"""Searches pictures of persons in a gallery of embeddings, for `re_identification search`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.table import Table

from reid_model.actions.embedder import Embedder, batch_size_of, open_crops
from reid_model.actions.outputs import whole_file
from reid_model.actions.search.gallery import Floats, Gallery, nearest, open_gallery, unit_rows
from reid_model.actions.search.page import search_page
from reid_model.actions.terminal import as_text
from reid_model.actions.training.restore import explicit_keys, restore_network
from reid_model.config import load_spec
from reid_model.data.folder import IMAGE_SUFFIXES, Crop
from reid_model.errors import DataError

_UNKNOWN = -1
_QUERIES_AT_ONCE = 256

Found = dict[str, Any]


def search(
    spec: Mapping[str, Any], pictures: Path, gallery: Path, *, count: int, page: Path | None
) -> list[Found]:
    """The ``count`` crops of ``gallery`` nearest to each picture, as the JSON has them.

    ``spec`` names the network by ``inference.checkpoint``; the pictures need no names of persons.
    ``page``: an HTML file to write. Raises ConfigError, DataError or CheckpointError.
    """
    crops = [Crop(path, _UNKNOWN, 0) for path in _pictures(pictures)]
    known = open_gallery(gallery)
    queries = _embedded(spec, crops)
    if queries.shape[1] != known.dimension:
        raise DataError(
            f"{gallery} holds embeddings of {known.dimension} numbers, the checkpoint's have "
            f"{queries.shape[1]}: make the gallery with the same checkpoint"
        )
    found = _matches(crops, queries, known, count)
    if page is not None:
        with whole_file(page) as file:
            file.write_text(search_page(found, str(gallery)), encoding="utf-8")
    return found


def as_json(found: Sequence[Found]) -> str:
    """The result for programs."""
    return json.dumps(found, indent=2)


def as_table(found: Sequence[Found]) -> str:
    """The result for people."""
    table = Table()
    for name in ("query", "rank", "similarity", "pid", "camid", "path"):
        words = name in ("query", "path")  # folded if the terminal is narrow, never cut
        table.add_column(name, overflow="fold", no_wrap=not words)
    for query in found:
        for rank, match in enumerate(query["matches"], start=1):
            name = Path(query["query"]).name if rank == 1 else ""
            facts = (f"{match['similarity']:.4f}", match["pid"], match["camid"], match["path"])
            table.add_row(name, str(rank), *map(str, facts))
    return as_text(table)


def _pictures(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"{path} does not exist: name a picture or a folder of pictures")
    found = sorted(each for each in path.rglob("*") if each.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        raise DataError(f"no pictures in {path} ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return found


def _embedded(spec: Mapping[str, Any], crops: Sequence[Crop]) -> Floats:
    config = load_spec(spec)
    checkpoint = config.inference.checkpoint
    network = restore_network(
        checkpoint, config, key="inference.checkpoint", explicit=explicit_keys(spec)
    )
    store = open_crops(crops, network, cached=False)
    size = batch_size_of(config, config.inference.batch_size)
    rows = list(Embedder(network, (torch.device("cpu"),), size).features(store, crops))
    return unit_rows(np.asarray(torch.cat(rows).numpy(), dtype=np.float32))


def _matches(crops: Sequence[Crop], queries: Floats, known: Gallery, count: int) -> list[Found]:
    found = []
    for start in range(0, len(crops), _QUERIES_AT_ONCE):
        part = slice(start, start + _QUERIES_AT_ONCE)
        nearest_rows = zip(*nearest(queries[part], known.blocks, count), strict=True)
        for crop, (places, scores) in zip(crops[part], nearest_rows, strict=True):
            rows = zip(known.rows(places.tolist()), scores.tolist(), strict=True)
            matches = [{**row, "similarity": round(score, 6)} for row, score in rows]
            found.append({"query": str(crop.path), "matches": matches})
    return found
