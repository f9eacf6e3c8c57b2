"""A search in a gallery against a full sort, from Parquet and from a mapped index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_model.actions.embedding_files import ListedCrop, open_embedding_file
from reid_model.actions.search.gallery import nearest, open_gallery, unit_rows
from reid_model.actions.search.page import search_page
from reid_model.data.folder import Crop
from reid_model.errors import DataError


@pytest.mark.parametrize("count", [1, 5, 200])
def test_nearest_is_what_a_full_sort_finds_ties_by_place(count: int) -> None:
    generator = np.random.default_rng(0)
    rows = unit_rows(generator.integers(-2, 3, (100, 3)).astype(np.float32))
    queries = unit_rows(generator.normal(size=(4, 3)).astype(np.float32))
    places, scores = nearest(queries, [rows[:7], rows[7:60], rows[60:]], count)
    for query, own, values in zip(queries, places, scores, strict=True):
        exact = np.round(rows @ query, 5)
        order = sorted(range(100), key=lambda place: (-exact[place], place))[:count]
        assert np.allclose(values, exact[order], atol=1e-4)
        assert set(np.round(exact[own], 4)) == set(np.round(exact[order], 4))
        assert len(set(own.tolist())) == len(own) == min(count, 100)


@pytest.mark.parametrize("name", ["gallery.parquet", "gallery.arrow"])
def test_what_inference_writes_is_a_gallery(tmp_path: Path, name: str) -> None:
    rows = np.array([[3, 4], [0, 2]], dtype=np.float32)
    listed = [ListedCrop(Crop(Path(f"{pid}.jpg"), pid, 1), "gallery") for pid in (7, 8)]
    with open_embedding_file(tmp_path / name, 2) as file:
        file.add(listed, rows)
    found = open_gallery(tmp_path / name)
    assert np.allclose(np.concatenate(list(found.blocks)), [[0.6, 0.8], [0, 1]])
    assert found.crops.to_pylist()[1] == {"path": "8.jpg", "pid": 8, "camid": 1}


@pytest.mark.parametrize("name", ["gallery.parquet", "gallery.arrow", "missing.parquet"])
def test_anything_else_is_one_error(tmp_path: Path, name: str) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="is not a gallery"):
        open_gallery(tmp_path / name)


def test_a_row_that_is_not_finite_is_an_error() -> None:
    rows = np.array([[1, 0], [np.nan, 1]], dtype=np.float32)
    with pytest.raises(DataError, match="not finite"):
        nearest(rows[:1], [rows], 1)


def test_the_page_escapes_names_and_shows_a_box_for_a_lost_picture() -> None:
    match = {"path": "b<i>.jpg", "pid": 7, "camid": 1, "similarity": 0.5}
    page = search_page([{"query": "<b>.jpg", "matches": [match]}], "gallery.arrow")
    assert "&lt;b&gt;.jpg" in page
    assert "<i>" not in page
    assert page.count("no picture") == 2
