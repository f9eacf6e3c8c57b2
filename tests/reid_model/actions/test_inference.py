"""Embedding files: every image once, in order, the same in each format, whole or not there."""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from reid_model.actions.embedding_files import ListedCrop, ParquetFile
from reid_model.actions.inference import run
from reid_model.data.folder import Crop, list_folder
from reid_model.errors import BadInputError, DataError

UseSpec = Callable[..., dict[str, Any]]
Records = Callable[[Path], list[dict[str, Any]]]
Rows = list[dict[str, Any]]


@pytest.fixture
def make(use_spec: UseSpec, tmp_path: Path) -> UseSpec:
    """A small inference spec that writes to ``tmp_path / "out"``; overrides are applied to it."""

    def build(**overrides: Any) -> dict[str, Any]:
        return use_spec("inference", tmp_path / "out", **overrides)

    return build


def _rows(path: Path) -> Rows:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else list(map(json.loads, text.splitlines()))


@pytest.fixture(scope="module")
def written(use_spec: UseSpec, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of the default output file."""
    folder, told = tmp_path_factory.mktemp("embedded"), list[dict[str, Any]]()
    run(use_spec("inference", folder), told.append)
    assert [record["status"] for record in told] == ["STARTED", "SUCCESS"]
    return _rows(folder / "inference" / "inference.json")


def test_every_image_is_there_once_in_order(written: Rows, three_cameras: Path) -> None:
    query, gallery = (
        [
            (str(crop.path), crop.pid, crop.camid)
            for crop in list_folder(three_cameras / name, "k").crops
        ]
        for name in ("sample_query", "sample_test")
    )
    found = [(row["img_path"], row["pid"], row["camid"]) for row in written]
    assert found == query + gallery
    splits = [row["split"] for row in written]
    assert splits == ["query"] * len(query) + ["gallery"] * len(gallery)
    assert {len(row["embedding"]) for row in written} == {32}
    assert len({tuple(row["embedding"]) for row in written}) == len(written)
    assert any(abs(np.linalg.norm(row["embedding"]) - 1) > 0.01 for row in written)


def test_parquet_holds_the_same_as_json_whatever_the_batch(
    written: Rows, make: UseSpec, tmp_path: Path
) -> None:
    file = tmp_path / "new" / "e.parquet"
    run(make(**{"inference.output_file": str(file), "inference.batch_size": 5}))
    rows = pq.read_table(file).to_pylist()
    names = ("path", "pid", "camid", "split")
    keys = ("img_path", *names[1:])
    assert [[row[n] for n in names] for row in rows] == [[row[n] for n in keys] for row in written]
    ours, theirs = (np.array([row["embedding"] for row in found]) for found in (rows, written))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert [path.name for path in file.parent.iterdir()] == ["e.parquet"]


def test_json_numbers_are_the_float32_that_were_computed(written: Rows) -> None:
    values = [value for row in written for value in row["embedding"]]
    assert all(float(f"{np.float32(value):.9g}") == value for value in values)


def test_one_folder_is_enough(make: UseSpec, tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    run(make(**{"inference.query_dataset": "", "inference.output_file": str(file)}))
    assert {row["split"] for row in _rows(file)} == {"gallery"}


def test_a_name_that_is_no_utf8_is_written(
    make: UseSpec, three_cameras: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    source = sorted((three_cameras / "sample_query").iterdir())[0]
    shutil.copy(source, os.fsencode(folder) + b"/0001_c1_\xff.jpg")
    for suffix in (".json", ".parquet"):
        file = tmp_path / f"e{suffix}"
        spec = {"inference.query_dataset": str(folder), "inference.test_dataset": ""}
        run(make(**spec, **{"inference.output_file": str(file)}))
    assert (
        pq.read_table(tmp_path / "e.parquet").to_pylist()[0]["path"].endswith("0001_c1_\\xff.jpg")
    )
    assert _rows(tmp_path / "e.json")[0]["img_path"].endswith("0001_c1_\\xff.jpg")


@pytest.mark.parametrize("suffix", [".json", ".parquet", ".arrow"])
def test_a_track_is_one_row_with_the_mean_of_its_embeddings(
    make: UseSpec, three_cameras: Path, tmp_path: Path, written: Rows, suffix: str
) -> None:
    alone = {row["img_path"]: np.array(row["embedding"]) for row in written}
    first, second, third = sorted((three_cameras / "sample_query").iterdir())[:3]
    lines = [f"{first},1,1,a", f"{second},1,1,", f"{third},1,1,a"]
    (tmp_path / "list.csv").write_text("\n".join(["path,pid,camid,track", *lines]))
    file = tmp_path / f"e{suffix}"
    sets = {"inference.query_dataset": str(tmp_path / "list.csv"), "inference.test_dataset": ""}
    run(make(**sets, **{"inference.output_file": str(file), "inference.batch_size": 2}))
    if suffix == ".arrow":
        rows = pa.ipc.open_file(str(file)).read_all().to_pylist()
    else:
        rows = _rows(file) if suffix == ".json" else pq.read_table(file).to_pylist()
    name = "img_path" if suffix == ".json" else "path"
    told = [(row[name], row["track"], row["images"]) for row in rows]
    assert told == [(str(first), "a", 2), (str(second), "", 1)]
    expected = np.stack([(alone[str(first)] + alone[str(third)]) / 2, alone[str(second)]])
    if suffix == ".arrow":
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = np.array([row["embedding"] for row in rows])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"inference.checkpoint": ""}, "inference.checkpoint is empty"),
        ({"inference.test_dataset": "", "inference.query_dataset": ""}, "are both empty"),
        ({"inference.test_dataset": "/nowhere"}, "/nowhere does not exist"),
        ({"inference.output_file": "/x/e.csv"}, "output_file /x/e.csv must end in .json or"),
        ({"inference.num_gpus": 99}, "inference.num_gpus|inference.gpu_ids"),
        ({"results_dir": ""}, "results_dir is empty"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    make: UseSpec, tmp_path: Path, overrides: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        run(make(**overrides))
    assert not (tmp_path / "out").exists()


def test_a_thread_can_run_it_and_nothing_is_left_behind(make: UseSpec) -> None:
    torch.manual_seed(5)
    before = (torch.get_rng_state(), random.getstate(), threading.active_count())
    faults: list[BaseException] = []

    def work() -> None:
        try:
            run(make())
        except BaseException as exc:
            faults.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert faults == []
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), threading.active_count()) == before[1:]


def test_a_file_that_breaks_midway_leaves_the_older_result_alone(
    make: UseSpec, three_cameras: Path, tmp_path: Path, records: Records
) -> None:
    folder = shutil.copytree(three_cameras / "sample_test", tmp_path / "gallery")
    file = tmp_path / "results" / "e.json"
    file.parent.mkdir()
    file.write_text("older\n")
    victim = sorted(folder.glob("*.jpg"))[-1]

    def remove_an_image(record: dict[str, Any]) -> None:
        if record["status"] == "STARTED":
            victim.unlink()

    spec = make(
        **{
            "inference.test_dataset": str(folder),
            "inference.output_file": str(file),
            "inference.batch_size": 4,
        }
    )
    with pytest.raises(DataError, match=victim.name):
        run(spec, remove_an_image)
    assert file.read_text() == "older\n"
    assert list(file.parent.iterdir()) == [file]
    statuses = [record["status"] for record in records(tmp_path / "out")]
    assert statuses == ["STARTED", "FAILURE"]


def test_parquet_rows_are_written_group_by_group(tmp_path: Path) -> None:
    path, listed = tmp_path / "many.parquet", ListedCrop(Crop(Path("0001_c1.jpg"), 1, 1), "query")
    embeddings = np.arange(9000 * 2, dtype=np.float32).reshape(9000, 2)
    with ParquetFile(path, 2) as file:
        for start in range(0, 9000, 1000):
            file.add([listed] * 1000, embeddings[start : start + 1000])
        assert path.stat().st_size > 10_000
    found = pq.ParquetFile(path)
    assert [found.metadata.row_group(n).num_rows for n in range(found.num_row_groups)] == [
        5000,
        4000,
    ]
    column = found.read().column("embedding").to_pylist()
    assert np.array_equal(np.array(column, dtype=np.float32), embeddings)
