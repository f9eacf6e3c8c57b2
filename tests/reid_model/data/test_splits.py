"""The three splits against each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.splits import (
    read_retrieval_split,
    read_train_split,
)
from reid_model.errors import DataError


def _folder(root: Path, name: str, *files: str) -> str:
    (root / name).mkdir()
    for file in files:
        (root / name / file).touch()
    return str(root / name)


def _config(folder: str, **dataset: Any) -> ExperimentConfig:
    return load_spec({"dataset": {"train_dataset_dir": folder, **dataset}})


@pytest.fixture
def train_dir(tmp_path: Path) -> str:
    names = ["0007_c1.jpg", "0003_c1.jpg", "0003_c2.jpg", "-1_c1.jpg", "0011_c4.jpg"]
    return _folder(tmp_path, "train", *names)


def test_labels_follow_sorted_pids_and_junk_is_left_out(train_dir: str) -> None:
    split = read_train_split(_config(train_dir))
    assert [(crop.pid, label) for crop, label in zip(split.crops, split.labels, strict=True)] == [
        (3, 0),
        (3, 0),
        (7, 1),
        (11, 2),
    ]
    assert split.num_classes == 3
    assert split.notes[0] == "dataset.num_classes taken from the data: 3"
    assert "2 training identities have one crop" in split.notes[1]


def test_num_classes_must_match_and_both_numbers_are_told(train_dir: str) -> None:
    (note,) = read_train_split(_config(train_dir, num_classes=3)).notes
    assert "one crop" in note
    with pytest.raises(DataError, match="num_classes is 4 but the training set has 3"):
        read_train_split(_config(train_dir, num_classes=4))


def _retrieval(query: str, gallery: str) -> RetrievalSplit:
    return read_retrieval_split(query, gallery, query_key="q", gallery_key="g")


def test_query_and_gallery_must_share_identities(tmp_path: Path) -> None:
    query = _folder(tmp_path, "query", "0001_c1.jpg", "-1_c1.jpg")
    gallery = _folder(tmp_path, "gallery", "0002_c2.jpg", "-1_c2.jpg")
    with pytest.raises(DataError, match=r"q and g share no identity.*pids -1, 1.*pids -1, 2"):
        _retrieval(query, gallery)


def test_a_match_from_the_same_camera_does_not_count(tmp_path: Path) -> None:
    query = _folder(tmp_path, "query", "0001_c1.jpg")
    gallery = _folder(tmp_path, "gallery", "0001_c1s2.jpg", "0002_c2.jpg")
    with pytest.raises(DataError, match="no query of q has a correct match in g"):
        _retrieval(query, gallery)


@pytest.mark.parametrize(
    ("query", "sign"),
    [
        (["0001_c1.jpg", "0001_c3.jpg", "0001_c4.jpg"], r"more queries \(3\) than gallery images"),
        (["0001_c1.jpg", "0000_c3.jpg"], "1 queries are distractors or junk"),
    ],
)
def test_splits_that_look_swapped_are_warned_of(
    tmp_path: Path, query: list[str], sign: str
) -> None:
    gallery = _folder(tmp_path, "gallery", "0001_c2.jpg", "0002_c2.jpg")
    (note,) = _retrieval(_folder(tmp_path, "query", *query), gallery).notes
    assert re.search(f"WARNING: q and g look swapped: .*{sign}", note)
    fine = _folder(tmp_path, "fine", "0001_c1.jpg")
    assert _retrieval(fine, gallery).notes == ()


def test_distractors_stay_in_the_gallery_and_junk_does_not(tmp_path: Path) -> None:
    query = _folder(tmp_path, "query", "0001_c1.jpg", "-1_c1.jpg")
    gallery = _folder(tmp_path, "gallery", "0001_c2.jpg", "-1_c2.jpg", "0000_c2.jpg")
    assert [crop.pid for crop in _retrieval(query, gallery).crops] == [1, 0, 1]
